"""How large the Action's image is, and how soon its first experiment runs.

    python benchmarks/container/measure.py IMAGE BASE

Needs root and a Docker engine. IMAGE is built from the Dockerfile, BASE what it was built on.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.docker_runner import Runner

STARTS = 10
SECTION = """\
## autoresearch

- target_file: solve.py
- run_command: [ -e loot/began ] || touch loot/began; python3 solve.py
- metric_name: score
- metric_parse: grep "^score:" run.log | cut -d" " -f2
- doctor: off
"""


def compressed(image: str) -> float:
    """Megabytes of `docker save IMAGE | gzip`."""
    save = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    zipped = subprocess.Popen(["gzip"], stdin=save.stdout, stdout=subprocess.PIPE)
    size = 0
    while block := zipped.stdout.read(1 << 20):
        size += len(block)
    save.wait()
    zipped.wait()
    return size / 1e6


def seconds_to_first_experiment(image: str) -> float:
    """From `docker run` to the first process of the first experiment."""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder) / "runner", image)
        solve = 'RATE = 0.02\nprint("score:", (RATE - 0.05) ** 2)\n'
        runner.check_out({"solve.py": solve, "CLAUDE.md": SECTION, ".gitignore": "loot/\n"})
        (runner.workspace / "loot").mkdir()
        runner.own_all()
        began = time.time()
        done = runner.run(max_experiments="1", proposer="search")
        assert done.returncode == 0, done.stdout + done.stderr
        return (runner.workspace / "loot" / "began").stat().st_mtime - began


def main() -> None:
    image, base = sys.argv[1:]
    whole, below = compressed(image), compressed(base)
    print(f"image {whole:.1f} MB compressed, its base {below:.1f}, ours {whole - below:.1f}")
    took = sorted(seconds_to_first_experiment(image) for _ in range(STARTS))
    print(
        f"docker run to the first experiment's process, {STARTS} times: "
        f"{took[0]:.2f} to {took[-1]:.2f} s, median {statistics.median(took):.2f} s"
    )


if __name__ == "__main__":
    main()
