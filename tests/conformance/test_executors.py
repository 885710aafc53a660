"""What every executor promises. A new executor is one more line in EXECUTORS."""

from __future__ import annotations

import contextlib
import time

import pytest

from autoresearch_ci.executors import Command, local
from tests.process_executor import ProcessExecutor


def process_without_adoption(monkeypatch):
    """As on systems that do not hand orphans back."""
    monkeypatch.setattr(local, "adopting", lambda: contextlib.nullcontext(False))
    return ProcessExecutor()


EXECUTORS = {
    "process": lambda _: ProcessExecutor(),
    "process, searching": process_without_adoption,
}


@pytest.fixture(params=EXECUTORS)
def executor(request, monkeypatch):
    return EXECUTORS[request.param](monkeypatch)


@pytest.fixture
def run(executor, tmp_path):
    def run(shell, kill_after=30.0, **more):
        return executor.run(Command(shell, tmp_path, kill_after, **more))

    return run


def ticks(file):
    """Whether somebody still writes to `file`, which they do every 50 ms or so."""
    before = file.stat().st_size if file.exists() else 0
    time.sleep(0.2)
    return (file.stat().st_size if file.exists() else 0) != before


TICKING = "while :; do echo x >> ticks; sleep 0.05; done"


def test_success(run):
    """A command that ends well is a run that is ok, with its output and errors apart."""
    result = run("echo out; echo err >&2")
    assert result.ok
    assert (result.returncode, result.signal) == (0, None)
    assert (result.output, result.errors) == ("out\n", "err\n")
    assert not result.timed_out
    assert not result.out_of_memory
    assert 0 <= result.seconds < 10


def test_input(run, tmp_path):
    """A command can be given a file on standard input; without one its input is empty."""
    (tmp_path / "in.txt").write_text("hello\n")
    assert run("cat", stdin=tmp_path / "in.txt").output == "hello\n"
    assert run("cat").output == ""


@pytest.mark.parametrize("code", [1, 42, 127, 137, 255])
def test_an_exit_code_is_data(run, code):
    """A failing command is a run with its exit code, even one that looks like a signal's."""
    result = run(f"exit {code}")
    assert (result.returncode, result.signal, result.ok) == (code, None, False)


@pytest.mark.parametrize("number", [6, 9, 11, 15])
def test_a_signal_is_told_from_an_exit_code(run, number):
    """A command that a signal ended has no exit code."""
    result = run(f"ulimit -c 0; kill -{number} $$")
    assert (result.returncode, result.signal, result.ok) == (None, number, False)
    assert not result.timed_out


def test_the_limit(run, tmp_path):
    """A command that takes too long is killed with everything it started."""
    began = time.monotonic()
    result = run(f"({TICKING}) & setsid sh -c '{TICKING}' & sleep 1000", kill_after=0.3)
    assert result.timed_out
    assert not result.ok
    assert 0.3 <= result.seconds < 2.5
    assert time.monotonic() - began < 4
    assert (tmp_path / "ticks").exists()
    assert not ticks(tmp_path / "ticks")


def test_nothing_runs_on_afterwards(run, tmp_path):
    """When a run returns, its background processes no longer write to the tree."""
    result = run(f"setsid sh -c '{TICKING}' & sleep 0.2; exit 0")
    assert result.ok
    assert (tmp_path / "ticks").exists()
    assert not ticks(tmp_path / "ticks")


def test_work_behind_the_back_of_the_command_counts(run):
    """What a background process still did when the command had ended is in its seconds."""
    now = "date +%s.%N"
    result = run(f"{now}; (sleep 0.1; {now}) & exit 0")
    began, ended = map(float, result.output.split())
    assert result.seconds >= ended - began


def test_the_log(run, tmp_path):
    """Output and errors stream to the log in their order, and are not returned."""
    log = tmp_path / "run.log"
    log.write_text("of an earlier run")
    result = run("echo one; echo two >&2; echo three", log=log)
    assert log.read_text() == "one\ntwo\nthree\n"
    assert (result.output, result.errors) == ("", "")


def test_the_log_is_limited(run, tmp_path):
    """A log keeps head and tail within its limit and one line that counts the rest."""
    log = tmp_path / "run.log"
    run("echo first; yes | head -c 1000000; echo last", log=log, log_limit=10_000)
    text = log.read_text()
    assert len(text) < 10_000 + 100
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    assert "[... 990,011 bytes not kept ...]" in text


def test_captured_output_is_limited(run):
    """Without a log the first 64 KiB of each stream are returned, and the rest does not block."""
    result = run("echo first; yes | head -c 1000000; yes | head -c 1000000 >&2")
    assert result.ok
    assert len(result.output) == len(result.errors) == 64 * 1024
    assert result.output.startswith("first\n")


def test_output_need_not_be_text(run):
    """Bytes that are not UTF-8 come back replaced."""
    assert run(r"printf 'a\377b'").output == "a\N{REPLACEMENT CHARACTER}b"


def test_unicode_in_a_command(run):
    """A command may hold any text."""
    assert run("echo 'π ≈ 3 · 설정 · 🙂'").output == "π ≈ 3 · 설정 · 🙂\n"


def test_standard_input_is_empty(run):
    """A command that asks a question gets no answer, and does not wait for one."""
    assert run("cat; echo done", kill_after=5).output == "done\n"


def test_the_folder(run, tmp_path):
    """A command runs in the folder it is given."""
    (tmp_path / "here").touch()
    assert run("ls").output == "here\n"


def test_the_environment(run, monkeypatch):
    """A command sees its own variables and none of the harness's secrets."""
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2")
    monkeypatch.setenv("UNHEARD_OF", "hunter2")
    result = run("env; echo $AUTORESEARCH_TIME_BUDGET", env={"AUTORESEARCH_TIME_BUDGET": "300"})
    assert "hunter2" not in result.output
    assert result.output.endswith("\n300\n")


def test_peak_memory(run):
    """Peak memory is in bytes, of the order of what the command holds."""
    hold = "x=$(head -c 30000000 /dev/zero | tr '\\0' x); sleep 0.2"
    assert 30_000_000 < run(hold).peak_memory < 500_000_000


def test_a_chatty_command_is_not_held_up(run, tmp_path):
    """Much output is read as fast as it comes."""
    result = run("head -c 200000000 /dev/zero", log=tmp_path / "run.log", kill_after=20)
    assert result.ok
