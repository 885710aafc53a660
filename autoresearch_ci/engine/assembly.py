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
from autoresearch_ci.campaign import ledger
from autoresearch_ci.campaign.archive import Archive
from autoresearch_ci.campaign.resume import (
    begun_from,
    fetch_campaigns,
    meant,
    record_interrupted,
    require_same_campaign,
)
from autoresearch_ci.campaign.select import LEDGER, choose_tag, unknown, usual_run, without_branch
from autoresearch_ci.campaign.sync import NoRemote, RemoteSync, Sync
from autoresearch_ci.core import machine, shell
from autoresearch_ci.core.clock import timestamp
from autoresearch_ci.core.files import give
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    SessionStart,
    StopRequest,
)
from autoresearch_ci.core.progress import Watch
from autoresearch_ci.engine.evaluator import Evaluator, Tell, silent
from autoresearch_ci.engine.foresight import require_idea
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.session import Session
from autoresearch_ci.executors import Executor, Executors
from autoresearch_ci.executors.deadline import Deadline
from autoresearch_ci.executors.home_dirs import Homes, Housed, OwnHome
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.executors.process_tree import kill_marked
from autoresearch_ci.executors.users import User, Users
from autoresearch_ci.judge import sequential
from autoresearch_ci.proposers import select
from autoresearch_ci.proposers.llm.budget import Spent, spent_on
from autoresearch_ci.proposers.llm.instructions import instructions, unmatched
from autoresearch_ci.source_code.frozen_lines import FrozenLines, labels
from autoresearch_ci.workspace import Campaign, Remote, Target, Workspace

_SHOWN = 5
"""Names in a note."""


def by_itself() -> bool:
    """A session that no other one has started."""
    return False


@contextmanager
def open_lab(
    repo: Path,
    overrides: Mapping[str, object],
    *,
    new: bool = False,
    base: str | None = None,
    setup_only: bool = False,
    push: Target | None = None,
    base_branch: str | None = None,
    trusted: str | None = None,
    finished: Callable[[str], bool] = unknown,
    chained: Callable[[], bool] = by_itself,
    users: Users | None = None,
    until: float = math.inf,
    tell: Tell = silent,
    needs_idea: bool = False,
) -> Iterator[Session]:
    """A session on the repository around `repo`, recovered, locked and ready to run.

    `new` begins a campaign even if one is unfinished, `base` is the commit it
    begins from. With `push` the campaign is shared there, and one that is there is
    found. `base_branch` names the branch whose tip `base` is, or HEAD where it is detached;
    when the campaign's own has moved, it is merged. `trusted` is the commit whose settings
    and instructions count where those of the user's tree and of the campaign's base do not.
    `finished` says whether a campaign's pull request was merged, also where it was squashed,
    `chained` whether the session before started this one: then a stop that came since is for it.
    `tell` hears at once of each command that begins, setup_command included. With `needs_idea`
    nothing is run where the search has nothing to try: TargetError.
    No command runs past `until`, an instant of `time.monotonic`: OutOfTimeError. At the end
    the user is back where they were. Raises AutoresearchError, and then nothing was changed.
    """
    began = timestamp()  # a stop that comes from now on is for this session, too
    workspace = Workspace.open(repo)
    remote = workspace.remote(push) if push else None
    note = fetch_campaigns(remote) if remote else ""
    tip = workspace.resolve(base) if base else None
    loaded = load_settings(workspace, overrides, trusted)
    settings = loaded.settings
    workspace.check_target(settings.target_file, settings.readonly_files, at=tip)
    workspace.check_outputs(at=tip)
    tag = choose_tag(workspace, settings.tag, new=new, finished=finished)
    with workspace.lock(tag):
        for killed in workspace.interrupted_sessions():
            kill_marked(killed)
        workspace.clear_copies()
        foreign = workspace.claim_outputs()
        book = ledger.Ledger(
            workspace.log_path,
            workspace.results_path,
            tag,
            settings.metric_direction,
            published=workspace.read_log(tag, LEDGER) or b"",
            private=users is not None,
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
            base=base,
            kept=kept.commit if kept else None,
            kept_parent=kept.parent if kept else None,
            begun=begun_from(book),
        ) as campaign:
            moved = workspace.put_log_aside() if foreign else ""
            homes = users.homes if users else OwnHome()
            session = assemble(
                workspace,
                campaign,
                book,
                loaded,
                name,
                began,
                setup_only=setup_only,
                remote=remote,
                stops=meant(book, chained),
                trusted=trusted,
                users=users,
                homes=homes,
                until=until,
                tell=tell,
            )
            follow(session, base_branch, tip)
            if needs_idea:
                require_idea(session, loaded)
            prepare(session, homes)
            session.notes += tuple(each for each in (note, moved) if each)
            session.notes += tuple(unmatched(workspace, trusted or campaign.base, settings))
            try:
                yield session
            finally:
                workspace.note_outputs()
            workspace.maintain()


def assemble(
    workspace: Workspace,
    campaign: Campaign,
    book: ledger.Ledger,
    loaded: config.Loaded,
    name: str,
    began: str,
    *,
    setup_only: bool,
    remote: Remote | None,
    stops: tuple[StopRequest, ...],
    trusted: str | None,
    users: Users | None,
    homes: Homes,
    until: float,
    tell: Tell,
) -> Session:
    """Put a session together, and write down the experiment that a kill cut short."""
    settings = loaded.settings
    if cut := book.campaign.unfinished:
        record_interrupted(book, cut)
    executor = choose_executor(settings, users.experiments if users else None, until)
    evaluator = Evaluator(
        settings,
        in_place(executor, homes),
        root=workspace.root,
        run_log=workspace.run_log,
        logs=workspace.state_dir,
        environment={"AUTORESEARCH_SESSION": name},
        put_back=book.put_back,
        tell=tell,
        bounded=not any(loaded.origins[name].is_chosen for name in ("time_budget", "kill_after")),
    )
    watch = Watch(book.history)
    notes = [note for note in (*loaded.notes, campaign.rescued) if note]
    notes += select.notes(settings, os.environ)
    notes += [
        f"The branch autoresearch/{gone} is gone, and its records are here: `--tag {gone}` goes on "
        f"with it, `autoresearch-ci rm {gone}` deletes them."
        for gone in without_branch(workspace)
        if gone != campaign.tag
    ]
    notes += shell.notes(
        {name: getattr(settings, name) for name in ("run_command", "guard_command")}
    )
    archive = Archive(
        book,
        campaign.publish,
        workspace.state_dir / "pending" / campaign.tag,
        draw=choose_picture(remote),
    )
    frozen_lines = choose_frozen_lines(settings)
    read = partial(workspace.read_log, campaign.tag)
    around = select.ProposerContext(
        loaded=loaded,
        tag=campaign.tag,
        session=name,
        watch=watch,
        frozen_lines=frozen_lines,
        instructions=lambda: instructions(workspace, trusted or campaign.base, settings),
        patch=lambda number: archive.recall(number, "patch", read),
        log=lambda number: archive.recall(number, "log", read),
        earlier=partial(spent_here, workspace),
        executor=choose_executor(settings, users.agents) if users else executor,
        scratch=lent_to(users.agents, campaign.scratch) if users else campaign.scratch,
        agent_log=workspace.state_dir / "agent.log",
        elsewhere=campaign.names_elsewhere,
    )
    return Session(
        start=SessionStart(
            tag=campaign.tag,
            session=name,
            timestamp=began,
            metric=settings.metric_name,
            direction=settings.metric_direction,
            target=settings.target_file,
            branch=campaign.branch,
            base=campaign.base,
            machine=machine.describe(),
            version=__version__,
        ),
        settings=settings,
        notes=tuple(notes),
        campaign=campaign,
        ledger=book,
        archive=archive,
        inbox=workspace.inbox(campaign.tag),
        remote_sync=choose_sync(remote, campaign, book, archive),
        evaluator=evaluator,
        proposer=select.proposer(around),
        judge=sequential(settings.max_repeats),
        limits=Limits(
            max_experiments=settings.max_experiments,
            time_limit=settings.time_limit,
            patience=settings.patience,
            target_value=settings.target_value,
            setup_only=setup_only,
        ),
        frozen_lines=frozen_lines,
        watch=watch,
        stops=stops,
        usual=usual_run(workspace, settings.target_file, settings.metric_name)
        if settings.time_limit and not book.history.baseline
        else 0.0,
    )


def prepare(session: Session, homes: Homes) -> None:
    """Run setup_command, where the session is to run anything, and note what it did."""
    campaign, notes = session.campaign, []
    with campaign.preparation() as changed:
        if not session.stops:
            session.evaluator.prepare()
    notes += [note] if (note := homes.keep()) else []
    if session.stops:
        notes.append("A stop came after the session that started this one: so nothing is run.")
    if changed:
        place = f" (now in {campaign.undone})" if campaign.undone else ""
        notes.append(
            f"setup_command changed {', '.join(changed[:_SHOWN])}; that was undone{place}."
        )
    if campaign.left:
        notes.append(left_by_setup(campaign.left))
    session.notes += tuple(notes)


def left_by_setup(paths: list[str]) -> str:
    """The note on what setup made and git does not ignore."""
    shown = ", ".join(paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return (
        f"setup_command left {shown}{more} in the tree, which git does not ignore. It stays after "
        "the session: add it to .gitignore, or commit it where it belongs to the project."
    )


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
    """What all campaigns have spent on a day: those of the working tree's log and all others.

    A checkout has the log of one campaign; the others' are on their branches. Where both
    have one, the one that knows of more counts.
    """
    path = workspace.log_path
    local = path.read_bytes() if path.exists() else b""
    spent: dict[str, Spent] = {}
    for data, source in ((local, str(path)), *workspace.published_logs(LEDGER)):
        if day.encode() not in data:
            continue  # it takes long to read many of them
        for tag, log in ledger.read(data, source).items():
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
    """Where experiments run: `auto` is the best there is, for now this machine."""
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


def choose_picture(remote: Remote | None) -> Callable[[History], bytes] | None:
    """What draws the campaign, where others will look at it and matplotlib is installed."""
    if remote is None or find_spec("matplotlib") is None:
        return None
    from autoresearch_ci.reports.chart import chart  # noqa: PLC0415 - heavy, needed for a push only

    return chart


def choose_sync(
    remote: Remote | None, campaign: Campaign, book: ledger.Ledger, archive: Archive
) -> Sync:
    """Where the campaign is shared: nowhere, unless a remote was named."""
    return RemoteSync(remote, campaign, book, archive) if remote else NoRemote()


def follow(session: Session, named: str | None, tip: str | None) -> None:
    """Find the branch that the campaign follows, and where it is now.

    It is the one that the campaign was begun on, or whose `tip` a new one begins at. A user who
    stands on another one does not want that merged.
    """
    name, commit = session.campaign.user
    here = named or name
    commit = tip if named and tip else commit
    begun = [r for r in session.ledger.campaign.sessions if isinstance(r, SessionStart)]
    if begun:
        branch = next((r.base_branch for r in reversed(begun) if r.base_branch), "")
    else:
        branch = here if tip is None or named else ""
    session.start = replace(session.start, base_branch=branch)
    session.follow = commit if branch and branch == here else ""
