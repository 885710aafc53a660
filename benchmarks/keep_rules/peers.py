"""Rules by which other projects keep a change, as their documents describe them; see README.md.

Each is asked about one idea after the other and spends runs of one machine. Values are speeds:
higher is better, and a time's ratio is a speed's.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Protocol

Run = Callable[[float], float]
"""One run of what is kept now with a change of this effect, 0 for none."""


class Rule(Protocol):
    """A campaign under one rule, which begins with its first runs of what is there."""

    def keeps(self, effect: float) -> bool:
        """Tell whether an idea with this effect is kept."""


class BestOf:
    """Better, by a statistic of so many runs, than the best that was kept, by more than a floor.

    `floor` is a part of what it is compared with.
    """

    def __init__(
        self, run: Run, runs: int, statistic: Callable[[list[float]], float], floor: float = 0.0
    ) -> None:
        self._run, self._runs, self._statistic, self._floor = run, runs, statistic, floor
        self._bar = self._measure(0.0)

    def _measure(self, effect: float) -> float:
        return self._statistic([self._run(effect) for _ in range(self._runs)])

    def keeps(self, effect: float) -> bool:
        value = self._measure(effect)
        kept = (value - self._bar) / self._bar > self._floor
        if kept:
            self._bar = value
        return kept


def one_run(run: Run) -> Rule:
    """karpathy/autoresearch's: a run that is better than the last keep's."""
    return BestOf(run, 1, median)


def rx4(run: Run) -> Rule:
    """rx4's: the median of `measurement_runs` above the best accepted (`min_improvement` 0)."""
    return BestOf(run, 5, median)


def coder_company(run: Run) -> Rule:
    """agent-autoresearch's `verify --repeat 3 --aggregate median`: better than what is retained."""
    return BestOf(run, 3, median)


def codeflash(run: Run) -> Rule:
    """Codeflash's: the shortest of at least five loops of each side, 5 % shorter."""
    return BestOf(run, 5, max, 0.05)


def codeflash_in_ci(run: Run) -> Rule:
    """The same on GitHub Actions, where the floor is doubled."""
    return BestOf(run, 5, max, 0.10)


class Score:
    """pi-autoresearch's score: the best keep over the baseline, in deviations of all values.

    There is none before three values or where they do not deviate; then better is enough. Below
    `again` a better value is run once more, and below `least` it is not kept.
    """

    def __init__(self, run: Run, least: float, again: float) -> None:
        self._run, self._least, self._again = run, least, again
        self._values = [run(0.0)]
        self._best = self._values[0]

    def keeps(self, effect: float) -> bool:
        value = self._log(effect)
        if value <= self._best:
            return False
        score = self._score(value)
        if score is not None and score < self._again:
            value = self._log(effect)
            if value <= self._best:
                return False
        if score is not None and score < self._least:
            return False
        self._best = value
        return True

    def _log(self, effect: float) -> float:
        self._values.append(self._run(effect))
        return self._values[-1]

    def _score(self, best: float) -> float | None:
        middle = median(self._values)
        deviation = median(abs(value - middle) for value in self._values)
        if len(self._values) < 3 or deviation == 0:
            return None
        return abs(best - self._values[0]) / deviation


def pi_as_told(run: Run) -> Rule:
    """What its agent is told: better is kept, and run again where the score is below 1."""
    return Score(run, least=0.0, again=1.0)


def pi_green(run: Run) -> Rule:
    """For people who keep what it shows in green alone: a score of 2, "likely real"."""
    return Score(run, least=2.0, again=0.0)


PEERS: dict[str, Callable[[Run], Rule]] = {
    "one run": one_run,
    "pi-autoresearch, as its agent is told": pi_as_told,
    "pi-autoresearch, green alone": pi_green,
    "coder-company, median of 3": coder_company,
    "rx4, median of 5": rx4,
    "Codeflash, 5 %": codeflash,
    "Codeflash in CI, 10 %": codeflash_in_ci,
}
