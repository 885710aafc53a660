"""The constraints beside the numbers of the unchanged project: one that nothing measures is found.

A session with such a one ends at its baseline, so the doctor looks at it without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from autoresearch_ci.core.model import HOLDOUT, Check, Constraint
from autoresearch_ci.engine.constraints import measuring
from autoresearch_ci.engine.metric_forms import canonical


def title(constraint: Constraint) -> str:
    """The constraint as a check is called."""
    return f"constraint {constraint.name}"


def checks(wanted: Iterable[Constraint], metrics: Mapping[str, float]) -> Iterator[Check]:
    """One for each constraint, wrong where no run of the project gives its number."""
    for each in wanted:
        value = metrics.get(canonical(each.name))
        if each.name == HOLDOUT:
            yield Check(title(each), None, note="holdout_command is not run here")
        elif value is None:
            yield Check(title(each), False, "nothing measures it", measuring(each.name))
        else:
            open_ = "" if _met(each, value) else f"; {each} is not met yet, and without it no keep"
            yield Check(title(each), True, f"measured: {value:.6g}{open_}")


def met(wanted: Iterable[Constraint], metrics: Mapping[str, float]) -> tuple[Constraint, ...]:
    """Those that the unchanged project meets, which plants are held against too."""
    found = ((each, metrics.get(canonical(each.name))) for each in wanted)
    return tuple(each for each, value in found if value is not None and _met(each, value))


def _met(constraint: Constraint, value: float) -> bool:
    bound = constraint.bound(value)
    return value >= bound if constraint.at_least else value <= bound
