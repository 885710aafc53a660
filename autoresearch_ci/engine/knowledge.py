"""Facts about the metric that a campaign's records hold, read as the campaign grows."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, MutationCheck
from autoresearch_ci.judge import NoiseModel, responds


class Knowledge:
    """The noise of a campaign's metric, and whether the metric depends on the target.

    `session` is the name of the session that asks: another one's runs are another day's. Only
    new experiments are read; where another session's were merged in, all of them.
    """

    def __init__(self, settings: Settings, history: History, session: str) -> None:
        self._settings, self._history, self._session = settings, history, session
        self._read: Sequence[Experiment] = history.experiments
        self._seen, self._experience = 0, NoiseModel()

    @property
    def noise(self) -> NoiseModel:
        """The noise of the metric."""
        experiments = self._history.experiments
        if experiments is not self._read:  # merged: the earlier ones may be others now
            self._read, self._seen, self._experience = experiments, 0, NoiseModel()
        new = experiments[self._seen :]
        if self._history.lane:  # the level that this session has measured is not another lane's
            new = sorted(new, key=lambda each: each.session == self._session)
        self._experience = self._experience.plus(new, self._history.direction)
        self._seen = len(experiments)
        return self._experience.within(self._session)

    @property
    def commands(self) -> str:
        """A name of the commands that could notice a broken target; it changes with them."""
        settings = self._settings
        commands = (settings.run_command, settings.guard_command, settings.metric_parse,
                    settings.measure_command)  # fmt: skip
        return sha256(repr(commands).encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def mutations(self) -> MutationCheck | None:
        """The mutation check of today's commands; None where it was not made."""
        found = self._history.mutations
        return found if found and found.rules == self.commands else None

    def responds(self) -> bool:
        """Return whether the metric is known to depend on the target: else equal says nothing."""
        if self.mutations and self.mutations.responds:
            return True
        return responds(self._history.experiments, self.noise.differences)


def is_bounded(settings: Settings, direction: Direction) -> bool:
    """Return whether the user has said how good the metric can be, and so allowed all up to there.

    Then no value within that bound is held for its size.
    """
    lower = direction is Direction.LOWER
    return (settings.metric_min if lower else settings.metric_max) is not None
