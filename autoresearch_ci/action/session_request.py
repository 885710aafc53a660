"""A session that a workflow asks for: by its inputs, and by a command if there was one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch_ci.action.authorization import Commanded, Refusal
from autoresearch_ci.action.command_syntax import Command, Verb
from autoresearch_ci.action.inputs import Given, Mode
from autoresearch_ci.action.next_run import Cause
from autoresearch_ci.action.pull_request import Head, NoHead, PullHead
from autoresearch_ci.action.repository import REMOTE, GitHubRepository, base_branch, push_target
from autoresearch_ci.action.workspace_access import has_tools
from autoresearch_ci.campaign.select import of_other_targets, of_pull
from autoresearch_ci.config.values import BadValue, duration
from autoresearch_ci.core.checkout import CHECKOUT
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.engine.evaluator import Tell
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.forge import Forge, Pull
from autoresearch_ci.workspace import Remote, Workspace

DEFAULTS = {"network": "none"}
"""Settings where nobody says otherwise, in the Action."""

OFFERED = "autoresearch/"
"""The prefix of the branches that a campaign is offered from."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """A session as the event's inputs and a command ask for it.

    `cause` is what starts another session like it. `where` has the commit that the session
    is shown on. `base`, `base_branch` and `trusted` are as a `SessionRequest` has them, None where
    the checkout says it; `head` is that of the pull request, and `into` its branch. `idea` is
    to be tried first, `by` whoever commanded. Campaigns in `others` are not meant. In the mode
    begin so many `lanes` are to follow.
    """

    given: Given
    where: GitHubRepository
    cause: Cause = field(default_factory=Cause)
    setup_only: bool = False
    idea: str = ""
    by: str = ""
    base: str | None = None
    base_branch: str | None = None
    trusted: str | None = None
    into: str = ""
    head: Head = field(default_factory=NoHead)
    others: frozenset[str] = frozenset()
    lanes: int = 0

    @property
    def goes_on(self) -> bool:
        """Tell whether another session follows this one: lanes, or the next run."""
        return self.lanes > 0 or (
            self.given.goes_on and self.cause.again and self.given.lane is None
        )

    def for_engine(self, workspace: Path, forge: Forge, tell: Tell) -> SessionRequest:
        """The same as a request that the engine opens a session by."""
        given = self.given
        follows = given.lane is not None or given.mode is Mode.COMBINE
        return SessionRequest(
            workspace,
            given.overrides,
            new=given.new_campaign,
            base=self.base,
            base_branch=self.base_branch or base_branch(workspace, self.where),
            setup_only=self.setup_only,
            push=push_target(workspace, given.token),
            trusted=self.trusted,
            defaults=DEFAULTS,
            has_tools=has_tools(workspace),
            tell=tell,
            idea="" if follows else self.idea,
            idea_by=self.by,
            finished=lambda tag: tag in self.others or forge.merged(f"{OFFERED}{tag}"),
            chained=lambda: follows or self.cause.is_ours(forge),
            goes_on=self.goes_on,
            needs_idea=given.mode is Mode.LOOP,
            lane=given.lane,
            combine=given.mode is Mode.COMBINE,
        )


def request_of(
    asked: Commanded, given: Given, where: GitHubRepository, forge: Forge, workspace: Path
) -> ActionRequest:
    """Read the session that was asked for in a comment. Raises Refusal and AutoresearchError."""
    command = asked.command
    if command.lanes is not None and given.mode is Mode.LOOP and given.lane is None:
        raise Refusal(
            "The workflow here has no lanes. Write one that has: "
            f"`autoresearch-ci init --github --force --lanes {command.lanes}`."
        )
    begins = given.mode is Mode.BEGIN and command.verb is Verb.RUN
    request = ActionRequest(
        replace(given, overrides=_overrides(command, given.overrides)),
        where,
        setup_only=command.verb is Verb.SETUP or begins,
        lanes=(command.lanes or given.lanes) if begins else 0,
        idea=command.idea,
        by=asked.by,
    )
    if asked.pull:
        return on_pull(request, asked.pull, forge, workspace)
    if command.target is None or "tag" in given.overrides:
        return request
    origin(workspace, given.token).fetch_campaigns()
    others = of_other_targets(Workspace.open(workspace), command.target)
    return replace(request, others=frozenset(others))


def on_pull(request: ActionRequest, pull: Pull, forge: Forge, workspace: Path) -> ActionRequest:
    """Put it on a pull request: its campaign, begun from its head, by the rules of its base.

    The head is fetched here, and is exactly the commit that was found when the command came.
    Raises Refusal where it has moved since. One that offers a campaign is about that one.
    """
    remote = origin(workspace, request.given.token)
    head, base = (f"refs/heads/{name}" for name in (pull.head_branch, pull.base_branch))
    found = remote.fetch(head, base, whole=True)
    if found.get(head) != pull.head_sha:
        raise Refusal(
            f"The head of this pull request was {pull.head_sha[:12]} when the command came, and "
            f"is {found.get(head, 'gone')[:12]} now. Command again."
        )
    if base not in found:
        raise WorkspaceError(
            "The branch that this pull request is to be merged into is gone: the settings come "
            "from there.",
            remedy="Choose another base for the pull request, and command again.",
        )
    overrides = {**request.given.overrides, "tag": campaign_of(pull)}
    given = replace(request.given, overrides=overrides, new_campaign=False)
    if campaign_of(pull) != of_pull(pull.number):
        return replace(request, given=given, trusted=found[base])
    return replace(
        request,
        given=given,
        where=replace(request.where, sha=pull.head_sha, branch=pull.head_branch),
        base=pull.head_sha,
        base_branch=pull.head_branch,
        trusted=found[base],
        into=pull.head_branch,
        head=PullHead(forge, pull),
    )


def campaign_of(pull: Pull) -> str:
    """Return the campaign that a command on a pull request is about: its own, or what it offers."""
    offered = pull.head_branch.removeprefix(OFFERED)
    return of_pull(pull.number) if offered == pull.head_branch else offered


def origin(workspace: Path, token: str) -> Remote:
    """Return the remote that campaigns are shared through. WorkspaceError where there is none."""
    target = push_target(workspace, token)
    if target is None:
        raise WorkspaceError(
            f"There is no remote {REMOTE} here, through which campaigns are shared.",
            remedy=f"Check the repository out with `uses: {CHECKOUT}`.",
        )
    return Workspace.open(workspace).remote(target)


def _overrides(command: Command, inputs: Mapping[str, str]) -> dict[str, str]:
    """The settings; a command is stronger than the inputs, except that it gets no more time.

    Whoever wrote the workflow knows how long its job may take.
    """
    said = dict(inputs)
    if command.target is not None:
        said["target_file"] = command.target
    if command.goal:
        said["goal"] = command.goal
    if command.experiments is not None:
        said["max_experiments"] = str(command.experiments)
    if command.seconds is not None:
        most = command.seconds
        with suppress(BadValue, KeyError):  # a bad one is told of when the settings are read
            most = min(most, duration(inputs["time_limit"]))
        said["time_limit"] = f"{most:.3f}s"
    return said
