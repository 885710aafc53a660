"""Commands that try to outlive their limit, and a way to count what is left of them.

Each is endless or much longer than any limit given to it; the one that forks
for ever stops by itself after five seconds, should nobody stop it.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

_BOMB = """
import os, signal, sys, time
for i in range({count}):
    if os.fork():
        continue
    if i % 4 in (1, 2):
        os.setsid()
    if i % 4 == 2 and os.fork():
        os._exit(0)
    if i % 4 == 3:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(i, flush=True)
    time.sleep(1000)
time.sleep(1000)
"""

# Each generation forks the next, in a session of its own, and is gone.
CHAIN = """
import os, time
end = time.monotonic() + 5
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    os.setsid()
"""

_SUPERVISOR = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end = time.monotonic() + 5
alive = set()
while time.monotonic() < end:
    while len(alive) < 5:
        child = os.fork()
        if not child:
            os.setsid()
            time.sleep(1000)
        alive.add(child)
    alive.discard(os.wait()[0])
time.sleep(1000)
"""

_DISGUISED = """
import os
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(0, 256)
os.execve("/bin/sleep", ["kworker/0:1", "1000"], {})
"""


def python(source: str, **values: object) -> str:
    """The shell command that runs this Python source."""
    code = source.format(**values) if values else source
    return f"exec {shlex.quote(sys.executable)} -S -c {shlex.quote(code)}"


def bomb(count: int) -> str:
    """`count` sleeping processes: plain, in new sessions, double-forked, ignoring SIGTERM."""
    return python(_BOMB, count=count)


ATTACKS = {
    "10 GB flood of zeros": "head -c 10G /dev/zero",
    "endless flood of lines": "yes",
    "flood by four writers": "yes a & yes b & yes c & yes d",
    "200 sleeping processes": bomb(200),
    "ignores SIGTERM": "trap '' TERM; while :; do sleep 1; done",
    "empty environment, new session": "env -i setsid sleep 1000 & env -i sleep 1000",
    "orphan renamed, all files closed": f"({python(_DISGUISED)}); sleep 1000",
    "chain of forks": f"({python(CHAIN)}) & sleep 1000",
    "supervisor that restarts": python(_SUPERVISOR),
    "stops itself": "kill -STOP $$",
    "closes its output": "exec >&- 2>&-; sleep 1000",
    "sends its output elsewhere": "exec > elsewhere 2>&1; echo here; sleep 1000",
}


def left_in(folder: Path) -> list[int]:
    """The living processes whose working directory is `folder`, however they hide otherwise."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                inside = (entry / "cwd").readlink() == folder
            except OSError:  # gone, a zombie, or another user's
                continue
            if inside:
                found.append(int(entry.name))
    return found
