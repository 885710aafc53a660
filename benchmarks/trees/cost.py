"""Time a run in a tree of its own beyond a bare process, and the start of a session.

python benchmarks/trees/cost.py [--level overlay] [--runs 60]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from importlib import import_module
from pathlib import Path

from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, Sandbox
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles

GIGABYTE = 1 << 30


def project(folder: Path, tracked: int, ignored: int, size: int) -> Path:
    """A repository with so many tracked files, and ignored ones of so many bytes in all."""
    for number in range(tracked):
        path = folder / f"src/{number % 50}/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n" * 20)
    (folder / ".gitignore").write_text("data/\n")
    (folder / "main.txt").write_text("main\n")
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "base"], check=True)
    for number in range(ignored):
        path = folder / f"data/{number % 50}/{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size // ignored))
    return folder


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def bare(root: Path) -> None:
    subprocess.run(["/bin/sh", "-c", ":"], cwd=root, check=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--level", default="overlay")
    arguments.add_argument("--runs", type=int, default=60)
    options = arguments.parse_args()
    level = import_module(f"autoresearch_ci.trees.{options.level}")
    for tracked, ignored, size in (
        (200, 20, 1 << 20),
        (2000, 200, GIGABYTE),
        (40_000, 200, 1 << 20),
    ):
        with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="autoresearch-") as scratch:
            root = project(Path(scratch, "project"), tracked, ignored, size)
            place = Path(scratch, "layers")
            place.mkdir(mode=0o700)
            base = Base(root, place, TrackedFiles(Git(root)), "HEAD", Sandbox())
            command = Command(":", root, 60)
            began = time.perf_counter()
            with level.open_trees(base) as trees:
                start = time.perf_counter() - began
                runs: dict[str, list[float]] = {"bare": [], "run": [], "tree": [], "changes": []}

                def whole(trees=trees, runs=runs, command=command) -> None:
                    with trees.tree({"main.txt": b"new\n"}) as tree:
                        runs["run"].append(timed(lambda: tree.run(command)))
                        runs["changes"].append(timed(tree.changes))

                for _ in range(options.runs):
                    runs["bare"].append(timed(lambda root=root: bare(root)))
                    runs["tree"].append(timed(whole))
            median = {name: statistics.median(times) for name, times in runs.items()}
            print(
                f"{options.level}, {tracked} tracked files, {size / 1e6:.0f} MB ignored: "
                f"start {start:.2f} s; bare {median['bare']:.1f} ms, "
                f"command in a tree {median['run']:.1f} ms, changes {median['changes']:.2f} ms, "
                f"all with making and deleting {median['tree']:.1f} ms: "
                f"{median['tree'] - median['bare']:.1f} ms beyond"
            )


if __name__ == "__main__":
    main()
