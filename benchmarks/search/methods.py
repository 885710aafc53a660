"""The three ways to spend the experiments: each gives the best value after every one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from spaces import SPACES
from trial import METRICS

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
from autoresearch_ci.judge import Comparison, single_run
from autoresearch_ci.proposers.search import SearchProposer, kinds
from autoresearch_ci.proposers.search.protect import protect
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.proposers.search.tuning import steps_of
from autoresearch_ci.source_code.syntax import code_lines, tokens

Measure = Callable[[str], float | None]


def judged(
    direction: Direction, incumbent: str, best: float, candidate: str, value: float | None
) -> Verdict:
    """What the loop's judge says of one run of each side."""
    if value is None:
        return Verdict(Status.CRASH, Reason.NONZERO_EXIT)
    samples = (Sample(Side.INCUMBENT, best), Sample(Side.CANDIDATE, value))

    def simpler() -> bool:
        return code_lines("task.py", candidate) < code_lines("task.py", incumbent)

    verdict = single_run(Comparison(direction, MinDelta(), samples, simpler))
    assert isinstance(verdict, Verdict)
    return verdict


def search(task: str, text: str, measure: Measure, seed: int, budget: int) -> list[float]:
    """The product's own proposer, driven by a history as the loop drives it."""
    metric, way = METRICS[task]
    direction = Direction(way)
    history = History(direction)
    proposer = SearchProposer(metric_name=metric, seed=f"bench{seed}", deletions=False)
    best = measure(text)
    assert best is not None

    def record(verdict: Verdict | None, value: float | None, text: str, change: object) -> None:
        number = history.next_number
        history.add(
            Experiment(
                tag="bench",
                session="",
                timestamp="",
                experiment=number,
                status=verdict.status if verdict else Status.KEEP,
                reason=verdict.reason if verdict else None,
                metric=metric,
                value=value,
                prev=best if number else None,
                description="",
                commit="",
                parent="",
                candidate=FileSet({"task.py": text}).digest,
                proposer="search",
                change=change,  # type: ignore[arg-type]
            )
        )

    record(None, best, text, {})
    curve = [best]
    for _ in range(budget):
        proposal = proposer.propose(FileSet({"task.py": text}), history)
        if proposal is not None:
            value = measure(proposal.files.text)
            verdict = judged(direction, text, best, proposal.files.text, value)
            record(verdict, value, proposal.files.text, proposal.change)
            if verdict.status is Status.KEEP and value is not None:
                best, text = value, proposal.files.text
        curve.append(best)
    return curve


def chance(task: str, text: str, measure: Measure, seed: int, budget: int) -> list[float]:
    """A random knob of those that the search finds, to a random plausible value."""
    metric, way = METRICS[task]
    direction = Direction(way)
    rng = random.Random(f"{task}/{seed}")
    best = measure(text)
    assert best is not None
    curve = [best]
    for _ in range(budget):
        found = tokens("task.py", text)
        seen = kinds.find(Source("task.py", text, found, protect(found, metric)))
        step = rng.choice(steps_of(rng.choice(seen.parameters)))
        candidate = text[: step.parameter.start] + step.text + text[step.parameter.end :]
        value = measure(candidate)
        verdict = judged(direction, text, best, candidate, value)
        if verdict.status is Status.KEEP and value is not None:
            best, text = value, candidate
        curve.append(best)
    return curve


def tpe(task: str, text: str, measure: Measure, seed: int, budget: int) -> list[float]:
    """Optuna's TPE on the hand-written space; told the defaults' value beforehand."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    lower = METRICS[task][1] == "lower_is_better"
    best = measure(text)
    assert best is not None
    study = optuna.create_study(
        direction="minimize" if lower else "maximize",
        sampler=optuna.samplers.TPESampler(seed=seed),
    )
    space = SPACES[task]
    defaults = {name: _default(text, name) for name in space}
    study.enqueue_trial(defaults)
    curve = [best]
    for number in range(budget + 1):
        trial = study.ask()
        value = measure(_filled(text, _asked(trial, space))) if number else best
        if value is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, value)
            best = min(best, value) if lower else max(best, value)
        if number:
            curve.append(best)
    return curve


def _asked(trial: object, space: dict[str, tuple | list]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, bounds in space.items():
        if isinstance(bounds, list):
            values[name] = trial.suggest_categorical(name, bounds)
        elif isinstance(bounds[0], int) and isinstance(bounds[1], int):
            values[name] = trial.suggest_int(name, *bounds[:2], log="log" in bounds)
        else:
            values[name] = trial.suggest_float(name, *bounds[:2], log="log" in bounds)
    return values


def _default(text: str, name: str) -> object:
    found = re.search(rf"^{name} = (.*)$", text, re.MULTILINE)
    assert found is not None, name
    return eval(found[1], {})


def _filled(text: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value!r}", text, count=1, flags=re.MULTILINE)
    return text


METHODS = {"search": search, "random": chance, "tpe": tpe}
