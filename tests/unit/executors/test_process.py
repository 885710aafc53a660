from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import MachineError, SettingsError
from autoresearch_ci.executors import Command
from autoresearch_ci.executors import run as attempt
from autoresearch_ci.executors.memory import GpuMeter
from benchmarks.containment.attacks import ATTACKS, CHAIN, bomb, left_in, python
from tests.process_executor import ProcessExecutor

# tests/e2e/test_containment.py has them all, in full size.
SMALL_ATTACKS = {
    "flood": "head -c 200M /dev/zero; sleep 1000",
    "bomb": bomb(20),
    "ignores SIGTERM": ATTACKS["ignores SIGTERM"],
    "disguised": ATTACKS["orphan renamed, all files closed"],
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(attempt, "_GRACE", 0.15)


@pytest.fixture
def folder(tmp_path):
    """A folder in which nothing runs any more when the test is over."""
    yield tmp_path.resolve()
    assert not left_in(tmp_path.resolve())


@pytest.fixture
def run(folder):
    """Runs a shell command in the folder."""

    def run(shell, kill_after=30.0, **more):
        return ProcessExecutor().run(Command(shell, folder, kill_after, **more))

    return run


@pytest.mark.parametrize("attack", SMALL_ATTACKS)
def test_nothing_outlives_its_limit(run, folder, attack):
    """Whatever a command does to hide or resist, it is dead soon after its limit."""
    began = time.monotonic()
    result = run(SMALL_ATTACKS[attack], kill_after=0.3, log=folder / "run.log", log_limit=2**20)
    assert time.monotonic() - began < 0.3 + 2.0
    assert result.timed_out
    assert not result.ok
    assert not left_in(folder)
    assert (folder / "run.log").stat().st_size < 2**20 + 100


@pytest.mark.parametrize(
    "stray",
    [
        "sleep 1000 &",
        "setsid sleep 1000 &",
        "env -i setsid sleep 1000 >/dev/null 2>&1 &",
        "(setsid sh -c 'trap \"\" TERM; setsid sleep 1000 & sleep 1000' &);",
        "sleep 1000 & kill -STOP $!;",
        f"({python(CHAIN)}) &",
    ],
)
def test_nothing_is_left_after_a_normal_end(run, folder, stray):
    """A command that ends well leaves no background process to write into the tree."""
    began = time.monotonic()
    result = run(f"{stray} echo done", log=folder / "run.log")
    assert not left_in(folder)
    assert time.monotonic() - began < 3.0
    assert result.ok
    assert (folder / "run.log").read_text() == "done\n"


def test_what_is_about_to_end_may_end(run, folder):
    """A helper that is still writing when the command ends, such as `tee`, gets a moment."""
    result = run("(sleep 0.05; echo late > late; echo late) & echo early")
    assert result.output == "early\nlate\n"
    assert (folder / "late").exists()


def test_sigterm_comes_first(run):
    """When time is up a command is asked to end before it is killed; its last words are kept."""
    result = run("trap 'echo bye; exit 7' TERM; echo on; while :; do sleep 0.02; done", 0.3)
    assert result.output == "on\nbye\n"
    assert result.returncode == 7
    assert result.timed_out
    assert not result.ok


def test_memory_limit(run):
    """A tree that outgrows its memory limit is killed, and told apart from a timeout."""
    grow = python("x = []\nwhile True:\n    x.append(b'x' * (1 << 20))\n")
    result = run(f"({grow}); sleep 1000", memory_limit=200 * 2**20)
    assert result.out_of_memory
    assert not result.timed_out
    assert result.peak_memory > 200 * 2**20
    assert not result.ok


HOLD = """
import os, time
x = b"x" * (60 << 20)
open(f"{os.getpid()}.holds", "w").close()
while sum(name.endswith(".holds") for name in os.listdir()) < 2:
    time.sleep(0.01)
time.sleep(0.8)  # both hold theirs
"""


def test_peak_memory_of_a_tree(run):
    """Peak memory is that of all processes together, whether or not they are still there."""
    hold = python(HOLD)
    result = run(f"({hold}) & ({hold}) & wait")
    assert 120 * 2**20 < result.peak_memory < 250 * 2**20


def test_peak_memory_of_a_short_command(run):
    """A command too short to be sampled is measured by the kernel, and not by our own size."""
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    large = ours + (80 << 20)
    assert run(python(f"x = b'x' * {large}")).peak_memory > large
    assert run("true").peak_memory < ours


def test_a_programs_own_words_about_memory(run, folder):
    """A failure whose output ends in a MemoryError is one of memory; a success is not."""
    say = "echo 'MemoryError: no' >&2"
    assert run(f"{say}; exit 1").out_of_memory
    assert run(f"{say}; exit 1", log=folder / "run.log").out_of_memory
    assert not run(f"{say}; exit 0").out_of_memory
    assert not run("echo fine; exit 1").out_of_memory


def test_the_kernels_killing_counts(run, monkeypatch):
    """A command that the kernel killed for want of memory is told from one that was killed."""
    assert not run("kill -9 $$").out_of_memory
    counts = iter([3, 4])
    monkeypatch.setattr(attempt, "out_of_memory_kills", lambda: next(counts))
    result = run("kill -9 $$")
    assert result.out_of_memory
    assert result.signal == signal.SIGKILL


def test_gpu_memory(run, folder, monkeypatch):
    """Where there is a GPU driver, its figure for the command's processes is reported."""
    monkeypatch.setattr(GpuMeter, "_FIRST", 0.05)
    driver = folder / "bin" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text(f'#!/bin/sh\nread pid < {folder}/pid && echo "$pid, 1500"\necho "1, 99"\n')
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}:{os.environ['PATH']}")
    assert run("echo $$ > pid; sleep 0.4; true").peak_gpu_memory == 1500 * 2**20


def test_the_harness_own_children_live(run):
    """Children that the harness has, or starts during a run, are left alone."""
    before = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    during = []
    starter = threading.Timer(0.1, lambda: during.append(subprocess.Popen(["sleep", "1000"])))
    starter.start()
    run("sleep 1000 & setsid sleep 1000 & sleep 1000", kill_after=0.3)
    starter.join()
    for child in (before, *during):
        assert child.poll() is None
        child.kill()
        child.wait()


def test_runs_from_two_threads_wait_for_each_other(folder):
    """Two threads may use one executor; their commands run one after the other."""
    executor = ProcessExecutor()
    command = Command("date +%s%N; setsid sleep 1000 & sleep 0.1; date +%s%N", folder, 30)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(executor.run(command))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (first, second), (third, fourth) = sorted(
        [int(line) for line in result.output.split()] for result in results
    )
    assert first < second < third < fourth


class Interrupt(BaseException):
    pass


@pytest.mark.parametrize("times", [1, 2])
def test_an_interruption_passes_when_the_tree_is_dead(folder, monkeypatch, times):
    """Ctrl-C in a run, once or twice, comes out after the tree is dead."""
    left = iter(range(times))
    real = attempt.Attempt._serve

    def interrupted(self, key):
        real(self, key)
        if next(left, None) is not None:
            raise Interrupt

    monkeypatch.setattr(attempt.Attempt, "_serve", interrupted)
    stubborn = "trap 'echo no' TERM; setsid sleep 1000 & echo on; while :; do sleep 0.1; done"
    with pytest.raises(Interrupt):
        ProcessExecutor().run(Command(stubborn, folder, 30))
    assert not left_in(folder)


def test_open_files_do_not_grow(run, folder):
    """Runs leave no open file, however they end."""
    run("true")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for shell in ("true", "sleep 1000", "exec >&-; exec 2>&-; true", "sleep 1000 & exit 3"):
        run(shell, kill_after=0.1)
        run(shell, kill_after=0.1, log=folder / "run.log")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_folder(tmp_path):
    """A missing folder is an error that says so."""
    with pytest.raises(MachineError, match="does not exist"):
        ProcessExecutor().run(Command("true", tmp_path / "none", 1))


def test_no_shell(run, monkeypatch):
    """A machine without a shell is an error that says what to install."""
    monkeypatch.setattr(attempt, "_SHELL", "/nonexistent/sh")
    with pytest.raises(MachineError) as caught:
        run("true")
    assert "/bin/sh" in caught.value.remedy


@pytest.mark.parametrize(
    ("number", "word"),
    [(errno.EMFILE, "ulimit -n"), (errno.ENOMEM, "ulimit -u"), (errno.EACCES, "accessible")],
)
def test_a_machine_at_its_limits(run, monkeypatch, number, word):
    """Too many files or processes is an error that names the limit."""

    def refuse(*_args, **_more):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(attempt.subprocess, "Popen", refuse)
    with pytest.raises(MachineError) as caught:
        run("true")
    assert word in caught.value.remedy


def test_a_command_that_cannot_be(run):
    """A NUL in a command, or one too long for the system, is an error and not a crash of ours."""
    with pytest.raises(SettingsError):
        run("echo \0")
    with pytest.raises(MachineError) as caught:
        run("true " + "x" * 10_000_000)
    assert "script" in caught.value.remedy


def test_no_space_for_the_log(folder):
    """A full device ends the run with an error, and nothing of it is left running."""
    with pytest.raises(MachineError) as caught:
        ProcessExecutor().run(Command("yes & yes", folder, 30, log=_full()))
    assert "Free some space" in caught.value.remedy
    assert not left_in(folder)


def _full():
    if not Path("/dev/full").exists():
        pytest.skip("NOT RUN: no /dev/full on this system")
    return Path("/dev/full")


def test_a_lost_exit_code_is_no_success(folder):
    """Where the system throws exit codes away, a run is an error and never a success."""
    source = f"""
import signal
from pathlib import Path
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.executors import Command
from tests.process_executor import ProcessExecutor
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
try:
    print(ProcessExecutor().run(Command("exit 3", Path({str(folder)!r}), 5)))
except MachineError as error:
    print(error.remedy)
"""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert "SIGCHLD" in done.stdout, done.stderr
