"""The use that a source makes of a name, which says what its values can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch_ci.proposers.search.assertions import allowed
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.ranges import ANY, Range
from autoresearch_ci.source_code.syntax import Kind, Token

_COMPARED = frozenset({"<", "<=", ">", ">="})
_LUCK = frozenset({"random", "rand"})
_BEFORE, _AFTER = frozenset("(,"), frozenset(",)")
# A call of what the mark stands for, beside it numbers at most.
_NAME = "\0"
_CALL = re.compile(r"\b(?:\w+ \. )*(\w+) \( (?:([\w.]+) , )?\0(?: , ([\w.]+))?(?: , ([\w.]+))? \)")
# Tokens around a name that a clamp can take.
_NEAR = 24


@dataclass(frozen=True, slots=True)
class Usage:
    """Names by what the source does with them.

    `shares` are taken from one (`1 - MIX`) or compared with luck (`random() < MUTATE`): parts of a
    whole; so are `bases` of powers (`COOLING ** step`) that are below 1. `exponents` and `bounds`
    (`score > CHECK_ABOVE`) may as well be below 0. `limits` are those that the source puts on a
    value itself (`min(max(RATE, 0), 1)`), where beyond them nothing changes, or asserts; `members`
    are the values that an assertion lists.
    """

    shares: frozenset[str]
    bases: frozenset[str]
    exponents: frozenset[str]
    bounds: frozenset[str]
    limits: dict[str, Range]
    members: dict[str, tuple[float, ...]]

    @classmethod
    def of(cls, plain: Sequence[Token], lines: Sequence[str]) -> Usage:
        shares: set[str] = set()
        bases: set[str] = set()
        exponents: set[str] = set()
        bounds: set[str] = set()
        limits, members = allowed(lines)
        for at in range(1, len(plain)):
            if plain[at].kind is not Kind.NAME:
                continue
            name, before = plain[at].text, plain[at - 1].text
            if before == "**":
                exponents.add(name)
            elif before == "-" and plain[at - 2].text in ("1", "1.0"):
                shares.add(name)
            elif before in _COMPARED:
                lucky = [token.text for token in plain[max(0, at - 4) : at - 1]]
                (shares if lucky[1:] == ["(", ")"] and lucky[0] in _LUCK else bounds).add(name)
            if _is_base(plain, at):
                bases.add(name)
            if _is_argument(plain, at) and (limit := _limit(plain, at)) is not None:
                low, high = limits.get(name, ANY)
                limits[name] = max(low, limit[0]), min(high, limit[1])
        shares.update(name for name, limit in limits.items() if limit == (0, 1))
        shares.update(_factors(plain, shares))
        return cls(
            shares=frozenset(shares),
            bases=frozenset(bases),
            exponents=frozenset(exponents),
            bounds=frozenset(bounds),
            limits=limits,
            members=members,
        )

    def is_share(self, name: str, value: float) -> bool:
        """True if values of this name are parts of a whole, as this one is."""
        return name in self.shares or (name in self.bases and value < 1)

    def within(self, name: str, value: float) -> Range:
        """The limits of a name, as far as a value keeps to them."""
        low, high = self.limits.get(name, ANY)
        return (low if low <= value else ANY[0]), (high if value <= high else ANY[1])


def _is_argument(plain: Sequence[Token], at: int) -> bool:
    """True if a name stands alone between commas and brackets."""
    return plain[at - 1].text in _BEFORE and at + 1 < len(plain) and plain[at + 1].text in _AFTER


def _is_base(plain: Sequence[Token], at: int) -> bool:
    """True for `NAME ** n` and `pow(NAME, n)` where n is no number."""
    if at + 2 >= len(plain) or plain[at + 2].kind is Kind.NUMBER:
        return False
    after = plain[at + 1].text
    return after == "**" or (
        after == "," and at > 1 and plain[at - 1].text == "(" and plain[at - 2].text == "pow"
    )


def _factors(plain: Sequence[Token], shares: set[str]) -> Iterator[str]:
    """The names that begin the product which a share is: `rate = EXPLORE * ...`."""
    for name, sign, factor, times in zip(plain, plain[1:], plain[2:], plain[3:], strict=False):
        if sign.text == "=" and times.text == "*" and name.text in shares:
            yield factor.text


def _limit(plain: Sequence[Token], at: int) -> Range | None:
    """The limits that calls around a name put on it: min, max, clip and clamp, with numbers."""
    low, high = ANY
    before, after = plain[max(0, at - _NEAR) : at], plain[at + 1 : at + _NEAR]
    text = " ".join([*(one.text for one in before), _NAME, *(one.text for one in after)])
    while call := _CALL.search(text):
        numbers = [_number(number) for number in call.groups()[1:] if number]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            break
        match call[1], known:
            case "max", [least]:
                low = max(low, least)
            case "min", [most]:
                high = min(high, most)
            case "clip" | "clamp", [least, most]:
                low, high = max(low, least), min(high, most)
            case "int" | "float" | "abs" | "Number", []:
                pass
            case _:
                break
        text = text[: call.start()] + _NAME + text[call.end() :]
    return (low, high) if (low, high) != ANY and low < high else None


def _number(text: str) -> float | None:
    literal = Literal.read(text)
    return None if literal is None else literal.value
