"""A session beside others: which records, refs and ways to share it has, by what it is asked to be.

One in a lane works with its own two refs; one that combines takes in those of all lanes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from autoresearch_ci.campaign.archive import Archive, Read
from autoresearch_ci.campaign.lanes.combined import CombinedSync
from autoresearch_ci.campaign.lanes.news import News
from autoresearch_ci.campaign.lanes.sync import LaneSync
from autoresearch_ci.campaign.ledger import LaneLedger, Ledger
from autoresearch_ci.campaign.select import LEDGER
from autoresearch_ci.campaign.sync import NoRemote, RemoteSync, Sync
from autoresearch_ci.core.errors import LedgerError, SettingsError, WorkspaceError
from autoresearch_ci.core.model import Direction, ExperimentStart, SessionStart
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import PATIENCE, Campaign, LaneWorkspace, Remote, Workspace, lanes


def workspace_of(request: SessionRequest, workspace: Workspace, tag: str) -> Workspace:
    """The lane's own place in the repository, or the repository itself."""
    if request.lane is None:
        return workspace
    if request.overrides.get("tag") is None:
        raise SettingsError(
            f"Lane {request.lane} has to be told which campaign it works on.",
            remedy="Give it: --tag TAG. `autoresearch-ci setup --tag TAG` begins one.",
        )
    if not 1 <= request.lane.number <= request.lane.count:
        raise SettingsError(
            f"There is no lane {request.lane}.",
            remedy="Lanes are numbered from 1 to their count: `--lane 1/4` to `--lane 4/4`.",
        )
    return LaneWorkspace(workspace, tag, request.lane.number)


def news(
    request: SessionRequest, workspace: Workspace, tag: str, remote: Remote | None
) -> News | None:
    """The records of all lanes, for a session that is one of them or combines them."""
    if request.lane is None and not request.combine:
        return None
    own = workspace.state_dir if request.lane else None
    found = News(workspace, tag, remote, own)
    with suppress(WorkspaceError):  # that the remote cannot be reached was told before
        found.fetch(PATIENCE)
    found.read()
    return found


def book(workspace: Workspace, tag: str, direction: Direction, known: News | None) -> Ledger:
    """The session's ledger. Raises LedgerError."""
    if isinstance(workspace, LaneWorkspace) and known:
        return _lane_book(workspace, tag, direction, known)
    return Ledger(
        workspace.log_path,
        workspace.results_path,
        tag,
        direction,
        published=workspace.read_log(tag, LEDGER) or b"",
        others=known.streams if known else (),
        on=known.on if known else "",
    )


def _lane_book(workspace: LaneWorkspace, tag: str, direction: Direction, known: News) -> LaneLedger:
    found = LaneLedger(workspace.log_path, tag, direction)
    log = found.beside(known.streams, known.on)
    best = log.history.incumbent
    if best is None:
        raise LedgerError(
            f"Campaign {tag} has no baseline yet, which its lanes compare with.",
            remedy=f"Measure it first: `autoresearch-ci setup --tag {tag}`; with --push where the "
            "lanes are on other machines.",
        )
    if not workspace.resolve(best.commit):
        raise WorkspaceError(
            f"The best version of campaign {tag}, {best.commit[:12]}, is not in this repository.",
            remedy="Run the lane with --push, so that it fetches what the other lanes have.",
        )
    found.take_over(log)
    return found


def require_same_lanes(
    request: SessionRequest, known: News | None, ledger: Ledger, rules: str
) -> None:
    """Raise SettingsError where lanes that are not combined yet are another campaign's.

    And for a lane, where they measure by other settings.
    """
    if known is None:
        return
    starts = (each for each in ledger.campaign.sessions if isinstance(each, SessionStart))
    begun = {each.session for each in starts if not each.lanes}
    for start in known.lane_starts:
        if start.group and start.group not in begun:
            raise SettingsError(
                f"There is a lane {start.lane}/{start.lanes} of another campaign {start.tag}, "
                "whose branches were deleted.",
                remedy=f"Delete all of it (`autoresearch-ci rm {start.tag}`, with --push also on "
                "the remote) and begin anew, or begin one with another --tag.",
            )
        if request.lane and start.rules and start.rules != rules:
            raise SettingsError(
                f"Lane {start.lane}/{start.lanes} of this campaign was begun with other commands, "
                "and its numbers would be compared with these.",
                remedy="Give every lane the same settings; or bring the earlier ones together "
                f"first: `autoresearch-ci combine --tag {start.tag}`.",
            )


def cut_short(ledger: Ledger, known: News | None, *, combine: bool) -> Iterator[ExperimentStart]:
    """The experiments without an end whose sessions are not at work any more.

    Who combines takes that of every lane for dead; where one is not, what it finds replaces that.
    """
    log = ledger.campaign
    if known is None:
        if log.unfinished:
            yield log.unfinished
        return
    others = {each.session for each in log.history.under_way}
    for begun in log.under_way:
        if combine or begun.session not in others:
            yield begun


def count(request: SessionRequest, ledger: Ledger) -> int:
    """Count the lanes, by what is asked for or on record; 0 for a session without."""
    if request.lane:
        return request.lane.count
    if not request.combine:
        return 0
    return max((lane.count for lane in ledger.campaign.lanes.values()), default=1)


def reader(campaign: Campaign, known: News | None) -> Read:
    """The way to a file of the archive, wherever it is."""
    if known is None:
        return campaign.read
    return lambda path: campaign.read(path) or known.file(path)


def sync(
    request: SessionRequest,
    workspace: Workspace,
    remote: Remote | None,
    campaign: Campaign,
    ledger: Ledger,
    archive: Archive,
    known: News | None,
) -> Sync:
    """The way to share the campaign: none, unless a remote was named or there are lanes."""
    if request.lane and known and isinstance(ledger, LaneLedger):
        return LaneSync(campaign, ledger, archive, known, remote, request.lane)
    if request.combine and known:
        campaign.graft({f"experiments/{name}": sha for name, sha in known.archived().items()})
        archive.take_in(known.waiting())
        forget = partial(lanes.forget, workspace, campaign.tag)
        return CombinedSync(campaign, remote, known.refs, forget)
    return RemoteSync(remote, campaign, ledger, archive) if remote else NoRemote()
