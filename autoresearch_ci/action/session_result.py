"""The result of what an event asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autoresearch_ci.action.outputs import Outputs
from autoresearch_ci.core.model import Confirmation
from autoresearch_ci.forge import Annotation
from autoresearch_ci.forge.size_limits import SizeLimit, cut


@dataclass
class SessionResult:
    """The result of a session. `failure` is what the user has to change, if anything.

    `title` is a line on it, `annotations` are on the target at the commit it is shown on.
    It is `shown` on that commit unless there was no session to be held; `tag` is its
    campaign, empty where it did not get that far. `news` are lines of Markdown on what
    was done with it.
    """

    outputs: Outputs
    page: Callable[[int], str]
    failure: BaseException | None = None
    title: str = ""
    confirmation: Confirmation | None = None
    annotations: tuple[Annotation, ...] = ()
    shown: bool = True
    tag: str = ""
    news: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        return isinstance(self.failure, KeyboardInterrupt)


def without_session(said: str, *, handed_on: bool = False) -> SessionResult:
    """The result where no session was held, or not here; `said` is Markdown."""
    outputs = Outputs("no_improvement", handed_on="true" if handed_on else "false")
    return SessionResult(outputs, lambda room: cut(f"{said}\n", SizeLimit(room)), shown=False)
