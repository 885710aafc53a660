"""One stream of ideas that do nothing, and one with known gains, through each rule; see README.md.

python benchmarks/keep_rules/run.py              # prints the README's tables
python benchmarks/keep_rules/run.py --self-test  # seconds
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "judge"))

from nulls import WORLDS
from peers import PEERS, Rule, Run
from rules import Asking
from worlds import BASELINE

from autoresearch_ci.judge import sequential

NOISES = {
    "Gaussian": "Gaussian",
    "heavy-tailed": "heavy-tailed",
    "outliers slow": "skewed",
    "two speeds": "two speeds, half and half",
    "one in ten lucky": "10 % lucky",
    "warming machine": "warming, 0.05 a run",
}
"""Their names in benchmarks/judge, all with a standard deviation of 1."""

NULLS = 40
"""Ideas of a stream in which none does anything."""

GAINS = (0.02, 0.06, 0.12)
"""Parts of the first value, each once in a stream of 12 ideas whose others do nothing."""


class Machine:
    """A program on a noisy machine; `noise` is the deviation as a part of its first value."""

    open = True

    def __init__(self, kind: str, noise: float, seed: str) -> None:
        self._measure = WORLDS[NOISES[kind]](random.Random(f"{kind} {seed}"))
        self._base, self.runs, self.true = 1 / noise, 0, 0.0

    def run(self, effect: float = 0.0) -> float:
        """One run of what was kept with a change of this effect, in deviations."""
        self.runs += 1
        return self._measure(self.runs, self.true + effect) - BASELINE + self._base


class Ours:
    """The judge of autoresearch-ci, asked as its loop asks it."""

    def __init__(self, machine: Machine) -> None:
        self._asking = Asking(machine, sequential(6))

    def keeps(self, effect: float) -> bool:
        return self._asking.try_one(effect) is not None


def peer(rule: Callable[[Run], Rule]) -> Callable[[Machine], Rule]:
    return lambda machine: rule(machine.run)


RULES: dict[str, Callable[[Machine], Rule]] = {
    **{name: peer(rule) for name, rule in PEERS.items()},
    "**autoresearch-ci**": Ours,
}


def stream(name: str, machine: Machine, effects: list[float]) -> list[bool]:
    """What is kept of ideas with these effects, one after the other."""
    rule, kept = RULES[name](machine), []
    for effect in effects:
        before = machine.true
        kept.append(rule.keeps(effect))
        machine.true = before + effect * kept[-1]
    return kept


def study(name: str, kind: str, noise: float, campaigns: int) -> dict[str, float]:
    """Parts of the nulls and of each gain that are kept, and runs an idea where none helps."""
    false = runs = 0.0
    found = dict.fromkeys(GAINS, 0)
    for number in range(campaigns):
        machine = Machine(kind, noise, f"null {number}")
        false += sum(stream(name, machine, [0.0] * NULLS))
        runs += machine.runs
        for order in range(len(GAINS)):
            gains = GAINS[order:] + GAINS[:order]
            effects = [each for gain in gains for each in (0.0, 0.0, 0.0, gain / noise)]
            kept = stream(name, Machine(kind, noise, f"{order} {number}"), effects)
            for gain, had in zip(gains, kept[3::4], strict=True):
                found[gain] += had
    ideas = campaigns * NULLS
    shares = {f"{gain:.0%}": found[gain] / campaigns / len(GAINS) for gain in GAINS}
    return {"false": false / ideas, "runs": runs / ideas, **shares}


def table(noise: float, campaigns: int) -> None:
    """Prints nulls kept by kind of noise, then gains kept and runs as means over the kinds."""
    gains = [f"{gain:.0%}" for gain in GAINS]
    print(f"\n| deviation {noise:.0%} |", " | ".join([*NOISES, *gains, "runs an idea"]), "|")
    print("|---" * (len(NOISES) + len(gains) + 2) + "|")
    for name in RULES:
        found = [study(name, kind, noise, campaigns) for kind in NOISES]
        false = [f"{each['false']:.1%}" for each in found]
        means = {key: sum(each[key] for each in found) / len(found) for key in found[0]}
        shares = [f"{means[gain]:.0%}" for gain in gains]
        print(f"| {name} |", " | ".join([*false, *shares, f"{means['runs']:.1f}"]), "|", flush=True)


def self_test() -> None:
    """Every rule keeps a doubling, no worsening to a half, and repeats itself."""
    for name in RULES:
        machine = Machine("Gaussian", 0.01, "self-test")
        got = stream(name, machine, [0.0, 0.0, 100.0, -100.0])
        assert got[2:] == [True, False], (name, got)
        assert study(name, "two speeds", 0.05, 1) == study(name, "two speeds", 0.05, 1), name
    table(0.01, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=100)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        self_test()
        return
    for noise in (0.01, 0.05):
        table(noise, options.campaigns)


if __name__ == "__main__":
    main()
