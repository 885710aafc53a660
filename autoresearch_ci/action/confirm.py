"""Believing a session's result only after fresh runs, as far as its time allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import median

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Confirmation, Event, Note, Side
from autoresearch_ci.core.text import duration
from autoresearch_ci.engine.confirm import confirm, earlier, whole
from autoresearch_ci.engine.paired_runs import measured
from autoresearch_ci.engine.session import Session, synchronize
from autoresearch_ci.judge.paired import PAIRS

RUNS = 2 * 2 * PAIRS
"""Runs of one question at most: pairs, and as many again where they leave it open."""


def is_due(session: Session, result: str) -> bool:
    """Return whether the branch is to be measured again: it is better, or a cancelled job began to.

    Not by a session that a stop has kept from setting anything up.
    """
    begun = bool(measured(session)) and session.history.confirmed is None
    return (result == "improved" or begun) and not (
        session.stops.requested_now or session.stops.inherited
    )


def confirmed(session: Session, show: Callable[[Event], None]) -> tuple[Confirmation | None, str]:
    """Confirm the campaign's branch by fresh runs, and publish that; else None and why not.

    Each kept change by itself, too, where there is time for that. `show` gets what is found.
    """
    question = RUNS * seconds_of_a_run(session.history)
    limit = math.inf if session.settings.time_limit is None else session.settings.time_limit
    left = max(0.0, limit - session.progress.seconds)
    if question > left:
        return None, (
            f"Not confirmed by fresh runs: they could take {duration(question)}, and of time_limit "
            f"{duration(left)} was left. On your machine: autoresearch-ci confirm"
        )
    every = question * len(session.history.kept) <= left  # the baseline stands for the branch
    record, last, hurry = None, "", False

    def is_over() -> bool:
        return session.progress.seconds >= limit

    try:
        for event in confirm(session, is_over=is_over) if every else _whole(session, is_over):
            show(event)
            record = event if isinstance(event, Confirmation) else None
            last = event.text if isinstance(event, Note) else ""
    except AutoresearchError as error:
        return None, f"Not confirmed by fresh runs: {error.message} {error.remedy}"
    except KeyboardInterrupt:
        hurry = True
        raise
    finally:
        session.archive.write(now=True)
        synchronize(session, last=True, hurry=hurry)
    return record, "" if record else f"Not confirmed by fresh runs: {last}."


def seconds_of_a_run(history: History) -> float:
    """Return the median of what was measured, rather too long than too short; 0 where nothing was.

    Not less than the baseline's, which may be slower than all that came after it. Of an
    experiment's samples, some of the incumbent's may be from before it.
    """
    took = [
        each.seconds / runs
        for each in history.experiments
        if (runs := sum(sample.side is Side.CANDIDATE for sample in each.samples))
    ]
    return max(took[0], median(took)) if took else 0.0


def _whole(session: Session, is_over: Callable[[], bool]) -> Iterator[Event]:
    yield from earlier(session)
    yield from whole(session, PAIRS, (), is_over)
