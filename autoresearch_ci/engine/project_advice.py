"""Failures of commands over files of the project: not committed, a link away, not executable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from shlex import quote

from autoresearch_ci.engine.isolation_advice import NOT_THERE, is_shown
from autoresearch_ci.workspace.outputs import OUTPUTS

Hidden = Callable[[], Collection[str]]
"""Lists what runs do not see of the user's tree, as `Source.hidden` does."""

_NOT_EXECUTABLE = 126
"""The exit code by which a shell says that it may not start a file."""

_MODULE = re.compile(
    r"(?:No module named|Cannot find (?:module|package)|Could not resolve|cannot load such file --"
    r"|Failed to resolve import)\s+['\"]?([\w@./-]+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s'\"`\u2018\u2019:;,|&<>(){}\[\]]+")
_STUMBLES = re.compile(
    r"not found|no such file|illegal option|invalid option|unexpected|bad interpreter|\\r|\^M|\r",
    re.IGNORECASE,
)
"""Words of shells where a carriage return is the end of a word."""

_NO_GO = re.compile(r"can't cd to")


def of_project(said: str, shell: str, root: Path, returncode: int | None, hidden: Hidden) -> str:
    """Tell what is the matter with a file of the project that a command missed; else nothing.

    `said` is the end of what the command `shell` printed, `root` the user's working tree.
    """
    named = _named(f"{said} {shell}", root) if _STUMBLES.search(said) else ()
    if found := _ends_of_windows(named, root):
        return found
    for line in said.splitlines():
        closed = returncode == _NOT_EXECUTABLE and "ermission denied" in line
        if closed and (found := _not_executable(line, root)):
            return found
        if not (NOT_THERE.search(line) or _NO_GO.search(line) or _MODULE.search(line)):
            continue
        paths = list(_named(line, root))
        if (path := _not_committed(line, paths, hidden)) is not None:
            return (
                f"{path} is not committed, and runs see what is: `git add {quote(path)} && git "
                "commit`. Or have git ignore it: what it ignores is shown to runs as well."
            )
        if link := next(filter(None, (_leads_away(path, root) for path in paths)), None):
            at = link.resolve()
            return (
                f"{link.relative_to(root)} is a link to {at}, which is not shown to runs. Set "
                f"`sandbox_read: {at}` to show it."
            )
    return ""


def _named(line: str, root: Path) -> Iterator[str]:
    """The paths below `root` that are there and that a line names, relative to it."""
    for word in _WORD.findall(line):
        path = os.path.normpath(root / word)
        if path.startswith(f"{root}/") and os.path.lexists(path):
            yield path.removeprefix(f"{root}/")


def _not_committed(line: str, paths: list[str], hidden: Hidden) -> str | None:
    """The first of these paths, or of the module that is missed, that is there and hidden."""
    module = _MODULE.search(line)
    if not paths and not module:
        return None
    there = [path for path in hidden() if path not in OUTPUTS and not path.endswith(".git")]
    for path in there:
        if any(each == path or each.startswith(f"{path}/") for each in paths):
            return path
    if module:
        name = re.split(r"[./]", module[1].strip("./"))[0] if module[1].strip("./") else ""
        last = PurePosixPath(module[1]).name
        return next(
            (p for p in there if PurePosixPath(p).name in (name, last) or _stem(p) in (name, last)),
            None,
        )
    return None


def _stem(path: str) -> str:
    return PurePosixPath(path).name.partition(".")[0]


def _leads_away(path: str, root: Path) -> Path | None:
    """The link in the project, on the way to a path in it, to what a run does not see."""
    full = root / path
    above = [at for at in (*reversed(full.parents), full) if at.is_relative_to(root)]
    link = next((at for at in above[1:] if at.is_symlink()), None)
    at = link.resolve() if link and link.exists() else root
    return link if not at.is_relative_to(root) and not is_shown(at) else None


def _not_executable(line: str, root: Path) -> str:
    for path in _named(line, root):
        full = root / path
        if full.is_file() and not os.access(full, os.X_OK):
            name = quote(path)
            return (
                f"{path} is not executable. Mend that by `chmod +x {name} && git add {name} && git "
                f"commit`, or name its program in the command, as in `sh {name}`."
            )
    return ""


def _ends_of_windows(paths: Iterable[str], root: Path) -> str:
    """Tell which of these is a script of the shell in which the ends of lines are of Windows."""
    for path in paths:
        if not (root / path).is_file():
            continue
        with (root / path).open("rb") as file:
            first = file.readline(200)
        script = first.startswith(b"#!") or path.endswith((".sh", ".bash"))
        if script and first.endswith(b"\r\n"):
            return (
                f"{path} has the line ends of Windows, which are taken for a part of its words. "
                f"Save it with those of Unix (`sed -i 's/\\r$//' {quote(path)}`) and commit it."
            )
    return ""
