"""Keeps of several lanes on one tip: what was kept on an older one is an idea with evidence.

Those that touch different lines are applied together, the largest gain first, and judged once.
Where that is not kept, the first half of them is tried, and so on, down to one at a time. What
does not fit the tip has been compared with it: both were measured, and the tip is the better one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autoresearch_ci.core.history import AGAIN, History, tries_again
from autoresearch_ci.core.model import Experiment, FileSet, Proposal, Reason, Status

Applied = Callable[[Experiment, FileSet], FileSet | None]
"""The files with the change of an experiment on top; None where it does not fit."""


def by_evidence(history: History) -> list[Experiment]:
    """The keeps that do not count and that nobody has tried again, the largest gain first."""

    def gain(each: Experiment) -> float:
        if each.value is None or each.prev is None:
            return 0.0
        return history.direction.gain(each.value, each.prev)

    return sorted(history.superseded, key=lambda each: (-gain(each), each.experiment))


def together(history: History, source: FileSet, applied: Applied) -> Proposal | None:
    """Those of them that fit the tip, but none that failed together; None where none fits."""
    fitting, files = fit(by_evidence(history), source, applied)
    failed = [
        set(tries_again(each)) for each in history.experiments if each.status is not Status.KEEP
        and each.reason is not Reason.INTERRUPTED
    ]  # fmt: skip
    while len(fitting) > 1 and {history.key(each.experiment) for each in fitting} in failed:
        fitting, files = fit(fitting[: (len(fitting) + 1) // 2], source, applied)
    if not fitting or files == source:
        return None
    return again(history, fitting, files)


def fit(
    ideas: Sequence[Experiment], source: FileSet, applied: Applied
) -> tuple[list[Experiment], FileSet]:
    """Those that can be applied one after the other, in an order that lets most of them."""
    fitting: list[Experiment] = []
    left, files, more = list(ideas), source, True
    while more:  # what did not fit may rest on what came after it
        more = False
        for idea in list(left):
            found = applied(idea, files)
            if found is not None and found != files:
                fitting.append(idea)
                left.remove(idea)
                files, more = found, True
    return fitting, files


def again(history: History, ideas: Sequence[Experiment], files: FileSet) -> Proposal:
    """The ideas as one experiment that names all of them."""
    names = [history.key(each.experiment) for each in ideas]
    first = ideas[0]
    if len(ideas) == 1:
        return Proposal(first.description, files, first.proposer, {**first.change, AGAIN: names})
    title = f"together: {'; '.join(each.description for each in ideas)}"
    return Proposal(title, files, first.proposer, {AGAIN: names})
