"""The files, folders and patterns that a programme's words name in backticks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from autoresearch_ci.core.globs import matches

CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.@*?\[\]{},+/-]+")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def paths(text: str, files: Sequence[str]) -> Iterator[str]:
    """The paths that a list names and that exist, once each; a folder is all below it.

    A name that is none from the root is looked for below the folder that was named last.
    """
    seen, below = set(), ""
    for token in CODE.findall(text):
        given = token.strip().removeprefix("./")
        if not _PATH.fullmatch(given) or given.startswith("/"):
            continue
        for name in _alternatives(given.rstrip("/")):
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


def matching(patterns: Sequence[str], files: Sequence[str]) -> list[str]:
    """The files that any of the patterns means as seen from the root, in the order of `files`."""
    names = {each for each in patterns if not _is_pattern(each)}
    wanted = [f"/{each}" for each in patterns if _is_pattern(each)]
    return [path for path in files if path in names or matches(path, wanted)]


def _alternatives(path: str) -> Iterator[str]:
    """`a.{b,c}` as `a.b` and `a.c`, which settings have no other way to say."""
    found = _BRACES.search(path)
    if not found:
        yield path
        return
    for each in found[1].split(","):
        yield from _alternatives(f"{path[: found.start()]}{each.strip()}{path[found.end() :]}")


def _is_there(path: str, files: Sequence[str]) -> bool:
    if path in files or any(each.startswith(f"{path}/") for each in files):
        return True
    return _is_pattern(path) and bool(matching([path], files))


def _is_pattern(path: str) -> bool:
    return bool(set(path) & set("*?["))
