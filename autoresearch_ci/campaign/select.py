"""The campaigns of a repository: which one a session belongs to, and a look at one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.campaign import ledger, phase
from autoresearch_ci.campaign.archive import recall, waiting
from autoresearch_ci.campaign.lanes.looking import growing, news, with_lanes
from autoresearch_ci.campaign.ledger import CampaignLog
from autoresearch_ci.core.errors import LedgerError, SettingsError
from autoresearch_ci.core.history import History, seconds_of_a_run
from autoresearch_ci.core.model import (
    Direction,
    ExperimentStart,
    SessionEnd,
    SessionStart,
    StopReason,
)
from autoresearch_ci.core.text import today
from autoresearch_ci.workspace import Workspace
from autoresearch_ci.workspace.lanes import lanes_here

LEDGER = ".claude/logs/autoresearch.jsonl"
FINISHED = (StopReason.EXHAUSTED, StopReason.TARGET_VALUE)

_OF_A_PULL = re.compile(r"pr-[0-9]+")


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as it can be looked at without touching anything.

    `running` is the experiment under way, None when no session is at work; `under_way` are those
    of lanes. `grows` are the places, beside the log, that change with the campaign, `phases` those
    at which sessions at work leave what they do.
    """

    tag: str
    history: History
    sessions: list[SessionStart | SessionEnd]
    branch: str
    base: str
    running: ExperimentStart | None
    log_path: Path
    under_way: Sequence[ExperimentStart] = ()
    grows: Sequence[Path] = ()
    phases: Sequence[Path] = ()


def unknown(_tag: str) -> bool:
    """Without a forge nobody knows more of a campaign than git does."""
    return False


def choose_tag(
    workspace: Workspace,
    wanted: str | None,
    *,
    new: bool,
    finished: Callable[[str], bool] = unknown,
) -> str:
    """The campaign that was asked for, else the newest unfinished one, else a new one of today.

    `finished` says whether a campaign's pull request was merged: git does not tell of one that
    was squashed. It is asked of no more campaigns than it takes, and not of a pull request's
    own, into which that may be merged again and again.
    """
    if wanted is not None:
        workspace.check_tag(wanted)
        if not _OF_A_PULL.fullmatch(wanted) and finished(wanted):
            raise SettingsError(
                f"Campaign {wanted} is finished: its pull request was merged.",
                remedy="Give another tag, or none: then a new campaign begins from what was "
                "merged.",
            )
        if new and wanted in {*workspace.tags(), *_numbered(workspace)}:
            raise SettingsError(
                f"--new was given, but there is a campaign {wanted} already.",
                remedy="Leave --new out to go on with it, give another --tag, or delete it: "
                f"`autoresearch-ci rm {wanted}`.",
            )
        return wanted
    if not new and (tag := unfinished(workspace, finished)):
        return tag
    tag = workspace.new_tag(today(), taken=_numbered(workspace))
    workspace.check_tag(tag)
    return tag


def without_branch(workspace: Workspace) -> list[str]:
    """The campaigns of the working tree's log whose branch somebody has deleted."""
    there = set(workspace.tags())
    return [tag for tag in _numbered(workspace) if tag not in there]


def _numbered(workspace: Workspace) -> list[str]:
    """The campaigns of the working tree's log that have measured something."""
    return [tag for tag, log in _read(workspace).items() if log.history.baseline]


def unfinished(workspace: Workspace, finished: Callable[[str], bool] = unknown) -> str | None:
    """The newest campaign that is not finished.

    A branch of a remote that comes without a log is none: other tools call theirs so, too.
    """
    here = set(workspace.tags(local=True))
    open_ones = (
        log.tag
        for log in _newest_first(workspace)
        if (log.start or log.tag in here) and not (_finished(workspace, log) or finished(log.tag))
    )
    return next(open_ones, None)


def newest(workspace: Workspace) -> str | None:
    """The newest campaign, finished or not."""
    return first(workspace, lambda _log: True)


def first(workspace: Workspace, wanted: Callable[[CampaignLog], bool]) -> str | None:
    """The newest campaign whose log is as wanted."""
    return next((log.tag for log in _newest_first(workspace) if wanted(log)), None)


def usual_run(workspace: Workspace, target: str, metric: str) -> float:
    """Seconds that a run of the newest campaign took that measured this; 0 where none did."""
    for log in _newest_first(workspace):
        same = log.start and (log.start.target, log.start.metric) == (target, metric)
        if same and log.history.baseline:
            return seconds_of_a_run(log.history)
    return 0.0


def of_other_targets(workspace: Workspace, target: str) -> set[str]:
    """The campaigns that work on another file."""
    begun = ((log.tag, log.start) for log in _newest_first(workspace))
    return {tag for tag, start in begun if start and start.target != target}


def of_pull(number: int) -> str:
    """The campaign of a pull request. It is gone on with by this name, and never by its age."""
    return f"pr-{number}"


def _newest_first(workspace: Workspace) -> list[CampaignLog]:
    """The one at work last is first; of those without a log, the one with the newest commit."""
    logs = _read(workspace)
    tags = [tag for tag in workspace.tags() if not _OF_A_PULL.fullmatch(tag)]
    campaigns = [_log(workspace, logs, tag) for tag in tags]
    return sorted(campaigns, key=lambda log: log.start.timestamp if log.start else "", reverse=True)


def view(workspace: Workspace, wanted: str | None) -> CampaignView:
    """The campaign that was asked for, else the one at work last. Raises LedgerError if none."""
    logs = _read(workspace)
    tag = wanted or next(reversed(logs), None) or next(iter(workspace.tags()), None)
    log = _log(workspace, logs, tag) if tag else None
    if tag is None or log is None or log.start is None:
        named = f"no campaign {tag}" if tag else "no campaign yet"
        known = ", ".join([*logs, *(name for name in workspace.tags() if name not in logs)])
        raise LedgerError(
            f"There is {named} in this repository.",
            remedy=f"Give one of these as --tag: {known}."
            if known
            else "Begin one: autoresearch-ci run",
        )
    start, log, busy = log.start, with_lanes(log, news(workspace, tag)), workspace.busy(tag)
    return CampaignView(
        tag=tag,
        history=log.history,
        sessions=log.sessions,
        branch=start.branch,
        base=start.base,
        running=log.unfinished if busy else None,
        log_path=workspace.log_path,
        under_way=_of_lanes(log) if busy else (),
        grows=growing(workspace, tag),
        phases=_phases(workspace, tag) if busy else (),
    )


def _phases(workspace: Workspace, tag: str) -> list[Path]:
    here = lanes_here(workspace.common_dir, tag)
    return [folder / phase.NAME for folder in (workspace.state_dir, *here)]


def _of_lanes(log: CampaignLog) -> list[ExperimentStart]:
    """The experiments that lanes have begun and not ended, in the lanes' order."""
    found = (each for each in log.under_way if each.session in log.lanes)
    return sorted(found, key=lambda each: log.lanes[each.session].number)


def every(workspace: Workspace) -> list[tuple[str, History]]:
    """All campaigns that have measured something, the one at work last first."""
    logs = _read(workspace)
    for tag in workspace.tags():
        logs.setdefault(tag, _log(workspace, logs, tag))
    begun = [log for log in logs.values() if log.start and log.history.baseline]
    begun.sort(key=lambda log: log.start.timestamp if log.start else "", reverse=True)
    return [(log.tag, log.history) for log in begun]


def archive_of(workspace: Workspace, tag: str) -> Callable[[int, str], str]:
    """The `patch` or `log` of an experiment by its number, empty where there is none."""
    pending = waiting(workspace.state_dir / "pending" / tag)
    published, beside = workspace.log_reader(tag), news(workspace, tag)
    history = with_lanes(log_of(workspace, tag), beside).history

    def read(path: str) -> bytes | None:
        found = published(path)
        return beside.file(path) if found is None and beside else found

    return lambda number, suffix: recall(history.name(number), suffix, pending, read)


def log_of(workspace: Workspace, tag: str) -> CampaignLog:
    """All records of a campaign, wherever they are; an empty log for one that is new."""
    return _log(workspace, _read(workspace), tag)


def _read(workspace: Workspace) -> dict[str, CampaignLog]:
    path = workspace.log_path
    return ledger.read(path.read_bytes(), str(path)) if path.exists() else {}


def _log(workspace: Workspace, logs: dict[str, CampaignLog], tag: str) -> CampaignLog:
    """The campaign's log in the working tree, else on its logs branch, else an empty one."""
    if tag not in logs:
        published = workspace.read_log(tag, LEDGER) or b""
        logs = ledger.read(published, f"autoresearch-logs/{tag}")
    return logs.get(tag) or CampaignLog(tag, History(Direction.LOWER))


def _finished(workspace: Workspace, log: CampaignLog) -> bool:
    """Nothing was left to try, the wanted value was reached, or the branch has been taken.

    A branch on which nothing was kept has not been taken, also where it begins at another
    campaign's end. Git alone cannot tell that.
    """
    done = log.ended is not None and log.ended.reason in FINISHED
    empty = bool(log.history.experiments) and not log.history.kept_changes
    return done or (not empty and workspace.merged(log.tag))
