"""How long `--help` takes, against importing the libraries that such a program could use.

    python benchmarks/startup/measure.py

Needs typer, which the program itself does not (requirements/bench.txt has it).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

PAIRS = 15
OURS = ["-m", "autoresearch_ci", "--help"]
THEIRS = ["-c", "import typer, rich"]


def seconds(words: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> None:
    pairs = [(seconds(OURS), seconds(THEIRS)) for _ in range(PAIRS)]
    print(
        json.dumps(
            {
                "help_ms": round(statistics.median(ours for ours, _ in pairs) * 1e3),
                "import_typer_rich_ms": round(statistics.median(it for _, it in pairs) * 1e3),
                "ratio": round(statistics.median(ours / it for ours, it in pairs), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
