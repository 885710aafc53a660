"""Patterns of paths, as in `readonly_files`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a repository path is one of `patterns` or lies below one.

    As in .gitignore: `*` and `?` stop at a slash, `**` does not, and a pattern
    without a slash means that name in any directory.
    """
    return any(_compile(pattern).match(path) for pattern in patterns)


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
    try:
        # Nothing is negated here, and no pattern is a comment.
        expression, _ = GitIgnoreSpecPattern.pattern_to_regex(re.sub(r"^(?=[!#])", r"\\", stem))
    except GitIgnorePatternError:
        expression = None
    # One that git cannot read is a name, as in `page[1`.
    return re.compile(expression or rf"(?:.*/)?{re.escape(stem)}(?:/.*)?\Z", re.DOTALL)
