"""Nothing outlives its limit: every attack in full size, and the ends of the harness itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

from autoresearch_ci.executors import Command
from autoresearch_ci.executors.process_tree import sweep
from benchmarks.containment.attacks import ATTACKS, bomb, left_in
from tests.process_executor import ProcessExecutor

SESSION = "AUTORESEARCH_SESSION"
HARNESS = """
import sys
from pathlib import Path
from autoresearch_ci.executors import Command
from tests.process_executor import ProcessExecutor

shell, folder, session = sys.argv[1:]
folder = Path(folder)
env = {"AUTORESEARCH_SESSION": session}
print("ready", flush=True)
try:
    ProcessExecutor().run(Command(shell, folder, 600, log=folder / "run.log", env=env))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def folder(tmp_path):
    yield tmp_path.resolve()
    assert not left_in(tmp_path.resolve())


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outlives_its_limit(folder, attack):
    """Each attack ends within two seconds of its limit, with nothing left and a log in its size."""
    log = folder / "run.log"
    began = time.monotonic()
    result = ProcessExecutor().run(Command(ATTACKS[attack], folder, 2.0, log=log))
    past = time.monotonic() - began - 2.0
    assert not left_in(folder)
    assert past < 2.0
    assert result.timed_out
    assert log.stat().st_size < 32 * 1024 * 1024 + 100


def test_a_whole_flood_is_read(folder):
    """Ten gigabytes of output end in a log of 32 MiB that says how much is not there."""
    log = folder / "run.log"
    shell = "echo first; head -c 10737418240 /dev/zero; echo last"
    result = ProcessExecutor().run(Command(shell, folder, 300, log=log))
    assert result.ok
    text = log.read_bytes()
    assert len(text) < 32 * 1024 * 1024 + 100
    assert text.startswith(b"first\n")
    assert text.endswith(b"last\n")
    assert b"[... 10,703,863,819 bytes not kept ...]" in text


@pytest.fixture
def harness(folder):
    """Starts a harness of its own that runs a command, and waits until that is under way."""
    session = uuid.uuid4().hex
    started = []

    def start(shell, processes):
        process = subprocess.Popen(
            [sys.executable, "-c", HARNESS, shell, str(folder), session],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        deadline = time.monotonic() + 60
        while len(left_in(folder)) < processes:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process, session

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    while sweep(SESSION, session):
        pass


@pytest.mark.parametrize("presses", [1, 5])
def test_ctrl_c(harness, folder, presses):
    """Ctrl-C, pressed once or again and again, leaves nothing running and comes out as itself."""
    process, _ = harness(bomb(50), 51)
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    process.wait(timeout=10)
    assert not left_in(folder)
    if presses == 1:
        assert process.stdout.read().splitlines() == ["ready", "interrupted"]


def test_a_program_that_ends_in_another_thread(folder):
    """A program that ends while a daemon thread of it runs an experiment takes that with it."""
    source = HARNESS.replace("try:", "def work():").replace(
        "except KeyboardInterrupt:\n    print",
        "import threading, time\nthreading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(1)\nif True:\n    print",
    )
    done = subprocess.run(
        [sys.executable, "-c", source, "setsid sleep 1000 & sleep 1000", str(folder), "none"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "interrupted" in done.stdout, done.stderr
    assert not left_in(folder)


def test_memory_of_the_harness(folder):
    """A flood costs the harness no memory that grows with it."""
    source = HARNESS + (
        # Not ru_maxrss: that begins with what the process that started us had.
        "import re\nfrom pathlib import Path\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, "head -c 3G /dev/zero", str(folder), "none"],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != SESSION},
        check=True,
    )
    assert int(done.stdout.split()[-1]) < 100
