"""Choose the parameters to move next, and where to.

The next experiment is the candidate with the largest expected improvement (Jones, Schonlau,
Welch, 1998) for each second that it is expected to take, by a model of all experiments so far.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import product

import numpy as np

from autoresearch_ci.core.model import Lane
from autoresearch_ci.proposers.search.batch import dealt
from autoresearch_ci.proposers.search.candidates import Candidates, Rows
from autoresearch_ci.proposers.search.landscape import Space, landscape
from autoresearch_ci.proposers.search.observations import PLATEAU, Observations
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.steps import Steps, can_move
from autoresearch_ci.proposers.search.surrogate import Array, Evidence, Surrogate, expected_gain

_MOVED = 20
_FRESH = 12
_ROUNDS = 2
_PARENTS = 6
# A parameter's weight that it begins with in the model, by what it is and how promising it looks.
_NUMBER = 1 / 9
_OPTION = 1.0
_DULL, _BRIGHT = 0.1, 1.3
# A move that adds less than this to what is expected is left out of a candidate.
_WORTH = 0.97
# So often what was never moved far has its turn, if it looks promising, and once there is no such
# thing, a way that was never gone: another option, or far up or down. Small gains elsewhere would
# keep the model from ever looking there.
_LOOK, _LOOK_AGAIN, _PROMISING = 2, 3, 0.3
# The chance to work of what repeats a part of a crash, as a power of the part that it does not.
_CAUTION = 2
# The worth of going as far or further the way of what was much worse, in that of other moves.
_AGAIN = 0.1
# Below this it is hardly a setting, and waits.
_HARDLY = 0.2
# Seconds that an experiment takes whatever is run, in those of a run of the incumbent.
_OVERHEAD = 0.2


def ranked(
    parameters: Sequence[Parameter],
    observations: Observations,
    rng: random.Random,
    lane: Lane | None = None,
) -> Iterator[Steps]:
    """Moves, the most promising first; each parameter alone and some together.

    Those that were moved before are weighed together with as many fresh ones as a model bears;
    further ones wait until nothing else is left, and last of all what rests has its turn. In a lane
    come first those that it is dealt.
    """
    chance = np.random.default_rng(rng.getrandbits(64))
    times = Counter(name for each in observations.lessons for name in each.moves)
    movable = [parameter for parameter in parameters if can_move(parameter)]
    movable.sort(key=lambda parameter: -parameter.weight)
    moved = sorted((p for p in movable if times[p.id]), key=lambda p: -times[p.id])
    fresh = [parameter for parameter in movable if not times[parameter.id]]
    waiting = [parameter for parameter in fresh if parameter.weight < _HARDLY]
    settings = [parameter for parameter in fresh if parameter.weight >= _HARDLY]
    fresh, waiting = (settings, waiting) if settings else (waiting, [])
    first = [*moved[:_MOVED], *fresh[:_FRESH]]
    later = [*fresh[_FRESH:], *moved[_MOVED:], *waiting]
    batches = [first, *(later[at : at + _FRESH] for at in range(0, len(later), _FRESH))]
    for wake, batch in product((False, True), filter(None, batches)):
        if lane:
            names = [parameter.id for parameter in batch]
            own, place = dealt(names, lane, len(observations.keeps))
            yield from _weighed(batch, observations, chance, place, own, wake=wake)
        yield from _weighed(batch, observations, chance, lane, wake=wake)


def _weighed(
    parameters: Sequence[Parameter],
    observations: Observations,
    chance: np.random.Generator,
    lane: Lane | None,
    own: Collection[str] | None = None,
    *,
    wake: bool,
) -> Iterator[Steps]:
    """Moves of these parameters: without those that rest, or where they `wake`, with them."""
    space = Space(parameters)
    ways = space.ways(observations)
    resting = space.resting(observations, ways)
    if wake and not resting.any():
        return
    known = landscape(space, observations)
    model = fitted(known.evidence, space)
    moving = np.array([own is None or each.id in own for each in parameters])
    awake = moving & ~resting
    moving = awake if awake.any() and not wake else moving
    wide = observations.since_keep >= PLATEAU
    candidates = Candidates(space, known.good, chance, wide=wide, own=moving)
    here = model.forecast(space.here[None])
    best = here.mean[0] if observations.noise else known.evidence.values.max()
    if len(known.under_way):
        model.believe(known.under_way, best)

    def worth(rows: Rows) -> Array:
        """Expected improvement a second; less than nothing for what is sure to crash."""
        told = model.forecast(candidates.places(rows))
        gain = expected_gain(told.mean - best, told.deviation) * told.works
        slower = np.exp(np.clip(told.seconds - here.seconds[0], -5.0, 5.0))
        gain = gain / (_OVERHEAD + slower)
        crashes, reached = observations.blamed, observations.reached
        unblamed = candidates.unblamed(rows, space, crashes, reached)
        gain *= unblamed**_CAUTION
        gain *= np.maximum(candidates.unblamed(rows, space, known.awful, {}), _AGAIN)
        hopeless = (unblamed <= 0) | candidates.broken(rows, space, observations)
        hopeless |= candidates.inconsistent(rows, space)
        return np.where(hopeless, -1.0, gain)

    promising = np.array([each.weight >= _PROMISING for each in parameters])
    never = promising & np.array([not each for each in ways])
    every, looked_at = (_LOOK, never) if never.any() else (_LOOK_AGAIN, promising)
    if len(observations.lessons) % every == every - 1:
        looks = candidates.untried(space, ways) & looked_at[:, None]

        def fresh(rows: Rows) -> Array:
            return np.where(candidates.any_of(rows, looks), worth(rows), -1.0)

        yield from _best(candidates, fresh, lane)
    yield from _best(candidates, worth, lane)


def _best(
    candidates: Candidates, worth: Callable[[Rows], Array], lane: Lane | None
) -> Iterator[Steps]:
    """The candidates that are worth anything, the lane's own and the best first."""
    rows = candidates.first()
    values = worth(rows)
    for _ in range(_ROUNDS):
        children = candidates.children(rows[np.argsort(-values, kind="stable")[:_PARENTS]])
        rows, values = np.vstack([rows, children]), np.append(values, worth(children))
    order = np.argsort(-values, kind="stable")
    order = order[values[order] >= 0]
    own = candidates.of(lane, rows)[order]
    order = np.concatenate([order[own], order[~own]])

    def own_worth(rows: Rows) -> Array:
        return np.where(candidates.of(lane, rows), worth(rows), -1.0)

    if len(order):
        yield candidates.steps(_pruned(rows[order[0]], values[order[0]], own_worth))
    for at in order:
        yield candidates.steps(rows[at])


def fitted(evidence: Evidence, space: Space) -> Surrogate:
    """The model of what was measured, from how promising each parameter looks."""
    weights = np.array(_weights(space.parameters))
    doubts = np.where(space.categories, 0.0, weights)
    return Surrogate(evidence, weights, space.starts, doubts)


def _weights(parameters: Sequence[Parameter]) -> list[float]:
    return [
        (_OPTION if each.scale is None else _NUMBER) * min(max(each.weight, _DULL), _BRIGHT)
        for each in parameters
    ]


def _pruned(row: Rows, value: float, worth: Callable[[Rows], Array]) -> Rows:
    """The candidate without moves that add next to nothing and blur what is learned."""
    while np.count_nonzero(row) > 1:
        columns = np.flatnonzero(row)
        without = np.repeat(row[None], len(columns), axis=0)
        without[np.arange(len(columns)), columns] = 0
        values = worth(without)
        at = int(np.argmax(values))
        if values[at] < _WORTH * value:
            break
        row, value = without[at], max(values[at], value)
    return row
