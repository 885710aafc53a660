"""Try every attack under every level of run trees, and write what came out into the documents.

python benchmarks/isolation/measure.py [--write] [--only WORDS]
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from autoresearch_ci.trees.levels import LEVELS, level
from benchmarks.isolation.attacks import ATTACKS, Attack
from benchmarks.isolation.rig import base, rig

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- attacks: benchmarks/isolation/measure.py --write -->", "<!-- end of attacks -->"

Results = dict[str, dict[Attack, bool]]
"""By level: the attacks that were tried, and whether each worked."""


def measure(only: str = "") -> Results:
    results: Results = {}
    for name in LEVELS:
        module = level(name)
        with rig() as at:
            if obstacle := module.obstacle(base(at)):
                print(f"NOT RUN: {name}: {obstacle.reason}")
                continue
            with module.open_trees(base(at)) as trees:
                results[name] = {
                    attack: at.works(trees, attack) for attack in ATTACKS if only in attack.name
                }
    return results


def table(results: Results) -> str:
    """Count the attacks of each kind, and name those that worked."""
    lines = ["| attacks that a level closes | " + " | ".join(f"`{n}`" for n in results) + " |"]
    lines += ["|---|" + "---|" * len(results)]
    for group, attacks in groupby(ATTACKS, key=lambda attack: attack.group):
        tried = list(attacks)
        cells = []
        for found in results.values():
            closed = sum(not found[attack] for attack in tried)
            cells.append(f"{closed} of {len(tried)}")
        lines.append(f"| {group} | {' | '.join(cells)} |")
    for name, found in results.items():
        worked = [f"{attack.group}: {attack.name}" for attack, is_open in found.items() if is_open]
        said = "; ".join(worked) if worked else "nothing"
        lines += ["", f"Open under `{name}`: {said}."]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    results = measure(options.only)
    if options.only:
        for name, found in results.items():
            for attack, is_open in found.items():
                print(f"{name}: {attack.group}: {attack.name}: {'OPEN' if is_open else 'closed'}")
        return
    print(table(results))
    if options.write and results.keys() != set(LEVELS):
        sys.exit("Not written: that takes a machine with every level.")
    if options.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}\n{table(results)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
