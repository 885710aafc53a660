"""Experiments of sessions without lanes, in the order in which they were published.

Two such sessions may have worked on one campaign at once. Whoever published second has put its
lines behind the other's as they are: an experiment is known by its session and the number in its
record, and its number in the campaign is its place. A keep counts where it was compared with what
is the incumbent there; else another session's keep was published first, and it is superseded: it
was never compared with the version that it would replace.
"""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.core.history import FOLLOWS, OPEN
from autoresearch_ci.core.model import DROP, Experiment, Reason, Status


def key_of(experiment: Experiment) -> str:
    """The name that an experiment is known by wherever it stands: of its record, as written."""
    return f"{experiment.session}-{experiment.experiment:04}"


class Publication:
    """Reads the experiments one by one; what they say of themselves is never changed."""

    def __init__(self) -> None:
        self._tip: Experiment | None = None
        self._kept: set[str] = set()
        self._tried: dict[str, int] = {}
        self._last = -1

    def name(self, experiment: Experiment) -> str:
        """The name that its patch is archived by: by its number, where nobody else had that."""
        if experiment.experiment <= self._last:
            return key_of(experiment)
        self._last = experiment.experiment
        return f"{experiment.experiment:04}"

    def read(self, experiment: Experiment, number: int) -> Experiment:
        """The next experiment, whose number in the campaign this is, with what it counts as."""
        found = experiment
        if experiment.experiment != number:
            found = replace(experiment, experiment=number)
        if experiment.status is Status.KEEP:
            found = self._superseded(found) if self._is_late(experiment) else found
            self._kept.add(experiment.commit)
            self._tip = found if found.status is Status.KEEP else self._tip
        if found.reason not in OPEN:
            self._tried.setdefault(found.candidate, number)
        return found

    def _is_late(self, keep: Experiment) -> bool:
        """Tell whether it was compared with what another session had replaced by then."""
        if self._tip is None:
            return False
        if keep.experiment == 0:
            return True  # both have begun the campaign
        on = str(keep.change.get(FOLLOWS, "")) if keep.is_baseline else keep.parent
        return on in self._kept and on != self._tip.commit

    def _superseded(self, keep: Experiment) -> Experiment:
        assert self._tip is not None
        # A change that is taken out may well leave what there was before it.
        same = None if keep.proposer == DROP else self._tried.get(keep.candidate)
        return replace(
            keep,
            status=Status.DISCARD,
            reason=Reason.SUPERSEDED if same is None else Reason.DUPLICATE,
            commit=keep.parent,
            error=f"the same as experiment {same} of another session"
            if same is not None
            else f"experiment {self._tip.experiment} of another session was kept and published "
            "first",
        )
