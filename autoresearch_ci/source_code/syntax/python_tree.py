"""Python's syntax tree of a text, parsed once for all who read it."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache


@lru_cache(maxsize=4)
def python_tree(text: str) -> ast.Module:
    """The tree, which nobody may change. Raises SyntaxError, or what else `ast` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is not ours to report
        return ast.parse(text.removeprefix("\ufeff"))
