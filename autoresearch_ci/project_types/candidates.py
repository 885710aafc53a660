"""Candidates where no project was found: projects further down, a lone training script.

Nothing here is used by itself. It is named, with what to write, so that people can choose.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from autoresearch_ci.project_types.detected import ASIDE
from autoresearch_ci.project_types.ml import PRINTED, is_printed_once, last_printed, python
from autoresearch_ci.project_types.placing import placed_settings
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


# Files that a target may be, and what starts them where something does.
_PROGRAMS = {
    ".py": "python3", ".js": "node", ".mjs": "node", ".rb": "ruby", ".php": "php", ".pl": "perl",
    ".lua": "lua", ".jl": "julia", ".R": "Rscript", ".sh": "sh", ".ts": "", ".c": "", ".cc": "",
    ".cpp": "", ".cs": "", ".swift": "", ".zig": "", ".hs": "", ".ml": "", ".scala": "",
    ".dart": "", ".ex": "", ".f90": "", ".cu": "", ".sql": "",
}  # fmt: skip
_GOALS = ("bench", "benchmark", "perf", "eval", "score", "run", "test")
_MADE = re.compile(r"^([\w-]+)[^:=\n]*:(?!=)", re.MULTILINE)
_RUNS = re.compile(r"(^|/)(bench\w*|perf\w*|eval\w*|measure\w*|score\w*|run\w*)\.\w+$")


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


def likely(root: Path, folder: str = "") -> Mapping[str, str]:
    """Examples of settings for a project of no known type: its largest source, what runs it."""
    project = Project(root, folder)
    every = [path for path in project.walk() if posixpath.splitext(path)[1] in _PROGRAMS]
    own = [path for path in every if not ASIDE.search(path) and not _RUNS.search(path)]
    sources = sorted(own or every, key=project.size, reverse=True)
    if not sources:
        return {}
    made = [found for found in _MADE.findall(project.text("Makefile")) if found in _GOALS]
    scripts = [(path, _program(path)) for path in every if _RUNS.search(path) and _program(path)]
    settings = {"target_file": sources[0], "metric_name": "score"}
    if made:
        settings["run_command"] = f"make {min(made, key=_GOALS.index)}"
    elif scripts:
        script, program = scripts[0]
        settings["run_command"] = f"{program} {quote(script)}"
    else:
        program = _program(sources[0])
        settings["run_command"] = f"{program} {quote(sources[0])}" if program else "make bench"
    return placed_settings(settings, folder)


def _program(path: str) -> str:
    """The command that starts a file, where its language has one."""
    return _PROGRAMS[posixpath.splitext(path)[1]]


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
