"""Relations between two numbers that hold in the source and have to go on holding."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from autoresearch_ci.proposers.search.names import split_name, word_set
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind, Token

_BOUNDED = word_set(
    "randint randrange integers random_integers gen_range random_range nextInt uniform"
    " clip clamp constrain"
)
"""Calls that take a lower bound and then an upper one."""

_LOWER = {
    "min": "max",
    "low": "high",
    "lo": "hi",
    "lower": "upper",
    "least": "most",
    "floor": "ceiling",
    "minimum": "maximum",
}
"""Words for a lower bound, and for the upper one that stands beside it."""

_ARGUMENT = re.compile(r"(?:.*\.)?(?P<callee>\w+)(?:\((?P<position>\d+)\))?(?P<count>#\d+)?")


def related(found: Sequence[Parameter], source: Source) -> Iterator[Parameter]:
    """Each with the numbers that it is a multiple of, and those that it is not to exceed."""
    whole = _multiples(found, source)
    uppers = _uppers(found)
    for one in found:
        parts, above = tuple(whole[one.id]), tuple(uppers[one.id])
        yield replace(one, multiple_of=parts, at_most=above) if parts or above else one


def _multiples(found: Sequence[Parameter], source: Source) -> dict[str, list[str]]:
    """By id, those that a whole number is a multiple of, by a `WIDTH % HEADS` in the source."""
    names = {one.label: one for one in found if one.scale and one.scale.integer}
    parts = defaultdict[str, list[str]](list)
    for name, other in _divisions(source.plain):
        if name in names and other in names and name != other:
            whole, part = names[name], names[other]
            if part.value and not whole.value % part.value:
                parts[whole.id].append(part.id)
    return parts


def _divisions(plain: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """The names on both sides of each `%`, the last part of a dotted one."""
    for at in range(1, len(plain) - 1):
        if plain[at].text == "%" and plain[at - 1].kind is plain[at + 1].kind is Kind.NAME:
            after = at + 1
            while [token.text for token in plain[after + 1 : after + 2]] == ["."]:
                after += 2
            yield plain[at - 1].text, "".join(token.text for token in plain[after : after + 1])


def _uppers(found: Sequence[Parameter]) -> dict[str, list[str]]:
    """By id, the upper bounds beside a lower one: `MIN_SIZE` and `MAX_SIZE`, `randint(1, 6)`."""
    numbers = [one for one in found if one.scale]
    uppers = defaultdict[str, list[str]](list)
    for lower, upper in (*_by_name(numbers), *_of_calls(numbers)):
        if lower.value <= upper.value:
            uppers[lower.id].append(upper.id)
    return uppers


def _by_name(numbers: Sequence[Parameter]) -> Iterator[tuple[Parameter, Parameter]]:
    """Pairs of one place in the code whose names differ in a word for a bound."""
    named = {_scope_and_words(one): one for one in numbers}
    for (scope, words), one in named.items():
        for at, word in enumerate(words):
            if word in _LOWER:
                other = named.get((scope, (*words[:at], _LOWER[word], *words[at + 1 :])))
                if other:
                    yield one, other


def _scope_and_words(one: Parameter) -> tuple[str, tuple[str, ...]]:
    scope, _, name = one.id.rpartition(".")
    return scope, split_name(name)


def _of_calls(numbers: Sequence[Parameter]) -> Iterator[tuple[Parameter, Parameter]]:
    """Arguments of one call that stand side by side, the lower bound and the upper one."""
    calls = defaultdict[tuple[int, str, str | None], dict[int, Parameter]](dict)
    for one in numbers:
        match = _ARGUMENT.fullmatch(one.id)
        if match and match["callee"] in _BOUNDED:
            call = (one.line, match["callee"], match["count"])
            calls[call][int(match["position"] or 0)] = one
    for arguments in calls.values():
        for first, second in pairwise(sorted(arguments)):
            if second == first + 1:
                yield arguments[first], arguments[second]
