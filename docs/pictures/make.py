"""Make the README's chart and terminal output from a real campaign: `make pictures`.

The campaign is the example `custom`, with the embedded search: forty experiments, half a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
CHART = ROOT / "docs/pictures/progress.svg"
PAGE = ROOT / "dist/pictures/page.html"
TAG = "mar17"
RUN = f"autoresearch-ci run --max-experiments 40 --tag {TAG}"
RESULTS = "autoresearch-ci results --status keep"
SHOWN = 6
"""Lines of the session that the README shows before its end."""


def main() -> None:
    """Run the campaign in a temporary repository, then write the chart and the README's output."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "custom")
        shutil.copytree(
            ROOT / "examples/custom", project, ignore=shutil.ignore_patterns("__pycache__")
        )
        shared = Path(folder, "shared.git")
        for command in (
            ("git", "init", "-q", "--bare", str(shared)),
            ("git", "init", "-q", "-b", "main"),
            ("git", "config", "user.name", "You"),
            ("git", "config", "user.email", "you@example.com"),
            ("git", "add", "."),
            ("git", "commit", "-qm", "a first draft"),
            ("git", "remote", "add", "origin", str(shared)),
        ):
            say(project, *command)
        # The chart is drawn where others look at it: on the branch that is pushed.
        session = say(project, *RUN.split(), "--push").split("\n\n")
        kept = say(project, *RESULTS.split())
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        say(project, "autoresearch-ci", "results", "--format", "html", "--output", str(PAGE))
        CHART.write_text(
            say(project, "git", "show", f"autoresearch-logs/{TAG}:progress.svg"), encoding="utf-8"
        )
    steps = [
        line
        for block in session
        for line in block.splitlines()
        if " started " not in line and not line.lstrip().startswith("note:")
    ]
    first = next(n for n, line in enumerate(steps) if line.split()[:1] == ["1"])
    end = next(n for n, line in enumerate(steps) if line.startswith("stopped:"))
    shown = [*steps[first : first + SHOWN], "  ...", *steps[end : end + 4]]
    text = "\n".join([f"$ {RUN}", *shown, "", f"$ {RESULTS}", kept.strip()])
    before, rest = README.read_text(encoding="utf-8").split("<!-- output:begin -->")
    after = rest.split("<!-- output:end -->")[1]
    block = f"<!-- output:begin -->\n\n```console\n{text}\n```\n\n<!-- output:end -->"
    README.write_text(before + block + after, encoding="utf-8")


def say(where: Path, *command: str) -> str:
    """What a command prints in a folder; its end is this program's where it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=where,
        env={**os.environ, "PATH": path, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
