"""Findings of a campaign so far, as everything that decides sees it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from autoresearch_ci.core.model import (
    BASELINE,
    DROP,
    Confirmation,
    Diagnosis,
    Direction,
    Experiment,
    ExperimentStart,
    IdeaRequest,
    Lane,
    MutationCheck,
    PairMeasured,
    Proposal,
    ProposalRejected,
    Reason,
    Status,
)

AGAIN = "again"
"""In an experiment's `change`: the number of the superseded one that it tries again.

Where there are lanes: the names of all that it tries again together.
"""

FOLLOWS = "follows"
"""In the `change` of a baseline where the base has moved: the commit of the keep before it."""

IDEAS = "ideas"
"""In an experiment's `change`: the ids of the queued ideas that it takes up."""

DROPS, DROPS_WITH = "drops", "drops_with"
"""In the `change` of an experiment that takes a kept one out: that one's `candidate`."""


def tries_again(experiment: Experiment) -> list[str]:
    """Names of the superseded experiments that this one tries again, together."""
    # A proposer's note may hold anything that is JSON.
    again = experiment.change.get(AGAIN)
    if isinstance(again, int):
        return [f"{again:04}"]
    return [str(name) for name in again] if isinstance(again, list | tuple) else []


def takes_up(record: Experiment | ExperimentStart) -> list[str]:
    """Ids of the queued ideas that this experiment takes up."""
    ideas = record.change.get(IDEAS)
    return [str(name) for name in ideas] if isinstance(ideas, list | tuple) else []


def settled_by(experiment: Experiment) -> list[str]:
    """Names of those that this one has settled: nobody has to try them again.

    Several that were not kept together are still to be tried apart. What a person asked to take
    out has to be done.
    """
    names = tries_again(experiment)
    interrupted = experiment.reason is Reason.INTERRUPTED
    by_number = isinstance(experiment.change.get(AGAIN), int)
    if interrupted and (experiment.proposer == DROP or not by_number):
        return []
    return names if len(names) == 1 or experiment.status is Status.KEEP else []


OPEN = (Reason.INTERRUPTED, Reason.SUPERSEDED, Reason.TRIED)
"""Reasons that leave it open whether a content is to be kept: it can be tried again."""


class History:
    """The finished experiments of one campaign in order; grows, never shrinks.

    `rejected` are answers of proposers that never became an experiment,
    `confirmation`, `diagnosis` and `mutations` are the last ones, `pairs` what was measured
    since for a confirmation that has not come to its end.
    `under_way` is what other lanes have begun and not ended, as far as is known here; `lane` is
    the one that asks, None without lanes.
    Adding and every question cost the same however long the campaign is. Only where
    another session was faster to publish do the last ones have other numbers then: `become`.
    """

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self._experiments: list[Experiment] = []
        self._names: list[str] = []
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._kept: list[Experiment] = []
        self._baseline: Experiment | None = None
        self._by_candidate: dict[str, Experiment] = {}
        self.rejected: list[ProposalRejected] = []
        self.confirmation: Confirmation | None = None
        self.diagnosis: Diagnosis | None = None
        self.mutations: MutationCheck | None = None
        self.pairs: list[PairMeasured] = []
        self._superseded: dict[int, Experiment] = {}
        self._held: dict[int, Experiment] = {}
        self.queued: dict[str, IdeaRequest] = {}
        self.under_way: Sequence[ExperimentStart] = ()
        self.lane: Lane | None = None

    def add(self, experiment: Experiment, name: str = "", key: str = "") -> None:
        """Append the next experiment; its number must be `next_number`.

        `name` is what its patch is archived by, `key` what it is known by whatever is merged in:
        both are its number where nothing is.
        """
        if experiment.experiment != self.next_number:
            raise ValueError(f"experiment {experiment.experiment} after {self.next_number - 1}")
        name = name or f"{experiment.experiment:04}"
        self._numbers[name] = self._numbers[key or name] = experiment.experiment
        self._names.append(name)
        self._keys.append(key or name)
        self._experiments.append(experiment)
        if experiment.reason not in OPEN:
            self._by_candidate.setdefault(experiment.candidate, experiment)
        if experiment.status is Status.KEEP:
            self._kept.append(experiment)
            if experiment.is_baseline:
                self._baseline = experiment
        if experiment.reason is Reason.SUPERSEDED and experiment.proposer != BASELINE:
            self._superseded[experiment.experiment] = experiment
        if experiment.held:
            self._held[experiment.experiment] = experiment
        for number in map(self._numbers.get, settled_by(experiment)):
            if number is not None:
                self._superseded.pop(number, None)
                self._held.pop(number, None)
        for name in takes_up(experiment):
            self.queued.pop(name, None)

    def judged(self, record: PairMeasured | Confirmation | Diagnosis | MutationCheck) -> None:
        """Take what is said of the whole in place of what was said before, or a part of that."""
        match record:
            case PairMeasured():
                self.pairs.append(record)
            case Confirmation():
                self.confirmation, self.pairs = record, []
            case Diagnosis():
                self.diagnosis = record
            case MutationCheck():
                self.mutations = record

    def queue(self, idea: IdeaRequest) -> None:
        """Let the idea wait for a proposal that takes it up: one whose `change` names it."""
        self.queued[idea.session] = idea

    def become(self, other: History) -> None:
        """Hold what `other` holds: whoever has this history sees what was merged into it.

        The lane that asks is the same as before.
        """
        lane = self.lane
        self.__dict__.update(other.__dict__)
        self.lane = lane

    @property
    def experiments(self) -> Sequence[Experiment]:
        """All of them; the index is the number."""
        return self._experiments

    def name(self, number: int) -> str:
        """The name that an experiment's patch and log are archived by."""
        return self._names[number] if number < len(self._names) else f"{number:04}"

    def key(self, number: int) -> str:
        """The name that an experiment is known by, which no merge changes."""
        return self._keys[number]

    def number(self, key: str) -> int | None:
        """The number of the experiment that is known by this, or named so; None for none."""
        return self._numbers.get(key)

    def named(self, name: str) -> Experiment | None:
        """The experiment of this name; None where there is none."""
        number = self._numbers.get(name)
        return None if number is None else self._experiments[number]

    @property
    def kept(self) -> Sequence[Experiment]:
        """The baseline and every kept experiment, oldest first."""
        return self._kept

    @property
    def kept_changes(self) -> Sequence[Experiment]:
        """The same without the baselines: what taking the branch brings."""
        return [each for each in self._kept if not each.is_baseline]

    @property
    def next_number(self) -> int:
        return len(self._experiments)

    @property
    def baseline(self) -> Experiment | None:
        """The project as it is; measured anew where its base has moved."""
        return self._baseline

    @property
    def incumbent(self) -> Experiment | None:
        """The last kept experiment: what the next candidate has to beat."""
        return self._kept[-1] if self._kept else None

    @property
    def since_keep(self) -> int:
        """Experiments since the last keep: how long the campaign has been on a plateau."""
        incumbent = self.incumbent
        return self.next_number - 1 - incumbent.experiment if incumbent else 0

    @property
    def confirmed(self) -> Confirmation | None:
        """The confirmation of the branch as it is now; None where it has moved since."""
        found, incumbent = self.confirmation, self.incumbent
        return found if found and incumbent and found.head == incumbent.commit else None

    def taken_out(self, idea: Proposal | Experiment) -> Experiment | None:
        """The kept experiment that this one takes out again; None where it is any other idea."""
        wanted = idea.change.get(DROPS) if idea.proposer == DROP else None
        return next((e for e in reversed(self.kept_changes) if e.candidate == wanted), None)

    def taken_out_with(self, idea: Proposal | Experiment) -> list[Experiment]:
        """The same with those that overlap it and go with it, the newest first."""
        last, others = self.taken_out(idea), idea.change.get(DROPS_WITH)
        if last is None:
            return []
        others = others if isinstance(others, list | tuple) else ()
        older = self.kept_changes[: self.kept_changes.index(last)]
        return [last, *(e for e in reversed(older) if e.candidate in others)]

    @property
    def rejected_now(self) -> int:
        """Answers in a row that were rejected since the last experiment."""
        return sum(1 for each in self.rejected[-10:] if each.experiment == self.next_number)

    @property
    def superseded(self) -> Sequence[Experiment]:
        """Ideas that beat an outdated incumbent, and were not tried on a newer one yet.

        Not what was taken out again: that one is to be made, not this.
        """
        ideas = self._superseded.values()
        out = [idea.change.get(DROPS) for idea in ideas if idea.proposer == DROP]
        return [idea for idea in ideas if idea.candidate not in out]

    @property
    def held(self) -> Sequence[Experiment]:
        """Ideas with a better value that is not believed, and were not tried again since."""
        return list(self._held.values())

    @property
    def ideas(self) -> Sequence[IdeaRequest]:
        """The queued ideas that no experiment has taken up yet, oldest first.

        Anybody who may write a comment has written them: data, not instructions.
        """
        return list(self.queued.values())

    def tried(self, candidate: str) -> Experiment | None:
        """The first experiment with this very content, a git blob id, that got its verdict."""
        return self._by_candidate.get(candidate)


def seconds_of_a_run(history: History) -> float:
    """The seconds of a run of the incumbent, by what was measured last; 0 where nothing was."""
    first = history.baseline
    return first.seconds / max(len(first.samples), 1) if first else 0.0


class Watch:
    """Tells how far a session is that begins when this is made, with its setup."""

    def __init__(self, history: History) -> None:
        self._history, self._began = history, time.monotonic()
        self._first = max(1, history.next_number)

    def skip(self, count: int) -> None:
        """Leave out experiments of other sessions that came in between, and baselines."""
        self._first += count

    @property
    def progress(self) -> Progress:
        done = max(0, self._history.next_number - self._first)
        return Progress(self._history, done, time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a session: its own experiments (the baseline not counted) and seconds.

    `stopped` says that somebody asked for its end.
    """

    history: History
    experiments: int
    seconds: float
    stopped: bool = False
