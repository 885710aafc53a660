"""A campaign that is killed at random instants, and what must hold after each kill."""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected
from autoresearch_ci.proposers.scripted import Idea, ScriptedProposer

TARGET = "params.py"
RUN = r"""
awk -F' = ' 'NF == 2 { s += ($2 - 5) ^ 2 } END { print "metric: " s }' params.py
echo new > left-behind.txt
mkdir -p deep/er && echo new > deep/er/left-behind.txt
if grep -q '= 1[0-9]' params.py; then echo changed >> tracked.txt; git add tracked.txt; fi
sleep 0.02
"""
SETTINGS = {
    "target_file": TARGET,
    "run_command": RUN,
    "metric_name": "metric",
    "metric_parse": "awk '/^metric:/ { print $2 }' run.log",
    "tag": "killed",
}


MORE = ("more/a.py", "more/b.py")
"""Files that change with the target, where there are several."""


def git(repository: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def make_repository(folder: Path, *, several: bool = False) -> Path:
    """A project with eight numbers to tune, and a user's own files beside it.

    With `several`, each change is of three files.
    """
    folder.mkdir()
    for path in MORE if several else ():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("baseline\n")
    names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    (folder / TARGET).write_text("".join(f"{name} = {n + 1}.5\n" for n, name in enumerate(names)))
    (folder / "tracked.txt").write_text("the user's\n")
    for words in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "u"],
        ["config", "user.email", "u@example.org"],
        ["add", "-A"],
        ["commit", "-q", "-m", "base"],
    ):
        git(folder, *words)
    (folder / "notes.txt").write_text("untracked and precious\n")
    return folder


def idea(number: int) -> Idea:
    """Something that was never tried: mostly better, now and then worse or against the rules."""

    def change(text: str) -> str:
        lines = text.splitlines()
        name, _, value = lines[number % len(lines)].partition(" = ")
        factor = 3 if number % 5 == 0 else 0.97
        new = 12.5 + number if number % 7 == 0 else 5 + (float(value) - 5) * factor
        lines[number % len(lines)] = f"{name} = {new:.12f}"
        return "\n".join([*lines, ""])

    return f"idea {number}", change


class SeveralFiles(ScriptedProposer):
    """The same ideas, which write their title to the other files."""

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected | None:
        found = super().propose(source, history)
        assert isinstance(found, Proposal)
        others = {path: f"{found.title}\n" for path in source if path != source.target}
        return replace(found, files=found.files | others)


def session(repository: Path, output: Path, experiments: int | None) -> int:
    """Fork a process that holds a session; its id. It writes its events to `output`.

    The ideas are made up here, since the search may run out of them before the kills do.
    """
    words = ["autoresearch-ci", "--repo", str(repository), "--json", "run"]
    for key, value in SETTINGS.items():
        words += [f"--{key.replace('_', '-')}", value]
    if (repository / MORE[0]).exists():
        words += ["--editable-files", ", ".join(MORE)]
    if experiments is not None:
        words += ["--max-experiments", str(experiments)]
    # All of it is imported before the fork, so that the instants of the kills spread
    # over the work and not over the imports.
    for name in ("cli.run", "engine.assembly", "engine.loop"):
        importlib.import_module(f"autoresearch_ci.{name}")
    from autoresearch_ci.cli import main
    from autoresearch_ci.proposers import select

    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        ideas = SeveralFiles(idea(number) for number in range(1, 10**4))
        select.proposer = lambda _context: ideas
        descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.argv = words
        main()
    except SystemExit as done:
        os._exit(done.code if isinstance(done.code, int) else 1)
    finally:
        os._exit(99)


def told(output: Path) -> set[int]:
    """The numbers of the experiments that listeners were told are done."""
    numbers = set()
    for line in output.read_text(errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event["action"] == "experiment_done":
            numbers.add(event["details"]["experiment"])
    return numbers


def kill_once(repository: Path, scratch: Path, rng: random.Random) -> float:
    """Start a session, kill it with SIGKILL at a random instant; returns the instant."""
    output = scratch / "killed.jsonl"
    output.write_text("")
    child = session(repository, output, None)
    instant = rng.choice([rng.uniform(0, 0.15), rng.uniform(0, 0.6), rng.uniform(0, 1.5)])
    time.sleep(instant)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return instant


def check_after(repository: Path, scratch: Path) -> int:
    """Run again to the end of one experiment, then check every promise; returns the count."""
    announced = told(scratch / "killed.jsonl")
    output = scratch / "after.jsonl"
    output.write_text("")
    for _ in range(2):
        child = session(repository, output, 1)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0 or output.read_text():
            break
        time.sleep(1)  # a child that had just been forked holds the campaign a moment longer
    assert os.waitstatus_to_exitcode(status) == 0, output.read_text()[-3000:]

    lines = (repository / ".claude/logs/autoresearch.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    done = [r["details"] for r in records if r["action"] == "experiment_done"]
    numbers = [details["experiment"] for details in done]
    assert numbers == list(range(len(done))), "each number once, from 0, without gaps"
    assert announced <= set(numbers), "what listeners were told is in the log"
    started = [r["details"]["experiment"] for r in records if r["action"] == "experiment_start"]
    assert set(started) == set(numbers), "whatever was started has a verdict"

    table = (repository / "results.tsv").read_text().splitlines()
    assert len(table) == len(done) + 1, "the table has a row for each"

    kept = [details for details in done if details["status"] == "keep"]
    tip = git(repository, "rev-parse", "autoresearch/killed")
    assert tip == kept[-1]["sha"], "the branch's tip is the last kept commit"
    count = int(git(repository, "rev-list", "--count", "main..autoresearch/killed"))
    assert count == len(kept) - 1, "one commit for each keep"

    if (repository / MORE[0]).exists():
        written = [git(repository, "show", f"{tip}:{path}") for path in MORE]
        assert written == [kept[-1]["description"]] * len(MORE), "a keep is whole, in all its files"
        assert (repository / MORE[0]).read_text() == "baseline\n", "the user's own are theirs"

    assert git(repository, "symbolic-ref", "--short", "HEAD") == "main"
    changes = git(repository, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert changes == ["?? notes.txt"], changes
    assert (repository / "notes.txt").read_text() == "untracked and precious\n"
    assert (repository / "tracked.txt").read_text() == "the user's\n"

    archived = git(repository, "show", "autoresearch-logs/killed:.claude/logs/autoresearch.jsonl")
    assert archived.splitlines() == lines, "the logs branch has the whole log"
    names = git(repository, "ls-tree", "-r", "--name-only", "autoresearch-logs/killed").splitlines()
    patches = {int(Path(name).stem) for name in names if name.endswith(".patch")}
    finished = {d["experiment"] for d in done if d["reason"] not in (None, "interrupted")}
    assert finished <= patches, "every idea that got its verdict is readable"
    fsck = subprocess.run(
        ["git", "-C", str(repository), "fsck", "--connectivity-only"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert fsck.returncode == 0, fsck.stderr
    return len(done)
