"""The values that the assertions of a source allow: what they refuse would only crash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autoresearch_ci.proposers.search.ranges import ANY, Range, number

_ASSERTION = re.compile(r"^\s*(?:debug_|static_|console\.)?assert(?:!\s*\(|\s*\(|\s)(?P<claim>.*)")
# One claim is not to be had where it stands beside another that may hold instead.
_EITHER = re.compile(r"\bor\b|\|\||\bnot\b|!(?!=)|\bif\b")
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SUBJECT = r"(?:\w+\.)*[A-Za-z_]\w*|(?P<call>min|max)\((?P<names>[^()]*)\)"
_ALONE = r"(?![\w.]|\s*[-+*/%(])"
_LEAST = re.compile(rf"(?<![\w.)\]])(?P<low>{_NUMBER})\s*<=\s*(?P<of>{_SUBJECT}){_ALONE}")
_MOST = re.compile(
    rf"(?<![-+*/%]\s)(?<![\w.])(?P<of>{_SUBJECT})\s*(?P<sign><=|>=)\s*(?P<to>{_NUMBER}){_ALONE}"
)
_MEMBERS = re.compile(
    rf"(?<![\w.])(?P<of>{_SUBJECT})\s+in\s+[(\[{{](?P<all>{_NUMBER}(?:\s*,\s*{_NUMBER})+),?\s*[)\]}}]"
)
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")


def allowed(lines: Iterable[str]) -> tuple[dict[str, Range], dict[str, tuple[float, ...]]]:
    """By name, its least and its most value, and all values where those are told one by one."""
    limits: dict[str, Range] = {}
    members: dict[str, tuple[float, ...]] = {}
    for line in lines:
        claim = _ASSERTION.match(_STRING.sub('""', line)) if "assert" in line else None
        if claim is None or _EITHER.search(claim["claim"]):
            continue
        for name, least, most in _bounds(claim["claim"]):
            low, high = limits.get(name, ANY)
            limits[name] = max(low, least), min(high, most)
        for found in _MEMBERS.finditer(claim["claim"]):
            for name in _subjects(found, ""):
                members[name] = tuple(map(number, found["all"].split(",")))
    return limits, members


def _bounds(claim: str) -> Iterator[tuple[str, float, float]]:
    for found in _LEAST.finditer(claim):
        for name in _subjects(found, "min"):
            yield name, number(found["low"]), ANY[1]
    for found in _MOST.finditer(claim):
        least = found["sign"] == ">="
        bound = number(found["to"])
        bounds = (bound, ANY[1]) if least else (ANY[0], bound)
        for name in _subjects(found, "min" if least else "max"):
            yield name, *bounds


def _subjects(found: re.Match[str], call: str) -> list[str]:
    """The names that a bound is for: all of `min(A, B) >= 1`."""
    if not found["call"]:
        return [found["of"].rpartition(".")[2]]
    names = found["names"].split(",") if found["call"] == call else []
    return [name.strip().rpartition(".")[2] for name in names]
