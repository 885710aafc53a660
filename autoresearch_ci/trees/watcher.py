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

_SAY = b"all is well"


@contextmanager
def watched(module: str, *words: str) -> Iterator[None]:
    """Within, a kill of this process has `python -m MODULE WORDS` do what follows `is_bereft`."""
    held_by, held = os.pipe()
    command = (sys.executable, "-m", module, *words)
    with subprocess.Popen(command, stdin=held_by, stdout=subprocess.DEVNULL) as watcher:
        os.close(held_by)
        try:
            yield
        finally:
            os.write(held, _SAY)
            os.close(held)
            watcher.wait()


def is_bereft() -> bool:
    """Wait for the end of the session, in such a process; true where it was killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return not sys.stdin.buffer.read()
