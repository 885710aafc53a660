"""Make the charts and terminal outputs of README and docs from real campaigns: `make pictures`.

The campaigns are the embedded search's: forty experiments one after the other on the example
`ml`, and sixty in four lanes on `custom`. It takes some minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ROOT / "docs/pictures"
MADE = ROOT / "dist/pictures"
"""Pages of the campaigns, for sheet.py."""

RUN = "autoresearch-ci run --max-experiments 40 --tag mar17"
RESULTS = "autoresearch-ci results --status keep"
LAST = "autoresearch-ci results --last 5"
LANES = "autoresearch-ci run --parallel 4 --max-experiments 60 --tag mar18"
SHOWN = 5
"""Lines of the session that the README shows before its end."""


def main() -> None:
    """Run the campaigns in temporary repositories, then write what is shown of them."""
    MADE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        project = begun(Path(folder), "ml")
        # The chart is drawn where others look at it: on the branch that is pushed.
        session = say(project, *RUN.split(), "--push").split("\n\n")
        kept, last = (say(project, *words.split()) for words in (RESULTS, LAST))
        one = f"autoresearch-ci results show {biggest(project)}"
        shown = say(project, *one.split())
        picture = say(project, "git", "show", "autoresearch-logs/mar17:progress.svg")
        (HERE / "progress.svg").write_text(picture, encoding="utf-8")
        keep(project, "html", MADE / "page.html")
        project = begun(Path(folder), "custom")
        say(project, *LANES.split())
        keep(project, "chart", HERE / "lanes.svg")
        keep(project, "html", MADE / "lanes.html")
    put(ROOT / "README.md", f"$ {RUN}", *steps(session), "", f"$ {RESULTS}", kept)
    put(ROOT / "docs/results.md", f"$ {LAST}", last, "", f"$ {one}", shown)


def begun(folder: Path, example: str) -> Path:
    """An example in a repository of its own, with a remote."""
    project, shared = folder / example, folder / f"{example}.git"
    shutil.copytree(
        ROOT / "examples" / example, project, ignore=shutil.ignore_patterns("__pycache__")
    )
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
    return project


def biggest(project: Path) -> int:
    """The number of the kept experiment that gained most."""
    found = json.loads(say(project, "autoresearch-ci", "results", "--format", "json"))
    kept = [each for each in found["experiments"] if each["status"] == "keep"]
    return int(max(kept, key=lambda each: each["gain"] or 0)["experiment"])


def keep(project: Path, form: str, file: Path) -> None:
    """The campaign worked on last in a form, in a file."""
    say(project, "autoresearch-ci", "results", "--format", form, "--output", str(file))


def steps(session: list[str]) -> list[str]:
    """The first experiments of a session, and its end."""
    lines = [
        line
        for line in chain.from_iterable(block.splitlines() for block in session)
        if " started " not in line and "so far" not in line and "note:" not in line
    ]
    first = next(n for n, line in enumerate(lines) if line.split()[:1] == ["1"])
    end = next(n for n, line in enumerate(lines) if line.startswith("stopped:"))
    return [*lines[first : first + SHOWN], "  ...", *lines[end : end + 4]]


def put(document: Path, *parts: str) -> None:
    """Write the parts between the marks in a document, as a terminal shows them."""
    text = "\n".join(part.rstrip() for part in parts)
    before, rest = document.read_text(encoding="utf-8").split("<!-- output:begin -->")
    after = rest.split("<!-- output:end -->")[1]
    block = f"<!-- output:begin -->\n\n```console\n{text}\n```\n\n<!-- output:end -->"
    document.write_text(before + block + after, encoding="utf-8")


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
