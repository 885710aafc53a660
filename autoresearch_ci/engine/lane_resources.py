"""Parts of one machine for lanes that work on it at once: cores, a GPU, memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch_ci.config import Settings
from autoresearch_ci.core import machine
from autoresearch_ci.core.text import plural


@dataclass(frozen=True, slots=True)
class Place:
    """The part of the machine that a lane has to itself.

    No `cores` are all of them, an empty `gpu` leaves to the lane what it would see without one.
    `memory` is the most resident bytes of an experiment; None is no limit.
    """

    cores: tuple[int, ...] = ()
    gpu: str = ""
    memory: int | None = None

    @property
    def variables(self) -> dict[str, str]:
        """Variables by which programs see the lane's GPU and no other."""
        return dict.fromkeys(machine.VISIBLE, self.gpu) if self.gpu else {}

    def settings(self, given: Settings) -> dict[str, object]:
        """The settings that are the lane's own: its part of what all of them have."""
        own: dict[str, object] = {}
        if self.memory is not None:
            own["memory_limit"] = self.memory
        if self.gpu and given.gpus:
            own["gpus"] = self.gpu
        return own


def lanes(settings: Settings, gpus: Sequence[str]) -> int:
    """The number of lanes that the setting `parallel` means here."""
    return max(len(gpus), 1) if settings.parallel == "auto" else settings.parallel


def places(
    count: int, cores: Sequence[int], gpus: Sequence[str], memory: int | None
) -> list[Place]:
    """Share the machine out among so many lanes, evenly; what is left over is nobody's.

    Lanes for which there are not enough cores are pinned to none, those for which there are not
    enough GPUs share them.
    """
    each = len(cores) // count
    return [
        Place(
            tuple(cores[lane * each : (lane + 1) * each]),
            gpus[lane % len(gpus)] if len(gpus) > 1 else "",
            None if memory is None else memory // count,
        )
        for lane in range(count)
    ]


_TIMES = re.compile(
    r"(^|_)([mun]?s|secs?|seconds?|minutes?|time|latency|duration|runtime|elapsed|p\d\d"
    r"|throughput|fps|qps|rps|ops)(_|$)"
)


def unfit(metric: str, unit: str, *, noisy: bool) -> str:
    """Why lanes beside each other disturb what is measured, for people; empty where they do not.

    `unit` is that of the metric, empty where it has none.
    """
    timed = bool(_TIMES.search(metric.lower()) or _TIMES.fullmatch(unit.lower()))
    if not timed and not noisy:
        return ""
    what = "is a time" if timed else "differs between runs of the same version"
    return (
        f"{metric} {what}, which lanes beside each other make noisier: each comparison takes more "
        "runs. Set parallel to 1 if it is no faster."
    )


def shortages(count: int, cores: Sequence[int], gpus: Sequence[str]) -> Iterator[str]:
    """Sentences for people on what there is less of than lanes, and what to do."""
    for there, name in ((len(cores), "core"), (len(gpus), "GPU")):
        if 0 < there < count:
            yield (
                f"{count} lanes share {plural(there, name)}, so runs that use them slow each "
                f"other down: set parallel to {there}, unless experiments mostly wait."
            )
