"""Commands that are done at once, without a session, and the answer to each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci import config
from autoresearch_ci.action.authorization import PAGE_LIMIT, Commanded
from autoresearch_ci.action.command_syntax import COMMAND, COMMANDS, Verb
from autoresearch_ci.action.inputs import Given
from autoresearch_ci.action.pull_request import offer
from autoresearch_ci.action.repository import GitHubRepository
from autoresearch_ci.action.session_request import campaign_of, origin
from autoresearch_ci.campaign.archive import PICTURE
from autoresearch_ci.campaign.ledger import CampaignLog
from autoresearch_ci.campaign.requests import push_request, request_id
from autoresearch_ci.campaign.select import CampaignView, first, log_of, newest, unfinished, view
from autoresearch_ci.core.errors import ForgeError, LedgerError, SettingsError
from autoresearch_ci.core.model import (
    IdeaRequest,
    Request,
    SessionEnd,
    SessionStart,
    StopReason,
    StopRequest,
)
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.forge import Forge
from autoresearch_ci.reports.markdown import code
from autoresearch_ci.reports.page import Page
from autoresearch_ci.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CommentCommand:
    """A command with everything that it takes to obey."""

    asked: Commanded
    given: Given
    where: GitHubRepository
    forge: Forge
    folder: Path

    def run(self) -> str:
        """Do it; return the answer in Markdown. Raises AutoresearchError."""
        return ANSWERS[self.asked.command.verb](self)

    def ask(self, workspace: Workspace, request: Request) -> None:
        """Leave it on the logs branch, where the session at work meets it."""
        push_request(workspace, origin(self.folder, self.given.token), request)

    def campaign(self, choose: Callable[[Workspace], str | None]) -> tuple[Workspace, str]:
        """Find the campaign that is meant, as it is on the forge now: `choose` among all of them.

        Raises LedgerError where there is none.
        """
        workspace = Workspace.open(self.folder)
        origin(self.folder, self.given.token).fetch_campaigns()
        pull = self.asked.pull
        tag = campaign_of(pull) if pull else self._wanted() or choose(workspace)
        if tag is None or tag not in workspace.tags():
            raise LedgerError(
                f"There is no campaign {tag or ''} yet that has a baseline.".replace("  ", " "),
                remedy=f"Begin one: {COMMAND} run. A session that is at its first measurement can "
                "only be ended by cancelling its job.",
            )
        return workspace, tag

    def _wanted(self) -> str | None:
        """Return the tag of the campaign that a session would be told to work on."""
        with suppress(SettingsError):  # then a session could not begin; others may be at work
            return config.load(self.folder, self.given.overrides).settings.tag
        return self.given.overrides.get("tag")


def table() -> str:
    """Return a Markdown table of every command."""
    rows = [f"| `{written}` | {does} |" for _, written, does in COMMANDS]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _help(_command: CommentCommand) -> str:
    return table()


def _results(command: CommentCommand) -> str:
    workspace, tag = command.campaign(newest)
    found = view(workspace, tag)
    start, end = _last_session(found)
    drawn = command.where.web and workspace.read_log(tag, PICTURE)
    chart = command.where.file(f"autoresearch-logs/{tag}", PICTURE) if drawn else ""
    page = Page(tag, found.history, start, end, web=command.where.web, chart=chart)
    return page.best_first(PAGE_LIMIT)


def _busy(log: CampaignLog) -> bool:
    """Tell whether a session is at work, or the next one on its way."""
    return bool(log.at_work) or log.next_is_on_its_way


def _begun(log: CampaignLog) -> bool:
    """Tell whether the session that began last has not ended.

    One that was killed long ago, or was to start a next one that never came, is no sign of work.
    """
    return log.start is not None and log.ended is None


def _to_stop(workspace: Workspace) -> str | None:
    """Choose the campaign with somebody to stop; else the newest that is not finished."""
    return first(workspace, _begun) or first(workspace, _busy) or unfinished(workspace)


def _at_work(workspace: Workspace) -> str | None:
    """Choose, of two campaigns that are not finished, the one that somebody is at work on."""
    return first(workspace, _begun) or unfinished(workspace)


def _stop(command: CommentCommand) -> str:
    workspace, tag = command.campaign(_to_stop)
    log = log_of(workspace, tag)
    if not _busy(log):
        raise LedgerError(
            f"No session is at work on campaign {tag}.",
            remedy=f"What it has found: {COMMAND} results",
        )
    now = command.asked.command.now
    command.ask(workspace, StopRequest(tag, request_id(), timestamp(), now, command.asked.by))
    if log.ended and log.ended.reason is StopReason.SETUP_ONLY:
        return (
            f"The lanes at work on {code(tag)} end after the experiment under way, and what they "
            "kept is brought together without another run."
        )
    if not log.at_work:
        return (
            f"No session is at work on {code(tag)} now. If the last one has started the next, that "
            "one ends before its first experiment. One that somebody starts from now on does not."
        )
    after = ", and nothing is measured after that" if now else ""
    return f"The session at work on {code(tag)} ends after the experiment under way{after}."


def _idea(command: CommentCommand) -> str:
    workspace, tag = command.campaign(_at_work)
    text, by = command.asked.command.idea, command.asked.by
    command.ask(workspace, IdeaRequest(tag, request_id(), timestamp(), text, by))
    return f"The idea waits for the next proposal of a model in {code(tag)}."


def _pr(command: CommentCommand) -> str:
    workspace, tag = command.campaign(newest)
    found = view(workspace, tag)
    start, _ = _last_session(found)
    pull = command.asked.pull
    if pull and pull.head_branch != found.branch:
        base = pull.head_branch
    else:
        base = start.base_branch or command.forge.default_branch()
    address = offer(command.forge, command.where, found, base)
    if not address:
        why = next((m for m in command.forge.missed if m.what == "the pull request"), None)
        raise ForgeError(
            f"The pull request was not opened: {why.why if why else 'GitHub refused'}.",
            remedy=why.remedy if why else "Command again.",
        )
    return f"{code(tag)} is offered here: {address}"


ANSWERS: dict[Verb, Callable[[CommentCommand], str]] = {
    Verb.HELP: _help,
    Verb.RESULTS: _results,
    Verb.STOP: _stop,
    Verb.IDEA: _idea,
    Verb.PR: _pr,
}


def _last_session(found: CampaignView) -> tuple[SessionStart, SessionEnd | None]:
    """Return the newest session, and its end if it has one."""
    starts = [each for each in found.sessions if isinstance(each, SessionStart)]
    end = found.sessions[-1]
    return starts[-1], end if isinstance(end, SessionEnd) else None
