"""Comparisons in Python that could include the border or leave it out: `<` and `<=`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.source import Source

_OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_SYMBOLS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_INDEX = re.compile(r"[ijkn]|.*(?:idx|index|len|length|count|size|place)")
_NUMBER = re.compile(r"(?<![\w.])\d[\w.]*")
_WEIGHT = 0.08


def find(source: Source) -> Iterator[Parameter]:
    """Every comparison that decides an `if`, and no loop, of what is no index and no length."""
    for scope, node in _compared(source):
        operator = _SYMBOLS.get(type(node.ops[0]))
        if operator is None or len(node.ops) > 1 or _is_index(node):
            continue
        start, end = source.span(node.left)[1], source.span(node.comparators[0])[0]
        between = re.search(r"[<>]=?", source.text[start:end])
        if between and between.group() == operator:
            place = start + between.start()
            shown = ast.unparse(node)
            yield Parameter(
                f"{scope}.{_NUMBER.sub('0', shown)}~"[-60:].lstrip("."), shown, place,
                place + len(operator), operator, _WEIGHT, options=(operator, _OTHER[operator]),
                line=source.line_of(place),
                evidence="with the border or without",
            )  # fmt: skip


def _compared(source: Source) -> Iterator[tuple[str, ast.Compare]]:
    for scope, node in source.nodes:
        if isinstance(node, ast.If | ast.IfExp):
            parts = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
            yield from ((scope, part) for part in parts if isinstance(part, ast.Compare))


def _is_index(node: ast.Compare) -> bool:
    """True if a length, a place or a counter is compared: one more there is one too many.

    What is compared with 0 or 1 is mostly there so that nothing is divided by.
    """
    for side in (node.left, node.comparators[0]):
        if isinstance(side, ast.Constant) and side.value in (0, 1):
            return True
        for part in ast.walk(side):
            name = getattr(part, "id", "") or getattr(part, "attr", "")
            if isinstance(name, str) and _INDEX.fullmatch(name):
                return True
            if isinstance(part, ast.Call | ast.Subscript):
                return True
    return False
