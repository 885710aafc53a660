"""Planting changes in a scratch copy, one after the other, and looking at their verdicts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager

from autoresearch_ci.doctor.plants import (
    BETTER,
    PLANTS,
    WORSE,
    NotPossibleError,
    Patient,
    Plant,
    now_known,
    worse,
)
from autoresearch_ci.errors import OutOfTimeError
from autoresearch_ci.executors.user import Users
from autoresearch_ci.history import History
from autoresearch_ci.lab import load_settings, open_lab
from autoresearch_ci.loop import research
from autoresearch_ci.model import Check, Experiment, Proposal
from autoresearch_ci.proposers import Source
from autoresearch_ci.session import Session
from autoresearch_ci.workspace import Twin, Workspace

BUDGET = 10.0
"""Seconds of `time_budget` at most: most verdicts need no long run."""

_FREE = {
    "max_experiments": "",
    "time_limit": "",
    "patience": "",
    "target_value": "",
    "holdout_command": "",
    "proposer": "search",
}


class _Planter:
    """Proposes one plant after the other until one is kept."""

    name = "doctor"

    def __init__(self, waiting: deque[Plant], patient: Patient) -> None:
        self.waiting = waiting
        self.patient = patient
        self.planted: Plant | None = None
        self._left_out: list[Check] = []

    def propose(self, _source: Source, history: History) -> Proposal | None:
        if history.incumbent is not history.baseline:
            return None  # what comes next must be compared with the project as it is
        while self.waiting:
            self.planted = plant = self.waiting.popleft()
            try:
                return Proposal(plant.title, plant.make(self.patient), self.name)
            except NotPossibleError as error:
                self._left_out.append(Check(plant.title, None, note=str(error)))
        return None

    def repair(
        self, _source: Source, _history: History, _failed: Proposal, _crash: str
    ) -> Proposal | None:
        """What is planted stays as it was planted."""
        return None

    def taken(self) -> list[Check]:
        """What could not be planted since the last time."""
        taken, self._left_out = self._left_out, []
        return taken


class Examination:
    """Plants every change there is in a scratch copy.

    `overrides` are settings as for a session, `users` whom it belongs to. `unseen` are
    the titles of what is not planted yet: at an instant of `time.monotonic`, `until`, it ends.
    `trusted` is the commit of the copy whose settings count, None where its own do.
    Raises AutoresearchError where the unchanged project gives no metric.
    """

    def __init__(
        self,
        copy: Twin,
        overrides: Mapping[str, object],
        users: Users | None = None,
        until: float = math.inf,
        trusted: str | None = None,
    ) -> None:
        self._copy = copy
        self._users, self._until, self._trusted = users, until, trusted
        self.unseen = [plant.title for plant in (*PLANTS, BETTER)]
        workspace = Workspace.open(copy.root)
        self.settings = load_settings(workspace, overrides, trusted).settings
        self._settings: dict[str, object] = {**overrides, **_FREE}
        self._head = copy.head
        self._campaigns = 0

    def checks(self) -> Generator[Check]:
        """Each plant and its verdict, as they are found."""
        try:
            for check in self._checks():
                self.unseen.remove(check.title)
                yield check
        except OutOfTimeError:
            pass  # `unseen` says it

    def _checks(self) -> Iterator[Check]:
        patient = self._look()
        waiting = deque(PLANTS)
        shows = False
        while waiting:
            planter = _Planter(waiting, patient)
            for check in self._plant(planter, self._head):
                shows = shows or (check.title == WORSE and check.verdict.endswith("worse"))
                yield check
            patient = planter.patient
        yield self._better(patient, shows=shows)

    def _look(self) -> Patient:
        """Measure the project as it is; then no run need be given more time than it takes."""
        wanted = self.settings
        self._settings["time_budget"] = min(wanted.time_budget, BUDGET)
        self._settings["kill_after"] = wanted.kill_after
        with self._lab(self._head, setup_only=True) as session:
            list(research(session))
            baseline, text = session.history.baseline, session.campaign.source()
        assert baseline is not None  # else research raises
        assert baseline.value is not None
        budget = min(wanted.time_budget, BUDGET)
        kill_after = min(wanted.kill_after, max(budget, 3 * baseline.seconds + 10))
        self._settings |= {"kill_after": kill_after, "setup_command": ""}
        log = self._copy.root / "run.log"
        others = [path for path in self._copy.tracked() if path != wanted.target_file]
        return Patient(
            settings=wanted.model_copy(update={"kill_after": kill_after}),
            text=text,
            value=baseline.value,
            seconds=baseline.seconds,
            log=log.read_text(encoding="utf-8", errors="replace") if log.exists() else "",
            bystander=min(others, key=len, default=None),
        )

    def _better(self, patient: Patient, *, shows: bool) -> Check:
        """A real improvement: waste that is committed in the scratch copy and taken away again."""
        try:
            if not (patient.measures_time or patient.measures_size):
                raise NotPossibleError("the doctor cannot know what is better here")
            if not shows:
                raise NotPossibleError("the metric did not show the planted waste")
            base = self._copy.commit(patient.path, worse(patient), "planted waste")
        except NotPossibleError as error:
            return Check(BETTER.title, None, note=str(error))
        return next(self._plant(_Planter(deque([BETTER]), patient), base))

    def _plant(self, planter: _Planter, base: str) -> Iterator[Check]:
        """Hold one session on a campaign of its own; a check for all that was tried or left out."""
        with self._lab(base) as session:
            session.proposer = planter
            for event in research(session):
                yield from planter.taken()
                if isinstance(event, Experiment) and event.experiment > 0 and planter.planted:
                    planter.patient = now_known(planter.patient, planter.planted, event)
                    yield _check(planter.planted, event, planter.patient)

    @contextmanager
    def _lab(self, base: str, *, setup_only: bool = False) -> Iterator[Session]:
        self._campaigns += 1
        settings = {**self._settings, "tag": f"doctor-{self._campaigns}"}
        with open_lab(
            self._copy.root,
            settings,
            base=base,
            setup_only=setup_only,
            trusted=self._trusted,
            users=self._users,
            until=self._until,
        ) as session:
            yield session


def _check(plant: Plant, experiment: Experiment, patient: Patient) -> Check:
    right = plant.is_right(experiment, patient)
    verdict = f"{experiment.status}: {experiment.reason}"
    advice = plant.advice.format(
        target=patient.path, metric=patient.settings.metric_name, bystander=patient.bystander
    )
    return Check(plant.title, right, verdict, "" if right else advice)
