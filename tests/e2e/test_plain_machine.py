"""The form without a container on a machine where nobody but root may mount, as on Ubuntu 24.04.

Played in a user namespace in which no other one can be made: there root may still mount, and an
ordinary user has nothing but `sudo`. Needs root and sudo.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import pytest

from autoresearch_ci.trees.sandbox_paths import may_be_entered
from tests.docker_runner import OWNER, TOKENS, Runner

HERE = Path(__file__).parents[2]
SOLVE = 'RATE = 0.02\nSTEPS = 8\nprint("score:", (RATE - 0.05) ** 2 + STEPS / 1000)\n'
SECTION = """\
## autoresearch

- target_file: solve.py
- run_command: python3 solve.py
- metric_name: score
- metric_parse: grep "^score:" run.log | cut -d" " -f2
- doctor: off
"""
MACHINE = f"""
set -eu
read go
cd "$1"
mount -t proc proc /proc
sh -c "echo 0 > /proc/sys/user/max_user_namespaces"
mount --bind passwd /etc/passwd
mount --bind sudoers /etc/sudoers
shift
exec setpriv --reuid {OWNER} --regid {OWNER} --clear-groups "$@"
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("sudo") is None, reason="NOT RUN: not root, or no sudo"
)


@pytest.fixture
def job():
    """A job whose folder, with a Python that has our packages, every user may enter."""
    version = f"python3.{sys.version_info.minor}"
    found = [Path(sys.executable).resolve(), Path("/usr/bin", version)]
    python = next((path for path in found if path.exists() and may_be_entered(path)), None)
    if python is None:
        pytest.skip(f"NOT RUN: no {version} that every user may run")
    folder = Path(tempfile.mkdtemp(prefix="autoresearch-plain-", dir="/var/tmp"))
    folder.chmod(0o755)
    job = Runner(folder, "")
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = folder / f"venv/lib/{version}/site-packages"
    (packages / "ours.pth").write_text(f"{HERE}\n{sysconfig.get_path('purelib')}\n")
    yield job
    shutil.rmtree(folder)


def start(job: Runner, password: str, **inputs: str) -> tuple[int, str]:
    """One step and the one that always follows, as the runner's user: exit code and output."""
    (job.folder / "passwd").write_text(
        Path("/etc/passwd").read_text() + f"runner:*:{OWNER}:{OWNER}::{job.folder}/home:/bin/sh\n"
    )
    (job.folder / "sudoers").write_text(f"#{OWNER} ALL=(ALL) {password}ALL\n")
    (job.folder / "sudoers").chmod(0o440)
    for path in (job.folder / "home", job.folder / "tmp"):
        path.mkdir()
    for path in (job.output, job.summary, job.folder / "home", job.folder / "tmp"):
        if path.parent == job.commands:
            path.touch()
        os.chown(path, OWNER, OWNER)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(job.folder / "home"),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_EVENT_PATH": str(job.workflow / "event.json"),
        "GITHUB_WORKSPACE": str(job.workspace),
        "GITHUB_OUTPUT": str(job.output),
        "GITHUB_STEP_SUMMARY": str(job.summary),
        "TMPDIR": str(job.folder / "tmp"),
        "RUNNER_TEMP": str(job.temp),
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        **TOKENS,
    }
    steps = f'cd "$GITHUB_WORKSPACE"; for s in "" post; do sh {HERE}/process/start {job.folder}/venv $s; done'
    machine = subprocess.Popen(
        [*("unshare", "--user", "--mount", "--pid", "--fork", "--kill-child"),
         *("sh", "-c", MACHINE, "sh", str(job.folder), "sh", "-euc", steps)],
        env=variables, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    ours = Path("/proc/self/ns/user").readlink()
    while Path(f"/proc/{machine.pid}/ns/user").readlink() == ours:
        time.sleep(0.01)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{machine.pid}/{name}").write_text("0 0 65536")
    said, _ = machine.communicate("go\n", timeout=300)
    return machine.returncode, said


@pytest.mark.parametrize(
    ("password", "level"), [("NOPASSWD:", "overlay"), ("", "copy")], ids=["sudo", "password"]
)
def test_the_strongest_level_that_there_is(job, password, level):
    """With `sudo` it is `overlay`, else `copy`; nothing of root's and of the session's is left."""
    job.check_out({"solve.py": SOLVE, "CLAUDE.md": SECTION})
    code, said = start(job, password, max_experiments="3", proposer="search")
    assert code == 0, said
    assert f"isolated by {level}" in said
    assert ("as the same user" in said) is (level == "copy")
    assert job.outputs()["experiments"] == "3"
    assert job.state() == job.before
    assert job.not_owned() == []
    left = [path for name in ("work", "home", "tmp") for path in (job.folder / name).rglob("*")]
    tops = [job.folder / f"tmp/autoresearch-{user}" for user in (0, OWNER)]
    assert [path for path in left if path.lstat().st_uid != OWNER and path not in tops] == []
    assert [path for path in left if path.parent in tops] == []
    assert any(path in tops for path in left)
