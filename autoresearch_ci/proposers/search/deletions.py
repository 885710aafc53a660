"""Code that could go, whatever the language, and which comes first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from autoresearch_ci.proposers.search import blocks, syntax
from autoresearch_ci.proposers.search.edits import Cut
from autoresearch_ci.proposers.search.names import split_name, word_set
from autoresearch_ci.proposers.search.observations import Observations

_SIZES = word_set(
    "kb mb gb kib mib size bytes byte bits lines loc binary bundle apk seconds sec ms time latency"
    " duration tokens instructions memory"
)


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


def ranked_cuts(
    cuts: list[Cut], text: str, observations: Observations, *, by_size: bool
) -> Iterator[Cut]:
    """The most promising first: by its look, how its kind has fared, and what it saves.

    None that was tried, nor what is left of it by now.
    """

    def promise(cut: Cut) -> tuple[float, str]:
        arm = observations.arms.get(f"cut:{cut.kind}")
        rate = (arm.kept + 1) / (arm.tried + 3) if arm else 1 / 3
        size = min(cut.size, 4_000) ** 0.5 / 8 if by_size else 1.0
        return -cut.weight * rate * size, cut.id

    for cut in sorted(cuts, key=promise):
        if not observations.cuts[cut.id] and not observations.was_cut(cut.gone(text)):
            yield cut
