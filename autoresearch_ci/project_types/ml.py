"""A model in training, as karpathy's autoresearch lays it out: train.py and prepare.py."""

from __future__ import annotations

import shutil

from autoresearch_ci.project_types.detected import Detected
from autoresearch_ci.project_types.project import Project


def detect(project: Project) -> Detected | None:
    """train.py is the target, prepare.py (data and evaluation) must not change."""
    if not (project.has("train.py") and project.has("prepare.py")):
        return None
    return Detected(
        name="ml",
        settings={
            "target_file": "train.py",
            "run_command": f"{_python(project)} train.py",
            "metric_name": "val_bpb",
            "metric_parse": """grep "^val_bpb:" run.log | tail -1 | awk '{print $2}'""",
            "metric_direction": "lower_is_better",
            "readonly_files": "prepare.py",
        },
    )


def _python(project: Project) -> str:
    managed = project.has("pyproject.toml") or project.has("uv.lock")
    if managed and shutil.which("uv"):
        return "uv run"
    # Debian and macOS ship no `python`.
    return "python3" if not shutil.which("python") and shutil.which("python3") else "python"
