"""A research programme that somebody wrote for another tool, read as far as it is stated.

pi-autoresearch's layouts are known: `autoresearch.md` with `autoresearch.sh` and
`autoresearch.checks.sh`, or the same in `.auto/` as `prompt.md`, `measure.sh` and `checks.sh`. Its
Markdown has headings of its own (Objective, Metrics, Files in Scope, Off Limits, Constraints), its
log begins with the metric's name and direction. (karpathy's is the project type `ml`.)

Nothing is guessed: what is in the words alone is named, for people to write it as a setting.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.project_types.detected import ASIDE
from autoresearch_ci.project_types.placing import inside
from autoresearch_ci.project_types.project import Project
from autoresearch_ci.project_types.scope import CODE, matching, paths

LAYOUTS = (
    (".auto/prompt.md", ".auto/measure.sh", ".auto/checks.sh", ".auto/log.jsonl"),
    ("autoresearch.md", "autoresearch.sh", "autoresearch.checks.sh", "autoresearch.jsonl"),
)
"""The programme, the script that prints `METRIC name=value`, the checks, the log."""

_HEADING = re.compile(r"^(#{1,4})\s+(.+?)\s*#*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+", re.MULTILINE)
_PRIMARY = re.compile(r"^\W*primary\b[^:`\n]*:?[*_\s:]*(.+)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r"[^\s`*(),:;]+")
_LOWER = re.compile(r"\b(lower|less|fewer|smaller|minimi[sz]e)\b|↓", re.IGNORECASE)
_HIGHER = re.compile(r"\b(higher|more|larger|bigger|maximi[sz]e)\b|↑", re.IGNORECASE)
_PRINTED = re.compile(r"\bMETRIC ([^\s=]+)=")
_WORD = re.compile(r"[\w./@+-]+")
_CONFIGURES = re.compile(r"\.(config\.\w+|json|ya?ml|toml|cfg|ini|opts|md|txt)$")
_LOCKED = re.compile(r"(^|[./-])lock(b|file)?(\.\w+)?$|(^|/)go\.sum$|(^|/)\.[^/]+$", re.IGNORECASE)
"""Files that tools write or that git reads: never what is to be improved first."""

_SETTINGS = ("CLAUDE.md", "AGENTS.md")
"""Documents that hold our settings: whoever could change them could change what is measured."""

_PUT_TOGETHER = re.compile(r"[${}%#]")
_BOUND = re.compile(
    r"([^\s(),;]+)\s*(>=|<=|≥|≤)\s*([+-]\d+(?:\.\d+)?%|\d[\d,]*(?:\.\d+)?)"
    r"(?=\s*(?:$|[;()—]|[.,](?!\d)|and\b))"  # what has a unit is in words
)
_EMPHASIS = re.compile(r"(?<![\w/*])(\*\*?)(\w[^*]*)\1(?![\w/*])")
_SIGNS = {"≥": ">=", "≤": "<="}
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

    `settings` are as a user would write them, `remarks` sentences for people, and `scope` the files
    that could be the target where none is stated, tests and examples last, the largest first. Where
    nothing states a scope these are the files that the script names.
    """

    file: str
    settings: Mapping[str, str]
    remarks: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


def programme(root: Path, folder: str = "", target: str | None = None) -> Programme | None:
    """Find the programme of the folder; None where there is none. Only reads.

    `target` is the target where somebody has said it, as it is seen from the root.
    """
    project = Project(root, folder)
    for file, script, checks, log in LAYOUTS:
        if project.has(script):
            return _read(project, (file, script, checks, log), target)
    return None


def direction(text: str) -> str:
    """`lower` or `higher`, as the words say what is better; empty where they leave it open."""
    lower, higher = bool(_LOWER.search(text)), bool(_HIGHER.search(text))
    return "" if lower == higher else "lower" if lower else "higher"


def _read(project: Project, names: tuple[str, str, str, str], target: str | None) -> Programme:
    file, script, checks, log = names
    parts = _sections(project.text(file))
    files = list(project.walk())
    named = _named(project.text(script), set(files) - set(names))
    printed = _printed(project, (script, *named))
    name, way, remarks = _metric(project.text(log), parts["metrics"], script, printed)
    stated = [path for path in paths(parts["scope"], files) if path not in names]
    scope = [path for path in stated if project.at(path) not in _SETTINGS]
    limits = list(paths(parts["limits"], files))
    plain = [path for path in scope if path in files and not _LOCKED.search(path)]
    if not set(scope) <= set(files):  # what tools read is no target beside patterns of sources
        plain = [path for path in plain if not _CONFIGURES.search(path)]
    if target is None and plain:
        target = project.at(plain[0])
    guard = _command(project, checks) if project.has(checks) else ""
    protected = [script, *(path for path in limits if path not in scope), *([checks] * bool(guard))]
    known = {*printed, *CODE.findall(parts["metrics"])} - {name}
    bounds, words = _constraints(parts["constraints"], known)
    settings = {
        "target_file": target or "",
        "editable_files": _listed(project, [p for p in scope if project.at(p) != target]),
        "run_command": _command(project, script),
        "metric_name": name,
        "metric_direction": f"{way}_is_better" if way else "",
        "constraints": ", ".join(bounds),
        "guard_command": guard,
        "readonly_files": _listed(project, protected),
        "program_file": project.at(file) if project.has(file) else "",
    }
    own = project.at(file if project.has(file) else script)
    remarks += [
        f"{project.at(path)} is in scope and off limits at once: it is taken to be in scope."
        for path in limits
        if path in scope
    ]
    remarks += [
        f"{path} is in scope, and settings stand in it: no experiment changes it."
        for path in stated
        if path not in scope
    ]
    if words:
        told = "; ".join(words[:_MOST_TOLD])
        more = f"; and {len(words) - _MOST_TOLD} more" if len(words) > _MOST_TOLD else ""
        remarks.append(
            f"Constraints in words, which models are shown and nobody checks: {told}{more}"
        )
    choice = [] if target else matching(scope or named, files)
    choice.sort(key=lambda path: (bool(ASIDE.search(path)), -project.size(path)))
    return Programme(
        own,
        {key: value for key, value in settings.items() if value},
        tuple(remarks),
        tuple(map(project.at, choice)),
    )


def _named(script: str, files: Collection[str]) -> list[str]:
    """The files that a script names, as seen from the root."""
    words = (word.removeprefix("./") for word in _WORD.findall(script))
    return list(dict.fromkeys(word for word in words if word in files))


def _printed(project: Project, files: Sequence[str]) -> list[str]:
    """The names that the first of these files prints which prints any and puts none together."""
    for file in files:
        printed = list(dict.fromkeys(_PRINTED.findall(project.text(file))))
        if any(map(_PUT_TOGETHER.search, printed)):
            return []
        if printed:
            return printed
    return []


def _listed(project: Project, patterns: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(map(project.at, patterns)))


def _sections(text: str) -> dict[str, str]:
    """The text below each heading that is known, up to the next one that is not below it."""
    found = dict.fromkeys(_SECTIONS, "")
    headings = list(_HEADING.finditer(text))
    for at, heading in enumerate(headings):
        later = (each for each in headings[at + 1 :] if len(each[1]) <= len(heading[1]))
        end = next((each.start() for each in later), len(text))
        for key, words in _SECTIONS.items():
            if not found[key] and heading[2].lower().startswith(words):
                found[key] = text[heading.end() : end]
    return found


def _metric(log: str, text: str, script: str, printed: Sequence[str]) -> tuple[str, str, list[str]]:
    """The primary metric's name and direction, from the log's head, else from the words."""
    head = _head(log)
    name, way = str(head.get("metricName", "")), str(head.get("bestDirection", ""))
    told = _PRIMARY.search(text)
    line = told[1] if told else ""
    if not name and line:
        word = CODE.search(line) or _NAME.search(line)
        name = word[1] if word and word.re is CODE else word[0] if word else ""
        name = name.strip("*_")
    remarks = []
    if name and printed and name not in printed:
        remarks.append(f"{script} prints METRIC {', '.join(printed)}, and not {name}.")
    if not name and len(printed) == 1:
        name = printed[0]
    way = way or direction(line)
    if name and not way:
        remarks.append("Whether lower or higher is better is not stated: lower is taken.")
        way = "lower"
    return name, way, remarks


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


def _constraints(text: str, known: Collection[str]) -> tuple[list[str], list[str]]:
    """The bounds that stand there as `name >= number` of a known metric, and the rest in words.

    A percentage without a sign is none of the baseline's number, as it would be in a setting.
    """
    bounds, words = [], []
    for item in _bullets(text):
        found = [each for each in _BOUND.findall(item) if each[0] in known]
        bounds += [
            f"{name} {_SIGNS.get(sign, sign)} {number.replace(',', '')}"
            for name, sign, number in found
        ]
        words += [] if found else [item]
    return list(dict.fromkeys(bounds)), words


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
    lines = (item.splitlines()[0] for item in items if item.strip())
    return [_EMPHASIS.sub(r"\2", line).replace("`", "").strip().rstrip(".") for line in lines]
