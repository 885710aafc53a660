"""Steps of the Action as forks of one process that has imported it: a start costs no imports.

Run as a program it is that process: for each line of JSON that it reads, it starts a step,
or tells how one ended. A fork has no threads of the tests, and no files of theirs.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn, Self

IMPORTED = (
    "autoresearch_ci.action.job",
    "autoresearch_ci.forge.github",
    "autoresearch_ci.engine.loop",
    "autoresearch_ci.project_types.web",
    "autoresearch_ci.proposers.llm",
    "autoresearch_ci.proposers.search.candidates",
    "autoresearch_ci.proposers.search.tuning",
    "autoresearch_ci.trees.overlay",
    "ctypes",
    "git",
    "numpy",
)


ROOT = Path(__file__).parents[1]


class Step:
    """One step, with what the tests use of `subprocess.Popen`; its output goes to a file."""

    def __init__(self, environment: dict[str, str], first: str, log: Path) -> None:
        self._log = log
        self.pid = _ask({"environment": environment, "first": first, "log": str(log)})
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = _ask({"pid": self.pid})
        return self.returncode

    def send_signal(self, how: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 60.0) -> tuple[str, None]:
        """Wait for its end; what it has printed."""
        give_up = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > give_up:
                raise subprocess.TimeoutExpired("the step", timeout)
            time.sleep(0.01)
        return self._log.read_text(), None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.poll() is None:
            self.kill()


def program(code: str, *words: str, log: Path) -> Step:
    """The same for a program of the tests, which has these arguments and is no step."""
    begin = f"import sys\nsys.argv[1:] = {words!r}\nsys.path.insert(0, {str(ROOT)!r})\n"
    return Step(dict(os.environ), f"{begin}{code}\nsys.exit()\n", log)


@cache
def _prepared() -> subprocess.Popen[str]:
    """The process that forks, started when the first step is."""
    process = subprocess.Popen(
        [sys.executable, "-I", __file__],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def end() -> None:
        process.communicate()

    atexit.register(end)
    return process


def _ask(request: dict) -> int | None:
    process = _prepared()
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def serve() -> None:
    """Answer each request: with the id of a step that was started, or with its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in IMPORTED:
        __import__(name)
    for line in sys.stdin:
        request = json.loads(line)
        if pid := request.get("pid"):
            ended, status = os.waitpid(pid, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        else:
            answer = os.fork()
            if not answer:
                become(**request)
        print(json.dumps(answer), flush=True)


def become(environment: dict[str, str], first: str, log: str) -> NoReturn:
    """Be a step that was started with this environment, after the code `first`."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environment)
        for ours, (path, how) in enumerate(
            [(os.devnull, os.O_RDONLY), *[(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)] * 2]
        ):
            os.dup2(os.open(path, how, 0o600), ours)
        sys.modules["matplotlib"] = None  # as where it is not installed: drawing takes a while
        _wait_for_nobody()
        exec(first, {})
        from autoresearch_ci.action.job import main

        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - nothing of the prepared process goes on in a step
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait_for_nobody() -> None:
    """Write to the tests' own GitHub as often as there is something to write."""
    from autoresearch_ci.forge.github.rate_limit import Manners

    Manners.__init__.__defaults__ = (0.0, *Manners.__init__.__defaults__[1:])


if __name__ == "__main__":
    serve()
