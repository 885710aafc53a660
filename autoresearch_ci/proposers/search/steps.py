"""Steps of one parameter: from where it stands to another setting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from autoresearch_ci.proposers.search.observations import Setting
from autoresearch_ci.proposers.search.parameters import Parameter

# In units of a parameter's scale; the wide ones are for a plateau.
_SIZES = (1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.25, -0.25, 3.0, -3.0, 0.12, -0.12)
_WIDE = (4.0, -4.0, 6.0, -6.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One parameter to a new setting: as source text, and as the ledger notes it."""

    parameter: Parameter
    text: str
    new: Setting

    @property
    def name(self) -> str:
        """Tells it from all other steps of the source."""
        return f"{self.parameter.id}={self.text}"

    @property
    def old(self) -> Setting:
        return setting_of(self.parameter)


Steps = tuple[Step, ...]


def setting_of(parameter: Parameter) -> Setting:
    """The present setting, as the ledger notes it."""
    return parameter.text if parameter.scale is None else parameter.value


def can_move(parameter: Parameter) -> bool:
    """True if there is any step: the cheap question, for the thousands in a large source."""
    if parameter.scale is None:
        return any(option != parameter.text for option in parameter.options)
    scale, value = parameter.scale, parameter.value
    return any(step_to(parameter, scale.step(value, size)) for size in _SIZES)


@lru_cache(maxsize=4096)
def steps_of(parameter: Parameter, *, wide: bool = False) -> list[Step]:
    """Every step that may be tried on one parameter as it stands, bold ones of numbers first."""
    if parameter.scale is None:
        return [
            Step(parameter, option, option)
            for option in parameter.options
            if option != parameter.text
        ]
    found: dict[str, Step] = {}
    for size in (*_SIZES, *_WIDE) if wide else _SIZES:
        step = step_to(parameter, parameter.scale.step(parameter.value, size))
        if step is not None:
            found.setdefault(step.text, step)
    return list(found.values())


def step_to(parameter: Parameter, setting: Setting) -> Step | None:
    """The step to one setting; None where it is there, or may not be set to that."""
    if parameter.scale is None:
        possible = setting != parameter.text and setting in parameter.options
        return Step(parameter, str(setting), setting) if possible else None
    if not isinstance(setting, float | int):
        return None
    text = parameter.written(float(setting))
    value = parameter.read(text)
    if value is None or value == parameter.value:
        return None
    scale = parameter.scale
    possible = scale.low <= value <= scale.high and value in (scale.only or (value,))
    return Step(parameter, text, value) if possible else None
