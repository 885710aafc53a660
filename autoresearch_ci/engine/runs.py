"""The runs of one experiment: whose was the last, and how each side's log ended."""

from __future__ import annotations

from autoresearch_ci.core.model import Side
from autoresearch_ci.engine.evaluator import Evaluator, Measurement
from autoresearch_ci.workspace import Trial


class Runs:
    """Runs either side of a trial, and remembers what the files do not tell any more.

    What a run leaves, its log too, is overwritten by the next one, which may be the other side's.
    With `usual`, a run of the candidate is ended where it takes far longer than the incumbent's.
    """

    def __init__(self, evaluator: Evaluator, trial: Trial, *, usual: bool = False) -> None:
        self._evaluator, self._trial, self._usual = evaluator, trial, usual
        self._logs: dict[Side, str] = {}
        self.measurements: tuple[Measurement, ...] = ()
        self.last: Side | None = None

    def of(self, side: Side, doing: str = "", *, opens: bool = False) -> Measurement:
        """Run a side; `doing` and `opens` are what people are told of it."""
        self._trial.show(side)
        usual = self._usual and side is Side.CANDIDATE
        run = self._evaluator.measure(self._trial, doing or f"{side}", opens=opens, usual=usual)
        if side is Side.INCUMBENT and run.reason is None:
            self._evaluator.slowest = max(self._evaluator.slowest, run.run.seconds)
        self.measurements = (*self.measurements, run)
        self._logs[side], self.last = run.log, side
        return run

    def log(self, side: Side) -> str:
        """The end of the log of the side's last run; empty where there was none."""
        return self._logs.get(side, "")
