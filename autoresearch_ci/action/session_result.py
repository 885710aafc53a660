"""The result of what an event asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from autoresearch_ci.action.outputs import Outputs
from autoresearch_ci.core.model import Confirmation
from autoresearch_ci.core.text import clean
from autoresearch_ci.forge import Annotation
from autoresearch_ci.forge.size_limits import SizeLimit, cut

_SHOWN = 20
_LONGEST_ANNOTATED = 20_000


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


def annotate(path: str, before: str, after: str) -> tuple[Annotation, ...]:
    """Annotate each place, on the lines as they were `before`; none for a very long file."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _LONGEST_ANNOTATED:
        return ()
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        _annotation(path, (i1, i2), old[i1:i2], new[j1:j2])
        for kind, i1, i2, j1, j2 in changes
        if kind != "equal"
    )


def _annotation(path: str, at: tuple[int, int], old: list[str], new: list[str]) -> Annotation:
    """Tell the fate of the lines from `at[0]` to before `at[1]`, which count from 0."""
    first, end = at
    if old:
        said = "The campaign has here" if new else "Left out by the campaign."
        return Annotation(path, first + 1, end, _shown(said, new))
    where = "after" if first else "before"
    return Annotation(path, max(first, 1), max(first, 1), _shown(f"Added {where} this line", new))


def _shown(said: str, lines: list[str]) -> str:
    if not lines:
        return said
    more = [f"... and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
    return "\n".join([f"{said}:", *map(clean, lines[:_SHOWN]), *more])
