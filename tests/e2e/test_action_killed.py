"""The Action's step, killed at random instants, against a GitHub on this machine."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch_ci.action.handover import AGENTS, EXPERIMENTS
from autoresearch_ci.executors.user import processes_of
from tests import racing
from tests.github.hub import GitHub
from tests.projects import git, make_repository

KILLS = 50
LONGEST = 5.0
"""Seconds after which a step that goes on is killed; its start alone takes one or two."""
OWNER = 1001
TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
KNOBS = [f"rate_{n} = 0.{n}2" for n in range(1, 10)]
SUM = " + ".join(f"(rate_{n} - 0.05) ** 2" for n in range(1, 10))
FILES = {
    "solve.py": "\n".join([*KNOBS, f'print("score:", {SUM})', ""]),
    ".gitignore": "run.log\n",
    ".github/autoresearch.yml": """\
target_file: solve.py
run_command: python3 -I solve.py; (setsid sleep 300 &)
metric_name: score
metric_parse: grep '^score:' run.log | cut -d' ' -f2
""",
}
ROOT = os.geteuid() == 0


class Step:
    """The step of one job after the other in the same workspace, as a self-hosted runner has it."""

    def __init__(self, hub: GitHub, bare: Path, folder: Path) -> None:
        self.workspace, self.files = folder / "work", folder / "files"
        self.files.mkdir()
        (self.files / "event.json").write_text('{"repository": {"default_branch": "main"}}')
        self.variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **hub.environment("octo/lab"),
            "INPUT_GITHUB_TOKEN": TOKEN,
            "INPUT_PROPOSER": "search",
            "INPUT_MAX_EXPERIMENTS": "200",
            "INPUT_TIME_LIMIT": "300m",
            "INPUT_TAG": "t",
            "GITHUB_EVENT_NAME": "workflow_dispatch",
            "GITHUB_EVENT_PATH": str(self.files / "event.json"),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": git(bare, "rev-parse", "main"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.files / "output"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary"),
        }

    def start(self, *words: str, **inputs: str) -> subprocess.Popen[str]:
        given = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "autoresearch_ci.action", *words],
            env={**self.variables, **given},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def finish(self, *words: str, **inputs: str) -> str:
        """Run it to its end, which has to be a good one; what it printed."""
        step = self.start(*words, **inputs)
        said, _ = step.communicate(timeout=300)
        assert step.returncode == 0, said
        return said

    def owners(self) -> set[int]:
        return {path.lstat().st_uid for path in (self.workspace, *self.workspace.rglob("*"))}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)
        yield hub


@pytest.fixture
def step(tmp_path: Path, hub: GitHub) -> Step:
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)  # experiments have a user of their own where the tests are root's
    lab = hub.create("octo/lab", source=make_repository(tmp_path / "source", FILES))
    workspace = racing.clone(lab.bare, hub.git.remote("octo/lab"), tmp_path / "work")
    if ROOT:
        for path in (workspace, *workspace.rglob("*")):
            os.chown(path, OWNER, OWNER, follow_symlinks=False)
    return Step(hub, lab.bare, tmp_path)


def test_killed_at_fifty_instants(step, hub, tmp_path):
    """Whatever is killed and when: nothing runs on, all is handed back, no experiment is lost."""
    random.seed(20260317)
    owner = {OWNER if ROOT else os.geteuid()}
    for kill in range(KILLS):
        victim = step.start()
        time.sleep(random.uniform(0.0, LONGEST))
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        if kill % 5:  # a runner that dies as well leaves it to the next session
            step.finish("post")
            assert step.owners() == owner
            assert [*processes_of(EXPERIMENTS), *processes_of(AGENTS)] == []
    step.finish(max_experiments="2")
    assert step.owners() == owner
    assert git_as_owner(step, "status", "--porcelain") == ""
    bare = hub.repositories["octo/lab"].bare
    done = [r["details"] for r in racing.records(bare, "t") if r["action"] == "experiment_done"]
    assert [each["experiment"] for each in done] == list(range(len(done)))
    kept = [each for each in done if each["status"] == "keep"]
    assert git(bare, "rev-parse", "autoresearch/t") == kept[-1]["sha"]
    here = (step.workspace / ".claude" / "logs" / "autoresearch.jsonl").read_text().splitlines()
    mine = [json.loads(line) for line in here]
    assert [r["details"] for r in mine if r["action"] == "experiment_done"] == done
    assert any(each["reason"] == "interrupted" for each in done), "some were killed in mid-run"


def git_as_owner(step: Step, *words: str) -> str:
    safe = f"safe.directory={step.workspace}"
    done = subprocess.run(
        ["git", "-c", safe, "-C", str(step.workspace), *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()
