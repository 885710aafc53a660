"""The Action's image in a real Docker engine, started exactly as GitHub's runner starts it.

Needs root, an engine, and a base image: the pinned one, or one that `install-tools` made.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.action_image import docker
from tests.docker_runner import OWNER, TOKENS, Runner

HERE = Path(__file__).parents[2]
CANCEL = 7.0
"""Seconds that a runner gives a cancelled step, less half a second."""

SOLVE = 'RATE = 0.02\nSTEPS = 8\nprint("score:", (RATE - 0.05) ** 2 + STEPS / 1000)\n'
SECTION = """\
## autoresearch

- target_file: solve.py
- run_command: {run}
- metric_name: score
- metric_parse: grep "^score:" run.log | cut -d" " -f2
"""
IMAGE = "autoresearch-base:local"
"""What containers of runs are made from: Debian with Python, which `install-tools` makes."""

LEVELS = {"container": {"image": IMAGE}, "copy": {}}
"""Inputs by which the Action's image isolates runs so: the project is of no type, and names none."""

SPY = r"""
exec 2>&1
id -u; pwd; env
cat .git/config .git/HEAD
cat /github/workflow/event.json /github/home/secret /github/file_commands/*
ls /github/workflow /github/file_commands /github/home /github/runner_temp
for process in /proc/[0-9]*; do cat $process/environ $process/mem; done | tr '\0' '\n'
python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"); print("OPEN")'
python3 -c 'import socket; socket.create_connection(("192.0.2.1", 9), 3); print("OPEN")'
git log -1
echo x > /github/file_commands/set_output_1
echo x > .git/hooks/pre-push
grep NoNewPrivs /proc/self/status
python3 solve.py
"""


@pytest.fixture
def runner(image, tmp_path):
    """A job with a small project; `project` is called with its run command.

    Without the doctor unless it is asked for.
    """
    job = Runner(tmp_path / "runner", image)

    def project(run="python3 solve.py", doctor="off", **files):
        section = SECTION.format(run=run) + f"- doctor: {doctor}\n"
        ignored = {".gitignore": "data/\n__pycache__/\n"}
        job.check_out({"solve.py": SOLVE, "CLAUDE.md": section, **ignored, **files})
        (job.workspace / "data").mkdir()
        job.own_all()
        return job

    yield project
    job.close()


def left_of(job: Runner) -> str:
    """The containers of a job that are still there."""
    return "".join(docker("ps", "-aq", "--filter", f"name={name}") for name in job.names)


def git(job: Runner, *words: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", "-c", "safe.directory=*", "-C", job.workspace, *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def is_as_before(job: Runner) -> bool:
    """The workspace is as it was, all is its owner's, nothing runs and nothing is left."""
    assert job.state() == job.before
    assert job.not_owned() == []
    for path in (job.workflow, job.commands, job.temp, job.workspace / ".git"):
        assert path.stat().st_mode & 0o777 == 0o755, path
    assert left_of(job) == ""
    assert job.left_over() == []
    return True


@pytest.mark.parametrize("level", LEVELS)
def test_a_dispatch(runner, level):
    """A dispatch makes experiments, and its outputs, its summary and the branches tell of them."""
    job = runner()
    done = job.run(max_experiments="6", proposer="search", **LEVELS[level])
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = job.outputs()
    results = json.loads(outputs["results_json"])
    assert outputs["result"] == "improved"
    assert float(outputs["best"]) < float(outputs["baseline"])
    assert float(outputs["improvement_percent"]) > 0
    assert (outputs["experiments"], len(results["experiments"])) == ("6", 6)
    total = sum(int(outputs[name]) for name in ("kept", "discarded", "crashed"))
    assert total == 6
    assert git(job, "rev-parse", outputs["branch"]).strip() == outputs["best_commit"]
    assert "results.tsv" in git(job, "ls-tree", "--name-only", outputs["logs_branch"])
    summary = job.summary.read_text()
    assert "score 0.008900 →" in summary
    assert "The last kept change" in summary
    assert git(job, "status", "--porcelain") == ""
    assert is_as_before(job)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("doctor", ["off", "report"])
def test_an_experiment_finds_no_token(runner, doctor, level):
    """An experiment gets at no token, no socket and no network, by no way that we know.

    Nor does one of the doctor's.
    """
    job = runner("sh spy.sh", doctor, **{"spy.sh": SPY})
    done = job.run(max_experiments="1", proposer="search", **LEVELS[level])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"isolated by {level}" in done.stdout
    log = (job.workspace / "run.log").read_text()
    user, _, *_ = log.splitlines()
    assert user == {"container": str(OWNER), "copy": "61001"}[level]
    for token in TOKENS.values():
        assert token not in log
    assert not re.search("^(GITHUB|INPUT|ACTIONS)_", log, re.MULTILINE)
    assert "OPEN" not in log
    assert re.search(r"^NoNewPrivs:\s+1$", log, re.MULTILINE)
    refused = [line for line in log.splitlines() if re.search("enied|o such|onexistent", line)]
    for place in (".git/config", "workflow/event.json", "/github/home", ".git/hooks/pre-push"):
        assert any(place in line for line in refused), place
    assert is_as_before(job)


def test_an_image_that_is_nowhere(runner):
    """Then runs are isolated by the next best that there is, which is said."""
    job = runner()
    done = job.run(max_experiments="1", proposer="search", image="127.0.0.1:9/none:1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Runs are isolated by copy; container: " in done.stdout
    assert "127.0.0.1:9/none:1" in done.stdout
    assert is_as_before(job)


def test_a_run_that_wants_the_network(runner):
    """It has none, and the error says which setting gives it; setup_command has it."""
    run = "python3 -c 'import socket; socket.create_connection((\"example.org\", 80), 3)'"
    job = runner(run)
    done = job.run(max_experiments="1", proposer="search")
    assert done.returncode == 1
    assert "network: host" in done.stdout


def test_masks_and_unheard_output(runner):
    """Tokens are masked before anything else is printed, and a title is no workflow command."""
    job = runner(**{"solve.py": SOLVE + 'NAME = "::set-output name=x::y"\n'})
    done = job.run(max_experiments="2", proposer="search")
    lines = done.stdout.splitlines()
    for token in TOKENS.values():
        assert f"::add-mask::{token}" in lines
    stop = next(i for i, line in enumerate(lines) if line.startswith("::stop-commands::"))
    word = lines[stop].removeprefix("::stop-commands::")
    heard = lines[:stop] + lines[lines.index(f"::{word}::") + 1 :]
    assert all(line.startswith("::add-mask::") for line in heard)


def test_every_other_event(runner):
    """An event that is for somebody else changes nothing, and succeeds with a summary that says so."""
    job = runner()
    done = job.run("pull_request")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "starts nothing" in job.summary.read_text()
    assert job.outputs()["experiments"] == "0"
    assert job.records() == []
    assert is_as_before(job)


def test_a_baseline_that_crashes_fails_the_step(runner):
    """Where no experiment could run the step fails, and the summary holds the log's end and a remedy."""
    job = runner("python3 -c 'raise SystemExit(\"no such data set\")'")
    done = job.run(max_experiments="2")
    assert done.returncode == 1
    assert "::error title=autoresearch::The unchanged project gives no metric" in done.stdout
    assert "no such data set" in job.summary.read_text()
    assert job.outputs()["result"] == "error"
    assert is_as_before(job)


def test_a_workspace_without_checkout(image, tmp_path):
    """Somebody who forgot the checkout is told which step is missing."""
    job = Runner(tmp_path / "runner", image)
    try:
        done = job.run()
        assert done.returncode == 1
        assert "actions/checkout" in job.summary.read_text()
    finally:
        job.close()


SLOW = "(setsid sleep 300 &); python3 slow.py"
SLOW_PY = """\
import pathlib, runpy, time
if "RATE = 0.02\\nSTEPS = 8" not in pathlib.Path("solve.py").read_text():
    if pathlib.Path("data/slow").exists():
        print("under way", flush=True)
        time.sleep(300)
runpy.run_path("solve.py")
"""
"""The unchanged project is quick, and a candidate takes minutes."""


@pytest.fixture(params=LEVELS)
def under_way(runner, request):
    """A job whose first candidate is running, the client of its container, and its inputs."""
    job, inputs = runner(SLOW, **{"slow.py": SLOW_PY}), LEVELS[request.param]
    (job.workspace / "data" / "slow").touch()
    job.own_all()
    client = job.start(proposer="search", **inputs)
    job.wait_for_line("under way")
    yield job, client, inputs
    client.kill()
    client.communicate()


@pytest.mark.parametrize("way", ["docker stop", "the runner's SIGINT", "the runner's SIGTERM"])
def test_cancel(under_way, way):
    """A cancelled step ends within 7 seconds; its experiment is recorded and nothing runs on."""
    job, client, _ = under_way
    began = time.monotonic()
    if way == "docker stop":
        docker("stop", "-t", "30", job.names[-1])
    else:
        client.send_signal(getattr(signal, way.split()[-1]))
    client.wait(timeout=30)
    assert time.monotonic() - began < CANCEL
    assert job.outputs()["result"] == "stopped"
    *_, last, end = job.records()
    assert (last["details"]["experiment"], last["details"]["reason"]) == (1, "interrupted")
    assert (end["action"], end["details"]["reason"]) == ("session_end", "interrupted")
    assert "Stopped: interrupted" in job.summary.read_text()
    assert is_as_before(job)


@pytest.mark.parametrize("post", [True, False], ids=["post step", "no post step"])
def test_killed(under_way, post):
    """After SIGKILL the step that always follows, or else the next session, clears up."""
    job, client, inputs = under_way
    docker("kill", job.names[-1])
    client.wait(timeout=30)
    if post:
        assert job.run(entrypoint="/usr/local/bin/autoresearch-post").returncode == 0
        assert is_as_before(job)
    (job.workspace / "data" / "slow").unlink()
    job.before = job.state()
    done = job.run(max_experiments="2", proposer="search", **inputs)
    assert done.returncode == 0, done.stdout + done.stderr
    reasons = [r["details"]["reason"] for r in job.records() if r["action"] == "experiment_done"]
    assert reasons[1] == "interrupted"
    assert len(reasons) == 4
    assert git(job, "status", "--porcelain") == ""
    assert is_as_before(job)


def test_the_form_for_job_containers(image, runner):
    """In a job container with nothing but Python and git the other form works the same."""
    job = runner()
    steps = (
        "set -eu; cd $GITHUB_WORKSPACE;"
        "sh /action/process/install $RUNNER_TEMP/venv;"
        "sh /action/process/start $RUNNER_TEMP/venv;"
        "sh /action/process/start $RUNNER_TEMP/venv post"
    )
    words = job.arguments("sh", "workflow_dispatch", {"max_experiments": "3", "proposer": "search"})
    words = [
        word.replace("/github/workspace", "/__w/project/project").replace(
            "/github/runner_temp", "/__w/_temp"
        )
        for word in words
    ]
    words[-1:] = ["-c", steps]
    words[words.index("--rm") : words.index("--rm")] = [
        "--network",
        "host",
        "-v",
        f"{HERE}:/action:ro",
    ]
    words.insert(len(words) - 2, "autoresearch-base:e2e")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "isolated by copy" in done.stdout
    assert job.outputs()["experiments"] == "3"
    assert is_as_before(job)


def test_nothing_that_builds_is_in_the_image(image):
    """The image holds no compiler, no package cache and no program that gains privileges."""
    script = (
        "command -v gcc cc make; ls -A /root/.cache /tmp 2>/dev/null;"
        "find / -xdev -perm /6000 -type f; ls /opt/autoresearch/bin/pip* 2>/dev/null; true"
    )
    found = docker("run", "--rm", "--entrypoint", "sh", image, "-c", script)
    assert set(found.split()) <= {"/tmp:"}
