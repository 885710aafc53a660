"""A Go module, judged by the size of its main package's binary."""

from __future__ import annotations

import posixpath
import re
import shlex

from autoresearch_ci.project_types.detected import NO_TESTS, SIZE_DELTA, Detected
from autoresearch_ci.project_types.project import Project

_MAIN = re.compile(r"^func\s+main\s*\(\s*\)", re.MULTILINE)
_PACKAGE = re.compile(r"^package\s+main\b", re.MULTILINE)
_IGNORED = re.compile(r"^//go:build\s+(ignore|tools)\b", re.MULTILINE)


def detect(project: Project) -> Detected | None:
    """The file with `func main()` is the target; the binary's KiB are the metric."""
    if not project.has("go.mod"):
        return None
    settings = {
        "metric_name": "binary_kb",
        "min_delta": SIZE_DELTA,
        "metric_direction": "lower_is_better",
        "setup_command": "go mod download",
    }
    notes = []
    name = _module_name(project)
    main = _main_file(project, name)
    if main:
        folder = posixpath.dirname(main)
        binary = shlex.quote(f"bin/{posixpath.basename(folder) or name}")
        package = shlex.quote(f"./{folder}") if folder else "."
        settings["target_file"] = main
        # What git says of the tree would be stamped into the binary and change its size.
        settings["run_command"] = f"go build -trimpath -buildvcs=false -o {binary} {package}"
        settings["metric_parse"] = f"wc -c < {binary} | awk '{{ printf \"%.3f\\n\", $1 / 1024 }}'"
    else:
        notes.append("The module has no main package; set target_file, run_command and a metric.")
    if any(path.endswith("_test.go") for path in project.walk()):
        settings["guard_command"] = "go test ./..."
    else:
        notes.append(NO_TESTS)
    return Detected("go", settings, tuple(notes), deletable_without_guard=False)


def _module_name(project: Project) -> str:
    found = re.search(r"^module\s+\"?([^\s\"]+)", project.text("go.mod"), re.MULTILINE)
    path = re.sub(r"/v\d+$", "", found[1]) if found else ""
    return posixpath.basename(path) or "main"


def _main_file(project: Project, name: str) -> str | None:
    """The root's, else cmd/<module>'s, else the first command's, else any."""
    mains = []
    for path in project.walk():
        if path.endswith(".go") and not path.endswith("_test.go"):
            text = project.text(path)
            if _PACKAGE.search(text) and _MAIN.search(text) and not _IGNORED.search(text):
                mains.append(path)
    order = {"": 0, f"cmd/{name}": 1, "cmd": 2}
    return min(
        mains,
        key=lambda path: (
            order.get(posixpath.dirname(path), 3 if path.startswith("cmd/") else 4),
            posixpath.basename(path) != "main.go",
        ),
        default=None,
    )
