"""Room on the disk for the trees of several lanes."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.engine import isolation
from autoresearch_ci.engine.assembly import load_settings
from autoresearch_ci.workspace import Workspace
from tests.projects import SETTINGS, make_project

pytestmark = pytest.mark.git


@pytest.fixture
def require(tmp_path, monkeypatch):
    """Asks whether there is room for so many lanes on a disk with so many bytes free."""
    project = make_project(tmp_path / "project", **{"target.txt": "echo metric: 1\n"})
    (project / "data").mkdir()
    (project / "data" / "large").write_bytes(b"x" * 2_000_000)
    workspace = Workspace.open(project)

    def require(lanes, free, level="copy"):
        found = SimpleNamespace(free=free, total=free, used=0)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: found)
        loaded = load_settings(workspace, {**SETTINGS, "isolation": level}, None)
        isolation.require_room(workspace, loaded, lanes, has_tools=True)

    return require


def test_copies_need_room(require):
    """Where it is not enough, that is said before anything is copied, with the sizes and what fits."""
    require(4, 30_000_000)
    with pytest.raises(
        MachineError, match=r"4 lanes need up to 24\.\d MB .* 3 copies each"
    ) as raised:
        require(4, 15_000_000)
    assert raised.value.remedy.startswith("Set parallel to 2 or less")
    with pytest.raises(MachineError) as raised:
        require(1, 1_000_000)
    assert raised.value.remedy.startswith("Free space there")


def test_what_is_mounted_needs_none(require):
    """Layers that are mounted are not copied."""
    try:
        require(100, 0, level="overlay")
    except MachineError as error:
        pytest.skip(f"NOT RUN: {error.message}")
