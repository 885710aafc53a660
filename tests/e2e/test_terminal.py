"""The program at a real terminal: a pseudo-terminal of Python's, and tmux where there is one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

PROGRAM = [sys.executable, "-m", "autoresearch_ci"]
PATIENCE = 60.0

SOLVE = """\
import time
RATE = 0.02
STEPS = 8
time.sleep({seconds})  # autoresearch: freeze
print("score:", (RATE - 0.05) ** 2 + STEPS / 1000)
"""
SECTION = f"""\
## autoresearch

- target_file: solve.py
- run_command: {sys.executable} solve.py
- metric_name: score
- metric_parse: grep "^score:" run.log | cut -d" " -f2
- time_budget: 30
"""


@pytest.fixture
def project(tmp_path):
    """Makes a small project in a repository; an experiment takes so many seconds."""

    def make(seconds):
        repo = tmp_path / "project"
        repo.mkdir()
        (repo / "solve.py").write_text(SOLVE.format(seconds=seconds))
        (repo / "CLAUDE.md").write_text(SECTION)
        git(repo, "init", "-q", "-b", "main")
        git(repo, "add", ".")
        git(repo, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "begin")
        return repo

    return make


def git(repo, *words):
    done = subprocess.run(
        ["git", "-C", str(repo), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def is_as_before(repo):
    """On the branch the user was on, with a clean tree and the target unchanged."""
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "symbolic-ref", "--short", "HEAD") == "main\n"
    assert "RATE = 0.02\nSTEPS = 8" in (repo / "solve.py").read_text()
    return True


class Terminal:
    """A command in a pseudo-terminal of this size; `seen` is all that it wrote."""

    def __init__(self, repo, *words, columns=80, lines=24, **env):
        self.seen = ""
        # A variable of the machine that runs the tests must not turn the live line off.
        kept = {
            k: v for k, v in os.environ.items() if k not in {"CI", "NO_COLOR", "COLUMNS", "LINES"}
        }
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(repo)
            os.execvpe(PROGRAM[0], [*PROGRAM, *words], {**kept, "TERM": "xterm-256color", **env})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, pattern):
        """Read until the pattern was seen; the text that matched."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen, re.DOTALL)):
            assert time.monotonic() < deadline, f"never saw {pattern!r} in:\n{self.seen}"
            assert self._read(), f"ended without {pattern!r}:\n{self.seen}"
        return found[0]

    def type(self, keys):
        os.write(self.fd, keys)

    def exit_code(self):
        """Read to the end and wait for it."""
        while self._read():
            pass
        return self.wait()

    def wait(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def hang_up(self):
        os.close(self.fd)

    def _read(self):
        ready, _, _ = select.select([self.fd], [], [], PATIENCE)
        try:
            data = os.read(self.fd, 65536) if ready else b""
        except OSError:  # the other end has closed
            data = b""
        self.seen += data.decode(errors="replace")
        return data


def test_a_live_line_ticks_while_the_experiment_runs(project):
    """Number, idea, elapsed against budget and best, renewed while nothing else happens."""
    repo = project(seconds=2.5)
    terminal = Terminal(repo, "run", "--max-experiments", "1")
    terminal.until(r"#1 .*0\.\ds of 1m00s  best 0\.008900")
    terminal.until(r"#1 .*2\.\ds of 1m00s")
    assert terminal.exit_code() == 0
    assert "stopped: max_experiments reached" in terminal.seen
    assert terminal.seen.rstrip().endswith("\x1b[0m")
    assert is_as_before(repo)


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_undoes_the_experiment_under_way(project, times):
    """However often it is pressed: stopping is announced, the tree is clean, exit code 130."""
    repo = project(seconds=20)
    (repo / "solve.py").write_text(SOLVE.format(seconds="20 if RATE != 0.02 or STEPS != 8 else 0"))
    git(repo, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-am", "quick baseline")
    terminal = Terminal(repo, "run")
    terminal.until(r"#1 .*1\.\ds of 1m00s")
    for _ in range(times):
        terminal.type(b"\x03")
        time.sleep(0.05)
    assert terminal.exit_code() == 130
    assert "stopped: interrupted" in terminal.seen
    assert "Traceback" not in terminal.seen
    assert is_as_before(repo)
    log = (repo / ".claude/logs/autoresearch.jsonl").read_text()
    assert log.count('"reason":"interrupted"') == 2  # the experiment's and the session's
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")


def test_a_terminal_that_is_closed_ends_the_session_in_order(project):
    """Closing the window leaves a clean tree and a campaign that can go on."""
    repo = project(seconds=0.5)
    terminal = Terminal(repo, "run")
    terminal.until(r"#2 ")
    terminal.hang_up()
    assert terminal.wait() == 130
    assert is_as_before(repo)
    again = subprocess.run(
        [*PROGRAM, "run", "--max-experiments", "1", "--quiet"],
        cwd=repo, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr


def test_kill_ends_the_session_in_order(project):
    """SIGTERM is Ctrl-C for machines."""
    repo = project(seconds=0.5)
    with subprocess.Popen(
        [*PROGRAM, "run"], cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("   1  started"):
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "stopping; the experiment under way is being undone" in rest
    assert is_as_before(repo)


def test_a_reader_that_leaves_ends_the_session_in_order(project):
    """`run | head` stops after a while, quietly, with a clean tree."""
    repo = project(seconds=0)
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(PROGRAM)} run | head -3"],
        cwd=repo, capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""
    assert is_as_before(repo)


def test_a_pipe_gets_plain_lines(project):
    """Off a terminal nothing moves and nothing is coloured."""
    repo = project(seconds=0)
    done = subprocess.run(
        [*PROGRAM, "run", "--max-experiments", "3"],
        cwd=repo, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "\x1b" not in done.stdout
    assert done.stdout.count("  started  ") == 4
    assert "3 experiments: " in done.stdout
    assert done.stderr == ""


def test_watch_follows_another_session(project):
    """`results --watch` may be started first; it shows the campaign as it grows, until Ctrl-C."""
    repo = project(seconds=0.5)
    watch = Terminal(repo, "results", "--watch")
    watch.until("Waiting for one to begin")
    subprocess.run([*PROGRAM, "run", "--max-experiments", "2", "--quiet"], cwd=repo, check=True)
    watch.until(r"2 experiments: ")
    watch.type(b"\x03")
    assert watch.exit_code() == 130
    assert "Traceback" not in watch.seen


def test_in_tmux_a_narrow_window_and_a_resize_leave_no_debris(project):
    """At 40 columns nothing wraps, and after resizes there is still one live line."""
    if not shutil.which("tmux"):
        pytest.skip("NOT RUN: tmux is not installed")
    repo = project(seconds=1.5)
    server = ["tmux", "-L", f"autoresearch-test-{os.getpid()}", "-f", os.devnull]

    def tmux(*words):
        return subprocess.run([*server, *words], capture_output=True, text=True, check=True).stdout

    def screen_with(pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, shown := tmux("capture-pane", "-p", "-t", "t")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)
        return shown

    run = f"{' '.join(PROGRAM)} run --max-experiments 4"
    command = f"env -u CI -u COLUMNS -u LINES {run}; echo code $?; sleep 60"
    tmux("new-session", "-d", "-s", "t", "-x", "40", "-y", "30", "-c", str(repo), command)
    try:
        shown = screen_with(r"#1 1\.\ds")
        assert len(re.findall(r"^[|/\\-] #", shown, re.MULTILINE)) == 1
        tmux("resize-window", "-t", "t", "-x", "100", "-y", "30")
        shown = screen_with(r"#2 .*1\.\ds of 1m00s  best")
        assert len(re.findall(r"^[|/\\-] #", shown, re.MULTILINE)) == 1
        tmux("resize-window", "-t", "t", "-x", "70", "-y", "30")
        shown = screen_with(r"#[34] .*1\.\ds of 1m00s  best")
        assert len(re.findall(r"^[|/\\-] #", shown, re.MULTILINE)) == 1
        shown = screen_with("code 0")
        assert "stopped: max_experiments reached" in shown
        assert not re.findall(r"^[|/\\-] #", shown, re.MULTILINE)
    finally:
        tmux("kill-server")
