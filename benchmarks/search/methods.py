"""The ways to spend the experiments: each yields, for every experiment, what it has come to."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from spaces import SPACES, place
from trial import Printed, Task

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    FileSet,
    MinDelta,
    Reason,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.judge import Comparison, NoiseModel, sequential
from autoresearch_ci.judge.outlier import change_of_meaning
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.proposers.search.steps import steps_of
from autoresearch_ci.source_code.syntax import code_lines

RUNS = 3
"""Runs a trial of the other methods on a noisy task: about what the judge takes."""

RECORD = {
    "tag": "bench", "session": "s", "timestamp": "", "description": "", "commit": "", "parent": "",
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """After an experiment: the best version so far, the seconds and runs spent, crashes."""

    text: str
    seconds: float
    runs: int
    crashes: int


@dataclass
class Spending:
    """The task's runs, counted. Each gets other luck."""

    task: Task
    seed: int
    seconds: float = 0.0
    runs: int = 0
    crashes: int = 0

    def run(self, text: str) -> Printed | None:
        self.runs += 1
        printed = self.task.measure(text, self.seed * 100_000 + self.runs)
        # What a crash took is not known; most come early.
        self.seconds += printed.seconds if printed else 1.0
        return printed

    def point(self, text: str) -> Point:
        return Point(text, self.seconds, self.runs, self.crashes)


@dataclass
class Campaign:
    """A history that is written as the loop writes it, with the product's own judge."""

    task: Task
    spending: Spending
    text: str
    best: float = 0.0
    history: History = field(init=False)
    samples: tuple[Sample, ...] = ()

    def __post_init__(self) -> None:
        self.direction = Direction(self.task.direction)
        self.history = History(self.direction)
        self.judge = sequential(6 if self.task.noisy else 1)
        self.noise = NoiseModel().within("s")
        first = self._run(self.text, Side.INCUMBENT)
        assert first is not None
        while self.judge(self._comparison(self.text)) is Side.INCUMBENT:
            self._run(self.text, Side.INCUMBENT)
        values = sorted(sample.value for sample in self.samples)
        self.best = values[len(values) // 2]
        baseline = tuple(Sample(Side.CANDIDATE, value) for value in values)
        self._record(Verdict(Status.KEEP, Reason.IMPROVED), self.best, self.text, {}, baseline, 0)

    def try_one(self, text: str, change: object) -> None:
        """One experiment: as many runs as the judge wants, its verdict, its record."""
        began, opening = self.spending.seconds, self.samples
        verdict: Verdict | Side = Side.CANDIDATE
        while isinstance(verdict, Side):
            run = self._run(text if verdict is Side.CANDIDATE else self.text, verdict)
            if run is None:
                verdict = Verdict(Status.CRASH, Reason.NONZERO_EXIT)
                break
            verdict = self.judge(self._comparison(text))
        values = [s.value for s in self.samples if s.side is Side.CANDIDATE]
        if verdict.status is Status.KEEP and change_of_meaning(self.history, self.samples):
            verdict = Verdict(Status.CRASH, Reason.IMPLAUSIBLE)
        value = None if verdict.status is Status.CRASH else values[-1]
        if value is not None and verdict.gain is not None:
            value = verdict.value(self.best, self.direction)
        self.spending.crashes += value is None
        took = self.spending.seconds - began
        self._record(verdict, value, text, change, self.samples, took)
        self.samples = opening
        if verdict.status is Status.KEEP and value is not None:
            self.text, self.best = text, value
            self.samples = tuple(Sample(Side.INCUMBENT, value) for value in values)

    def _run(self, text: str, side: Side) -> Printed | None:
        printed = self.spending.run(text)
        if printed is not None:
            self.samples += (Sample(side, printed.value),)
        return printed

    def _comparison(self, text: str) -> Comparison:
        def simpler() -> bool:
            path = self.task.path
            return code_lines(path, text) < code_lines(path, self.text)

        return Comparison(self.direction, MinDelta(), self.samples, simpler, self.noise)

    def _record(
        self,
        verdict: Verdict,
        value: float | None,
        text: str,
        change: object,
        samples: tuple[Sample, ...],
        seconds: float,
    ) -> None:
        number = self.history.next_number
        experiment = Experiment(
            **RECORD,
            experiment=number,
            status=verdict.status,
            reason=verdict.reason if number else None,
            metric=self.task.metric,
            value=value,
            prev=self.best if number else None,
            seconds=seconds or self.spending.seconds,
            samples=samples,
            candidate=FileSet({self.task.path: text}).digest,
            proposer="search" if number else "baseline",
            change=change,  # type: ignore[arg-type]
        )
        self.history.add(experiment)
        if self.task.noisy:
            self.noise = self.noise.after(experiment, self.direction)


def search(task: Task, seed: int, budget: int) -> Iterator[Point]:
    """The product's own proposer, driven by a history as the loop drives it."""
    spending = Spending(task, seed)
    campaign = Campaign(task, spending, task.text)
    proposer = SearchProposer(metric_name=task.metric, seed=f"bench{seed}", deletions=False)
    yield spending.point(campaign.text)
    for _ in range(budget):
        source = FileSet({task.path: campaign.text})
        proposal = proposer.propose(source, campaign.history)
        if proposal is not None:
            campaign.try_one(proposal.files.text, proposal.change)
        yield spending.point(campaign.text)


def chance(task: Task, seed: int, budget: int) -> Iterator[Point]:
    """A random parameter of those that the search finds, to a random one of its values."""
    rng, spending = random.Random(f"{task.name}/{seed}"), Spending(task, seed)
    campaign = Campaign(task, spending, task.text)
    proposer = SearchProposer(metric_name=task.metric, deletions=False)
    yield spending.point(campaign.text)
    for _ in range(budget):
        text = campaign.text
        found = proposer._read(FileSet({task.path: text})).parameters
        step = rng.choice(steps_of(rng.choice([each for each in found if steps_of(each)])))
        parameter = step.parameter
        campaign.try_one(text[: parameter.start] + step.text + text[parameter.end :], {})
        yield spending.point(campaign.text)


def optuna_with(sampler: Callable[[int], object]) -> Callable[[Task, int, int], Iterator[Point]]:
    """One of Optuna's samplers on the hand-written space, told the defaults' value beforehand."""

    def method(task: Task, seed: int, budget: int) -> Iterator[Point]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        direction = "minimize" if task.lower else "maximize"
        study = optuna.create_study(direction=direction, sampler=sampler(seed))
        space, spending = SPACES[task.name], Spending(task, seed)
        study.enqueue_trial({name: default(task, name, space[name]) for name in space})
        best = task.text
        for _ in range(budget + 1):
            trial = study.ask()
            text = filled(task, asked(trial, space))
            runs = [spending.run(text) for _ in range(RUNS if task.noisy else 1)]
            if None in runs:
                spending.crashes += 1
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, sum(run.value for run in runs) / len(runs))
                if study.best_trial.number == trial.number:
                    best = text
            yield spending.point(best)

    return method


def tpe(seed: int) -> object:
    import optuna

    return optuna.samplers.TPESampler(seed=seed)


def cmaes(seed: int) -> object:
    import optuna

    return optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


def asked(trial: object, space: dict[str, tuple | list]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, bounds in space.items():
        if isinstance(bounds, list):
            values[name] = trial.suggest_categorical(name, bounds)
        elif isinstance(bounds[0], int) and isinstance(bounds[1], int):
            values[name] = trial.suggest_int(name, *bounds[:2], log="log" in bounds)
        else:
            values[name] = trial.suggest_float(name, *bounds[:2], log="log" in bounds)
    return values


def default(task: Task, name: str, bounds: tuple | list) -> object:
    found = re.search(place(task.name, name), task.text)
    assert found is not None, name
    text = found[0].strip("\"'")
    if isinstance(bounds, list):
        return next(option for option in bounds if str(option) == text)
    return type(bounds[0])(float(text)) if isinstance(bounds[0], int) else float(text)


def filled(task: Task, values: dict[str, object]) -> str:
    text = task.text
    for name, value in values.items():
        at = re.search(place(task.name, name), text)
        assert at is not None, name
        quote = at[0][0] if at[0][0] in "\"'" else ""
        text = f"{text[: at.start()]}{quote}{value}{quote}{text[at.end() :]}"
    return text


METHODS: dict[str, Callable[[Task, int, int], Iterator[Point]]] = {
    "search": search,
    "random": chance,
    "tpe": optuna_with(tpe),
    "cmaes": optuna_with(cmaes),
}
