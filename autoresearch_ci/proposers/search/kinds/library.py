"""Arguments of well-known libraries in Python: those that are given, and some that could be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autoresearch_ci.proposers.search.known.libraries import LIBRARIES, Range, Words
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.scales import Scale
from autoresearch_ci.proposers.search.source import Source

_GIVEN, _ADDED = 0.6, 0.3


def find(source: Source) -> Iterator[Parameter]:
    """Every argument of a call whose function is known by its import."""
    if source.tree is None or not any(name.split(".")[0] in source.text for name in LIBRARIES):
        return
    imported = source.imported
    for _, call in source.nodes:
        if isinstance(call, ast.Call) and (known := LIBRARIES.get(full_name(call.func, imported))):
            yield from _arguments(source, call, known)


def full_name(node: ast.expr, imported: dict[str, str]) -> str:
    """`zlib.compress` for `from zlib import compress as c; c`; "" for what is not imported."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in imported:
        return ""
    return ".".join([imported[node.id], *reversed(parts)])


def _arguments(
    source: Source, call: ast.Call, known: tuple[Words | Range, ...]
) -> Iterator[Parameter]:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    # With `*args` or `**options` nobody knows what is given.
    plain = len(given) == len(call.keywords) and not any(
        isinstance(one, ast.Starred) for one in call.args
    )
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    for option in known:
        value = given.get(option.name)
        if value is None and plain and 0 <= option.position < len(call.args):
            value = call.args[option.position]
        if isinstance(option, Range):
            if value is not None and (found := _number(source, value, name, option)):
                yield found
        elif option.unless.isdisjoint(given):
            if value is not None and (chosen := _word(source, value, name, option)):
                yield chosen
            elif value is None and plain and option.added:
                yield from _addition(source, call, name, option)


def _number(source: Source, node: ast.expr, callee: str, option: Range) -> Parameter | None:
    start, end = source.span(node)
    text = source.text[start:end]
    literal = Literal.read(text)
    if literal is None or not isinstance(node, ast.Constant):
        return None
    kind = "log" if literal.integer else option.kind
    value = literal.value
    low, high = min(option.low, value), max(option.high, value)
    return Parameter(
        source.identity(start, f"{callee}.{option.name}"), option.name, start, end, text, _GIVEN,
        literal, value, Scale(kind, literal.integer, low, high),
        line=node.lineno - 1, evidence=f"what {callee}() takes",
    )  # fmt: skip


def _word(source: Source, node: ast.expr, callee: str, option: Words) -> Parameter | None:
    if not isinstance(node, ast.Constant):
        return None
    start, end = source.span(node)
    text = source.text[start:end]
    quote = text[-1] if isinstance(node.value, str) else '"'
    options = [value.replace('"', quote) for value in option.values]
    if text not in options or len(options) == 1:
        return None
    return Parameter(
        f"{source.identity(start, f'{callee}.{option.name}')}~", option.name, start, end, text,
        _GIVEN, options=(text, *(value for value in options if value != text)),
        line=node.lineno - 1, evidence=f"what {callee}() takes",
    )  # fmt: skip


def _addition(source: Source, call: ast.Call, callee: str, option: Words) -> Iterator[Parameter]:
    """The argument after the last one, where there is one and it is no bare generator."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not given or isinstance(given[0], ast.GeneratorExp):
        return
    last = max(given, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    place = source.span(last)[1]
    if source.text[place : place + 1] not in (",", ")", "\n"):
        return  # in brackets of its own
    new = tuple(f", {option.name}={value}" for value in option.added)
    yield Parameter(
        f"{source.identity(source.span(call)[0], callee)}.{option.name}+", f"{callee}()", place,
        place, "", _ADDED, options=("", *new), line=source.line_of(place),
        evidence=f"what {callee}() takes, and is not given",
    )  # fmt: skip
