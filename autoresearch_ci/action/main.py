"""The Action's entry: inputs in; outputs, a summary and an exit code out, whatever happens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from autoresearch_ci import __version__, machine
from autoresearch_ci.action.board import Board
from autoresearch_ci.action.console import Console
from autoresearch_ci.action.handover import (
    clear_copies_of,
    folders_of_sockets,
    lent,
    places_of_the_runner,
    take_back,
)
from autoresearch_ci.action.inputs import given
from autoresearch_ci.action.outputs import Result, write_outputs, write_summary
from autoresearch_ci.action.secrets import needed, take_secrets
from autoresearch_ci.action.session import Held, hold
from autoresearch_ci.action.site import site
from autoresearch_ci.environment import is_credential, trust
from autoresearch_ci.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.event import CommandTrigger, Nothing, SessionTrigger, trigger
from autoresearch_ci.executors.user import Users
from autoresearch_ci.forge import Missed
from autoresearch_ci.interrupts import deferred, interruptible
from autoresearch_ci.redaction import Redactor
from autoresearch_ci.reports.markdown import escape, fenced
from autoresearch_ci.reports.progress import PlainProgress

DONE, USER, BUG, INTERRUPTED = 0, 1, 3, 130
OWN_CONTAINER = Path("/github/workspace")
"""Where a runner puts the workspace in a container that is the Action's own."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the runner says about this job; files are None where it gave none."""

    event: str
    payload: Path | None
    workspace: Path
    output: Path | None
    summary: Path | None


def job(variables: Mapping[str, str]) -> Job:
    """The job in the runner's variables; a workspace that is not named is where we are."""

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
    console = Console(stream)
    here = job(os.environ)
    redact = Redactor(value for name, value in os.environ.items() if is_credential(name, value))
    board = Board(site(os.environ, _payload(here.payload)))

    def stopping() -> None:
        PlainProgress(stream).stopping()
        board.hurry()

    with interruptible(stopping):
        held = _do(here, console, stream, board)
        with suppress(KeyboardInterrupt), deferred():  # nothing is under way that it could end
            code = _told(held, here, console, redact, board)
    sys.exit(code)


def post() -> NoReturn:
    """What runs when the job's steps are over, also after a kill: hand everything back."""
    console, workspace = Console(sys.stdout), job(os.environ).workspace
    try:
        if os.geteuid() == 0:
            take_back(workspace)
        clear_copies_of(workspace)
    except AutoresearchError as error:
        console.error(str(error))
        sys.exit(USER)
    sys.exit(DONE)


def _do(here: Job, console: Console, stream: TextIO, board: Board) -> Held:
    """What came of it. Every way out has outputs and a summary, so nothing is raised."""
    held: Held | None = None
    try:
        taken = take_secrets(os.environ, console)
        asked = given(taken)
        if why := why_no_session(here):
            console.notice(why)
            return Held(Result("no_improvement"), lambda _room: f"{escape(why)}\n", shown=False)
        board.use(asked.token)
        _require_repository(here.workspace)
        trust(here.workspace)
        os.environ.update(needed(here.workspace, asked, taken))
        with console.unheard(), _users(here.workspace) as users:
            print(f"autoresearch-ci {__version__} on {machine.describe()}", file=stream)
            held = hold(here.workspace, asked, users, stream, board.where)
    except BaseException as failure:  # noqa: BLE001 - every way out has outputs and a summary
        stopped = isinstance(failure, KeyboardInterrupt)
        held = held or Held(Result("stopped" if stopped else "error"), lambda _room: "")
        held.failure = held.failure or failure
    return held


def _told(held: Held, here: Job, console: Console, redact: Redactor, board: Board) -> int:
    """Show how it ended, write the outputs, the summary and what is wrong; the exit code."""
    failure = held.failure
    missed = board.show(held, lambda room: _page(held, redact, room))
    for each in missed:
        console.notice(redact(f"{each.what} was not shown: {each.why}. {each.remedy}"))
    try:
        if here.output:
            write_outputs(here.output, held.result.items())
        if here.summary:
            write_summary(here.summary, lambda room: _page(held, redact, room, missed))
    except AutoresearchError as error:
        failure = failure or error
    return _exit_code(failure, console, redact)


@contextmanager
def _users(workspace: Path) -> Iterator[Users | None]:
    """Whom experiments run as: users of their own where we are root, else ourselves."""
    if os.geteuid() != 0:
        yield None
        return
    sockets = folders_of_sockets(in_own_container=workspace == OWN_CONTAINER)
    closed = [*places_of_the_runner(os.environ, workspace), *sockets]
    with lent(workspace, closed) as users:
        yield users


def why_no_session(here: Job) -> str:
    """One line on why the event starts no session; empty where it does."""
    match trigger(here.event, _payload(here.payload)):
        case SessionTrigger():
            return ""
        case Nothing(why):
            return why
        case CommandTrigger():
            return "Commands in comments are not taken here."


def _payload(path: Path | None) -> object:
    """What the event says of itself; an empty object where the runner left nothing to read."""
    try:
        return json.loads(path.read_bytes()) if path else {}
    except (OSError, ValueError):
        return {}


def _require_repository(workspace: Path) -> None:
    if not (workspace / ".git").is_dir():
        raise WorkspaceError(
            f"{workspace} is not a git repository.",
            remedy="Put a step before this one: `- uses: actions/checkout@v4`, with "
            "`fetch-depth: 0` and `persist-credentials: false`.",
        )


def _page(held: Held, redact: Redactor, room: int, missed: Sequence[Missed] = ()) -> str:
    """The summary: what stands in the way first, then the campaign."""
    head = "".join(_left_out(each, redact) for each in missed)
    if held.failure is not None and not isinstance(held.failure, KeyboardInterrupt):
        message, detail, remedy = _words(held.failure)
        parts = [f"**{escape(redact(message))}**"]
        parts += [fenced(redact(detail))] if detail else []
        parts += [fenced(redact(remedy), "text")] if remedy else []
        head = "\n\n".join(parts) + "\n\n" + head
    return head + held.page(max(room - len(head), 0))


def _left_out(missed: Missed, redact: Redactor) -> str:
    """What was not shown, why, and the line in the workflow that would allow it."""
    why = f"> {escape(redact(f'{missed.what} was not shown: {missed.why}. {missed.remedy}'))}\n\n"
    if not missed.permission:
        return why
    return f"{why}{fenced(f'permissions:{chr(10)}  {missed.permission}', 'yaml')}\n\n"


def _words(error: BaseException) -> tuple[str, str, str]:
    """Message, evidence and remedy of an error of whatever kind."""
    if isinstance(error, AutoresearchError):
        return error.message, error.detail, error.remedy
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}.", "", "Look at the runner's disk, then run again."
    import traceback  # noqa: PLC0415 - needed once in a blue moon

    trace = "".join(traceback.format_exception(error))
    return "A bug of autoresearch-ci.", trace, "Please report it with what stands above."


def _exit_code(failure: BaseException | None, console: Console, redact: Redactor) -> int:
    if failure is None:
        return DONE
    if isinstance(failure, KeyboardInterrupt):
        console.notice("Interrupted. What was under way was recorded and undone.")
        return INTERRUPTED
    with suppress(BrokenPipeError):
        console.error(redact("\n".join(part for part in _words(failure) if part)))
    return USER if isinstance(failure, AutoresearchError | OSError) else BUG
