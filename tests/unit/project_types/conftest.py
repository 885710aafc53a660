from __future__ import annotations

import pytest

from autoresearch_ci.project_types import Project, detect


@pytest.fixture
def write(tmp_path):
    def write(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def project(write):
    return lambda files: Project(write(files))


@pytest.fixture
def settings(write):
    """What is detected in a repository of these files."""
    return lambda files: detect(write(files)).settings


@pytest.fixture
def notes(write):
    return lambda files: " ".join(detect(write(files)).notes)
