"""The seam of detection. A project type is a file here; its name is its name in messages.

To add one: write a module with `detect(project) -> Detected | None`, put its name
into `ORDER`, and add its smallest project to tests/conformance/test_project_types.py.
A repository that is none of these is `custom`: its settings are the section it wrote.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from autoresearch_ci.project_types.detected import NO_TESTS, Detected
from autoresearch_ci.project_types.project import Project

__all__ = ["NO_TESTS", "ORDER", "Detected", "Project", "detect"]

ORDER = ("ml", "web", "flutter", "java", "rust", "go")


def detect(root: Path) -> Detected | None:
    """The defaults of the first project type in `ORDER` that knows `root`, else None.

    Only reads files under `root`; never raises because of what they contain.
    """
    project = Project(root)
    for name in ORDER:
        detected = import_module(f"{__name__}.{name}").detect(project)
        if detected is not None:
            assert isinstance(detected, Detected)
            return detected
    return None
