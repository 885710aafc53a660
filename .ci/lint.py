"""Rules of this project that no linter has: docstrings, the package's top, the length of files."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "autoresearch_ci"
TOP = {"__init__.py", "__main__.py", "py.typed"}
LONGEST = 400
QUESTION = re.compile(r"(?:What|Whether|Who|Whom|Whose|Where|How|When|As|That)\b")
EXEMPT: set[str] = set()
"""Folders that still have such docstrings or longer files."""


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every string that stands alone: those of attributes too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield node.lineno, text.strip()


def problems(path: Path) -> Iterator[str]:
    """Every breach in one file."""
    source = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    length = source.count("\n")
    if length > LONGEST:
        yield f"{name}: {length} lines, more than {LONGEST}: split it by what its parts are for"
    for line, text in docstrings(ast.parse(source)):
        if found := QUESTION.match(text):
            yield (
                f"{name}:{line}: docstring begins with {found[0]!r}: "
                "begin with a noun phrase or an imperative"
            )


def breaches() -> Iterator[str]:
    """Every breach in the package."""
    for path in sorted(PACKAGE.iterdir()):
        if path.is_file() and path.name not in TOP:
            yield f"{path.relative_to(ROOT)}: move it into one of the folders"
        elif path.is_dir() and path.name not in EXEMPT:
            for file in sorted(path.rglob("*.py")):
                yield from problems(file)


if __name__ == "__main__":
    found = list(breaches())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
