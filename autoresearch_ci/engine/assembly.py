"""The composition root: the only place that picks implementations."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from autoresearch_ci import __version__, config
from autoresearch_ci.campaign.archive import Archive
from autoresearch_ci.campaign.ledger import CampaignLog, Ledger, read
from autoresearch_ci.campaign.requests import request_id
from autoresearch_ci.campaign.resume import (
    begun_from,
    fetch_campaigns,
    meant,
    record_interrupted,
    require_same_campaign,
)
from autoresearch_ci.campaign.select import LEDGER, choose_tag, usual_run, without_branch
from autoresearch_ci.campaign.sync import NoRemote, RemoteSync, Sync
from autoresearch_ci.core import machine, shell
from autoresearch_ci.core.files import give
from autoresearch_ci.core.history import History, Watch
from autoresearch_ci.core.model import IdeaRequest, SessionStart
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.forecast import Forecast
from autoresearch_ci.engine.incumbent import Incumbent
from autoresearch_ci.engine.knowledge import Knowledge
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.next_idea import NextIdea
from autoresearch_ci.engine.preparation import prepare, require_idea
from autoresearch_ci.engine.recorder import Recorder
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.engine.stop_requests import StopRequests
from autoresearch_ci.executors import Executor, Executors
from autoresearch_ci.executors.deadline import Deadline
from autoresearch_ci.executors.home_dirs import Homes, Housed, OwnHome
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.executors.process_tree import kill_marked
from autoresearch_ci.executors.users import User
from autoresearch_ci.judge import sequential
from autoresearch_ci.proposers import select
from autoresearch_ci.proposers.llm.budget import Spent, spent_on
from autoresearch_ci.proposers.llm.instructions import instructions, unmatched
from autoresearch_ci.source_code.frozen_lines import FrozenLines, labels
from autoresearch_ci.workspace import Campaign, Remote, Workspace


@contextmanager
def open_session(request: SessionRequest) -> Iterator[Session]:
    """A session that is recovered, locked, set up and ready to run.

    At the end the user is back where they were. Raises AutoresearchError, and then nothing was
    changed; OutOfTimeError where setup runs into the deadline, TargetError where an idea is
    needed and the search has none.
    """
    began = timestamp()  # a stop that comes from now on is for this session, too
    workspace = Workspace.open(request.repository)
    remote = workspace.remote(request.push) if request.push else None
    unreached = fetch_campaigns(remote) if remote else ""
    tip = workspace.resolve(request.base) if request.base else None
    loaded = load_settings(workspace, request.overrides, request.trusted)
    settings = loaded.settings
    workspace.check_target(settings.target_file, settings.readonly_files, at=tip)
    workspace.check_outputs(at=tip)
    tag = choose_tag(workspace, settings.tag, new=request.new, finished=request.finished)
    with workspace.lock(tag):
        for killed in workspace.interrupted_sessions():
            kill_marked(killed)
        workspace.clear_copies()
        foreign = workspace.claim_outputs()
        book = Ledger(
            workspace.log_path,
            workspace.results_path,
            tag,
            settings.metric_direction,
            published=workspace.read_log(tag, LEDGER) or b"",
            private=request.users is not None,
        )
        require_same_campaign(book, settings)
        name = uuid.uuid4().hex[:12]
        kept = book.history.incumbent
        workspace.exclude_outputs()
        with workspace.checkout(
            tag,
            session=name,
            target=settings.target_file,
            readonly=settings.readonly_files,
            base=request.base,
            kept=kept.commit if kept else None,
            kept_parent=kept.parent if kept else None,
            begun=begun_from(book),
        ) as campaign:
            moved = workspace.put_log_aside() if foreign else ""
            if cut := book.campaign.unfinished:
                record_interrupted(book, cut)
            homes = request.users.homes if request.users else OwnHome()
            branch, follow = followed(book, campaign, request.base_branch, tip)
            start = describe(request, campaign, settings, name, began, branch)
            session = assemble(
                request, workspace, remote, campaign, book, loaded, homes, start, follow
            )
            if request.needs_idea:
                require_idea(session, loaded)
            said = [*prepare(session, homes), unreached, moved]
            said += unmatched(workspace, request.trusted or campaign.base, settings)
            said.append(leave_idea(request, session))
            session = replace(session, notes=(*session.notes, *filter(None, said)))
            try:
                yield session
            finally:
                workspace.note_outputs()
            workspace.maintain()


def assemble(
    request: SessionRequest,
    workspace: Workspace,
    remote: Remote | None,
    campaign: Campaign,
    book: Ledger,
    loaded: config.Loaded,
    homes: Homes,
    start: SessionStart,
    follow: str,
) -> Session:
    """Put the parts of a session together; nothing is run."""
    settings, users = loaded.settings, request.users
    executor = choose_executor(settings, users.experiments if users else None, request.deadline)
    evaluator = Evaluator(
        settings,
        in_place(executor, homes),
        root=workspace.root,
        run_log=workspace.run_log,
        logs=workspace.state_dir,
        environment={"AUTORESEARCH_SESSION": start.session},
        put_back=book.put_back,
        tell=request.tell,
        bounded=not any(loaded.origins[name].is_chosen for name in ("time_budget", "kill_after")),
        units=book.history.baseline.units if book.history.baseline else {},
    )
    archive = Archive(
        book,
        campaign.publish,
        workspace.state_dir / "pending" / campaign.tag,
        readme,
        draw=choose_picture(remote, settings.target_value),
    )
    watch = Watch(book.history)
    frozen_lines = choose_frozen_lines(settings)
    limits = Limits(
        max_experiments=settings.max_experiments,
        time_limit=settings.time_limit,
        patience=settings.patience,
        target_value=settings.target_value,
        setup_only=request.setup_only,
    )
    usual = 0.0
    if settings.time_limit and not book.history.baseline:
        usual = usual_run(workspace, settings.target_file, settings.metric_name)
    knowledge = Knowledge(settings, book.history, start.session)
    recorder = Recorder(start, book, archive, limits)
    proposer = request.proposer
    if proposer is None:
        published = partial(workspace.read_log, campaign.tag)
        context = select.ProposerContext(
            loaded=loaded,
            tag=campaign.tag,
            session=start.session,
            watch=watch,
            frozen_lines=frozen_lines,
            instructions=lambda: instructions(
                workspace, request.trusted or campaign.base, settings
            ),
            patch=lambda number: archive.recall(number, "patch", published),
            log=lambda number: archive.recall(number, "log", published),
            earlier=partial(spent_here, workspace),
            executor=choose_executor(settings, users.agents) if users else executor,
            scratch=lent_to(users.agents, campaign.scratch) if users else campaign.scratch,
            agent_log=workspace.state_dir / "agent.log",
            elsewhere=campaign.names_elsewhere,
        )
        proposer = select.proposer(context)
    next_idea = NextIdea(proposer, settings, campaign, book, knowledge, recorder, start.session)
    inherited = meant(book, request.chained)
    return Session(
        start=start,
        settings=settings,
        notes=tuple(notes(workspace, campaign, loaded)),
        campaign=campaign,
        ledger=book,
        archive=archive,
        remote_sync=choose_sync(remote, campaign, book, archive),
        evaluator=evaluator,
        judge=sequential(settings.max_repeats),
        frozen_lines=frozen_lines,
        limits=limits,
        watch=watch,
        knowledge=knowledge,
        incumbent=Incumbent(evaluator, Forecast(limits, watch, usual)),
        recorder=recorder,
        next_idea=next_idea,
        stops=StopRequests(book, workspace.inbox(campaign.tag), start.timestamp, inherited),
        follow=follow,
    )


def describe(
    request: SessionRequest,
    campaign: Campaign,
    settings: config.Settings,
    name: str,
    began: str,
    branch: str,
) -> SessionStart:
    """The record of the session's beginning."""
    return SessionStart(
        tag=campaign.tag,
        session=name,
        timestamp=began,
        metric=settings.metric_name,
        direction=settings.metric_direction,
        target=settings.target_file,
        branch=campaign.branch,
        base=campaign.base,
        base_branch=branch,
        machine=machine.describe(),
        version=__version__,
        goes_on=request.goes_on,
        target_value=settings.target_value,
    )


def notes(workspace: Workspace, campaign: Campaign, loaded: config.Loaded) -> Iterator[str]:
    """Sentences for people, before anything is run."""
    yield from (note for note in (*loaded.notes, campaign.rescued) if note)
    yield from select.notes(loaded.settings, os.environ)
    for gone in without_branch(workspace):
        if gone != campaign.tag:
            yield (
                f"The branch autoresearch/{gone} is gone, and its records are here: `--tag {gone}` "
                f"goes on with it, `autoresearch-ci rm {gone}` deletes them."
            )
    commands = ("run_command", "guard_command")
    yield from shell.notes({name: getattr(loaded.settings, name) for name in commands})


def leave_idea(request: SessionRequest, session: Session) -> str:
    """Leave the request's idea for the first proposal; a note where nobody takes it up."""
    if not request.idea:
        return ""
    tag, by = session.start.tag, request.idea_by
    session.stops.leave(IdeaRequest(tag, request_id(), timestamp(), request.idea, by))
    if select.chosen(session.settings, os.environ) != "search":
        return ""
    return "The idea waits for a model: the embedded search takes none up."


def load_settings(
    workspace: Workspace, overrides: Mapping[str, object], trusted: str | None
) -> config.Loaded:
    """The settings by the files of the `trusted` commit, None by those in the working tree.

    What is detected comes from there, too: it decides which commands run.
    """
    if trusted is None:
        return config.load(workspace.root, overrides)
    with workspace.files_of(trusted) as files:
        return config.load(files, overrides)


def spent_here(workspace: Workspace, day: str) -> Spent:
    """The spending of all campaigns on a day: those of the working tree's log and all others.

    A checkout has the log of one campaign; the others' are on their branches. Where both
    have one, the one that knows of more counts.
    """
    path = workspace.log_path
    local = path.read_bytes() if path.exists() else b""
    spent: dict[str, Spent] = {}
    for data, source in ((local, str(path)), *workspace.published_logs(LEDGER)):
        if day.encode() not in data:
            continue  # it takes long to read many of them
        for tag, log in read(data, source).items():
            records = (*log.history.experiments, *log.history.rejected, log.unfinished)
            found = spent_on((record for record in records if record is not None), day)
            known = spent.get(tag, found)
            spent[tag] = max(known, found, key=attrgetter("cost_usd", "tokens"))
    return sum(spent.values(), Spent())


def choose_frozen_lines(settings: config.Settings) -> FrozenLines:
    """The frozen lines; what a target reports is frozen unless a command measures."""
    measured = settings.measure_command is not None
    names = () if measured else labels(settings.metric_name, settings.metric_parse)
    return FrozenLines(names)


def choose_executor(
    settings: config.Settings, user: User | None = None, until: float = math.inf
) -> Executor:
    """The executor of experiments: `auto` is the best there is, for now this machine."""
    executor = ProcessExecutor(allow=settings.env, user=user)
    return executor if until == math.inf else Deadline(executor, until)


def in_place(executor: Executor, homes: Homes) -> Executors:
    """One executor for all commands, each of which finds its own `HOME` and `TMPDIR`."""
    return Executors(
        setup=executor,
        experiments=Housed(executor, homes.experimenting),
        guard=Housed(executor, homes.guarding),
        measures=Housed(executor, homes.measuring),
    )


def lent_to(
    user: User, scratch: Callable[[], AbstractContextManager[Path]]
) -> Callable[[], AbstractContextManager[Path]]:
    """Scratch copies that belong to this user."""

    @contextmanager
    def lend() -> Iterator[Path]:
        with scratch() as folder:
            give(str(folder.parent), user.uid, user.gid)
            yield folder

    return lend


def readme(log: CampaignLog, chart: str) -> str:
    """The state of a campaign as its logs branch shows it; `chart` is the picture's path there."""
    from autoresearch_ci.reports.page import Page  # noqa: PLC0415 - heavy, needed after a run only

    return Page(log.tag, log.history, log.start, chart=chart).readme()


def choose_picture(
    remote: Remote | None, target_value: float | None
) -> Callable[[History], bytes] | None:
    """The chart's renderer, where others will look at it and matplotlib is installed."""
    if remote is None or find_spec("matplotlib") is None:
        return None
    from autoresearch_ci.reports.chart import chart  # noqa: PLC0415 - heavy, needed for a push only

    return partial(chart, target_value=target_value)


def choose_sync(remote: Remote | None, campaign: Campaign, book: Ledger, archive: Archive) -> Sync:
    """The way to share the campaign: none, unless a remote was named."""
    return RemoteSync(remote, campaign, book, archive) if remote else NoRemote()


def followed(
    book: Ledger, campaign: Campaign, named: str | None, tip: str | None
) -> tuple[str, str]:
    """The branch that the campaign follows, and the commit that it is at now; else nothing.

    It is the one that the campaign was begun on, or whose `tip` a new one begins at. A user who
    stands on another one does not want that merged.
    """
    name, commit = campaign.user
    here = named or name
    commit = tip if named and tip else commit
    begun = [r for r in book.campaign.sessions if isinstance(r, SessionStart)]
    if begun:
        branch = next((r.base_branch for r in reversed(begun) if r.base_branch), "")
    else:
        branch = here if tip is None or named else ""
    return branch, commit if branch and branch == here else ""
