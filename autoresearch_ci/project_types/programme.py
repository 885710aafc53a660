"""A research programme that somebody wrote for another tool, read as far as it is stated.

pi-autoresearch's layouts are known: `autoresearch.md` with `autoresearch.sh` and
`autoresearch.checks.sh`, or the same in `.auto/` as `prompt.md`, `measure.sh` and `checks.sh`. Its
Markdown has headings of its own (Objective, Metrics, Files in Scope, Off Limits, Constraints), its
log begins with the metric's name and direction. (karpathy's is the project type `ml`.)

Nothing is guessed: what is in the words alone is named, for people to write it as a setting.
"""

from __future__ import annotations

import json
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.project_types.placing import inside
from autoresearch_ci.project_types.project import Project

LAYOUTS = (
    (".auto/prompt.md", ".auto/measure.sh", ".auto/checks.sh", ".auto/log.jsonl"),
    ("autoresearch.md", "autoresearch.sh", "autoresearch.checks.sh", "autoresearch.jsonl"),
)
"""The programme, the script that prints `METRIC name=value`, the checks, the log."""

_HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*#*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+", re.MULTILINE)
_PRIMARY = re.compile(r"^\W*primary\b[^:`\n]*:?[*_\s:]*(.+)$", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[^\s`*(),:;]+")
_LOWER = re.compile(r"\b(lower|less|fewer|smaller|minimi[sz]e)\b|↓", re.IGNORECASE)
_HIGHER = re.compile(r"\b(higher|more|larger|bigger|maximi[sz]e)\b|↑", re.IGNORECASE)
_PRINTED = re.compile(r"\bMETRIC ([^\s=$]+)=")
_PATH = re.compile(r"[\w.@*?\[\]{}+/-]+")
_MOST_TOLD = 6
_SECTIONS = {
    "metrics": ("metric",),
    "scope": ("files in scope", "in scope", "scope", "editable"),
    "limits": ("off limits", "off-limits", "out of scope", "do not touch"),
    "constraints": ("constraint", "hard rules"),
}


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme that was found: its file, the settings that it states, and what is left over.

    `settings` are as a user would write them, `remarks` sentences for people.
    """

    file: str
    settings: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def programme(root: Path, folder: str = "") -> Programme | None:
    """Find the programme of the folder; None where there is none. Only reads."""
    project = Project(root, folder)
    for file, script, checks, log in LAYOUTS:
        if project.has(file) and project.has(script):
            return _read(project, file, script, checks, log)
    return None


def _read(project: Project, file: str, script: str, checks: str, log: str) -> Programme:
    parts = _sections(project.text(file))
    name, direction, remarks = _metric(project, parts["metrics"], script, log)
    files = list(project.walk())
    scope = list(_paths(parts["scope"], files))
    limits = [path for path in _paths(parts["limits"], files) if path not in scope]
    plain = [path for path in scope if path in files]
    guard = _command(project, checks) if project.has(checks) else ""
    protected = [script, *limits, *([checks] if guard else [])]
    settings = {
        "target_file": project.at(plain[0]) if plain else "",
        "run_command": _command(project, script),
        "metric_name": name,
        "metric_direction": direction,
        "guard_command": guard,
        "readonly_files": ", ".join(map(project.at, protected)),
        "program_file": project.at(file),
    }
    if plain:
        others = [project.at(path) for path in scope if path != plain[0]]
        settings["editable_files"] = ", ".join(others)
    if not plain:
        remarks.append(f"{file} names no single file in its scope: say which with --target-file.")
    if words := _bullets(parts["constraints"]):
        told = "; ".join(words[:_MOST_TOLD])
        more = f"; and {len(words) - _MOST_TOLD} more" if len(words) > _MOST_TOLD else ""
        remarks.append(
            f"Constraints in words, which models are shown and nobody checks: {told}{more}"
        )
    return Programme(
        project.at(file),
        {key: value for key, value in settings.items() if value},
        tuple(remarks),
    )


def _sections(text: str) -> dict[str, str]:
    """The text below each heading that is known, the whole up to the next heading of any kind."""
    found = dict.fromkeys(_SECTIONS, "")
    pieces = _HEADING.split(text)
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        for key, words in _SECTIONS.items():
            if not found[key] and heading.lower().startswith(words):
                found[key] = body
    return found


def _metric(project: Project, text: str, script: str, log: str) -> tuple[str, str, list[str]]:
    """The primary metric's name and direction, from the log's head, else from the words."""
    head = _head(project.text(log))
    name, way = str(head.get("metricName", "")), str(head.get("bestDirection", ""))
    told = _PRIMARY.search(text)
    line = told[1] if told else ""
    if not name and line:
        word = _CODE.search(line) or _NAME.search(line)
        name = word[1] if word and word.re is _CODE else word[0] if word else ""
        name = name.strip("*_")
    remarks = []
    printed = list(dict.fromkeys(_PRINTED.findall(project.text(script))))
    if name and printed and name not in printed:
        remarks.append(f"{script} prints METRIC {', '.join(printed)}, and not {name}.")
    if not name and len(printed) == 1:
        name = printed[0]
    if not way:
        lower, higher = bool(_LOWER.search(line)), bool(_HIGHER.search(line))
        way = "" if lower == higher else "lower" if lower else "higher"
    if not way:
        remarks.append("Whether lower or higher is better is not stated: lower is taken.")
    return name, f"{way or 'lower'}_is_better", remarks


def _head(log: str) -> Mapping[str, object]:
    """The newest configuration in a log; later ones begin a new part."""
    found: Mapping[str, object] = {}
    for line in log.splitlines():
        if '"config"' in line:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and record.get("type") == "config":
                found = record
    return found


def _command(project: Project, script: str) -> str:
    """A script by its own first line where it may be executed, else by bash."""
    try:
        runs = bool((project.root / script).stat().st_mode & stat.S_IXUSR)
    except OSError:
        runs = False
    return inside(project.folder, f"./{script}" if runs else f"bash {script}")


def _bullets(text: str) -> list[str]:
    """The first line of each item of a list, without marks."""
    items = _BULLET.split(text)[1:]
    return [re.sub(r"[*`]", "", item.splitlines()[0]).strip() for item in items if item.strip()]


def _paths(text: str, files: Sequence[str]) -> Iterator[str]:
    """The files, folders and patterns that a list names and that exist, once each.

    A name that is none from the root is looked for below the folder that was named last.
    """
    seen, below = set(), ""
    for token in _CODE.findall(text):
        given = token.strip().removeprefix("./")
        if not _PATH.fullmatch(given) or given.startswith("/"):
            continue
        name = given.rstrip("/")
        found = name if _is_there(name, files) else posixpath.join(below, name)
        if not _is_there(found, files):
            continue
        if any(path.startswith(f"{found}/") for path in files):
            below = found
            if given.endswith("/") and text.rpartition(f"`{token}`")[2].startswith(":"):
                continue  # what follows is in it
            found = f"{found}/**"
        if found not in seen:
            seen.add(found)
            yield found


def _is_there(path: str, files: Sequence[str]) -> bool:
    if path in files or any(each.startswith(f"{path}/") for each in files):
        return True
    if not set(path) & set("*?["):
        return False
    wanted = _glob(path)
    return any(wanted.fullmatch(each) for each in files)


def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern with `*`, `?` and `**`, as for `readonly_files`."""
    words = re.split(r"(\*\*/?|\*|\?)", pattern)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(word, re.escape(word)) for word in words))
