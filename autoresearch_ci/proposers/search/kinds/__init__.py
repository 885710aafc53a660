"""Kinds of places that can be set, one file each; the next is one file more.

A kind is a module with `find(source)`: it yields a Parameter for every place that it knows how
to set, and Spared for what looks like one and is left alone. It need not heed frozen lines or
other kinds: a place on a frozen line is dropped here, and of two that overlap the kind that
stands first in `KINDS` wins. To add one, write its file and name it there.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from autoresearch_ci.proposers.search.kinds import (
    choice,
    command,
    function,
    library,
    mark,
    number,
    operator,
    pragma,
    setting,
    switch,
)
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.proposers.search.relations import related
from autoresearch_ci.proposers.search.source import Source

KINDS: Mapping[str, Callable[[Source], Iterable[Parameter | Spared]]] = {
    "mark": mark.find,
    "command": command.find,
    "library": library.find,
    "pragma": pragma.find,
    "setting": setting.find,
    "number": number.find,
    "switch": switch.find,
    "choice": choice.find,
    "function": function.find,
    "operator": operator.find,
}
"""By name; what comes first is the more exact, and wins where two overlap."""

_LABEL = 40


@dataclass(frozen=True, slots=True)
class Seen:
    """All that can be set in a source, in the order of its text, and what is left alone."""

    parameters: list[Parameter]
    spared: list[Spared]


def find(source: Source) -> Seen:
    """Look for every kind of place; no two overlap, and each has an id of its own."""
    taken = _Taken()
    found: list[Parameter] = []
    spared: list[Spared] = []
    for name, kind in KINDS.items():
        for one in kind(source):
            if why := source.frozen(one.start, one.start + len(one.text)):
                spared.append(Spared(one.line, one.text, why, one.start))
            elif isinstance(one, Spared):
                spared.append(one)
            elif taken.add(one.start, one.end):
                found.append(replace(one, kind=name))
    found.sort(key=lambda one: (one.start, one.end))
    left = {one.start: one for one in spared if not taken.holds(one.start)}
    found = list(_told_apart(found))
    found = list(related(found, source))
    return Seen(found, sorted(left.values(), key=lambda one: one.start))


class _Taken:
    """The stretches of the text that belong to a parameter."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> bool:
        """Take a stretch, unless a part of it is taken; of nothing there may be several."""
        at = bisect_left(self._spans, (start, end))
        before, after = self._spans[at - 1 : at] if at else [], self._spans[at : at + 1]
        if any(other > start for _, other in before) or any(other < end for other, _ in after):
            return False
        insort(self._spans, (start, end))
        return True

    def holds(self, start: int) -> bool:
        at = bisect_left(self._spans, (start + 1,))
        return at > 0 and self._spans[at - 1][1] > start


def _told_apart(found: list[Parameter]) -> Iterator[Parameter]:
    """Each with an id of its own, and a label that says which one it is."""
    seen: Counter[str] = Counter()
    labels = Counter(one.label for one in found)
    for one in found:
        seen[one.id] += 1
        name = f"{one.id}#{seen[one.id]}" if seen[one.id] > 1 else one.id
        label = name[-_LABEL:] if labels[one.label] > 1 and one.text else one.label
        same = name == one.id and label == one.label
        yield one if same else replace(one, id=name, label=label)
