"""The parameters that the metric has depended on so far, by the search's own model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoresearch_ci.core.model import Importance
from autoresearch_ci.proposers.search.landscape import Space, landscape
from autoresearch_ci.proposers.search.observations import Observations
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.steps import can_move
from autoresearch_ci.proposers.search.tuning import fitted

# Keeps, and units of a scale, that a number must have gone for it to be said, and the part of its
# way that led on.
_KEEPS, _FAR, _STRAIGHT = 3, 6.0, 0.8


def importances(
    parameters: Sequence[Parameter], observations: Observations
) -> Sequence[Importance]:
    """Parameters that were moved, the most important first.

    Each is moved over the settings that it had in experiments while the others stay where they
    are; its share is that of the variance of what the model expects (main effects, as Hutter,
    Hoos and Leyton-Brown, An efficient approach for assessing hyperparameter importance, 2014,
    but around the incumbent).
    """
    moved = {name for each in observations.lessons for name in each.moves}
    known = [each for each in parameters if each.id in moved and can_move(each)]
    if not known:
        return []
    space = Space(known)
    evidence = landscape(space, observations).evidence
    model = fitted(evidence, space)
    variances = []
    for at in range(len(known)):
        places = np.unique(evidence.points[:, at])
        line = np.repeat(space.here[None], len(places), axis=0)
        line[:, at] = places
        variances.append(float(model.forecast(line).mean.var()))
    whole = sum(variances) or 1.0
    found = [
        Importance(
            parameter.label,
            parameter.text,
            variance / whole,
            sum(parameter.id in each.moves for each in observations.lessons),
            _began(space, at, observations),
        )
        for at, (parameter, variance) in enumerate(zip(known, variances, strict=True))
    ]
    return sorted(found, key=lambda each: -each.share)


def _began(space: Space, at: int, observations: Observations) -> str:
    """The first setting of a number that its keeps have taken far one way, and found no end."""
    parameter = space.parameters[at]
    kept = [each.moves[parameter.id] for each in observations.keeps if parameter.id in each.moves]
    if parameter.scale is None or len(kept) < _KEEPS:
        return ""
    places = [(space.place(at, old), space.place(at, new)) for old, new in kept]
    ways = np.array([new - old for old, new in places if old is not None and new is not None])
    far = abs(float(ways.sum()))
    ended = parameter.value not in observations.reached.get(parameter.id, ())
    if ended or far < _FAR or far < _STRAIGHT * float(np.abs(ways).sum()):
        return ""
    return parameter.written(float(kept[0][0]))
