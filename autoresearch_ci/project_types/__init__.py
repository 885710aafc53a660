"""The seam of detection. A project type is a file here; its name is its name in messages.

To add one: write a module with `detect(project) -> Detected | None`, put its name
into `ORDER`, and add its smallest project to tests/conformance/test_project_types.py.
A repository that is none of these is `custom`: its settings are the section it wrote.
"""

from __future__ import annotations

import posixpath
from importlib import import_module
from pathlib import Path

from autoresearch_ci.project_types.candidates import Candidate, candidates
from autoresearch_ci.project_types.detected import NO_TESTS, Detected
from autoresearch_ci.project_types.likely import likely
from autoresearch_ci.project_types.placing import placed, placed_settings
from autoresearch_ci.project_types.programme import Programme, programme
from autoresearch_ci.project_types.project import Project

__all__ = [
    "NO_TESTS",
    "ORDER",
    "Candidate",
    "Detected",
    "Programme",
    "Project",
    "around",
    "candidates",
    "detect",
    "here",
    "likely",
    "placed_settings",
    "programme",
]

ORDER = ("ml", "web", "flutter", "java", "rust", "go")


def detect(root: Path) -> Detected | None:
    """The defaults of the first project type in `ORDER` that knows `root`, else None.

    Only reads files under `root`; never raises because of what they contain.
    """
    return _in(root, "")


def here(root: Path, folder: str) -> Detected | None:
    """The project that somebody in `folder` of the repository stands in."""
    return next((found for found in _nearest_first(root, folder) if found), None) or detect(root)


def around(root: Path, target: str) -> Detected | None:
    """The project that `target` belongs to: the nearest that a session could begin with."""
    found = _nearest_first(root, posixpath.dirname(target))
    return next((each for each in found if each and each.whole), None) or detect(root)


def _nearest_first(root: Path, folder: str) -> list[Detected | None]:
    inside = posixpath.normpath(folder)
    if inside.startswith(("..", "/")):
        return []
    found = []
    while inside not in {"", "."}:
        found.append(_in(root, inside))
        inside = posixpath.dirname(inside)
    return found


def _in(root: Path, folder: str) -> Detected | None:
    project = Project(root, folder)
    for name in ORDER:
        detected = import_module(f"{__name__}.{name}").detect(project)
        if detected is not None:
            assert isinstance(detected, Detected)
            return placed(detected, folder)
    return None
