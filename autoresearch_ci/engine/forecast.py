"""A forecast of how long the next runs take, and what to say where time is too short for them."""

from __future__ import annotations

import math

from autoresearch_ci.core.history import History, Progress, Watch, seconds_of_a_run
from autoresearch_ci.core.model import Reason, SessionEnd, StopReason
from autoresearch_ci.core.text import duration, plural
from autoresearch_ci.engine.limits import Limits, of_the_next

ROOM = 4
"""Runs that a keep takes where there is noise: two of either side."""


class Forecast:
    """Says once that the time is too short for an experiment, as soon as that can be known.

    `usual` is how many seconds a run took in an earlier campaign, 0 where nobody knows.
    """

    def __init__(self, limits: Limits, watch: Watch, usual: float = 0.0) -> None:
        self._limits, self._watch, self._usual = limits, watch, usual
        self._has_said = False

    def say(self, measured: int, planned: int, run: float = 0.0) -> str:
        """The note, empty where there is time or that was said.

        `measured` runs of the incumbent were made, `planned` are wanted in all. `run` is how many
        seconds one took just now; without it the records have to tell.
        """
        progress = self._watch.progress
        run = run or seconds_of_a_run(progress.history) or self._usual
        if self._has_said or not run:
            return ""
        before = max(0.0, progress.seconds - measured * run)
        text = too_short(self._limits, before, planned, run)
        self._has_said = bool(text)
        return text


def too_short(limits: Limits, before: float, runs: int, run: float) -> str:
    """The sum that says that no experiment can end in time; empty where one may.

    `before` is what has passed until the incumbent's first run, of which there are
    `runs`, each of `run` seconds.
    """
    limit = limits.time_limit
    if limit is None or limits.setup_only or before + (runs + 1) * run < limit:
        return ""
    began = f"{duration(before)} have passed before it, " if before >= 1 else ""
    return (
        f"no experiment can end in time: the baseline takes {plural(runs, 'run')} of "
        f"{duration(run)} = {duration(runs * run)}, {began}an experiment takes at least "
        f"{duration(run)}, and time_limit is {duration(limit)}. "
        f"{_raise(before + (runs + ROOM) * run)}"
    )


def out_of_time(limits: Limits, progress: Progress, *, fruitless: bool) -> str:
    """Why a time limit ends a session now, and how to have more of it where that was nothing."""
    limit = limits.time_limit or 0.0
    text = f"time_limit of {duration(limit)} reached"
    if progress.seconds < limit:
        text = (
            f"time_limit: after {duration(progress.seconds)} the next experiment (about "
            f"{duration(of_the_next(progress.history))}) would not end by {duration(limit)}"
        )
    if not fruitless:
        return text
    run = seconds_of_a_run(progress.history)
    return f"{text}. {_raise(max(progress.seconds, limit) + ROOM * run)}"


def fruitless(end: SessionEnd, history: History) -> bool:
    """Return whether time ran out before any experiment of the session had its verdict."""
    own = (e for e in history.experiments if e.session == end.session and not e.is_baseline)
    judged = any(each.reason is not Reason.INTERRUPTED for each in own)
    return end.reason is StopReason.TIME_LIMIT and not judged


def _raise(seconds: float) -> str:
    return f"Raise time_limit to {math.ceil(seconds / 60)}m or more, or make a run shorter."
