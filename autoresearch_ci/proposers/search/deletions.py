"""Code that could go, whatever the language, and which comes first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from autoresearch_ci.core.history import History
from autoresearch_ci.proposers.search import blocks, syntax
from autoresearch_ci.proposers.search.edits import Cut
from autoresearch_ci.proposers.search.names import split_name, word_set
from autoresearch_ci.proposers.search.observations import Observations

# Experiments with one and the same value, after which the metric is taken not to respond.
_STILL = 5
_SIZES = word_set(
    "kb mb gb kib mib size bytes byte bits lines loc binary bundle apk seconds sec ms time latency"
    " duration tokens instructions memory"
)
_BYTES = word_set("kb mb kib mib size bytes byte chars characters binary bundle apk")


def find_cuts(path: str, text: str, untouchable: Collection[int]) -> list[Cut]:
    """Every deletion that may be tried on this source; lines from 0 that must stay."""
    suffix = PurePosixPath(path.replace("\\", "/")).suffix.lower()
    find: Callable[[str, str, Collection[int]], Iterator[Cut]] = blocks.cuts
    if suffix in (".py", ".pyw"):
        find = syntax.cuts
    unique: dict[str, Cut] = {}
    for cut in find(path, text, untouchable):
        unique.setdefault(cut.id, cut)
    return list(unique.values())


def is_about_size(metric_name: str) -> bool:
    """True if less code is likely to be a better value by itself."""
    return any(word in _SIZES for word in split_name(metric_name))


def is_bytes(metric_name: str) -> bool:
    """True if it counts bytes or characters, of what is written or of what is made of it."""
    return any(word in _BYTES for word in split_name(metric_name))


def is_telling(history: History) -> bool:
    """True if the metric could tell that something is missing.

    Not where it stands at 0: nothing is better there, and a program that does nothing may be as
    good. Nor where it never moved, whatever was changed.
    """
    best = history.incumbent
    if best is not None and best.value == 0:
        return False
    values = [each.value for each in history.experiments if each.value is not None]
    return len(values) < _STILL or len(set(values)) > 1


def ranked_cuts(
    cuts: list[Cut], text: str, observations: Observations, *, by_size: bool
) -> Iterator[Cut]:
    """First what provably nobody uses, the largest first; then by its look and how its kind fared.

    What a deletion saves counts for more where the metric is about size. None that was tried or
    is being tried, nor what is left of it by now.
    """

    def promise(cut: Cut) -> tuple[bool, float, str]:
        arm = observations.arms.get(f"cut:{cut.kind}")
        rate = (arm.kept + 1) / (arm.tried + 3) if arm else 1 / 3
        size = min(cut.size, 4_000) ** (0.5 if by_size or cut.private else 0.1)
        return not cut.private, -cut.weight * rate * size, cut.id

    for cut in sorted(cuts, key=promise):
        if observations.cuts[cut.id] or cut.id in observations.cutting:
            continue
        if not observations.was_cut(cut.gone(text)):
            yield cut
