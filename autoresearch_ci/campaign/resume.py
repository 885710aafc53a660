"""Going on with a campaign: what its ledger asks of the session that takes it up.

Another machine, day or version may have begun it, and a kill may have ended it.
"""

from __future__ import annotations

from collections.abc import Callable

from autoresearch_ci import config
from autoresearch_ci.campaign import ledger
from autoresearch_ci.core.errors import SettingsError, WorkspaceError
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    Reason,
    SessionStart,
    Status,
    StopRequest,
)
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.workspace import Remote


def fetch_campaigns(remote: Remote) -> str:
    """Bring every campaign that is published here; what to say where that fails.

    Then the session works with what is here: what it publishes is merged later.
    """
    try:
        remote.fetch_campaigns(whole=True)
    except WorkspaceError as error:
        detail = f" {error.detail.splitlines()[-1].strip()}" if error.detail else ""
        return f"{error.message}{detail} {error.remedy}"
    return ""


def require_same_campaign(book: ledger.Ledger, settings: config.Settings) -> None:
    """A campaign has one target and one metric; numbers of another would be compared with it.

    One that has no number yet may still become any.
    """
    start = book.campaign.start
    if start is None or book.history.baseline is None:
        return
    for what, then, now in (
        ("target_file", start.target, settings.target_file),
        ("metric_name", start.metric, settings.metric_name),
        ("metric_direction", start.direction, settings.metric_direction),
    ):
        if then != now:
            raise SettingsError(
                f"Campaign {book.tag} was begun with {what} {then}; now it is {now}.",
                remedy="Begin a new campaign: `autoresearch-ci run --new`. Or set it back to go on "
                "with this one.",
            )


def begun_from(book: ledger.Ledger) -> set[str]:
    """Commit of the user's branch when the sessions of this campaign began."""
    starts = [each for each in book.campaign.sessions if isinstance(each, SessionStart)]
    return {start.base for start in starts if start.base_branch}


def meant(
    book: ledger.Ledger, chained: Callable[[], bool], group: str = ""
) -> tuple[StopRequest, ...]:
    """The stops that a session has to obey though it had not begun when they came.

    For lanes of a `group`, and what combines them, those that came since that was begun, in the
    same second too: times are on record to the second.
    """
    stops = book.campaign.waiting
    if group:
        starts = (each for each in book.campaign.sessions if each.session == group)
        since = next((each.timestamp for each in starts), "")
        stops = tuple(stop for stop in book.campaign.stops if stop.timestamp >= since)
    return stops if stops and chained() else ()


def record_interrupted(book: ledger.Ledger, cut: ExperimentStart) -> None:
    """Give an experiment that was killed its verdict. A baseline is simply measured again."""
    incumbent = book.history.incumbent
    if incumbent is None:
        return
    book.append(
        Experiment(
            tag=cut.tag,
            session=cut.session,
            timestamp=timestamp(),
            experiment=book.history.next_number,
            status=Status.CRASH,
            reason=Reason.INTERRUPTED,
            metric=incumbent.metric,
            value=None,
            prev=incumbent.value,
            description=cut.description,
            commit=cut.parent,
            parent=cut.parent,
            candidate=cut.candidate,
            proposer=cut.proposer,
            tokens=cut.tokens,
            cost_usd=cut.cost_usd,
            error="the session was killed before it had a verdict",
        )
    )
