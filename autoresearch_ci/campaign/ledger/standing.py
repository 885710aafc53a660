"""Which keeps count where several lanes keep at once: those that the best of them stands on.

Pure: from records, in the order of their union, to the same with their numbers in the campaign.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoresearch_ci.core.history import settled_by
from autoresearch_ci.core.model import Direction, Experiment, Lane, Reason, Status


@dataclass(frozen=True, slots=True)
class Known:
    """Facts beside the experiments: which way is better, and the lanes of sessions.

    `places` are the experiments' places by what they are known by, or named. `heads` are commits
    that sessions on the campaign's branch have begun at, `on` is where that branch is: neither can
    be left any more.
    """

    places: Mapping[str, int]
    direction: Direction
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    heads: Collection[str] = ()
    on: str = ""


def standing(experiments: Sequence[Experiment], known: Known) -> list[Experiment]:
    """The experiments with their numbers; keeps that the tip does not stand on are discards."""
    keeps = _Keeps(experiments, known)
    tip = keeps.tip()
    chain = set(keeps.chain(tip))
    settled = _settled(experiments, known)
    same = {experiments[place].candidate: place for place in sorted(chain, reverse=True)}
    found = []
    for number, each in enumerate(experiments):
        numbered = each if each.experiment == number else replace(each, experiment=number)
        if each.status is Status.KEEP and number not in chain:
            twin = same.get(each.candidate)
            numbered = replace(
                numbered,
                status=Status.DISCARD,
                reason=Reason.SUPERSEDED if twin is None else Reason.DUPLICATE,
                error=_why(each, tip, settled.get(number), experiments, known)
                if twin is None
                else f"the same as experiment {twin} of another lane",
            )
        found.append(numbered)
    return found


class _Keeps:
    """The kept experiments as a tree, by their place among all."""

    def __init__(self, experiments: Sequence[Experiment], known: Known) -> None:
        self._experiments, self._known = experiments, known
        self._settled = set(_settled(experiments, known))
        self._heads = set(known.heads)
        self._before: dict[int, int | None] = {}
        self._length: dict[int, int] = {}
        self._held: dict[int, tuple[int, bool, int]] = {}
        self._baselines = 0
        self._leaves: set[int] = set()
        self._at: dict[str, int] = {}
        last = None
        for place, each in enumerate(experiments):
            if each.status is not Status.KEEP:
                continue
            if each.is_baseline:  # where its base has moved, it follows the best there was
                before = self.tip()
                self._baselines += 1
            else:
                before = self._at.get(each.parent, last)
            self._add(place, before)
            if each.session not in known.lanes:
                last = place

    def _add(self, place: int, before: int | None) -> None:
        each = self._experiments[place]
        self._at.setdefault(each.commit, place)
        self._before[place] = before
        base, on, heads = (0, False, 0) if before is None else self._held[before]
        self._held[place] = (
            self._baselines if each.is_baseline else base,
            on or each.commit == self._known.on,
            heads + (each.commit in self._heads),
        )
        self._length[place] = self._length[before] + 1 if before is not None else 0
        self._leaves.discard(-1 if before is None else before)
        self._leaves.add(place)

    def tip(self) -> int | None:
        """The best leaf; ties go to the longer chain, then the earlier, then the session's name."""
        return max(self._leaves, key=self._worth, default=None)

    def chain(self, tip: int | None) -> Iterator[int]:
        """The tip and all that it stands on."""
        while tip is not None:
            yield tip
            tip = self._before[tip]

    def _worth(self, place: int) -> tuple[object, ...]:
        each = self._experiments[place]
        value = each.value if each.value is not None else float("inf")
        gain = -value if self._known.direction is Direction.LOWER else value
        open_ = place not in self._settled
        return (*self._held[place], open_, gain, self._length[place], -place)


def _settled(experiments: Sequence[Experiment], known: Known) -> dict[int, int]:
    """Places of experiments that were tried again, each with that of the last that did."""
    found = {}
    for place, each in enumerate(experiments):
        for name in settled_by(each):
            tried = known.places.get(name, place)
            if tried != place:
                found[tried] = place
    return found


def _why(
    each: Experiment,
    tip: int | None,
    again: int | None,
    experiments: Sequence[Experiment],
    known: Known,
) -> str:
    lane = known.lanes.get(each.session)
    where = f"lane {lane.number}" if lane and lane.number else "another session"
    text = f"kept in {where} while experiment {tip} was better"
    if again is None:
        return text
    became = experiments[again]
    return f"{text}; tried again as experiment {again}: {became.status}"
