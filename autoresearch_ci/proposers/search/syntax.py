"""Python code that could go, by its syntax tree."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import accumulate

from autoresearch_ci.proposers.search.edits import Cut, Edit, headline, identity
from autoresearch_ci.source_code.syntax.python_tree import python_tree

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_TITLE = 40
# A longer string is a text for people and names no code.
_PROSE = 200
_BLANK = " \t\f\ufeff"
_CONTROL = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
# Kinds whose first word says what they are.
_SPEAKS = frozenset({"if", "try", "loop", "with", "assertion", "statement", "jump"})
_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# A name that is set in one place and read elsewhere is hardly ever there for nothing.
_ONLY_ONE = 0.02
# By these a name is used that nobody has written.
_BY_NAME = frozenset({"getattr", "globals", "locals", "vars", "eval", "exec", "__getattr__"})
_WEIGHTS: tuple[tuple[tuple[type[ast.stmt], ...], str, float], ...] = (
    ((ast.If,), "if", 0.4),
    ((ast.Try,), "try", 0.3),
    ((ast.For, ast.AsyncFor, ast.While), "loop", 0.2),
    ((ast.With, ast.AsyncWith), "with", 0.15),
    ((ast.AugAssign,), "update", 0.2),
    ((ast.Assign, ast.AnnAssign), "assignment", 0.25),
    ((ast.Expr,), "call", 0.45),
    ((ast.Assert,), "assertion", 0.1),
    ((ast.Delete, ast.Global, ast.Nonlocal), "statement", 0.3),
    ((ast.Continue, ast.Break, ast.Return, ast.Raise), "jump", 0.12),
)


def cuts(path: str, text: str, untouchable: Collection[int]) -> Iterator[Cut]:
    """Statements, branches, arguments and unused definitions; nothing where it does not parse."""
    del path
    tree = parsed(text)
    if tree is not None:
        yield from _Finder(text, tree, untouchable).found()


def parsed(text: str) -> ast.Module | None:
    """The syntax tree, or None where this Python cannot read the text."""
    try:
        return python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Finder:
    """Walks the tree once, with the names in use and the lines' places at hand."""

    def __init__(self, text: str, tree: ast.Module, untouchable: Collection[int]) -> None:
        self.text = text
        self.tree = tree
        self.untouchable = untouchable
        self.lines: list[str] = _LINE.findall(text)
        self.starts = [0, *accumulate(len(line) for line in self.lines)]
        self.used = _used(tree)
        self.stored = Counter(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    def found(self) -> Iterator[Cut]:
        yield from self._block(self.tree.body, "", sole_is_empty=False)

    def _block(self, body: list[ast.stmt], scope: str, *, sole_is_empty: bool) -> Iterator[Cut]:
        for at, node in enumerate(body):
            docstring = at == 0 and _is_text(node)
            if not docstring and not isinstance(node, ast.Pass):
                yield from self._statement(node, scope, sole=sole_is_empty and len(body) == 1)
                yield from self._arguments(node, scope)
            inner = f"{scope}.{node.name}".lstrip(".") if isinstance(node, _DEFINITION) else scope
            for child in _bodies(node):
                yield from self._block(child, inner, sole_is_empty=True)

    def _statement(self, node: ast.stmt, scope: str, *, sole: bool) -> Iterator[Cut]:
        whole = self._whole(node)
        if whole is None or _is_formal(node):
            return
        kind, what, weight = self._described(node)
        if kind:
            replacement = f"{self._indent(node)}pass{self._line_end(node)}" if sole else ""
            cut = self._cut(kind, what, scope, weight * (0.5 if sole else 1.0), whole, replacement)
            named = "" if scope or kind != "unused" else _given(node)
            yield replace(cut, name=named, private=self._is_private(node, named))
        if isinstance(node, ast.If):
            yield from self._branches(node, scope)
        elif isinstance(node, ast.Try) and not node.finalbody:
            yield from self._kept_body(node, node.body, "try", "no try around", scope, 0.25)
        if isinstance(node, _DEFINITION):
            for decorator in node.decorator_list:
                yield from self._decorator(decorator, node.name, scope)

    def _described(self, node: ast.stmt) -> tuple[str, str, float]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            unused = not future and not any(self.used[name] for name in names)
            return ("unused", f"unused import {names[0]}", 0.9) if unused else ("", "", 0.0)
        if isinstance(node, _DEFINITION):
            unused = not self.used[node.name] and not node.name.startswith("__")
            return ("unused", f"unused {node.name}()", 0.8) if unused else ("", "", 0.0)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and not self.used[target.id]:
                return "unused", f"unused {target.id}", 0.8
            if isinstance(target, ast.Name) and self.stored[target.id] == 1:
                return "assignment", f"assignment {self._first_line(node)}", _ONLY_ONE
        for types, kind, weight in _WEIGHTS:
            if isinstance(node, types):
                line = self._first_line(node)
                return kind, line if kind in _SPEAKS else f"{kind} {line}", weight
        return "", "", 0.0

    def _is_private(self, node: ast.stmt, name: str) -> bool:
        """True if only this file could use the name, and making it does nothing else.

        A function or a plain value whose name begins with an underscore and is written once.
        """
        if not name.startswith("_") or name.startswith("__") or self.used.keys() & _BY_NAME:
            return False
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = (*node.args.defaults, *node.args.kw_defaults)
            does_nothing = not node.decorator_list and all(
                default is None or isinstance(default, ast.Constant) for default in arguments
            )
        else:
            does_nothing = isinstance(getattr(node, "value", None), ast.Constant)
        return does_nothing and len(re.findall(rf"\b{re.escape(name)}\b", self.text)) == 1

    def _branches(self, node: ast.If, scope: str) -> Iterator[Cut]:
        if node.orelse and not self.text.startswith("elif", self._place(node)):
            yield from self._kept_body(node, node.body, "branch", "always take", scope, 0.3)
        if node.orelse:
            last = node.body[-1]
            start = self.starts[last.end_lineno or 0]
            end = self.starts[node.orelse[-1].end_lineno or 0]
            if self._free(last.end_lineno or 0, (node.orelse[-1].end_lineno or 0) - 1):
                what = f"else branch of {self._first_line(node)}"
                yield self._cut("branch", what, scope, 0.4, (start, end), "")
            if not self.text.startswith("elif", self._place(node)):
                yield from self._kept_body(node, node.orelse, "branch", "never take", scope, 0.25)

    def _kept_body(
        self, node: ast.stmt, body: list[ast.stmt], kind: str, verb: str, scope: str, weight: float
    ) -> Iterator[Cut]:
        """Replace a statement by the body of one of its branches."""
        whole = self._whole(node)
        first, last = body[0].lineno, body[-1].end_lineno or 0
        if whole is None or self._whole(body[0]) is None or first == node.lineno:
            return
        if isinstance(body[0], ast.If) and self.text.startswith("elif", self._place(body[0])):
            return
        deep, flat = self._indent(body[0]), self._indent(node)
        if not deep.startswith(flat) or self._has_long_string(body):
            return
        kept = "".join(
            flat + line.removeprefix(deep) if line.startswith(deep) else line
            for line in self.lines[first - 1 : last]
        )
        title = f"{verb} {self._first_line(node)}"
        start, end = whole
        gone = self.text[start : self.starts[first - 1]] + self.text[self.starts[last] : end]
        yield Cut(identity(verb, scope, gone), kind, title, weight, (Edit(start, end, kept),))

    def _arguments(self, node: ast.stmt, scope: str) -> Iterator[Cut]:
        """Keyword arguments of the calls on this statement's own lines."""
        if isinstance(node, (*_DEFINITION, *_CONTROL)):
            return
        for call in ast.walk(node):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg is None or not self._free(
                    keyword.lineno - 1, (keyword.end_lineno or 0) - 1
                ):
                    continue
                start, end = self._offset(keyword.lineno, keyword.col_offset), self._end(keyword)
                before = re.compile(r",\s*\Z").search(self.text, max(0, start - 200), start)
                after = re.compile(r"\s*,\s*").match(self.text, end)
                if before:
                    start = before.start()
                elif after:
                    end = after.end()
                name = f"{keyword.arg}= of {_name(call.func)}()"
                yield self._cut("argument", f"argument {name}", scope, 0.3, (start, end), "")

    def _decorator(self, node: ast.expr, name: str, scope: str) -> Iterator[Cut]:
        first, last = node.lineno - 1, (node.end_lineno or 0) - 1
        if self._free(first, last) and self.lines[first].lstrip().startswith("@"):
            start, end = self.starts[first], self.starts[last + 1]
            what = f"decorator @{_name(node)} of {name}()"
            yield self._cut("decorator", what, scope, 0.2, (start, end), "")

    def _cut(
        self, kind: str, what: str, scope: str, weight: float, span: tuple[int, int], text: str
    ) -> Cut:
        gone = self.text[span[0] : span[1]]
        where = f" in {scope}()" if scope and "(" not in what else ""
        return Cut(
            identity(kind, scope, gone), kind, f"remove {what}{where}", weight, (Edit(*span, text),)
        )

    def _whole(self, node: ast.stmt) -> tuple[int, int] | None:
        """The full lines of a statement that shares them with nothing else."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        last = (node.end_lineno or node.lineno) - 1
        start, end = self.starts[first], self.starts[last + 1]
        before = self.text[start : self._place(node)] if not decorators else ""
        after = self.text[self._end(node) : end].strip()
        if before.strip(_BLANK) or (after and not after.startswith("#")):
            return None
        if decorators and not self.lines[first].lstrip(_BLANK).startswith("@"):
            return None
        skip = 1 if self.text.startswith("\ufeff") and start == 0 else 0
        return (start + skip, end) if self._free(first, last) else None

    def _free(self, first: int, last: int) -> bool:
        return not any(line in self.untouchable for line in range(first, last + 1))

    def _indent(self, node: ast.stmt) -> str:
        line = self.lines[node.lineno - 1].removeprefix("\ufeff")
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    def _line_end(self, node: ast.stmt) -> str:
        line = self.lines[(node.end_lineno or node.lineno) - 1]
        return line[len(line.rstrip("\r\n")) :]

    def _first_line(self, node: ast.stmt) -> str:
        line = self.text[self._place(node) : self.starts[node.lineno]]
        return headline(line.split("#")[0], _TITLE)

    def _place(self, node: ast.stmt) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.stmt | ast.expr | ast.keyword) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        """A character's place from a line (from 1) and a column in UTF-8 bytes."""
        text = self.lines[line - 1]
        mark = 1 if line == 1 and text.startswith("\ufeff") else 0
        if text.isascii():
            return self.starts[line - 1] + column
        characters = len(
            text[mark:].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace")
        )
        return self.starts[line - 1] + mark + characters

    def _has_long_string(self, body: list[ast.stmt]) -> bool:
        """True if taking away indentation would change a string that spans lines."""
        return any(
            isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno
            for statement in body
            for node in ast.walk(statement)
        )


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _given(node: ast.stmt) -> str:
    """The name that a statement at the top of a module gives to something."""
    if isinstance(node, _DEFINITION):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return targets[0].id if isinstance(targets[0], ast.Name) else ""


def _used(tree: ast.Module) -> Counter[str]:
    """The number of reads of each name, as a name, an attribute or in a string."""
    used: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            used[node.id] += 1
        elif isinstance(node, ast.Attribute):
            used[node.attr] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            used.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.update(re.findall(r"\w+", node.value) if len(node.value) < _PROSE else [])
    return used


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_formal(node: ast.stmt) -> bool:
    """`__all__ = ...` and `if __name__ == ...`: Python and other programs read these."""
    if isinstance(node, ast.If):
        names = [part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)]
        return "__name__" in names
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(
        isinstance(target, ast.Name) and target.id.startswith("__") and target.id.endswith("__")
        for target in targets
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "..."
