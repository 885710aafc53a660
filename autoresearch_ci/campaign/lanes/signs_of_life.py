"""Lanes that have been silent for longer than an experiment can take are taken for dead.

A lane that was killed leaves an experiment without an end, which the others would avoid for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import ExperimentStart

TIMES = 3
"""An experiment may take so many times as long as the longest on record."""


class SignsOfLife:
    """Tells for how long what others have begun is known here; `late` is the oldest that news gets.

    It goes by the clock of this machine alone: those of others may be wrong.
    """

    def __init__(self, clock: Callable[[], float], late: float) -> None:
        self._clock, self._late = clock, late
        self._known: dict[tuple[str, int], float] = {}

    def gone(self, begun: Sequence[ExperimentStart], history: History) -> set[str]:
        """The sessions that have had no end of what they have `begun` for too long."""
        now = self._clock()
        keys = [(each.session, each.experiment) for each in begun]
        self._known = {key: self._known.get(key, now) for key in keys}
        longest = max((each.seconds for each in history.experiments), default=0.0)
        patience = TIMES * longest + self._late
        return {session for (session, _), since in self._known.items() if now - since > patience}
