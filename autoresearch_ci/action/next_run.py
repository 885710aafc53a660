"""Starting the next run, where a limit of this one and nothing else ended its session.

A dispatch is the only thing that starts a workflow when it is done with the workflow's own
token. So whoever may not run for ever at once goes on in another job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.action.event import SessionTrigger, trigger
from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.model import Reason, SessionEnd
from autoresearch_ci.engine.combine import combined_lanes
from autoresearch_ci.engine.session import Session
from autoresearch_ci.forge import Forge
from autoresearch_ci.proposers.llm.budget import out_of_money
from autoresearch_ci.reports.session import STOPPED

EVENT = "autoresearch"
"""The type of the `repository_dispatch` that goes on with a run which nobody dispatched."""

_NEW = "new_campaign"


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of this run, as far as it takes to start another one like it.

    `workflow` is the file of the workflow, `ref` what it was started on, `inputs` what a
    dispatch gave it, `type` that of a `repository_dispatch`, `by` the login of whoever
    dispatched it. Not `again` where the run answers somebody, and so is a single one.
    """

    workflow: str = ""
    ref: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    type: str = EVENT
    again: bool = False
    by: str = ""

    @property
    def can_say_which(self) -> bool:
        """Tell whether the next run can be told to go on with the campaign that this one began."""
        return _NEW in self.inputs

    def is_ours(self, forge: Forge) -> bool:
        """Tell whether another run started this one, as far as the login of its token tells."""
        return bool(self.by) and forge.is_own(self.by)

    def start(self, forge: Forge) -> bool:
        """Start a run like this one, on the campaign that there is then."""
        inputs = dict(self.inputs)
        if _NEW in inputs:
            inputs[_NEW] = "false" if isinstance(inputs[_NEW], str) else False
        if self.workflow:
            return forge.dispatch_workflow(self.workflow, self.ref, inputs)
        return forge.dispatch(self.type, inputs)


def cause_of(variables: Mapping[str, str], payload: object) -> Cause:
    """Read the cause from the runner's variables and the event's payload.

    A `workflow_dispatch` is repeated with its inputs, a `repository_dispatch` with its type
    and its payload; a schedule or a push has neither.
    """
    event = variables.get("GITHUB_EVENT_NAME", "")
    found = trigger(event, payload)
    if not isinstance(found, SessionTrigger):
        return Cause()
    given = payload if isinstance(payload, dict) else {}
    by = variables.get("GITHUB_TRIGGERING_ACTOR", "")  # whoever ran it again, where that was done
    if event == "repository_dispatch":
        inputs, type_ = given.get("client_payload") or {}, given.get("action") or EVENT
        return Cause(inputs=inputs, type=type_, again=True, by=by)
    # Where a workflow is called by another, it is the caller that was started and is named.
    path, _, ref = variables.get("GITHUB_WORKFLOW_REF", "").rpartition("@")
    if event == "workflow_dispatch" and path:
        name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return Cause(path.rpartition("/")[2], name, found.inputs, again=True, by=by)
    return Cause(again=True)


def why_not(session: Session, end: SessionEnd | None, cause: Cause, *, new: bool) -> str:
    """Return why no next run is to be started, as half a sentence; empty where one is.

    `new` says that it was asked to begin a campaign: so would the next one be.
    """
    return next(_objections(session, end, cause, new=new), "")


def _objections(
    session: Session, end: SessionEnd | None, cause: Cause, *, new: bool
) -> Iterator[str]:
    if end is None:
        yield "nothing says how this one ended"
    elif not end.reason.is_limit:
        yield f"no limit of time or of experiments ended this one, but {STOPPED[end.reason]}"
    history, patience = session.history, session.settings.patience
    ours = {session.start.session, *(each.start.session for each in combined_lanes(session))}
    mine = [e for e in history.experiments if e.session in ours and not e.is_baseline]
    if session.stops.requested:
        yield "somebody asked for a stop"
    if all(e.reason is Reason.INTERRUPTED for e in mine):
        yield "this one brought no experiment to an end"
    if patience is not None and history.since_keep >= patience:
        yield f"no change was kept for {history.since_keep} experiments over all runs (patience)"
    if any(out_of_money(e) for e in history.rejected if e.session in ours):
        yield "a spend limit was reached"
    if isinstance(session.remote_sync, NoRemote) or session.remote_sync.trouble:
        yield "this one was not pushed, so the next would know nothing of it"
    if not cause.again:
        yield "this one was asked for by a comment, and is a single one"
    if new and not cause.can_say_which:
        yield "new_campaign is true, so each run would begin another campaign"
