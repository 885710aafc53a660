"""Planting changes in the project, one after the other, and looking at their verdicts.

All of it happens aside: in trees that are thrown away, on commits that nothing refers to.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

from autoresearch_ci.core.errors import AutoresearchError, OutOfTimeError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Check,
    Experiment,
    ExperimentStart,
    FileSet,
    Proposal,
    Reason,
    Side,
    Status,
)
from autoresearch_ci.doctor import constrained, faults
from autoresearch_ci.doctor.faults import Seen
from autoresearch_ci.doctor.languages import filled
from autoresearch_ci.doctor.probes import BETTER, PROBES, WORSE, Probe, now_known, worse
from autoresearch_ci.doctor.project import NotPossibleError, ProjectUnderTest
from autoresearch_ci.engine.assembly import load_settings, open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.scratch import Scratch
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers import Proposer
from autoresearch_ci.source_code.frozen_lines.marks import without_marks

BUDGET = 10.0
"""Seconds of `time_budget` at most: most verdicts need no long run."""

AS_IT_IS = "the project as it is"

TITLES = tuple(probe.title for probe in (*PROBES, BETTER))
"""Of all changes, in their order."""

_FREE = {
    "max_experiments": "",
    "time_limit": "",
    "patience": "",
    "target_value": "",
    "holdout_command": "",
    "proposer": "search",
}


_HARMLESS = ("license", "licence", "readme", "changelog", "contributing", "notice", "authors")
"""Prefixes of the names of files that nothing runs and hardly anything reads."""

_READ = ("claude.md", "agents.md", "program.md")


class _ProbeProposer:
    """Proposes one probe after the other until one is kept."""

    name = "doctor"

    def __init__(self, waiting: deque[Probe], project: ProjectUnderTest) -> None:
        self.waiting = waiting
        self.project = project
        self.planted: Probe | None = None
        self._left_out: list[Check] = []

    def propose(self, source: FileSet, history: History) -> Proposal | None:
        if history.incumbent is not history.baseline:
            return None  # what comes next must be compared with the project as it is
        while self.waiting:
            probe = self.waiting.popleft()
            try:
                text = probe.make(self.project)
            except NotPossibleError as error:
                self._left_out.append(Check(probe.title, None, note=str(error)))
                continue
            except Exception as error:  # noqa: BLE001 - whatever the text, the rest is tried
                note = f"it could not be written into {self.project.path} ({error!r})"
                self._left_out.append(Check(probe.title, None, note=note))
                continue
            self.planted = probe
            return Proposal(probe.title, source | {source.target: text}, self.name)
        return None

    def repair(
        self, _source: FileSet, _history: History, _failed: Proposal, _crash: str
    ) -> Proposal | None:
        """Repair nothing: a probe stays as it is."""
        return None

    def taken(self) -> list[Check]:
        """Take the checks that could not be made since the last time."""
        taken, self._left_out = self._left_out, []
        return taken

    def give_up(self, why: str) -> list[Check]:
        """Leave what is under way without a verdict, or all that waits where nothing is."""
        stuck = [self.planted] if self.planted else [*self.waiting]
        if not self.planted:
            self.waiting.clear()
        self.planted = None
        return [*self.taken(), *(Check(probe.title, None, note=why) for probe in stuck)]


class Examination:
    """Plants every change there is in the project, aside.

    `request` is one for a session there, of which settings count alone. `unseen` are
    the titles of what is not tried yet: at an instant of `time.monotonic`, `until`, it ends.
    `probe` is told the title of what is looked at from now on. `prepared` says that the trees
    have what setup_command makes.
    Raises AutoresearchError where the unchanged project gives no metric.
    """

    def __init__(
        self,
        scratch: Scratch,
        request: SessionRequest,
        until: float = math.inf,
        *,
        probe: Callable[[str], None] = lambda _title: None,
        prepared: bool = False,
    ) -> None:
        self._scratch, self._request, self._probe, self._until = scratch, request, probe, until
        asked = (request.overrides, request.trusted, request.defaults)
        self.settings = load_settings(scratch.workspace, *asked).settings
        self._constraints = self.settings.constraints
        self.unseen = [*map(constrained.title, self._constraints), *TITLES]
        self._settings: dict[str, object] = {**request.overrides, **_FREE, "constraints": ""}
        if prepared:
            self._settings["setup_command"] = ""
        self._head = scratch.workspace.head
        self._campaigns = 0
        self._values: set[float] = set()

    def checks(self) -> Generator[Check]:
        """Each probe and its verdict, as they are found."""
        try:
            for check in self._checks():
                self.unseen.remove(check.title)
                yield check
        except OutOfTimeError:
            pass  # `unseen` says it

    def _checks(self) -> Iterator[Check]:
        project, metrics = self._look()
        yield from constrained.checks(self._constraints, metrics)
        self._settings["constraints"] = constrained.met(self._constraints, metrics)
        waiting = deque(PROBES)
        shows = False
        while waiting:
            planter = _ProbeProposer(waiting, project)
            for check in self._tried(planter, self._head):
                shows = shows or (check.title == WORSE and check.verdict.endswith("worse"))
                yield check
            project = planter.project
        yield self._better(project, shows=shows)

    def _look(self) -> tuple[ProjectUnderTest, Mapping[str, float]]:
        """Measure the project as it is, and its other numbers, by name.

        Then no run need be given more time than it takes.
        """
        self._probe(AS_IT_IS)
        wanted = self.settings
        self._settings["time_budget"] = min(wanted.time_budget, BUDGET)
        self._settings["kill_after"] = wanted.kill_after
        self._take_marks_out(wanted.target_file)
        with self._session(self._head, setup_only=True) as session:
            list(research(session))
            baseline, text = session.history.baseline, session.campaign.source().text
        assert baseline is not None  # else research raises
        assert baseline.value is not None
        budget = min(wanted.time_budget, BUDGET)
        seconds = baseline.seconds / max(1, len(baseline.samples))
        kill_after = min(wanted.kill_after, max(budget, 3 * seconds + 10))
        self._settings |= {"kill_after": kill_after, "setup_command": ""}
        workspace, log = self._scratch.workspace, self._scratch.workspace.run_log
        tracked = [file.path for file in workspace.committed(self._head, ("**",))]
        bystander = harmless(tracked, (wanted.target_file, *wanted.readonly_files))
        self._users = workspace.root / bystander if bystander else None
        self._bystander = _content(self._users)
        self._values = {sample.value for sample in baseline.samples}
        project = ProjectUnderTest(
            settings=wanted.model_copy(update={"kill_after": kill_after}),
            text=text,
            value=baseline.value,
            seconds=seconds,
            log=log.read_text(encoding="utf-8", errors="replace") if log.exists() else "",
            bystander=f"{self._scratch.trees.root}/{bystander}" if bystander else None,
        )
        return project, baseline.metrics or {}

    def _take_marks_out(self, path: str) -> None:
        """Let probes go anywhere: marks are about proposals."""
        workspace = self._scratch.workspace
        with workspace.campaign("planted", target=path, base=self._head) as campaign:
            text = campaign.source().text
        plain = without_marks(text)
        if plain != text:
            self._head = workspace.commit(path, plain, self._head)

    def _better(self, project: ProjectUnderTest, *, shows: bool) -> Check:
        """A real improvement: waste that is committed aside and taken away again."""
        try:
            if not (project.measures_time or project.measures_size):
                raise NotPossibleError("the doctor cannot know what is better here")
            if not shows:
                raise NotPossibleError("the metric did not show the planted waste")
            base = self._scratch.workspace.commit(project.path, worse(project), self._head)
        except (NotPossibleError, AutoresearchError) as error:
            return Check(BETTER.title, None, note=_first_line(error))
        planter = _ProbeProposer(deque([BETTER]), project)
        first, *_ = self._tried(planter, base, wasted=True)
        return first

    def _tried(
        self, planter: _ProbeProposer, base: str, *, wasted: bool = False
    ) -> Iterator[Check]:
        """Plant until one is kept; what ends that early leaves a check without a verdict."""
        left = len(planter.waiting)
        why = "the session ended before it"
        try:
            yield from self._try_probe(planter, base)
        except OutOfTimeError:
            raise
        except AutoresearchError as error:
            why = _first_line(error)
            if wasted:
                why = f"of what planted waste does: {why}"
        else:
            if planter.planted is None and len(planter.waiting) < left:
                return
        yield from planter.give_up(why)

    def _try_probe(self, planter: _ProbeProposer, base: str) -> Iterator[Check]:
        """Hold one session on a campaign of its own; a check for all that was tried or left out."""
        with self._session(base, planter) as session:
            for event in research(session):
                yield from planter.taken()
                probe = planter.planted
                if isinstance(event, ExperimentStart) and probe:
                    self._probe(probe.title)
                if isinstance(event, Experiment) and event.experiment > 0 and probe:
                    seen = self._seen(session, probe, planter.project, event)
                    check = _check(probe, seen, planter.project)
                    planter.project = now_known(planter.project, probe, seen)
                    planter.planted = None
                    yield check

    def _seen(
        self, session: Session, probe: Probe, project: ProjectUnderTest, experiment: Experiment
    ) -> Seen:
        """The verdict, and what it leaves open: the guard only looks at what is to be kept."""
        refused = False
        measured = experiment.status is Status.DISCARD and experiment.reason not in faults.REFUSED
        if probe.breaks and project.guarded and measured:
            source = session.campaign.source()
            candidate = source | {source.target: probe.make(project)}
            trial = session.campaign.trial(candidate)
            trial.show(Side.CANDIDATE)
            refused = session.evaluator.guard(trial) is not None
        fresh = experiment.value not in self._values
        self._values |= {sample.value for sample in experiment.samples}
        return Seen(experiment, refused, _content(self._users) == self._bystander, fresh)

    def _session(
        self, base: str, proposer: Proposer | None = None, *, setup_only: bool = False
    ) -> AbstractContextManager[Session]:
        self._campaigns += 1
        return open_session(
            SessionRequest(
                self._scratch.workspace.root,
                {**self._settings, "tag": f"doctor-{self._campaigns}"},
                self._request.defaults,
                base=base,
                setup_only=setup_only,
                trusted=self._request.trusted,
                deadline=self._until,
                proposer=proposer,
            ),
            self._scratch,
        )


def harmless(tracked: Sequence[str], named: Sequence[str]) -> str | None:
    """Pick the tracked file that a change can do the least harm to.

    A licence or a text for people if there is one: what the program reads, it may stumble over.
    What the settings name comes last.
    """

    def harm(path: str) -> tuple[bool, bool, bool, int, str]:
        name = PurePosixPath(path).name.lower()
        for_people = name.startswith(_HARMLESS) and name.endswith((".md", ".rst", ".txt"))
        is_text = for_people or (name.startswith(_HARMLESS) and "." not in name)
        read = path in named or name in _READ
        return (read, not is_text, not name.endswith((".md", ".rst")), len(path), path)

    return next((path for path in sorted(tracked, key=harm) if path != named[0]), None)


def _content(path: Path | None) -> bytes | None:
    """The bytes of a file, None where there is none."""
    try:
        return path.read_bytes() if path else None
    except OSError:
        return None


def _first_line(error: Exception) -> str:
    """The first line of an error, to stand within a sentence."""
    text = error.message if isinstance(error, AutoresearchError) else str(error)
    line = text.partition("\n")[0].rstrip(".:")
    return line[:1].lower() + line[1:]


def _check(probe: Probe, seen: Seen, project: ProjectUnderTest) -> Check:
    experiment = seen.experiment
    verdict = f"{experiment.status}: {experiment.reason}"
    if experiment.reason is Reason.INTERRUPTED:
        return Check(probe.title, None, note=f"there is no verdict ({experiment.error})")
    try:
        advice = probe.fault(seen, project)
    except NotPossibleError as error:
        return Check(probe.title, None, verdict, str(error))
    if seen.refused:
        verdict += ", and the guard refuses it"
    names = {"target": project.path, "metric": project.settings.metric_name}
    return Check(
        probe.title, not advice, verdict, filled(advice, **names, bystander=_name(project))
    )


def _name(project: ProjectUnderTest) -> str:
    return PurePosixPath(project.bystander or "").name
