"""What is printed for the user to paste calls the program that printed it."""

from __future__ import annotations

import shlex
import sys

import pytest

from autoresearch_ci.cli.paths import called


@pytest.fixture
def script(tmp_path, monkeypatch):
    path = tmp_path / "a place" / "autoresearch-ci"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(path), "run"])
    return path


def test_on_the_path_the_name_is_enough(script, monkeypatch):
    """Installed in the usual way it is called by its name."""
    monkeypatch.setenv("PATH", str(script.parent))
    assert called() == "autoresearch-ci"


def test_elsewhere_it_is_called_by_its_path(script, monkeypatch):
    """From a virtual environment that is not active, the path is given, quoted."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert shlex.split(called()) == [str(script)]


def test_as_a_module_it_is_called_as_a_module(monkeypatch):
    """`python -m autoresearch_ci` says how to do that again."""
    monkeypatch.setattr(sys, "argv", ["/some/autoresearch_ci/__main__.py"])
    assert called() == f"{shlex.quote(sys.executable)} -m autoresearch_ci"
