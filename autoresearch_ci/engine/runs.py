"""The runs of one experiment, and the judge who asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autoresearch_ci.core.model import Sample, Side, Verdict
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.judge import Comparison, Judge
from autoresearch_ci.workspace import Trial


class Runs:
    """Runs either side of a trial, and remembers what the files do not tell any more.

    What a run leaves, its log too, is overwritten by the next one, which may be the other side's.
    With `usual`, a run of the candidate is ended where it takes far longer than the incumbent's.
    """

    def __init__(self, evaluator: Evaluator, trial: Trial, *, usual: bool = False) -> None:
        self._evaluator, self._trial, self._usual = evaluator, trial, usual
        self._logs: dict[Side, str] = {}
        self._outputs: dict[Side, str] = {}
        self._metrics: dict[Side, list[Mapping[str, float]]] = {side: [] for side in Side}
        self.measurements: tuple[Measurement, ...] = ()
        self.last: Side | None = None

    def of(self, side: Side, doing: str = "", *, opens: bool = False) -> Measurement:
        """Run a side; `doing` and `opens` are what people are told of it."""
        self._trial.show(side)
        usual = self._usual and side is Side.CANDIDATE
        run = self._evaluator.measure(self._trial, doing or f"{side}", opens=opens, usual=usual)
        if side is Side.INCUMBENT and run.reason is None and not self._usual:
            self._evaluator.slowest = max(self._evaluator.slowest, run.run.seconds)
        self.measurements = (*self.measurements, run)
        self._logs[side], self.last = run.log, side
        if run.reason is None:
            self._metrics[side].append(run.metrics)
            self._outputs[side] = run.output
        return run

    def metrics(self, side: Side) -> tuple[Mapping[str, float], ...]:
        """The numbers beside the metric of each good run of the side."""
        return tuple(self._metrics[side])

    def output(self, side: Side) -> str:
        """An excerpt of what the side's last good run printed."""
        return self._outputs.get(side, "")

    def log(self, side: Side) -> str:
        """The end of the log of the side's last run; empty where there was none."""
        return self._logs.get(side, "")


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs of either side and where they led.

    To the judge's verdict, or to a run without a number, the `failure` of the side that `failed`;
    to neither where no run could begin any more.
    """

    comparison: Comparison
    verdict: Verdict | None = None
    failure: Measurement | None = None
    failed: Side | None = None


def compare(
    judge: Judge,
    comparison: Comparison,
    measure: Callable[[Side, Comparison], Measurement | None],
    seen: Callable[[Comparison], None] = lambda _comparison: None,
) -> Compared:
    """Measure whichever side the judge asks for until it decides.

    `measure` runs a side, of which the comparison has what was measured before; it returns None
    where no run may begin. `seen` hears of the comparison after every run.
    """
    while isinstance(decision := judge(comparison), Side):
        run = measure(decision, comparison)
        if run is None:
            return Compared(comparison)
        if run.reason is not None or run.value is None:
            return Compared(comparison, failure=run, failed=decision)
        comparison = comparison.plus(Sample(decision, run.value))
        seen(comparison)
    return Compared(comparison, decision)
