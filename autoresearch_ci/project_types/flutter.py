"""Not detected yet."""

from __future__ import annotations

from autoresearch_ci.project_types.detected import Detected
from autoresearch_ci.project_types.project import Project


def detect(_project: Project) -> Detected | None:
    """None, for now."""
    return None
