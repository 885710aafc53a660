"""One campaign with several lanes over a simulated clock: real ideas, verdicts and merging."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

from rules import history_of, merged
from trial import Printed, Task

from autoresearch_ci.campaign.lanes.pace import LanePace
from autoresearch_ci.campaign.ledger.union import PLAIN, Entry
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    ExperimentStart,
    FileSet,
    Lane,
    MinDelta,
    Proposal,
    Reason,
    Record,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.engine.combination import together
from autoresearch_ci.judge import Comparison, NoiseModel, sequential
from autoresearch_ci.judge.outlier import change_of_meaning
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.source_code.syntax import code_lines

MACHINE, REMOTE = "machine", "remote"
OVERHEAD = 0.3
"""Seconds of git and bookkeeping that an experiment takes beside its runs."""

PUSH, FETCH, LOOK = 1.5, 0.7, 0.02
"""Seconds that a push, a fetch and a look at the refs of the same repository take."""

Life = Generator[float, None, None]


class Search(SearchProposer):
    """The product's, but a source that one lane has read is not read again by another."""

    readings: dict[str, Any]

    def _read(self, source: FileSet) -> Any:
        if self._reading is None or self._reading.source != source:
            known = self.readings.get(source.text) or super()._read(source)
            self.readings[source.text] = known
            self._reading = replace(known, spent=set())
        return self._reading


@dataclass(frozen=True)
class Setup:
    """`count` lanes, `seconds` a run on a lane of mean speed; `late` is the oldest that news gets.

    On one `machine` lanes see each other's refs; through a `remote` they see what was pushed.
    `rounds` are the runs after which it ends, in those of a lane of mean speed.
    """

    count: int
    seconds: float
    place: str = REMOTE
    late: float = 60.0
    speeds: float = 2.0
    rounds: float = 60.0
    exact: bool = True

    @property
    def end(self) -> float:
        return self.rounds * self.seconds


@dataclass
class World:
    """The clock, what a program prints, and what was pushed when."""

    task: Task
    seed: int
    setup: Setup
    now: float = 0.0
    texts: dict[str, str] = field(default_factory=dict)
    known: dict[str, Printed | None] = field(default_factory=dict)
    main: list[Entry] = field(default_factory=list)
    lanes: list[Session] = field(default_factory=list)
    luck: int = 0
    readings: dict[str, Any] = field(default_factory=dict)

    def run(self, text: str) -> Printed | None:
        if self.task.noisy:
            self.luck += 1
            return self.task.measure(text, self.seed * 1_000_000 + self.luck)
        if text not in self.known:
            self.known[text] = self.task.measure(text)
        return self.known[text]

    def play(self) -> None:
        """The baseline, and then all lanes until the time is up."""
        begin = Session(self, Lane(0, 0), "begin")
        self.texts["base"] = self.task.text
        for _ in begin.baseline():
            pass
        self.main = begin.own
        count = self.setup.count
        self.lanes = [Session(self, Lane(n, count), f"lane{n:03}") for n in range(1, count + 1)]
        lives = [lane.life() for lane in self.lanes]
        queue = [(0.0, at) for at in range(count)]
        while queue:
            self.now, at = heapq.heappop(queue)
            if self.now >= self.setup.end:
                break
            heapq.heappush(queue, (self.now + next(lives[at]), at))


@dataclass
class Session:
    """A session of a lane: sync, adopt, propose, run, judge, record; and again."""

    world: World
    lane: Lane
    name: str

    def __post_init__(self) -> None:
        world, setup = self.world, self.world.setup
        self.direction = Direction(world.task.direction)
        self.own: list[Entry] = []
        self.written: list[float] = []
        self.seen: dict[int, int] = {}
        self.samples: tuple[Sample, ...] = ()
        self.judge = sequential(6 if world.task.noisy else 1)
        self.turns = LanePace(self.lane, lambda: world.now)
        self.fetched, self.told = 0.0, 0.0
        self.chance = random.Random(f"{world.seed}/{self.name}")
        # From the fastest to the slowest lane in even steps.
        part = (self.lane.number - 0.5) / self.lane.count - 0.5 if self.lane.count > 1 else 0.0
        self.pace = setup.speeds**part
        self.number = 1 if self.lane.number else 0  # number 0 is the baseline
        self.remeasured = 0
        self.exact = False
        self.search = Search(
            metric_name=world.task.metric, seed=f"lanes{world.seed}", deletions=False
        )
        self.search.readings = world.readings
        self.history = History(self.direction)

    # What is known.

    def streams(self) -> dict[str, list[Entry]]:
        others = {
            self.world.lanes[at].name: self.world.lanes[at].own[:count]
            for at, count in self.seen.items()
        }
        return {PLAIN: self.world.main, **others, self.name: self.own}

    def reread(self) -> None:
        lanes = {each.name: each.lane for each in self.world.lanes}
        self.history = history_of(self.streams(), lanes, self.direction)
        mine = self.history.under_way
        self.history.under_way = [each for each in mine if each.session != self.name]
        self.history.lane = self.lane if self.lane.count > 1 else None

    @property
    def text(self) -> str:
        return self.world.texts[self.history.incumbent.commit]

    @property
    def noise(self) -> NoiseModel:
        """By the runs of the baseline and of this session: others' level is not this one's."""
        if not self.world.task.noisy:
            return NoiseModel().within(self.name)
        names = (self.name, "begin")
        mine = [each for each in self.history.experiments if each.session in names]
        return NoiseModel().plus(mine, self.direction).within(self.name)

    # What it does.

    def life(self) -> Life:
        self.reread()
        head = ""
        while True:
            yield from self.sync()
            if self.history.incumbent.commit != head:
                head = self.history.incumbent.commit
                yield from self.measure()
            idea = self.idea()
            if idea is None:
                yield self.world.setup.seconds
                continue
            yield from self.attempt(idea.files.text, dict(idea.change), idea.proposer)
            if self.own[-1].record.status is Status.KEEP:
                head = self.own[-1].record.commit
                self.reread()
                if self.history.incumbent.commit != head:
                    head = ""

    def sync(self) -> Life:
        """Look at what others have published."""
        world, setup = self.world, self.world.setup
        if self.lane.count == 1:
            return
        if setup.place == MACHINE:
            yield LOOK
        else:
            if world.now - self.fetched < self.turns.look_every:
                return
            self.fetched = world.now
            yield FETCH
        self.told = max(self.told, world.now - self.chance.uniform(0, setup.late))
        for at, other in enumerate(world.lanes):
            if other is not self:
                self.seen[at] = other.published(self.told)
        self.reread()

    def published(self, at: float) -> int:
        """Count the entries that others can see at an instant: what there was at its last turn."""
        if self.world.setup.place == REMOTE:
            at = self.turns.last(at - PUSH)
        return bisect_right(self.written, at)

    @property
    def pushes(self) -> set[float]:
        """The turns at which there was something new."""
        if self.world.setup.place == MACHINE or self.lane.count == 1:
            return set()
        found = (self.turns.next(at) for at in self.written)
        return {at for at in found if at <= self.world.setup.end}

    def idea(self) -> Proposal | None:
        """What others kept that is not in the tip, for who has the tip; else the search's."""
        files = FileSet({self.world.task.path: self.text})
        if self.history.incumbent.session == self.name:
            found = together(self.history, files, self._applied)
            if found is not None:
                return found
        return self.search.propose(files, self.history)

    def _applied(self, idea: Experiment, files: FileSet) -> FileSet | None:
        """The files with a superseded change; None where it touches lines that were touched."""
        texts = self.world.texts
        if merged(texts[idea.parent], texts[idea.commit], self.text) is None:
            return None
        text = merged(texts[idea.parent], texts[idea.commit], files.text)
        return None if text is None else files | {files.target: text}

    def baseline(self) -> Life:
        text = self.world.task.text
        yield from self._opening(text)
        values = sorted(sample.value for sample in self.samples)
        samples = tuple(Sample(Side.CANDIDATE, value) for value in values)
        done = self._record(
            Verdict(Status.KEEP, Reason.IMPROVED), values[len(values) // 2], text, {}, samples
        )
        self._write(done)

    def measure(self) -> Life:
        """The incumbent, here and now; what is on record where that was right here before."""
        value = self.history.incumbent.value
        if self.exact and self.world.setup.exact:
            self.samples = (Sample(Side.INCUMBENT, value),)
            return
        self.samples = ()
        yield from self._opening(self.text)
        self.remeasured += 1
        self.exact = all(each.value == value for each in self.samples)

    def _opening(self, text: str) -> Life:
        while self.judge(self._comparison(text, text)) is Side.INCUMBENT:
            run = self.world.run(text)
            assert run is not None
            self.samples += (Sample(Side.INCUMBENT, run.value),)
            yield self.world.setup.seconds * self.pace

    def attempt(self, text: str, change: dict, proposer: str) -> Life:
        world, opening = self.world, self.samples
        best = self.history.incumbent
        start = ExperimentStart(
            tag="t", session=self.name, timestamp=self._stamp(), experiment=self.number,
            description="", parent=best.commit, proposer=proposer, change=change,
            candidate=FileSet({world.task.path: text}).digest,
        )  # fmt: skip
        self._write(start)
        yield OVERHEAD
        tip = self.text
        verdict: Verdict | Side = Side.CANDIDATE
        while isinstance(verdict, Side):
            run = world.run(text if verdict is Side.CANDIDATE else tip)
            yield world.setup.seconds * self.pace
            if run is None:
                verdict = Verdict(Status.CRASH, Reason.NONZERO_EXIT)
                break
            self.samples += (Sample(verdict, run.value),)
            verdict = self.judge(self._comparison(tip, text))
        values = [each.value for each in self.samples if each.side is Side.CANDIDATE]
        if verdict.status is Status.KEEP and change_of_meaning(self.history, self.samples):
            verdict = Verdict(Status.CRASH, Reason.IMPLAUSIBLE)
        value = None if verdict.status is Status.CRASH else values[-1]
        if value is not None and verdict.gain is not None:
            value = verdict.value(best.value, self.direction)
        done = self._record(verdict, value, text, change, self.samples, proposer)
        self.samples = opening
        if verdict.status is Status.KEEP:
            self.samples = tuple(Sample(Side.INCUMBENT, value) for value in values)
        self._write(done)
        now = replace(done, experiment=self.history.next_number)
        self.history.add(now, f"{self.name}-{done.experiment:04}")

    def _comparison(self, tip: str, text: str) -> Comparison:
        path = self.world.task.path

        def simpler() -> bool:
            return code_lines(path, text) < code_lines(path, tip)

        return Comparison(self.direction, MinDelta(), self.samples, simpler, self.noise)

    def _record(
        self, verdict: Verdict, value: float | None, text: str, change: dict,
        samples: tuple[Sample, ...], proposer: str = "baseline",
    ) -> Experiment:  # fmt: skip
        best = self.history.incumbent
        parent = best.commit if best else "base"
        commit = parent
        if verdict.status is Status.KEEP and best:
            commit = f"{self.name}-{self.number}"
            self.world.texts[commit] = text
        number, self.number = self.number, self.number + 1
        return Experiment(
            tag="t", session=self.name, timestamp=self._stamp(), experiment=number,
            status=verdict.status, reason=verdict.reason if best else None,
            metric=self.world.task.metric, value=value, prev=best.value if best else None,
            description="", seconds=self.world.setup.seconds * self.pace * len(samples),
            samples=samples, commit=commit, parent=parent, change=change, proposer=proposer,
            candidate=FileSet({self.world.task.path: text}).digest,
        )  # fmt: skip

    def _stamp(self) -> str:
        return f"{self.world.now:014.3f}"

    def _write(self, record: Record) -> None:
        self.own.append(Entry(b"", record, self.name, record.timestamp))
        self.written.append(self.world.now)
