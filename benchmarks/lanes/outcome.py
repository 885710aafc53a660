"""What a simulated campaign has come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

from rules import history_of, merged
from simulation import Session, Setup, World
from trial import Task

from autoresearch_ci.core.history import History, tries_again
from autoresearch_ci.core.model import Direction, Experiment, ExperimentStart, Reason, Status


@dataclass
class Outcome:
    """`curve` has the seconds of each new best version and its true worth.

    `lost` are superseded keeps that are in no kept combination, `open` those of them that fit the
    best version and that nobody had tried on it when the time was up, `retries` experiments that
    tried them again, `remeasured` runs of an incumbent that another lane had kept.
    """

    experiments: int
    duplicates: int
    superseded: int
    lost: int
    open: int
    retries: int
    crashes: int
    keeps: int
    false_keeps: int
    remeasured: int
    pushes: int
    busiest_minute: int
    curve: list[tuple[float, float]]


def simulate(task: Task, seed: int, setup: Setup) -> Outcome:
    world = World(task, seed, setup)
    world.play()
    return outcome(world)


def outcome(world: World) -> Outcome:
    direction = Direction(world.task.direction)
    streams = {"": world.main, **{lane.name: lane.own for lane in world.lanes}}
    lanes = {each.name: each.lane for each in world.lanes}
    history = history_of(streams, lanes, direction)
    worth = Worth(world)
    done = [each for each in history.experiments if not each.is_baseline]
    combined = {name for each in done if each.status is Status.KEEP for name in tries_again(each)}
    superseded = [each for each in done if each.reason is Reason.SUPERSEDED]
    lost = [each for each in superseded if history.name(each.experiment) not in combined]
    chain = [worth(world.texts[each.commit]) for each in history.kept]
    false = sum(direction.gain(new, old) <= 0 for old, new in pairwise(chain))
    pushes = [at for lane in world.lanes for at in lane.pushes]
    return Outcome(
        experiments=len(done),
        duplicates=duplicates(world.lanes),
        superseded=len(superseded),
        lost=len(lost),
        open=len(untried(world, history)),
        retries=sum(bool(tries_again(each)) for each in done),
        crashes=sum(each.status is Status.CRASH for each in done),
        keeps=len(history.kept_changes),
        false_keeps=false,
        remeasured=sum(lane.remeasured for lane in world.lanes) - len(world.lanes),
        pushes=len(pushes),
        busiest_minute=max(
            (sum(at <= each < at + 60 for each in pushes) for at in pushes), default=0
        ),
        curve=curve(world, worth, direction),
    )


def untried(world: World, history: History) -> list[Experiment]:
    """Superseded keeps whose change fits the best version, and nobody has tried that."""
    texts, best = world.texts, world.texts[history.incumbent.commit]
    return [
        each
        for each in history.superseded
        if merged(texts[each.parent], texts[each.commit], best) not in (None, best)
    ]


class Worth:
    """The true worth of a version."""

    def __init__(self, world: World) -> None:
        self._task, self._known = world.task, dict[str, float]()

    def __call__(self, text: str) -> float:
        if text not in self._known:
            found = self._task.truth(text)
            self._known[text] = float("nan") if found is None else found
        return self._known[text]


def duplicates(lanes: list[Session]) -> int:
    """Experiments whose very content somebody had begun before."""
    starts = sorted(
        (entry.timestamp, entry.record.candidate)
        for lane in lanes
        for entry in lane.own
        if isinstance(entry.record, ExperimentStart)
    )
    return len(starts) - len({candidate for _, candidate in starts})


def curve(world: World, worth: Worth, direction: Direction) -> list[tuple[float, float]]:
    """The best version by the records, as it changes."""
    entries = [*world.main, *(entry for lane in world.lanes for entry in lane.own)]
    kept = sorted(
        (entry.timestamp, entry.session, entry.record)
        for entry in entries
        if isinstance(entry.record, Experiment) and entry.record.status is Status.KEEP
    )
    best, points = None, []
    for when, _, record in kept:
        if best is None or direction.gain(record.value, best) > 0:
            best = record.value
            points.append((float(when), worth(world.texts[record.commit])))
    return points


def as_json(found: Outcome) -> Mapping[str, object]:
    return asdict(found)
