"""Count the random projects that a session leaves with anything of the user's taken away.

python benchmarks/trees/measure.py [--trees 2000] [--first 0]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.random_projects import grow, hold


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--trees", type=int, default=2000)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--show", type=int, default=10)
    options = arguments.parse_args()
    failed: Counter[bool] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(options.first, options.first + options.trees):
            folder = Path(scratch) / "project"
            grown = grow(folder, Random(seed))
            try:
                lost = hold(grown)
            except Exception:  # noqa: BLE001 - counted as what it is
                lost = [traceback.format_exc(limit=-3)]
            if lost:
                failed[grown.honest] += 1
                if failed.total() <= options.show:
                    print(f"{seed}: {grown.readonly} {grown.log}")
                    print(*[f"    {line}" for line in lost[:4]], sep="\n", flush=True)
            shutil.rmtree(folder)
    print(
        f"{options.trees} trees: {failed.total()} with something taken away, "
        f"{failed[True]} of them by honest runs"
    )


if __name__ == "__main__":
    main()
