"""Examples of settings for a project of no known type: its largest source, and what runs it.

They are named for people to choose; nothing here is used by itself.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote

from autoresearch_ci.project_types.detected import ASIDE, TESTS
from autoresearch_ci.project_types.ml import python
from autoresearch_ci.project_types.placing import placed_settings
from autoresearch_ci.project_types.project import Project

# Files that a target may be, and what starts them where something does.
_PROGRAMS = {
    ".py": "python3", ".js": "node", ".mjs": "node", ".rb": "ruby", ".php": "php", ".pl": "perl",
    ".lua": "lua", ".jl": "julia", ".R": "Rscript", ".sh": "sh", ".ts": "", ".c": "", ".cc": "",
    ".cpp": "", ".cs": "", ".fs": "", ".swift": "", ".zig": "", ".hs": "", ".ml": "",
    ".scala": "", ".dart": "", ".ex": "", ".f90": "", ".cu": "", ".sql": "", ".tex": "",
    ".clj": "", ".nim": "", ".cr": "", ".d": "", ".pas": "", ".erl": "",
}  # fmt: skip
_TEXTS = (".css", ".html", ".tf", "Dockerfile")
"""Ends of what may be a target where there is no program."""

_BUILDS = re.compile(
    r"(^|/)(noxfile|setup|conftest|tasks|dodo|fabfile|conf|manage|gulpfile|Gruntfile|Setup|build"
    r"|Package|make|configure)\.\w+$|\.(config|conf)\.\w+$"
)
"""Files that build, check or set up a project, and are no part of it."""

_GOALS = ("bench", "benchmark", "perf", "eval", "score", "run", "test")
_NAMED = re.compile(r"bench|perf\b|eval", re.IGNORECASE)
_RUNS = re.compile(r"(^|/)(bench\w*|perf\w*|eval\w*|measure\w*|score\w*|run\w*)\.\w+$")
_MADE = re.compile(r"^([\w-]+)[^:=\n]*:(?!=)", re.MULTILINE)
_RAKED = re.compile(r"^\s*task[ (]+(?::|['\"])?([\w-]+)", re.MULTILINE)
_STARTS = {
    "build.zig": "zig build run",
    "Package.swift": "swift run -c release",
    "mix.exs": "mix run",
    "dune-project": "dune build --profile release",
    "stack.yaml": "stack bench",
    "build.sbt": "sbt run",
    "shard.yml": "shards build --release",
    "CMakeLists.txt": "cmake -S . -B build && cmake --build build",
}
"""Commands of tools that build and start a project, by the file that they read."""


def likely(root: Path, folder: str = "") -> Mapping[str, str]:
    """The settings, as far as something speaks for one; empty where there is no source."""
    project = Project(root, folder)
    every = [path for path in project.walk() if posixpath.splitext(path)[1] in _PROGRAMS]
    own = [path for path in every if not (ASIDE.search(path) or _RUNS.search(path))]
    proper = [path for path in own if not (_BUILDS.search(path) or TESTS.search(path))]
    texts = () if every else project.walk(deepest=3)
    pages = [path for path in texts if path.endswith(_TEXTS)]
    sources = sorted(proper or own or every or pages, key=project.size, reverse=True)
    if not sources:
        return {}
    settings = {"target_file": sources[0], "metric_name": "score"}
    if command := next(_commands(project, every, sources[0]), ""):
        settings["run_command"] = command
    return placed_settings(settings, folder)


def _commands(project: Project, files: Sequence[str], target: str) -> Iterator[str]:
    """The commands that may run the project, the likeliest first."""
    for tool, names in _tasks(project):
        goals = [name for name in names if name in _GOALS]
        goals = sorted(goals, key=_GOALS.index) or [name for name in names if _NAMED.search(name)]
        yield from (f"{tool} {goal}" for goal in goals[:1])
    yield from (_started(project, path) for path in files if _RUNS.search(path) and _starts(path))
    yield from (command for file, command in _STARTS.items() if project.has(file))
    solutions = (path for path in project.walk(deepest=3) if path.endswith((".csproj", ".fsproj")))
    yield from (f"dotnet run -c Release --project {quote(path)}" for path in solutions)
    if any(path.endswith(".cabal") for path in project.walk(deepest=1)):
        yield "cabal bench"
    if _PROGRAMS.get(posixpath.splitext(target)[1]):
        yield _started(project, target)


def _tasks(project: Project) -> Iterator[tuple[str, list[str]]]:
    """The tools that run a task by its name, and the names."""
    for file in ("Makefile", "makefile", "GNUmakefile"):
        yield "make", _MADE.findall(project.text(file))
    for file in ("justfile", "Justfile", ".justfile"):
        yield "just", _MADE.findall(project.text(file))
    yield "deno task", _keys(project, "deno.json", "tasks") + _keys(project, "deno.jsonc", "tasks")
    yield "composer run", _keys(project, "composer.json", "scripts")
    yield "rake", _RAKED.findall(project.text("Rakefile"))


def _keys(project: Project, file: str, key: str) -> list[str]:
    text = re.sub(r"^\s*//.*$", "", project.text(file), flags=re.MULTILINE)
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return []
    found = value.get(key) if isinstance(value, dict) else None
    return [*found] if isinstance(found, dict) else []


def _starts(path: str) -> str:
    """The program that starts a file, where its language has one."""
    return _PROGRAMS[posixpath.splitext(path)[1]]


def _started(project: Project, path: str) -> str:
    program = _starts(path)
    if program == "python3" and (managed := python(project)) == "uv run":
        program = managed
    return f"{program} {quote(path)}"
