"""Patterns of paths, as in `readonly_files`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a repository path is one of `patterns` or lies below one.

    As in .gitignore: `*` and `?` stop at a slash, `**` does not, and a pattern
    without a slash means that name in any directory.
    """
    return any(_compile(pattern).fullmatch(path) for pattern in patterns)


def unmatched(root: str, patterns: Sequence[str]) -> list[str]:
    """The patterns that mean no file or folder below `root`, ignored ones looked at, too."""
    left = list(dict.fromkeys(patterns))
    for full, folders, files in os.walk(root):
        if ".git" in folders:
            folders.remove(".git")
        prefix = os.path.relpath(full, root)
        prefix = "" if prefix == "." else f"{prefix}/"
        for name in (*folders, *files) if left else ():
            left = [each for each in left if not matches(prefix + name, (each,))]
        if not left:
            break
    return left


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    stem = pattern.strip().removeprefix("./").rstrip("/")
    anywhere = "/" not in stem
    stem = stem.lstrip("/")
    out = ""
    at = 0
    while at < len(stem):
        token = _TOKEN.match(stem, at)
        assert token is not None
        out += _translate(token.group())
        at = token.end()
    return re.compile(("(?:.*/)?" if anywhere else "") + out + "(?:/.*)?", re.DOTALL)


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|.", re.DOTALL)


def _translate(glob: str) -> str:
    if glob == "**/":
        return "(?:.*/)?"
    if glob == "**":
        return ".*"
    if glob == "*":
        return "[^/]*"
    if glob == "?":
        return "[^/]"
    if len(glob) > 1:
        inner = glob[1:-1].replace("\\", r"\\")
        return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return re.escape(glob)
