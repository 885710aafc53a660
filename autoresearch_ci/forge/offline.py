"""No forge: a session at a terminal. Nobody commands, nothing is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge import (
    CHECK,
    Annotation,
    CheckOutput,
    Conclusion,
    Missed,
    Pull,
    Reaction,
    Thread,
)


class OfflineForge:
    """Takes every report and shows it nowhere; has no one to ask."""

    name = "offline"
    missed: Sequence[Missed] = ()

    def may_command(self, login: str) -> bool:  # noqa: ARG002 - the seam's
        return False

    def pull(self, number: int) -> Pull | None:  # noqa: ARG002 - the seam's
        return None

    def default_branch(self) -> str:
        raise ForgeError(
            "Nothing says which branch is the default one: there is no forge.",
            remedy="Name the branch.",
        )

    def merged(self, branch: str) -> bool:  # noqa: ARG002 - the seam's
        return False

    def is_own(self, login: str) -> bool:  # noqa: ARG002 - the seam's
        return False

    def comment(self, thread: Thread, body: str, *, key: str, final: bool = False) -> str | None:
        """Show nothing."""

    def reply(self, thread: Thread, body: str) -> str | None:
        """Show nothing."""

    def react(self, thread: Thread, comment: int, reaction: Reaction) -> None:
        """Show nothing."""

    def begin_check(
        self, sha: str, output: CheckOutput, *, details_url: str = "", again: bool = False
    ) -> None:
        """Show nothing."""

    def end_check(
        self,
        sha: str,
        conclusion: Conclusion,
        output: CheckOutput,
        annotations: Sequence[Annotation] = (),
        *,
        name: str = CHECK,
    ) -> str | None:
        """Show nothing."""

    def open_pull_request(self, branch: str, base: str, title: str, body: str) -> str | None:
        """Open nothing."""

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> bool:  # noqa: ARG002 - the seam's
        return False

    def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> bool:  # noqa: ARG002 - the seam's
        return False

    def hurry(self, seconds: float) -> None:
        """Nothing takes any time."""

    def close(self) -> None:
        """Nothing is open."""
