"""Words where settings are missing: what was looked at, what was found, what to write."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from autoresearch_ci import project_types
from autoresearch_ci.config import markdown
from autoresearch_ci.config.settings import NAMES, example
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.project_types import Candidate, Detected

_MOST_NAMED = 8
# What to write, as it may look in a project of the type that was found.
_EXAMPLES = {
    "web": {
        "target_file": "src/index.js",
        "run_command": "npm run build",
        "metric_parse": "cat dist/*.js | wc -c",
    },
    "flutter": {
        "target_file": "lib/main.dart",
        "run_command": "dart run benchmark/benchmark.dart",
        "metric_name": "score",
    },
    "java": {
        "target_file": "src/main/java/App.java",
        "run_command": "mvn -q -B clean package",
        "metric_parse": 'echo "$AUTORESEARCH_SECONDS"',
    },
    "rust": {
        "target_file": "src/main.rs",
        "run_command": "cargo build --release",
        "metric_parse": "wc -c < target/release/app",
    },
    "go": {
        "target_file": "main.go",
        "run_command": "go test -run '^$' -bench . ./...",
        "metric_name": "ns_per_op",
        "metric_parse": "awk '/ns.op/ { s += log($3); n++ } END { print exp(s / n) }' run.log",
    },
}


def missing_settings(
    names: Sequence[str],
    looked: Sequence[str],
    notes: Sequence[str],
    detected: Detected | None,
    place: tuple[Path, str],
) -> SettingsError:
    """The error for settings that nobody gives; `place` is the repository and a folder in it."""
    found = () if detected else project_types.candidates(*place)
    further = elsewhere(detected, found)
    script = next((each for each in found if each.settings), None)
    known = project_types.placed_settings(script.settings, place[1]) if script else {}
    if detected:
        like = dict(_EXAMPLES.get(detected.name, {}))
    else:
        like = {} if found else dict(project_types.likely(*place))
        if like:
            like.setdefault("run_command", "make bench")
    if detected and detected.others:
        like["target_file"] = detected.others[0]
    whole = like if detected and "run_command" in names else {}
    wanted = [name for name in NAMES if name in {*names, *known, *whole}]
    lines = markdown.write(
        {name: known.get(name) or like.get(name) or example(name) for name in wanted}
    )
    if "metric_parse" in names:
        lines += "\nIn place of metric_parse there can be a measure_command.\n"
    what = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    detail = [*looked, _told_by_detection(detected)]
    seen = [f"{script.found}: a training script, perhaps"] if script else []
    programme = project_types.programme(*place)
    if programme:
        seen.append(f"{programme.file}: a programme, which `autoresearch-ci init` reads")
    if detected and detected.others:
        seen.append(f"files that could be the target: {', '.join(detected.others)}")
    of_type = detected.notes if detected and not detected.members else ()
    section = f"a section like this into CLAUDE.md and change its values to yours:\n\n{lines}"
    further = f"{further} Or write " if further else "Run `autoresearch-ci init`, or write "
    return SettingsError(
        f"{what} {'are' if names[1:] else 'is'} not set, and not detected.",
        detail="\n".join(
            ["Looked at:", *(f"  {each}" for each in (*detail, *seen)), *notes, *of_type]
        ),
        remedy=further + section,
    )


def elsewhere(detected: Detected | None, found: Sequence[Candidate]) -> str:
    """Folders that are projects of their own; empty where there is nothing below."""
    if detected and detected.members:
        folders = detected.members
        many = f"This folder only holds {len(folders)} {detected.name} projects together"
        what = f"{many}: {_listed(folders)}."
    else:
        folders = tuple(each.folder for each in found if each.folder)
        what = (
            "No project begins here, but below: "
            + _listed([f"{each.found} ({each.kind})" for each in found if each.folder])
            + "."
        )
    if not folders:
        return ""
    return (
        f"{what} Go into the one that is to be improved, as in "
        f"`cd {shlex.quote(folders[0])} && autoresearch-ci init`."
        f" Or name it: `init --package {shlex.quote(folders[0])}`."
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _told_by_detection(detected: Detected | None) -> str:
    if detected is None:
        return f"project type: none of {', '.join(project_types.ORDER)}"
    metric = detected.settings.get("metric_name")
    return f"project type: {detected.name}{f', whose metric is {metric}' if metric else ''}"
