"""Authorization of commands, and their answers: reactions, replies, the comment of the thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from autoresearch_ci.action.command_syntax import Command, Misunderstood, Verb
from autoresearch_ci.action.event import CommandTrigger
from autoresearch_ci.core.errors import ForgeError, SettingsError
from autoresearch_ci.forge import Forge, Pull, Reaction
from autoresearch_ci.forge.offline import OfflineForge

PAGE_LIMIT = 60_000
"""Characters of a page in a comment or a check run."""

_OF_OPEN_PULLS = (Verb.RUN, Verb.SETUP, Verb.IDEA, Verb.PR)
"""Commands that are of no use once a pull request is closed."""


class Refusal(Exception):  # noqa: N818 - nobody's failure: the step succeeds
    """A command is not obeyed; `why` is one line, `reaction` goes on its comment."""

    def __init__(self, why: str, reaction: Reaction = Reaction.REFUSED) -> None:
        super().__init__(why)
        self.why, self.reaction = why, reaction


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command of somebody who may give it, `by` their login; on a pull request, with that."""

    command: Command
    by: str
    pull: Pull | None = None


class Requester(Protocol):
    """The person that waits for an answer to what the event asked for."""

    def reply(self, text: str) -> None:
        """Tell them something, Markdown, in a comment of its own."""

    def show(self, key: str, body: str, *, final: bool = False) -> str:
        """Have the comment of the campaign `key` say so; return its address, empty without one."""

    def done(self) -> None:
        """Tell that it is done."""

    def refuse(self, refusal: Refusal) -> None:
        """Tell that it is not done."""


class NoRequester:
    """A schedule or a dispatch has no thread to answer in."""

    def reply(self, text: str) -> None:
        """Say nothing."""

    def show(self, key: str, body: str, *, final: bool = False) -> str:  # noqa: ARG002
        return ""

    def done(self) -> None:
        """Say nothing."""

    def refuse(self, refusal: Refusal) -> None:
        """Say nothing."""


class Authorization:
    """The author of one command, in its thread. Nothing is said to who may not command.

    A job that is `aside` of the one that answers says nothing at all.
    """

    def __init__(self, asked: CommandTrigger, forge: Forge, *, aside: bool = False) -> None:
        self.asked, self._forge, self._aside = asked, forge, aside
        self._may = False

    def receive(self) -> Commanded:
        """Return the command, if it is to be obeyed.

        Raises Refusal; and ForgeError where nobody knows: then nobody is let in.
        """
        asked, command = self.asked, self.asked.command
        if isinstance(self._forge, OfflineForge):
            raise SettingsError(
                "Commands in comments need a token: without one nobody can tell who may command.",
                remedy="Leave the input github_token out, which is the job's token then.",
            )
        self._react(Reaction.SEEN)
        if not self._forge.may_command(asked.author):
            raise Refusal(f"{asked.author} may not command here: that takes permission to write.")
        self._may = True
        if isinstance(command, Misunderstood):
            raise Refusal(command.why, Reaction.CONFUSED)
        return Commanded(command, asked.author, self._pull(command))

    def _pull(self, command: Command) -> Pull | None:
        thread = self.asked.thread
        if not thread.is_pull or command.verb is Verb.HELP:
            return None
        pull = self._forge.pull(thread.number)
        if pull is None:
            raise ForgeError(
                f"GitHub knows no pull request #{thread.number}.", remedy="Command on another one."
            )
        if pull.from_fork:
            raise Refusal(
                "This pull request is from a fork, whose code is not run here. Bring the change "
                "to a branch of this repository first."
            )
        if not pull.open and command.verb in _OF_OPEN_PULLS:
            raise Refusal("This pull request is closed.")
        return pull

    def reply(self, text: str) -> None:
        if self._may and not self._aside:
            self._forge.reply(self.asked.thread, text)

    def show(self, key: str, body: str, *, final: bool = False) -> str:
        return self._forge.comment(self.asked.thread, body, key=key, final=final) or ""

    def done(self) -> None:
        self._react(Reaction.DONE)

    def refuse(self, refusal: Refusal) -> None:
        self._react(refusal.reaction)
        self.reply(refusal.why)

    def _react(self, reaction: Reaction) -> None:
        if self._aside:
            return
        self._forge.react(self.asked.thread, self.asked.comment, reaction)
