"""The Action's step, killed at random instants, against a GitHub on this machine."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch_ci.executors.users import processes_of
from tests import racing_sessions
from tests.action_jobs import INPUTS, TOKEN, Job, make_source
from tests.github.hub import GitHub
from tests.projects import git

KILLS = 50
LONGEST = 5.0
"""Seconds after which a step that goes on is killed; its start alone takes one or two."""
KILLS_OF_THE_DOCTOR = 12
KNOBS = [f"rate_{n} = 0.{n}2" for n in range(1, 10)]
SUM = " + ".join(f"(rate_{n} - 0.05) ** 2" for n in range(1, 10))
SOLVE = "\n".join([*KNOBS, f'print("score:", {SUM})', ""])
RUN = f"{INPUTS['run_command']}; (setsid sleep 300 &)"
ROOT = os.geteuid() == 0
USERS = range(61001, 61005)
"""Those that runs of copies would be given."""

OWNER = 1001 if ROOT else os.geteuid()


@pytest.fixture
def job(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Job]:
    """A workspace for one job after the other, as a self-hosted runner has it; it is another's.

    Without the doctor unless the test asks for it.
    """
    source = make_source(tmp_path, f"doctor: {getattr(request, 'param', 'off')}\n", SOLVE)
    copies = tmp_path / "copies"
    copies.mkdir()
    copies.chmod(0o1777)
    inputs = {**INPUTS, "run_command": RUN, "max_experiments": "200", "time_limit": "300m"}
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)
        lab = hub.create("octo/lab", source=source)
        variables = {"TMPDIR": str(copies)}
        job = Job(hub, tmp_path / "job", lab, inputs=inputs, variables=variables)
        if ROOT:
            for path in (job.workspace, *job.workspace.rglob("*")):
                os.chown(path, OWNER, OWNER, follow_symlinks=False)
        yield job


def killed(job: Job, earliest: float = 0.0) -> None:
    """A dispatch that ends with SIGKILL at some instant."""
    job.start("workflow_dispatch", {"inputs": {}})
    time.sleep(random.uniform(earliest, LONGEST))
    job.kill()


def is_handed_back(job: Job) -> bool:
    """Whether all is its owner's, and nobody else is there."""
    owners = {path.lstat().st_uid for path in (job.workspace, *job.workspace.rglob("*"))}
    return owners == {OWNER} and not any(map(processes_of, USERS))


def layers(job: Job) -> list[Path]:
    """The locks of the folders in which sessions have their layers."""
    return list(Path(job.variables["TMPDIR"]).glob("autoresearch-*/*.lock"))


def test_killed_at_fifty_instants(job):
    """Whatever is killed and when: nothing runs on, all is handed back, no experiment is lost."""
    random.seed(20260317)
    for kill in range(KILLS):
        killed(job)
        if kill % 5:  # a runner that dies as well leaves it to the next session
            job.post()
            assert is_handed_back(job)
    assert job.run(max_experiments="2") == 0, job.log
    assert is_handed_back(job)
    assert git_as_owner(job.workspace, "status", "--porcelain") == ""
    bare = job.lab.bare
    done = [
        r["details"] for r in racing_sessions.records(bare, "t") if r["action"] == "experiment_done"
    ]
    assert [each["experiment"] for each in done] == list(range(len(done)))
    kept = [each for each in done if each["status"] == "keep"]
    assert git(bare, "rev-parse", "autoresearch/t") == kept[-1]["sha"]
    here = (job.workspace / ".claude" / "logs" / "autoresearch.jsonl").read_text().splitlines()
    mine = [json.loads(line) for line in here]
    assert [r["details"] for r in mine if r["action"] == "experiment_done"] == done
    assert any(each["reason"] == "interrupted" for each in done), "some were killed in mid-run"


@pytest.mark.parametrize("job", ["report"], indirect=True)
def test_killed_in_the_doctor(job):
    """Killed before a campaign's first run: no layer stays, nothing runs on, and it begins anew."""
    random.seed(20260318)
    seen = 0
    for _ in range(KILLS_OF_THE_DOCTOR):
        killed(job, earliest=1.0)
        seen += len(layers(job))
        job.post()
        assert layers(job) == []
        assert is_handed_back(job)
    assert seen, "some were killed while there were layers"
    assert job.run(max_experiments="1") == 0, job.log
    assert layers(job) == []
    records = racing_sessions.records(job.lab.bare, "t")
    assert [record["action"] for record in records[:2]] == ["examined", "session_start"]


def git_as_owner(workspace: Path, *words: str) -> str:
    safe = f"safe.directory={workspace}"
    done = subprocess.run(
        ["git", "-c", safe, "-C", str(workspace), *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()
