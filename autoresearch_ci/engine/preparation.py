"""Steps before a session's first run: is there anything to try, and the user's setup_command."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.config import Loaded
from autoresearch_ci.core.errors import TargetError
from autoresearch_ci.core.model import MutationCheck, StopReason
from autoresearch_ci.core.text import plural
from autoresearch_ci.engine import mutation
from autoresearch_ci.engine.session import Session, end, synchronize
from autoresearch_ci.proposers.search import Inventory, SearchProposer

_NAMED = 3


def prepare(session: Session) -> tuple[Sequence[str], list[str]]:
    """Run setup_command, where the session is to run anything; the paths it changed, and notes."""
    if session.stops.inherited:
        return (), ["A stop came after the session that started this one: so nothing is run."]
    changed = session.evaluator.prepare()
    lost = sorted(session.campaign.tracked.intersection(changed))
    if not lost:
        return changed, []
    names = f"{', '.join(lost[:_NAMED])}{', and more' if len(lost) > _NAMED else ''}"
    note = (
        f"setup_command changes {names}, which git tracks: runs see what is committed. Commit the "
        "change, or take it out of setup_command."
    )
    return changed, [note]


def require_idea(session: Session, loaded: Loaded) -> None:
    """Raise TargetError where the search alone has the ideas, and has none for this target.

    A campaign that has used up its ideas is written down as ended, so that the next session
    begins a new one. What only a run can tell is left to the runs.
    """
    search, history = session.next_idea.proposer, session.history
    idle = session.limits.setup_only or session.stops.inherited
    if not isinstance(search, SearchProposer) or idle:
        return
    waiting = session.next_idea.waiting or history.pairs
    moved = history.baseline and session.follow and not session.campaign.includes(session.follow)
    if waiting or moved:
        return
    source, told = session.campaign.source(), session.next_idea.told
    told.mutations = mutation.known(session)
    if search.propose(source, told) is not None:
        return
    found, tried = search.inventory(source, told), history.next_number - 1
    if history.baseline:
        session.recorder.began()
        end(session, StopReason.EXHAUSTED, "nothing was left to try when it began")
        synchronize(session, last=True)
    why, guards = _spared(told.mutations, loaded)
    raise TargetError(
        f"The search has nothing {'more ' if tried > 0 else ''}to try in {source.target}.",
        detail=_seen(found, session.start.tag, tried, why),
        remedy=_remedy(source.text, loaded, tried, guards=bool(found.spared) and guards),
    )


def _spared(check: MutationCheck | None, loaded: Loaded) -> tuple[str, bool]:
    """The reason why code may not go, and whether another guard_command could change that."""
    if not loaded.allow_deletions:
        return "without a guard_command nobody would notice", True
    if check is None or check.noticed:
        return "in use elsewhere, or frozen", False
    if any(mutant.note == mutation.UNKNOWN for mutant in check.mutants):
        return (
            "no broken version of this file can be made to see whether that would be noticed",
            False,
        )
    return "a broken version of this file was not noticed", True


def _seen(found: Inventory, tag: str, tried: int, why: str) -> str:
    kinds = {
        "number": found.numbers,
        "switch": found.switches,
        "choice": found.choices,
        "deletable block": found.deletions,
    }
    if found.refused:
        return f"Most of it is {found.refused}."
    if not any(kinds.values()):
        text = "It finds no number, switch or choice to change there"
        text += "." if found.spared else ", and no block of code to delete."
    else:
        counts = [_counted(count, kind) for kind, count in kinds.items()]
        text = f"It finds {', '.join(counts[:-1])} and {counts[-1]} there"
        text += (
            f", and campaign {tag} has tried them: {plural(tried, 'experiment')}."
            if tried > 0
            else ", but no change of them makes another program that can be read."
        )
    if found.spared:
        text += f" {plural(found.spared, 'block')} of code may not be deleted: {why}."
    return text


def _counted(count: int, kind: str) -> str:
    return f"{count} switches" if kind == "switch" and count != 1 else plural(count, kind)


def _remedy(text: str, loaded: Loaded, tried: int, *, guards: bool) -> str:
    ways = [
        f"name another target_file ({', '.join(loaded.others)})"
        if loaded.others
        else "name another target_file, one with code of its own"
    ]
    if any(char.isdigit() for char in text):
        ways.append("mark lines that may be tuned with a comment `autoresearch: tune`")
    if guards:
        ways.append("set guard_command to tests that need this file, so that code may be deleted")
    ways.append("set proposer to a model, which needs its key")
    first = "Merge what was kept and begin a new campaign with --new; or " if tried > 0 else ""
    said = f"{first}{'; or '.join(ways)}."
    return said[0].upper() + said[1:]
