"""Candidates where no project was found: projects further down, a lone training script.

Nothing here is used by itself. It is named, with what to write, so that people can choose.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch_ci.project_types.detected import ASIDE
from autoresearch_ci.project_types.ml import PRINTED, is_printed_once, last_printed, python
from autoresearch_ci.project_types.project import Project

_MANIFESTS = {
    "package.json": "web",
    "pubspec.yaml": "flutter",
    "pom.xml": "java",
    "build.gradle": "java",
    "build.gradle.kts": "java",
    "settings.gradle": "java",
    "settings.gradle.kts": "java",
    "Cargo.toml": "rust",
    "go.mod": "go",
    "prepare.py": "ml",
}
_DEEPEST = 3
_MOST = 8
_SCRIPTS = ("train.py", "training.py", "main.py", "run.py")
_LOWER = re.compile(r"loss|bpb|bpc|ppl|perplexity|error|rmse|mse|mae|seconds|time", re.IGNORECASE)
_HIGHER = re.compile(r"acc|f1|auc|score|precision|recall|r2|reward|bleu|iou|map", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that a project may begin with: where it is, and what it is.

    `folder` is to be gone into; empty where `settings` say what can be written right here.
    """

    folder: str
    kind: str
    found: str
    settings: Mapping[str, str] = field(default_factory=dict)


def candidates(root: Path, folder: str = "", most: int = _MOST) -> tuple[Candidate, ...]:
    """A training script in `folder`, else the projects below it, the likeliest first."""
    project = Project(root, folder)
    script = next((name for name in _SCRIPTS if project.size(name)), None)
    if script:
        settings = _training(project, script)
        if script == _SCRIPTS[0] or "metric_name" in settings:
            return (Candidate("", "ml", project.at(script), settings),)
    found: dict[str, Candidate] = {}
    for path in project.walk(deepest=_DEEPEST + 1):
        inside, name = posixpath.split(path)
        kind = _MANIFESTS.get(name)
        if name == "prepare.py" and not project.has(posixpath.join(inside, "train.py")):
            continue
        within = any(inside == other or inside.startswith(f"{other}/") for other in found)
        if kind and inside and not within:
            found[inside] = Candidate(project.at(inside), kind, project.at(path))
    proper = [each for place, each in found.items() if not ASIDE.search(place)]
    return tuple(proper or found.values())[:most]


def _training(project: Project, script: str) -> dict[str, str]:
    settings = {"target_file": script, "run_command": f"{python(project)} {script}"}
    names = [
        name
        for name in dict.fromkeys(PRINTED.findall(project.text(script)))
        if _LOWER.search(name) or _HIGHER.search(name)
    ]
    name = next((each for each in names if each.startswith(("val", "test"))), None)
    name = name or (names[0] if len(names) == 1 else None)
    if name:
        lower = _LOWER.search(name)
        settings["metric_name"] = name
        if not is_printed_once(project.text(script), name):
            settings["metric_parse"] = last_printed(name)
        settings["metric_direction"] = "lower_is_better" if lower else "higher_is_better"
    return settings
