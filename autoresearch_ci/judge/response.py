"""Whether the metric is known to depend on the target at all."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from autoresearch_ci.core.model import Experiment, Reason, Side, Status
from autoresearch_ci.judge.scale import scatter

FAR = 4.0
"""How far a candidate must be from the incumbent, in units of the noise, to be another number."""

_ROUNDING = 1e-9
"""The same as a part of the value, for a metric without noise."""


def responds(experiments: Sequence[Experiment], differences: tuple[float, ...]) -> bool:
    """Whether a candidate has had another number than the incumbent, beyond noise.

    `differences` are of runs of the same content. A number that never moves says of no change
    that it does no harm.
    """
    noise = scatter(differences) or 0.0
    return any(_moved(experiment, noise) for experiment in experiments)


def _moved(experiment: Experiment, noise: float) -> bool:
    if experiment.is_baseline or experiment.status is Status.CRASH:
        return False
    if experiment.reason is Reason.IMPROVED:
        return True
    sides = [[s.value for s in experiment.samples if s.side is side] for side in Side]
    if not all(sides):
        return False
    one, other = map(median, sides)
    return abs(one - other) > max(FAR * noise, _ROUNDING * max(abs(one), abs(other)))
