"""The composition root: the only place that picks implementations."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from operator import attrgetter
from types import MappingProxyType

from autoresearch_ci import __version__, config
from autoresearch_ci.campaign import phase
from autoresearch_ci.campaign.archive import Archive, archived
from autoresearch_ci.campaign.lanes.news import News
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
from autoresearch_ci.core import lane_group, machine, shell
from autoresearch_ci.core.history import History, Watch
from autoresearch_ci.core.model import IdeaRequest, SessionStart
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine import isolation, lane_session
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.evidence import Evidence
from autoresearch_ci.engine.forecast import Forecast
from autoresearch_ci.engine.incumbent import Incumbent
from autoresearch_ci.engine.knowledge import Knowledge
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.next_idea import NextIdea
from autoresearch_ci.engine.paired_runs import rules
from autoresearch_ci.engine.preparation import prepare, require_idea
from autoresearch_ci.engine.recorder import Recorder
from autoresearch_ci.engine.scratch import Scratch
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.engine.shares import Shares
from autoresearch_ci.engine.stop_requests import StopRequests
from autoresearch_ci.judge import sequential
from autoresearch_ci.proposers import select
from autoresearch_ci.proposers.llm.budget import Spent, spent_on
from autoresearch_ci.proposers.llm.instructions import instructions, unmatched
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.source_code.frozen_lines import FrozenLines, labels
from autoresearch_ci.trees import Trees
from autoresearch_ci.trees.levels import Choice
from autoresearch_ci.workspace import Campaign, Remote, Workspace


@contextmanager
def open_session(request: SessionRequest, scratch: Scratch | None = None) -> Iterator[Session]:
    """A session that is recovered, locked, set up and ready; one in `scratch` leaves no trace.

    Raises AutoresearchError, and then nothing was
    changed; OutOfTimeError where setup runs into the deadline, TargetError where an idea is
    needed and the search has none.
    """
    began = timestamp()  # a stop that comes from now on is for this session, too
    workspace = scratch.workspace if scratch else Workspace.open(request.repository)
    remote = workspace.remote(request.push) if request.push else None
    unreached = fetch_campaigns(remote) if remote else ""
    tip = workspace.resolve(request.base) if request.base else None
    loaded = load_settings(workspace, request.overrides, request.trusted, request.defaults)
    settings = loaded.settings
    workspace.check_target(settings.target_file, settings.readonly_files, at=tip)
    workspace.check_outputs(at=tip)
    tag = choose_tag(workspace, settings.tag, new=request.new, finished=request.finished)
    workspace = lane_session.workspace_of(request, workspace, tag)
    with workspace.lock(tag):
        foreign = workspace.claim_outputs()
        news = lane_session.news(request, workspace, tag, remote)
        book = lane_session.book(workspace, tag, settings.metric_direction, news)
        require_same_campaign(book, settings)
        lane_session.require_same_lanes(request, news, book, rules(settings))
        name = uuid.uuid4().hex[:12]
        kept = book.history.incumbent
        workspace.exclude_outputs()
        with (
            workspace.campaign(
                tag,
                session=name,
                target=settings.target_file,
                editable=settings.editable_files,
                readonly=settings.readonly_files,
                base=request.base,
                kept=kept.commit if kept else None,
                kept_parent=kept.parent if kept else None,
                begun=begun_from(book),
                combined=request.combine,
            ) as campaign,
            nullcontext((scratch.trees, Choice(scratch.trees.name)))
            if scratch
            else isolation.run_trees(
                workspace, loaded, campaign.head, has_tools=request.has_tools
            ) as (trees, choice),
            phase.shown_in(workspace.state_dir, name, request.tell) as tell,
        ):
            moved = workspace.put_log_aside() if foreign else ""
            for cut in lane_session.cut_short(book, news, combine=request.combine):
                record_interrupted(book, cut)
            branch, follow = followed(book, campaign, request.base_branch, tip)
            follow = "" if news else follow
            start = describe(request, campaign, settings, choice.level, name, began, branch, book)
            request = replace(request, tell=tell)
            session = assemble(
                request, workspace, remote, campaign, book, loaded, trees, start, follow, news
            )
            if request.needs_idea:
                require_idea(session, loaded)
            edited = uncommitted(workspace) if request.needs_idea else ""
            made, told = prepare(session)
            said = [edited, *told, unreached, moved, *isolation.notes(choice)]
            said += unmatched(workspace, request.trusted or campaign.base, settings, made)
            said.append(leave_idea(request, session))
            session = replace(session, notes=(*session.notes, *filter(None, said)))
            try:
                yield session
            finally:
                session.evaluator.trees.close()
                workspace.note_outputs()
            workspace.maintain()


def assemble(
    request: SessionRequest,
    workspace: Workspace,
    remote: Remote | None,
    campaign: Campaign,
    book: Ledger,
    loaded: config.Loaded,
    trees: Trees,
    start: SessionStart,
    follow: str,
    news: News | None,
) -> Session:
    """Put the parts of a session together; nothing is run."""
    settings = loaded.settings
    evaluator = Evaluator(
        settings,
        trees,
        root=workspace.root,
        run_log=workspace.run_log,
        logs=workspace.state_dir,
        environment={"AUTORESEARCH_SESSION": start.session},
        until=request.deadline,
        tell=request.tell,
        bounded=not any(loaded.origins[name].is_chosen for name in ("time_budget", "kill_after")),
        units=book.history.baseline.units if book.history.baseline else {},
        hidden=lambda: workspace.tracked_files.hidden(campaign.branch),
    )
    archive = Archive(
        book,
        campaign.publish,
        workspace.state_dir / "pending" / campaign.tag,
        None if request.lane else readme,
        draw=None if request.lane else choose_picture(remote, settings, campaign, book),
    )
    watch = Watch(book.history)
    book.history.lane = request.lane
    frozen_lines = choose_frozen_lines(settings)
    shares = Shares(start, book)
    limits = Limits(
        max_experiments=settings.max_experiments,
        time_limit=settings.time_limit,
        patience=settings.patience,
        target_value=settings.target_value,
        setup_only=request.setup_only,
        shares=shares,
    )
    usual = 0.0
    if settings.time_limit and not book.history.baseline:
        usual = usual_run(workspace, settings.target_file, settings.metric_name)
    knowledge = Knowledge(settings, book.history, start.session)
    recorder = Recorder(start, book, archive, limits)
    published = lane_session.reader(campaign, news)
    proposer = request.proposer
    if proposer is None:
        context = select.ProposerContext(
            loaded=loaded,
            tag=campaign.tag,
            watch=watch,
            share=shares,
            frozen_lines=frozen_lines,
            instructions=lambda: instructions(
                workspace, request.trusted or campaign.base, settings
            ),
            patch=lambda number: archive.recall(number, "patch", published),
            log=lambda number: archive.recall(number, "log", published),
            earlier=partial(spent_here, workspace),
            root=workspace.root,
            workplace=lambda files: evaluator.trees.workplace(
                campaign.head, campaign.source(), files
            ),
            tracked=campaign.paths,
            agent_log=workspace.state_dir / "agent.log",
            evidence=Evidence(evaluator, campaign).text,
            elsewhere=campaign.names_elsewhere,
            may_add=campaign.may_add,
        )
        proposer = select.proposer(context)
    next_idea = NextIdea(
        proposer, settings, campaign, book, knowledge, recorder, start,
        lambda name: published(archived(f"{name}.patch")),
    )  # fmt: skip
    group = lane_group.begun_by(book.campaign.sessions) if start.lanes else ""
    inherited = meant(book, request.chained, group)
    return Session(
        start=start,
        settings=settings,
        notes=tuple(notes(workspace, campaign, loaded)),
        campaign=campaign,
        trees=trees,
        ledger=book,
        archive=archive,
        remote_sync=lane_session.sync(request, workspace, remote, campaign, book, archive, news),
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
    level: str,
    name: str,
    began: str,
    branch: str,
    book: Ledger,
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
        isolation=level,
        target_value=settings.target_value,
        lane=request.lane.number if request.lane else 0,
        lanes=lane_session.count(request, book),
        head="" if request.lane else campaign.head,
        goal=settings.goal or "",
        rules=rules(settings) if request.lane else "",
        group=lane_group.begun_by(book.campaign.sessions) if request.lane else "",
    )


def notes(workspace: Workspace, campaign: Campaign, loaded: config.Loaded) -> Iterator[str]:
    """Sentences for people, before anything is run."""
    yield from loaded.notes
    yield from workspace.tracked_files.lacking(campaign.head)
    yield from select.notes(loaded.settings, os.environ)
    for gone in without_branch(workspace):
        if gone != campaign.tag:
            yield (
                f"The branch autoresearch/{gone} is gone, and its records are here: `--tag {gone}` "
                f"goes on with it, `autoresearch-ci rm {gone}` deletes them."
            )
    commands = ("run_command", "guard_command")
    yield from shell.notes({name: getattr(loaded.settings, name) for name in commands})


def uncommitted(workspace: Workspace) -> str:
    """Name what the user has changed and not committed: they may expect that to run."""
    edited = sorted(workspace.tracked_files.edited("HEAD"))
    if not edited:
        return ""
    more = f" and {len(edited) - 1} more have" if edited[1:] else " has"
    return f"{edited[0]}{more} changes that are not committed: runs see what is committed."


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
    workspace: Workspace,
    overrides: Mapping[str, object],
    trusted: str | None,
    defaults: Mapping[str, object] = MappingProxyType({}),
) -> config.Loaded:
    """The settings by the files of the `trusted` commit, None by those in the working tree.

    What is detected comes from there, too: it decides which commands run.
    """
    if trusted is None:
        return config.load(workspace.root, overrides, defaults=defaults)
    with workspace.files_of(trusted) as files:
        return config.load(files, overrides, defaults=defaults)


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


def readme(log: CampaignLog, chart: str) -> str:
    """The state of a campaign as its logs branch shows it; `chart` is the picture's path there."""
    from autoresearch_ci.reports.page import Page  # noqa: PLC0415 - heavy, needed after a run only

    return Page(log.tag, log.history, log.start, chart=chart).readme()


def choose_picture(
    remote: Remote | None, settings: config.Settings, campaign: Campaign, book: Ledger
) -> Callable[[History], bytes] | None:
    """The chart's renderer, where others will look at it and matplotlib is installed."""
    if remote is None or find_spec("matplotlib") is None:
        return None
    from autoresearch_ci.reports.chart import chart  # noqa: PLC0415 - heavy, needed for a push only
    from autoresearch_ci.reports.document import lanes_of  # noqa: PLC0415

    search = SearchProposer(metric_name=settings.metric_name)

    def draw(history: History) -> bytes:
        importance = search.importances(campaign.source(), history)
        lanes = lanes_of(book.campaign.sessions)
        return chart(history, settings.target_value, importance=importance, lanes=lanes)

    return draw


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
