"""Little pictures made of characters: the best so far, and runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Side, Status
from autoresearch_ci.core.text import number

_BARS = "▁▂▃▄▅▆▇█"
_DOTS = " •●"
_WIDEST = 60


def sparkline(history: History, width: int) -> str:
    """The best so far from the first to the last experiment, in at most so many cells.

    Empty where nothing was kept: then it is a level line. A first value that is far off
    is as high as a bar can be.
    """
    best = _best_so_far(history.experiments)
    steps = sorted(set(best))
    if len(steps) < 2 or width < 1:  # noqa: PLR2004 - a line needs two
        return ""
    count = min(width, _WIDEST, len(best))
    shown = [best[(at + 1) * len(best) // count - 1] for at in range(count)]
    low, high = steps[0], steps[-1]
    return "".join(_BARS[round((value - low) / (high - low) * (len(_BARS) - 1))] for value in shown)


def _best_so_far(experiments: Sequence[Experiment]) -> list[float]:
    """The value of the last keep, at each experiment from the baseline on."""
    found: list[float] = []
    for each in experiments:
        if each.status is Status.KEEP and each.value is not None:
            found.append(each.value)
        elif found:
            found.append(found[-1])
    return found


def runs(experiment: Experiment, width: int) -> list[tuple[str, str]]:
    """The measured values of either side as dots on one scale, each side with its name."""
    values = [sample.value for sample in experiment.samples]
    if len(values) < 2 or width < 8:  # noqa: PLR2004 - nothing to compare, or no room
        return []
    low, high = min(values), max(values)
    lines = []
    for side in Side:
        cells = [0] * width
        for sample in experiment.samples:
            if sample.side is side:
                cells[round((sample.value - low) / ((high - low) or 1) * (width - 1))] += 1
        if any(cells):
            text = "".join(_DOTS[min(count, 2)] for count in cells).rstrip()
            lines.append((side.value, text))
    ends = f"{number(low)}{number(high).rjust(width - len(number(low)))}"
    return [*lines, ("", ends)]
