"""False keeps of several lanes where most changes do nothing: `python benchmarks/lanes/nulls.py`.

The judge, the merging and the combining are the product's; ideas are drawn by chance. A program has
forty numbers, an idea sets one of them: in 70 of 100 that does nothing, in 15 it is better by two
deviations of the noise, in 15 worse by as much. With `--gains 0` nothing is ever better.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "search"), str(HERE.parents[1])]

import simulation  # noqa: E402 - the paths come first
from rules import history_of  # noqa: E402
from run import ROUNDS  # noqa: E402
from trial import Printed, Task  # noqa: E402

from autoresearch_ci.core.history import History, tries_again  # noqa: E402
from autoresearch_ci.core.model import (  # noqa: E402
    Direction,
    Experiment,
    FileSet,
    Proposal,
    Status,
)

NUMBERS, SIZE = 40, 2.0


@dataclass(frozen=True)
class Noisy(Task):
    """A value of 100 with a deviation of 1, less what the numbers of the text are worth."""

    @property
    def text(self) -> str:
        return "".join(f"p{n:02} = 0 + 0.0\n" for n in range(NUMBERS))

    def truth(self, text: str) -> float:
        return 100 - sum(map(float, re.findall(r"\+ (\S+)", text)))

    def measure(self, text: str, run: int = 0) -> Printed:
        return Printed(self.truth(text) + random.Random(run).gauss(0, 1), 1.0, None)


class Chance:
    """Sets a number that nobody has set before, to something that does nothing, or something."""

    gains = 0.15

    def __init__(self, *, seed: str, **_: object) -> None:
        self._chance = random.Random(seed)

    def propose(self, source: FileSet, history: History) -> Proposal:
        lines, chance = source.text.splitlines(keepends=True), self._chance
        at, name = chance.randrange(NUMBERS), f"{history.lane}{chance.getrandbits(60)}"
        here = float(lines[at].rpartition(" ")[2])
        drawn = chance.random()
        worth = SIZE if drawn < self.gains else -SIZE if drawn < 2 * self.gains else 0.0
        lines[at] = f"p{at:02} = {name} + {here + worth}\n"
        return Proposal(name, FileSet({source.target: "".join(lines)}), "chance", {"worth": worth})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", nargs="*", type=int, default=[1, 4, 16])
    parser.add_argument("--experiments", type=int, default=4000, help="of each, at least")
    parser.add_argument("--gains", type=float, default=Chance.gains)
    options = parser.parse_args()
    Chance.gains = options.gains
    simulation.Search = Chance  # type: ignore[misc]
    print(
        "| lanes | campaigns | experiments | of which are no better | kept in a lane | "
        "keeps that count | of these not better |"
    )
    print("|---|---|---|---|---|---|---|")
    for count in options.lanes:
        found = [0] * 6
        while found[1] < options.experiments:
            told = campaign(count, found[0] + 1)
            found = [old + new for old, new in zip(found, (1, *told), strict=True)]
        campaigns, done, nulls, in_lane, keeps, false = found
        shares = f"{in_lane} ({in_lane / nulls:.2%})", keeps, f"{false} ({false / done:.2%} of all)"
        print("|", " | ".join(map(str, (count, campaigns, done, nulls, *shares))), "|", flush=True)


def campaign(count: int, seed: int) -> tuple[int, int, int, int, int]:
    """Experiments; those that do nothing, and were kept in a lane; keeps that count, and false."""
    task = Noisy("noisy", "loss", noisy=True)
    setup = simulation.Setup(count, 60.0, rounds=ROUNDS[count])
    world = simulation.World(task, seed, setup)
    world.play()
    streams = {"": world.main, **{lane.name: lane.own for lane in world.lanes}}
    lanes = {each.name: each.lane for each in world.lanes}
    history = history_of(streams, lanes, Direction.LOWER)
    done = [each for each in history.experiments if not each.is_baseline]
    chain = [task.truth(world.texts[each.commit]) for each in history.kept]
    false = sum(new >= old for old, new in pairwise(chain))
    nulls = list(no_gain(world))
    return len(done), len(nulls), sum(nulls), len(chain) - 1, false


def no_gain(world: simulation.World) -> Iterator[bool]:
    """Of each experiment with an end that is no better: whether its lane kept it."""
    for entry in (entry for lane in world.lanes for entry in lane.own):
        each = entry.record
        if isinstance(each, Experiment) and not tries_again(each) and each.change["worth"] <= 0:
            yield each.status is Status.KEEP


if __name__ == "__main__":
    main()
