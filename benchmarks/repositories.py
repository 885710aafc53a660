"""The repositories that benchmarks work in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def make_repository(folder: Path, files: int) -> Path:
    """A repository of `files` small files and a target, one commit."""
    folder.mkdir()
    for number in range(files):
        path = folder / f"package{number % 10}" / f"module{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"number = {number}\n" * 20)
    (folder / "target.py").write_text("value = 0\n")
    (folder / ".gitignore").write_text("run.log\nresults.tsv\n.claude/\n")
    for words in (
        ["init", "-q"],
        ["config", "user.name", "benchmark"],
        ["config", "user.email", "benchmark@example.org"],
        ["add", "-A"],
        ["commit", "-q", "-m", "base"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def bytes_after_gc(repository: Path) -> int:
    """Size of the object database after `git gc`."""
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "gc", "-q", "--prune=now"], check=True)
    counted = subprocess.run(
        [*git, "count-objects", "-v"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    sizes = dict(line.split(": ") for line in counted.splitlines())
    return (int(sizes["size-pack"]) + int(sizes["size"])) * 1024
