"""A Go module, judged by the size of its main package's binary."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from functools import partial

from autoresearch_ci.project_types.detected import (
    ASIDE,
    NO_TESTS,
    OTHERS,
    SIZE_DELTA,
    Detected,
    as_artifacts,
)
from autoresearch_ci.project_types.following import fullest, offered
from autoresearch_ci.project_types.project import Project

_MAIN = re.compile(r"^func\s+main\s*\(\s*\)", re.MULTILINE)
_PACKAGE = re.compile(r"^package\s+main\b", re.MULTILINE)
_IMPORTS = re.compile(r"^import\s*(?:\([^)]*\)|[^\n]*)", re.MULTILINE)
# Comments, the package's name and imports.
_HANDS_ON = re.compile(
    r"//[^\n]*|/\*.*?\*/|^package\s+\w+|^import\s*(?:\([^)]*\)|[^\n]*)", re.MULTILINE | re.DOTALL
)
_IGNORED = re.compile(r"^//go:build\s+(ignore|tools)\b", re.MULTILINE)


def detect(project: Project) -> Detected | None:
    """The file with `func main()` is the target; the binary's KiB are the metric."""
    if not project.has("go.mod"):
        return None
    settings = {"image": "golang:1", "setup_command": "go mod download"}
    notes = []
    name = _module_name(project)
    mains = _main_files(project, name)
    others: tuple[str, ...] = ()
    if mains:
        main = mains[0]
        folder = posixpath.dirname(main)
        binary = shlex.quote(f"bin/{posixpath.basename(folder) or name}")
        package = shlex.quote(f"./{folder}") if folder else "."
        sources = [path for path in project.walk() if _is_source(path)]
        target = fullest(project, main, _HANDS_ON, partial(_links, project, sources))
        others = offered(project, target, mains, sources)
        product = project.at(f"bin/{posixpath.basename(folder) or name}")
        built = shlex.quote(product)
        settings |= {
            "target_file": target,
            "metric_name": "binary_kb",
            "min_delta": SIZE_DELTA,
            "metric_direction": "lower_is_better",
        }
        # What git says of the tree would be stamped into the binary and change its size.
        settings["run_command"] = f"go build -trimpath -buildvcs=false -o {binary} {package}"
        settings["artifacts"] = as_artifacts([product])
        settings["metric_parse"] = f"wc -c < {built} | awk '{{ printf \"%.3f\\n\", $1 / 1024 }}'"
    else:
        notes.append("The module has no main package; set target_file, run_command and a metric.")
        own = (path for path in project.walk() if _is_source(path))
        others = tuple(sorted(own, key=project.size, reverse=True)[:OTHERS])
    if any(path.endswith("_test.go") for path in project.walk()):
        settings["guard_command"] = "go test ./..."
    elif mains:
        notes.append(NO_TESTS)
    return Detected(
        "go",
        settings,
        tuple(notes),
        deletable_without_guard=False,
        parse_counts_output=True,
        others=others,
    )


def _module_name(project: Project) -> str:
    found = re.search(r"^module\s+\"?([^\s\"]+)", project.text("go.mod"), re.MULTILINE)
    path = re.sub(r"/v\d+$", "", found[1]) if found else ""
    return posixpath.basename(path) or "main"


def _is_source(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")


def _main_files(project: Project, name: str) -> list[str]:
    """The root's first, then cmd/<module>'s, then the commands', then any; examples last."""
    mains = []
    for path in project.walk():
        if _is_source(path):
            text = project.text(path)
            if _PACKAGE.search(text) and _MAIN.search(text) and not _IGNORED.search(text):
                mains.append(path)
    order = {"": 0, f"cmd/{name}": 1, "cmd": 2}
    named = _built(project)
    return sorted(
        mains,
        key=lambda path: (
            posixpath.dirname(path) not in named,
            order.get(posixpath.dirname(path), 3 if path.startswith("cmd/") else 4),
            bool(ASIDE.search(path)),
            posixpath.basename(path) != "main.go",
        ),
    )


def _built(project: Project) -> set[str]:
    """The folders of the programs that are released, by goreleaser's settings or the Makefile."""
    releases = "".join(
        project.text(f"{dot}goreleaser.{end}") for dot in (".", "") for end in ("yml", "yaml")
    )
    found = re.findall(r"^\s*(?:-\s+)?main:\s*['\"]?(\S+?)['\"]?\s*$", releases, re.MULTILINE)
    if not found:
        lines = re.findall(r"\bgo build\b[^\n]*", project.text("Makefile"))
        found = [word for line in lines for word in re.findall(r"(?<=\s)\./[\w./-]+", line)]
    folders = (each if not each.endswith(".go") else posixpath.dirname(each) for each in found)
    return {posixpath.normpath(each).removeprefix(".") for each in folders}


def _links(project: Project, sources: list[str], path: str, text: str) -> Iterator[str]:
    """The other files of a package, and those of the module's packages that it imports."""
    found = re.search(r"^module\s+\"?([^\s\"]+)", project.text("go.mod"), re.MULTILINE)
    module = found[1] if found else ""
    folders = {posixpath.dirname(path)}
    for imported in re.findall(r"\"([^\"\n]+)\"", "".join(_IMPORTS.findall(text))):
        if module and (imported == module or imported.startswith(f"{module}/")):
            folders.add(imported.removeprefix(module).strip("/"))
    yield from (each for each in sources if posixpath.dirname(each) in folders)
