"""The parameters that the metric has depended on so far, by the search's own model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autoresearch_ci.proposers.search.landscape import Space, landscape
from autoresearch_ci.proposers.search.observations import Observations
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.steps import steps_of
from autoresearch_ci.proposers.search.tuning import fitted

_LABEL = 40
_BAR = 20


@dataclass(frozen=True, slots=True)
class Importance:
    """`share` of what moving parameters one by one changes, 0 to 1, in `tried` experiments."""

    parameter: Parameter
    share: float
    tried: int


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
    known = [each for each in parameters if each.id in moved and steps_of(each)]
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
            parameter,
            variance / whole,
            sum(parameter.id in each.moves for each in observations.lessons),
        )
        for parameter, variance in zip(known, variances, strict=True)
    ]
    return sorted(found, key=lambda each: -each.share)


def table(found: Sequence[Importance]) -> Iterator[str]:
    """Lines for people and for models."""
    width = max((min(len(each.parameter.label), _LABEL) for each in found), default=0)
    for each in found:
        label = each.parameter.label[:_LABEL].ljust(width)
        bar = ("#" * round(_BAR * each.share)).ljust(_BAR)
        yield (
            f"{label}  {each.share:4.0%}  {bar}  now {each.parameter.text}, "
            f"moved in {each.tried} experiment{'s' if each.tried > 1 else ''}"
        )
