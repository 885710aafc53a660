"""The Action's entry: inputs in; outputs, a summary and an exit code out, whatever happens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from autoresearch_ci import __version__
from autoresearch_ci.action import inputs
from autoresearch_ci.action.authorization import Commanded, Refusal
from autoresearch_ci.action.comment_commands import ANSWERS, CommentCommand
from autoresearch_ci.action.comparison import hold_comparison
from autoresearch_ci.action.error_text import as_markdown, explain
from autoresearch_ci.action.event import CommandTrigger, Nothing, trigger, versions
from autoresearch_ci.action.inputs import Given, Mode
from autoresearch_ci.action.next_run import cause_of
from autoresearch_ci.action.outputs import Outputs, write_outputs, write_summary
from autoresearch_ci.action.repository import repository_of
from autoresearch_ci.action.secrets import needed, take_secrets
from autoresearch_ci.action.session import hold_session
from autoresearch_ci.action.session_request import ActionRequest, request_of
from autoresearch_ci.action.session_result import SessionResult, without_session
from autoresearch_ci.action.status import SessionStatus
from autoresearch_ci.action.workflow_commands import WorkflowCommands
from autoresearch_ci.action.workspace_access import (
    clear_leftovers,
    close_own_container,
    hand_back,
    handed_back,
)
from autoresearch_ci.config import Settings
from autoresearch_ci.core import machine
from autoresearch_ci.core.checkout import CHECKOUT
from autoresearch_ci.core.environment import is_credential, trust
from autoresearch_ci.core.errors import AutoresearchError, SettingsError, WorkspaceError
from autoresearch_ci.core.interrupts import deferred, interruptible
from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.doctor.dry_run import dry_run
from autoresearch_ci.engine import lane_resources
from autoresearch_ci.engine.assembly import load_settings
from autoresearch_ci.engine.evaluator import silent
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.forge import Missed
from autoresearch_ci.forge.webhook import VARIABLE, messenger
from autoresearch_ci.reports.markdown import escape, fenced
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.terminal import Paint
from autoresearch_ci.workspace import Workspace

DONE, USER, BUG, INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True, slots=True)
class Job:
    """One job, as the runner describes it; files are None where it gave none."""

    event: str
    payload: Path | None
    workspace: Path
    output: Path | None
    summary: Path | None


def job(variables: Mapping[str, str]) -> Job:
    """Read the job from the runner's variables; a workspace that is not named is where we are."""

    def file(name: str) -> Path | None:
        return Path(variables[name]) if variables.get(name) else None

    return Job(
        event=variables.get("GITHUB_EVENT_NAME", ""),
        payload=file("GITHUB_EVENT_PATH"),
        workspace=(file("GITHUB_WORKSPACE") or Path.cwd()).absolute(),
        output=file("GITHUB_OUTPUT"),
        summary=file("GITHUB_STEP_SUMMARY"),
    )


def main(stream: TextIO | None = None) -> NoReturn:
    """Do what the event asks for, and exit the process."""
    stream = stream or sys.stdout
    console = WorkflowCommands(stream)
    here = job(os.environ)
    redact = Redactor(value for name, value in os.environ.items() if is_credential(name, value))
    status = SessionStatus(repository_of(os.environ, _payload(here.payload)))

    def stopping() -> None:
        Progress(stream).stopping()
        status.hurry()

    with interruptible(stopping):
        result = _do(here, console, stream, status)
        with suppress(KeyboardInterrupt), deferred():  # nothing is under way that it could end
            code = _told(result, here, console, redact, status)
    sys.exit(code)


def post() -> NoReturn:
    """Clear up when the job's steps are over, also after a kill."""
    console, workspace = WorkflowCommands(sys.stdout), job(os.environ).workspace
    try:
        clear_leftovers(workspace)
        hand_back(workspace)
    except AutoresearchError as error:
        console.error(str(error))
        sys.exit(USER)
    sys.exit(DONE)


def _do(
    here: Job, console: WorkflowCommands, stream: TextIO, status: SessionStatus
) -> SessionResult:
    """Return what came of it. Every way out has outputs and a summary, so nothing is raised."""
    try:
        try:
            return _obeyed(here, console, stream, status)
        except Refusal as refusal:
            console.notice(refusal.why)
            status.refuse(refusal)
            return without_session(escape(refusal.why))
    except BaseException as failure:  # noqa: BLE001 - every way out has outputs and a summary
        stopped = isinstance(failure, KeyboardInterrupt)
        return SessionResult(Outputs("stopped" if stopped else "error"), lambda _room: "", failure)


def _obeyed(
    here: Job, console: WorkflowCommands, stream: TextIO, status: SessionStatus
) -> SessionResult:
    """Do what the event asks for; return what came of it. Raises Refusal where it is not done."""
    taken = take_secrets(os.environ, console)
    status.messenger = messenger(taken.get(VARIABLE, ""))
    given = inputs.given(taken)
    if given.mode is Mode.COMPARE:
        return _compared(given, here, console, stream, status)
    cause = trigger(here.event, _payload(here.payload))
    if isinstance(cause, Nothing):
        console.notice(cause.why)
        return without_session(escape(cause.why))
    asked, aside = None, given.lane is not None
    if isinstance(cause, CommandTrigger):
        asked = status.authorization(cause, given.token, aside=aside).receive()
    elif not aside:
        status.use(given.token)
    command = asked if asked and asked.command.verb in ANSWERS else None
    if not command and not given.here:
        status.hand_on()
        return without_session("The session is for another job to hold.", handed_on=True)
    _require_repository(here.workspace)
    trust(here.workspace)
    if command:
        with console.unheard(), handed_back(here.workspace):
            return _answer(command, given, status, here)
    close_own_container(here.workspace)
    result: SessionResult | None = None
    try:
        with console.unheard(), handed_back(here.workspace):
            print(f"autoresearch-ci {__version__} on {machine.describe()}", file=stream)
            result = _session(asked, given, taken, status, here, stream)
    except BaseException as failure:
        if result is None:
            raise
        result.failure = result.failure or failure
    return result


def _compared(
    given: Given, here: Job, console: WorkflowCommands, stream: TextIO, status: SessionStatus
) -> SessionResult:
    """Compare the two versions that the event is about."""
    asked = versions(here.event, _payload(here.payload))
    if isinstance(asked, Nothing):
        console.notice(asked.why)
        return without_session(escape(asked.why))
    status.use(given.token)
    _require_repository(here.workspace)
    trust(here.workspace)
    close_own_container(here.workspace)
    with console.unheard(), handed_back(here.workspace):
        print(f"autoresearch-ci {__version__} on {machine.describe()}", file=stream)
        return hold_comparison(here.workspace, given, asked, status, stream)


def _answer(asked: Commanded, given: Given, status: SessionStatus, here: Job) -> SessionResult:
    """Obey a command that needs no session."""
    said = CommentCommand(asked, given, status.where, status.forge, here.workspace).run()
    status.requester.reply(said)
    return without_session(said)


def _session(
    asked: Commanded | None,
    given: Given,
    taken: Mapping[str, str],
    status: SessionStatus,
    here: Job,
    stream: TextIO,
) -> SessionResult:
    """Hold a session, of a command or of an event that needs none."""
    begins = given.mode is Mode.BEGIN
    cause = cause_of(os.environ, _payload(here.payload))
    request = ActionRequest(
        given, status.where, cause, setup_only=begins, lanes=given.lanes if begins else 0
    )
    if asked:
        request = request_of(asked, given, status.where, status.forge, here.workspace)
        status.session_at(request.where)
    if given.lane:
        status.stay_aside()
    workspace = Workspace.open(here.workspace)
    settings = load_settings(workspace, request.given.overrides, request.trusted).settings
    _require_one_lane(settings)
    os.environ.update(needed(settings, given, taken))
    if given.dry:
        return _dry_run(request.for_engine(here.workspace, status.forge, silent), stream)
    return hold_session(here.workspace, request, stream, status)


def _require_one_lane(settings: Settings) -> None:
    """Raise SettingsError where a job is to be several lanes, which are jobs of their own here."""
    count = lane_resources.lanes(settings, machine.gpus())
    if count > 1:
        raise SettingsError(
            f"`parallel` is {settings.parallel}, and a job of the Action is one lane.",
            remedy=f"Have {count} jobs work at once, each on a runner of its own: "
            f"`autoresearch-ci init --github --force --lanes {count}`. And take `parallel` out of "
            f".github/autoresearch.yml; at a terminal `run --parallel {count}` does the same.",
        )


def _dry_run(request: SessionRequest, stream: TextIO) -> SessionResult:
    """Tell in log and summary what a session would begin with."""
    lines: list[str] = []
    with closing(dry_run(request, Paint(colour=False))) as told:
        for line in told:
            print(line, file=stream, flush=True)
            lines.append(line)
    return without_session(fenced("\n".join(lines)))


def _told(
    result: SessionResult,
    here: Job,
    console: WorkflowCommands,
    redact: Redactor,
    status: SessionStatus,
) -> int:
    """Show how it ended, write outputs, summary and what is wrong; return the exit code."""
    missed = status.show(result, lambda room: _page(result, redact, room))
    for each in missed:
        console.notice(redact(_sentence(each)))
    failure = result.failure
    try:
        if here.output:
            write_outputs(here.output, result.outputs.items())
        if here.summary:
            write_summary(here.summary, lambda room: _page(result, redact, room, missed))
    except AutoresearchError as error:
        failure = failure or error
    return _exit_code(failure, console, redact)


def _payload(path: Path | None) -> object:
    """Read the event's payload; an empty object where the runner left nothing to read."""
    try:
        return json.loads(path.read_bytes()) if path else {}
    except (OSError, ValueError):
        return {}


def _require_repository(workspace: Path) -> None:
    if not (workspace / ".git").is_dir():
        raise WorkspaceError(
            f"{workspace} is not a git repository.",
            remedy=f"Put a step before this one, with `fetch-depth: 0` and "
            f"`persist-credentials: false`: `- uses: {CHECKOUT}`.",
        )


def _page(result: SessionResult, redact: Redactor, room: int, missed: Sequence[Missed] = ()) -> str:
    """Write the summary: what stands in the way first, then the campaign."""
    head = "".join(_left_out(each, redact) for each in missed)
    head += "".join(f"{redact(line)}\n\n" for line in result.news)
    if result.failure is not None and not result.interrupted:
        head = as_markdown(result.failure, redact) + head
    return head + result.page(max(room - len(head), 0))


def _left_out(missed: Missed, redact: Redactor) -> str:
    """Tell what was left out, why, and the line in the workflow that would allow it."""
    why = f"> {escape(redact(_sentence(missed)))}\n\n"
    if not missed.permission:
        return why
    return f"{why}{fenced(f'permissions:{chr(10)}  {missed.permission}', 'yaml')}\n\n"


def _sentence(missed: Missed) -> str:
    return f"Left out: {missed.what}. {missed.why}. {missed.remedy}"


def _exit_code(failure: BaseException | None, console: WorkflowCommands, redact: Redactor) -> int:
    if failure is None:
        return DONE
    if isinstance(failure, KeyboardInterrupt):
        console.notice("Interrupted. What was under way was recorded and undone.")
        return INTERRUPTED
    with suppress(BrokenPipeError):
        console.error(redact("\n".join(part for part in explain(failure) if part)))
    return USER if isinstance(failure, AutoresearchError | OSError) else BUG
