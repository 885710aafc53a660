"""Memory that a run takes, on the machine and on its GPUs, and signs that it ran out."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from autoresearch_ci.core.environment import environment

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024

EXPENDABLE = 500
"""A run's `oom_score_adj`, of -1000 to 1000; a browser gives its tabs 300."""

_OUT_OF_MEMORY = re.compile(
    r"^(?:\w+\.)*(?:MemoryError|_ArrayMemoryError|OutOfMemoryError)\b"
    r"|CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|HIP out of memory"
    r"|java\.lang\.OutOfMemoryError|JavaScript heap out of memory|std::bad_alloc"
    r"|fatal error: runtime: out of memory|^runtime: out of memory"
    r"|^memory allocation of \d+ bytes failed|\bOut of memory: Killed process",
    re.MULTILINE,
)
_OOM_KILL = re.compile(rb"^oom_kill (\d+)", re.MULTILINE)


@contextlib.contextmanager
def first_to_go() -> Iterator[None]:
    """Have what is started meanwhile end first where the machine runs out of memory.

    Linux adds `EXPENDABLE` thousandths of the memory to what it holds against a process. What a
    process has is inherited, and it may always go back to what it had.
    """
    score = Path("/proc/self/oom_score_adj")
    try:
        before = score.read_text()
        score.write_text(str(max(int(before), EXPENDABLE)))
    except (OSError, ValueError):  # another system, or one that does not let us
        yield
        return
    try:
        yield
    finally:
        score.write_text(before)


class Meter:
    """Samples a tree: often at first, seldom later, so that it costs a long run nothing."""

    def __init__(self, limit: int | None, first: float) -> None:
        self.peak = 0
        self.exceeded = False
        self.due = time.monotonic() + first
        self.gpu = GpuMeter()
        self._limit = limit
        self._interval = first
        self._longest = 0.5 if limit is None else 0.1
        self._floor = 0

    def started(self) -> None:
        """The command is about to run, as a copy of this process that has only just become it."""
        self._floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def sample(self, pids: Collection[int]) -> None:
        now = time.monotonic()
        used = resident(pids)
        self.peak = max(self.peak, used)
        self.exceeded = self.exceeded or (self._limit is not None and used > self._limit)
        self.gpu.sample(pids, now)
        self._interval = min(self._interval * 1.5, self._longest)
        self.due = now + self._interval

    def collected(self, usage: Any) -> None:
        """Count in what the kernel says of a dead process and the children it waited for.

        Its figure starts at that of this process, whose copy it was, and says nothing below that.
        """
        if usage is not None and usage.ru_maxrss > self._floor:
            self.peak = max(self.peak, usage.ru_maxrss * _MAXRSS_UNIT)


def resident(pids: Iterable[int]) -> int:
    """The sum of their resident memory in bytes; pages that they share count for each."""
    total = 0
    for pid in pids:
        if sys.platform == "linux":
            with contextlib.suppress(OSError, IndexError):
                total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
        else:
            import psutil  # noqa: PLC0415 - slow to import, not needed on Linux

            with contextlib.suppress(psutil.Error):
                total += psutil.Process(pid).memory_info().rss
    return total


class GpuMeter:
    """Asks nvidia-smi now and then, in the background; nothing at all where there is none."""

    _FIRST, _INTERVAL, _PATIENCE = 0.5, 2.0, 5.0  # seconds

    def __init__(self) -> None:
        self.peak = 0
        self._asked: subprocess.Popen[bytes] | None = None
        self._due = time.monotonic() + self._FIRST
        self._program: str | None = None
        self._looked = False

    def sample(self, pids: Collection[int], now: float) -> None:
        if self._asked is not None:
            self._hear(self._asked, pids, now)
        elif now >= self._due:
            self._ask(now)

    def _ask(self, now: float) -> None:
        if not self._looked:
            self._looked, self._program = True, shutil.which("nvidia-smi")
        self._due = now + self._INTERVAL
        if self._program is None:
            return
        query = ("--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")
        with contextlib.suppress(OSError):
            self._asked = subprocess.Popen(
                [self._program, *query],
                env=environment((), {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )

    def _hear(self, asked: subprocess.Popen[bytes], pids: Collection[int], now: float) -> None:
        if asked.poll() is None:
            if now > self._due + self._PATIENCE:
                self.close()
            return
        text = asked.communicate()[0].decode("utf-8", errors="replace")
        self._asked = None
        self.peak = max(self.peak, _of_processes(text, set(pids)))

    def close(self) -> None:
        """End a question under way."""
        if self._asked is None:
            return
        self._asked.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._asked.wait(timeout=0.5)
        if self._asked.stdout is not None:
            self._asked.stdout.close()
        self._asked = None


def _of_processes(text: str, pids: set[int]) -> int:
    """The bytes that `pids` use, from lines of `pid, MiB`; a driver may say [N/A]."""
    total = 0
    for line in text.splitlines():
        pid, _, used = line.partition(",")
        if pid.strip().isdecimal() and used.strip().isdecimal() and int(pid) in pids:
            total += int(used) * 1024 * 1024
    return total


def out_of_memory_kills() -> int:
    """Counts of the kernel's kills for want of memory, here and on the whole machine."""
    total = 0
    for file in _counters():
        with contextlib.suppress(OSError):
            total += sum(int(count) for count in _OOM_KILL.findall(file.read_bytes()))
    return total


def _counters() -> list[Path]:
    files = [Path("/proc/vmstat")]
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::"):
                group = line.removeprefix("0::").lstrip("/")
                files.append(Path("/sys/fs/cgroup") / group / "memory.events")
    return files


def says_out_of_memory(output: str) -> bool:
    """True if the end of a failed command's output says that memory ran out."""
    return _OUT_OF_MEMORY.search(output) is not None
