"""Stop rules: a session's progress in, why to stop out. A new one is one more function here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoresearch_ci.core.history import History, Progress
from autoresearch_ci.core.model import Reason, StopReason
from autoresearch_ci.engine.shares import Shares


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a session; None is none. `time_limit` is in seconds.

    Of those that it has together with other lanes it keeps to its `shares`; without any it has all.
    """

    max_experiments: int | None = None
    time_limit: float | None = None
    patience: int | None = None
    target_value: float | None = None
    setup_only: bool = False
    shares: Shares | None = None

    def reached(self, progress: Progress) -> StopReason | None:
        """The first rule that says stop, or None."""
        for reason, rule in RULES.items():
            if rule(self, progress):
                return reason
        return None

    def is_over(self, progress: Progress) -> bool:
        """Return whether the time is up: then not even a part of an experiment may begin."""
        return self.time_limit is not None and progress.seconds >= self.time_limit


def _setup_only(limits: Limits, _progress: Progress) -> bool:
    return limits.setup_only


def _stopped(_limits: Limits, progress: Progress) -> bool:
    return progress.stopped


def _target_value(limits: Limits, progress: Progress) -> bool:
    incumbent = progress.history.incumbent
    if limits.target_value is None or incumbent is None or incumbent.value is None:
        return False
    return progress.history.direction.gain(incumbent.value, limits.target_value) >= 0


def _max_experiments(limits: Limits, progress: Progress) -> bool:
    most = limits.max_experiments
    if most is not None and limits.shares:
        most = limits.shares.experiments(most)
    return most is not None and progress.experiments >= most


def _time_limit(limits: Limits, progress: Progress) -> bool:
    """Stop before an experiment that would not end in time."""
    if limits.time_limit is None:
        return False
    return progress.seconds + of_the_next(progress.history) >= limits.time_limit


def of_the_next(history: History) -> float:
    """The seconds that the next experiment is expected to take: as many as the last one.

    What was discarded before its first run says nothing of that, nor does what was interrupted.
    After a baseline it is one run, the least that there is.
    """
    tried = reversed(history.experiments)
    last = next((e for e in tried if e.seconds and e.reason is not Reason.INTERRUPTED), None)
    if last is None:
        return 0.0
    return last.seconds / max(len(last.samples), 1) if last.is_baseline else last.seconds


def _patience(limits: Limits, progress: Progress) -> bool:
    """Count experiments of this session and its lanes only: a new session is a new try."""
    if limits.patience is None:
        return False
    made = progress.experiments
    if limits.shares:
        made = limits.shares.together(made)
    return min(progress.history.since_keep, made) >= limits.patience


RULES: dict[StopReason, Callable[[Limits, Progress], bool]] = {
    StopReason.SETUP_ONLY: _setup_only,
    StopReason.STOPPED: _stopped,
    StopReason.TARGET_VALUE: _target_value,
    StopReason.MAX_EXPERIMENTS: _max_experiments,
    StopReason.TIME_LIMIT: _time_limit,
    StopReason.PATIENCE: _patience,
}
