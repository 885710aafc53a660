"""Crashes in the code that a deletion takes: who runs that code notices them.

A guard that never runs a check, an option or an error's message says nothing of whether
it is needed. So each innermost block that would go has a crash planted in it, one at a time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from autoresearch_ci.source_code.mutants import Language, closes, code_of, language_of
from autoresearch_ci.source_code.syntax.python_tree import python_tree

MOST = 6
"""Blocks that a deletion may take: each costs a run and a guard."""

_FAR = 200
_PLANTED = "raise RuntimeError('planted')"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_OPENS = re.compile(r"(?:=>|\b(?:else|do|try|finally|loop|unsafe|async))\Z")
_HEADS = re.compile(
    r"\b(?:if|for|while|func|fn)\b|\)\s*(?::|->|throws\b|const\b|noexcept\b|override\b)[^()]*\Z"
)
_MEMBERS = re.compile(
    r"\b(?:switch|match|select|when|class|struct|interface|enum|impl|trait|namespace|object)\b"
)
_MADE = re.compile(r"\bnew\s+[\w.<>, ?]+\Z")
_WITHOUT_BRACES = re.compile(r"\s*(?:\}?\s*else\s+)?(?:if|for|while)\s*(?=\()")


def crashes(path: str, before: str, after: str) -> tuple[str, ...]:
    """Versions of `before` that crash where they come to code that `after` is without.

    None where no crash can be planted there, or it would take too many.
    """
    lines: list[str] = [line for line in _LINE.findall(before) if line]
    gone = _gone(lines, after)
    if not gone:
        return ()
    if path.lower().endswith((".py", ".pyw")):
        found = _in_python(before, lines, gone)
    else:
        language = language_of(path)
        found = _in_braces(path, before, lines, gone, language) if language else []
    return tuple(found) if len(found) <= MOST else ()


def _gone(lines: Sequence[str], after: str) -> set[int]:
    """The numbers of the lines, from 0, that are not there any more, however they are indented."""
    old = [line.strip() for line in lines]
    new = [line.strip() for line in _LINE.findall(after) if line]
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = old[start : len(old) - end], new[start : len(new) - end]
    changed = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    found = {
        start + at for tag, one, two, *_ in changed if tag != "equal" for at in range(one, two)
    }
    return {at for at in found if old[at]}


def _in_python(text: str, lines: Sequence[str], gone: set[int]) -> list[str]:
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    first, going = _innermost(tree, gone)
    if going:
        return [_before(lines, block[0]) for block in going]
    return [_before(lines, first)] if first is not None else []


def _innermost(tree: ast.Module, gone: set[int]) -> tuple[ast.stmt | None, list[list[ast.stmt]]]:
    """The innermost statement with a line that goes, and the innermost blocks that go whole."""
    first: ast.stmt | None = None
    going: list[list[ast.stmt]] = []
    for node in ast.walk(tree):  # what is outside comes first
        if isinstance(node, ast.stmt) and gone & set(range(_top(node) - 1, node.end_lineno or 0)):
            first = node
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(node, ast.Module) or not isinstance(block, list) or not block:
                continue
            decorated = any(each.lineno - 1 in gone for each in getattr(node, "decorator_list", ()))
            if isinstance(block[0], ast.stmt) and (_top(block[0]) - 1 in gone or decorated):
                going.append(block)
    inner = [b for b in going if not any(o is not b and _holds(b, o) for o in going)]
    return first, inner


def _holds(block: list[ast.stmt], other: list[ast.stmt]) -> bool:
    start, end = _top(block[0]), block[-1].end_lineno or 0
    return start <= _top(other[0]) and (other[-1].end_lineno or 0) <= end


def _top(node: ast.stmt) -> int:
    """The first line of a statement, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _before(lines: Sequence[str], node: ast.stmt) -> str:
    """The text with a crash before a statement."""
    at = _top(node) - 1
    line = lines[at]
    column = len(line.encode()[: node.col_offset].decode(errors="ignore"))
    if line[:column].strip(" \t\f\ufeff"):  # `if x: return`
        planted = f"{line[:column]}{_PLANTED}; {line[column:]}"
    else:
        column = len(line) - len(line.lstrip(" \t\f\ufeff"))
        margin = line[:column].lstrip("\ufeff")
        planted = f"{line[:column]}{_PLANTED}\n{margin}{line[column:]}"
    return "".join([*lines[:at], planted, *lines[at + 1 :]])


def _in_braces(
    path: str, text: str, lines: Sequence[str], gone: set[int], language: Language
) -> list[str]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    spans = [(starts[at], starts[at + 1]) for at in sorted(gone)]
    code = code_of(path, text)
    ends = closes(code)
    going = [
        opens
        for opens in sorted(ends)
        if any(start <= opens < end for start, end in spans) and _is_block(code, opens)
    ]
    inner = [at for at in going if not any(at < other < ends[at] for other in going)]
    if inner:
        return [f"{text[: at + 1]} {language.crash}{text[at + 1 :]}" for at in inner]
    start, end = spans[0][0], spans[-1][1]
    around = [at for at in ends if at < start < ends[at]]
    if not around and not language.at_top:
        return []
    if around and not any(_is_block(code, at) for at in around):
        return []
    return [_at_statement(text, code, start, end, language.crash)]


def _at_statement(text: str, code: str, start: int, end: int, crash: str) -> str:
    """The text with a crash before a statement, or in that of a condition without braces."""
    head = _WITHOUT_BRACES.match(code, start, end)
    close = _closing(code, head.end(), end) if head else 0
    if not close:
        return f"{text[:start]}{crash}\n{text[start:]}"
    stop = start + len(text[start:end].rstrip())
    return f"{text[:close]} {{ {crash} {text[close:stop]}\n}}{text[stop:]}"


def _closing(code: str, start: int, end: int) -> int:
    """The place after the parenthesis that closes the one at `start`; 0 where it is not there."""
    depth = 0
    for at in range(start, end):
        depth += (code[at] == "(") - (code[at] == ")")
        if depth == 0:
            return at + 1
    return 0


def _is_block(code: str, at: int) -> bool:
    """Tell a block of statements by what stands before its brace."""
    head = code[:at].rstrip()
    opening = len(head)
    if head.endswith(")"):
        depth = 0
        while opening:
            opening -= 1
            depth += (head[opening] == ")") - (head[opening] == "(")
            if depth == 0:
                break
        if _MADE.search(head, max(0, opening - _FAR), opening):
            return False  # the body of a class without a name
    begin = max(head.rfind(mark, 0, opening) for mark in ";{}\n") + 1
    header = head[begin:]
    if _MEMBERS.search(header[: opening - begin] if opening < len(head) else header):
        return False
    return opening < len(head) or bool(_OPENS.search(header) or _HEADS.search(header))
