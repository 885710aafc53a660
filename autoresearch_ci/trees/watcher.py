"""A process that ends what a session's runs have left, should the session be killed.

It waits for the end of a pipe that the session alone holds open.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.executors.process_tree import sweep
from autoresearch_ci.executors.users import kill_all_of

_SAY = "go"


@contextmanager
def watched(variable: str, place: Path, user: int | None) -> Iterator[None]:
    """Within, a kill of this process ends all that runs as `user`.

    Without one, all that has `variable` with `place` in its environment, and what it started.
    """
    held_by, held = os.pipe()
    words = (sys.executable, "-m", __name__, variable, str(place), str(user or ""))
    with subprocess.Popen(words, stdin=held_by, stdout=subprocess.DEVNULL) as watcher:
        os.close(held_by)
        try:
            yield
        finally:
            os.write(held, _SAY.encode())
            os.close(held)
            watcher.wait()


def main() -> None:
    """Wait; then kill until nothing is left, if the pipe ended without a word."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.read():
        return
    variable, place, user = sys.argv[1:]
    while kill_all_of(int(user)) if user else sweep(variable, place):
        pass


if __name__ == "__main__":
    main()
