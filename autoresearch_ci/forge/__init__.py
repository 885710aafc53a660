"""The seam to where a project is hosted: who may command, and where results are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Reaction(StrEnum):
    """The reaction that a command gets."""

    SEEN = "eyes"
    DONE = "rocket"
    REFUSED = "-1"
    CONFUSED = "confused"


class Conclusion(StrEnum):
    """The end of a check run: improved, not improved, could not run."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"


CHECK = "autoresearch"
"""The check run of a session; others of ours begin with it and a slash."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it was when it was asked for.

    `from_fork` compares repository ids; a head whose repository is gone counts as one.
    """

    number: int
    head_sha: str
    head_branch: str
    base_sha: str
    base_branch: str
    from_fork: bool
    open: bool


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """The page of a check run; `summary` and `text` are Markdown, newest part first."""

    title: str
    summary: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on lines of a file at the check's commit; lines count from 1."""

    path: str
    start_line: int
    end_line: int
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that was not shown, and why; `permission` is the line that would allow it."""

    what: str
    why: str
    remedy: str
    permission: str = ""


class Forge(Protocol):
    """The host of a project.

    Questions (`may_command`, `pull`, `default_branch`) raise ForgeError where there
    is no answer: nobody is let in because a server was down. Reports never raise,
    and wait only so long: what did not get through is in `missed` until it does.
    A permission that is missing is found out once, and not asked for again.
    """

    name: str

    @property
    def missed(self) -> Sequence[Missed]:
        """Everything that was not shown so far, the first first."""

    def may_command(self, login: str) -> bool:
        """Tell whether this person may write to the repository; never true for a bot."""

    def pull(self, number: int) -> Pull | None:
        """Return the pull request as it is now; None where there is none."""

    def default_branch(self) -> str:
        """Return the name of the repository's default branch."""

    def merged(self, branch: str) -> bool:
        """Tell whether a pull request from this branch was merged; False where it is not known."""

    def is_own(self, login: str) -> bool:
        """Tell whether the token belongs to this login; True where that is not known."""

    def comment(self, thread: Thread, body: str, *, key: str, final: bool = False) -> str | None:
        """Make the thread's one comment of ours with this `key` say `body`; return its address.

        It is found again by a marker and by its author. Unless `final`, it is
        written at most once a minute, and given up for now if it fails.
        """

    def reply(self, thread: Thread, body: str) -> str | None:
        """Write a comment of its own; return its address."""

    def react(self, thread: Thread, comment: int, reaction: Reaction) -> None:
        """React to a comment, which is acted on or not."""

    def begin_check(
        self, sha: str, output: CheckOutput, *, details_url: str = "", again: bool = False
    ) -> None:
        """Show on a commit that a session is at work on it.

        With `again` it is what an earlier job of the same address has begun to show, if one has.
        """

    def end_check(
        self,
        sha: str,
        conclusion: Conclusion,
        output: CheckOutput,
        annotations: Sequence[Annotation] = (),
        *,
        name: str = CHECK,
    ) -> str | None:
        """Show on the commit how the session ended, or something else of ours by its `name`.

        Returns the check run's address.
        """

    def open_pull_request(self, branch: str, base: str, title: str, body: str) -> str | None:
        """Open one draft pull request from the branch, or update it; return its address."""

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> bool:
        """Start the workflows that wait for the `repository_dispatch` event of this type."""

    def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> bool:
        """Start one workflow, named by its file, on a branch."""

    def hurry(self, seconds: float) -> None:
        """From now on be done with everything within so many seconds: the job is being killed."""

    def close(self) -> None:
        """End the connection; more than once does no harm."""


MARK = "<!-- autoresearch-ci:"
"""The beginning of every comment of ours; so its first line is never a command."""


@dataclass(frozen=True, slots=True)
class Thread:
    """An issue or a pull request, where people talk."""

    number: int
    is_pull: bool
