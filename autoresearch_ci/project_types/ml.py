"""A model in training, as karpathy's autoresearch lays it out: train.py and prepare.py."""

from __future__ import annotations

import re
import shutil

from autoresearch_ci.project_types.detected import Detected
from autoresearch_ci.project_types.project import Project

_NO_UV = (
    "uv.lock is there and uv is not installed: plain Python is used, with the packages it has. "
    "Install uv (`pip install uv`), or set run_command to what starts the training here."
)


def detect(project: Project) -> Detected | None:
    """train.py is the target, prepare.py (data and evaluation) must not change."""
    if not (project.has("train.py") and project.has("prepare.py")):
        return None
    settings = {
        "target_file": "train.py",
        "run_command": f"{python(project)} train.py",
        "metric_name": "val_bpb",
        "metric_direction": "lower_is_better",
        "readonly_files": "prepare.py",
    }
    if not is_printed_once(project.text("train.py"), "val_bpb"):
        settings["metric_parse"] = """grep "^val_bpb:" run.log | tail -1 | awk '{print $2}'"""
    return Detected(
        name="ml",
        settings=settings,
        notes=(_NO_UV,) if _locked(project) and not shutil.which("uv") else (),
    )


def python(project: Project) -> str:
    """The command that starts the project's Python."""
    managed = _locked(project) or any(each.has("pyproject.toml") for each in project.upwards())
    if managed and shutil.which("uv"):
        return "uv run"
    # Debian and macOS ship no `python`.
    return "python3" if not shutil.which("python") and shutil.which("python3") else "python"


def is_printed_once(text: str, name: str) -> bool:
    """Tell whether a script prints this name and a number alone, at its end, and nowhere else.

    Then the metric is read from its output without more; else the last of many has to be chosen.
    """
    word = rf"\s*{name}\s*[:=]\s*"
    alone = rf"^print\((?:f(['\"]){word}\{{[^{{}}]*\}}\s*\1|(['\"]){word}\2\s*,[^,]*)\)\s*(?:#.*)?$"
    printed = re.findall(rf"print\(\s*f?['\"]{word}", text)
    return len(printed) == 1 == len(re.findall(alone, text, re.MULTILINE))


def _locked(project: Project) -> bool:
    return any(each.has("uv.lock") for each in project.upwards())
