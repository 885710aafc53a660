"""The machine that measures, in one line: measurements compare only on the same one."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from autoresearch_ci.core.environment import environment

VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""Variables that say which GPUs a program gets to see, of NVIDIA's and of AMD's."""


@functools.cache
def describe() -> str:
    """System, processor, cores, memory, GPUs, such as `linux x86_64, AMD EPYC, 2 cores, 24 GB`.

    The same on every machine of one kind: no host name, since hosted runners have random ones.
    """
    count = len(cores())
    parts = [
        f"{platform.system().lower()} {platform.machine()}",
        _processor(),
        f"{count} core{'' if count == 1 else 's'}",
        _memory(),
        *_gpus(),
    ]
    return ", ".join(part for part in parts if part)


def cores() -> tuple[int, ...]:
    """The numbers of the cores that we may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def pinned() -> tuple[int, ...]:
    """The same where those are not all of the machine's; empty where they are."""
    found = cores()
    return found if len(found) < (os.cpu_count() or 1) else ()


def gpus() -> tuple[str, ...]:
    """The numbers or ids of the GPUs that we may use: of NVIDIA's, else of AMD's."""
    for variable in VISIBLE:
        if variable in os.environ:
            return tuple(filter(None, map(str.strip, os.environ[variable].split(","))))
    found = _answer("nvidia-smi", "--query-gpu=index", "--format=csv,noheader").split()
    if not found:
        found = re.findall(r"^card(\d+)", _answer("rocm-smi", "--showid", "--csv"), re.MULTILINE)
    return tuple(found)


def _processor() -> str:
    name = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(
            r"^(?:model name|Model|cpu model)\s*:\s*(.+)$",
            cpuinfo.read_text(encoding="utf-8", errors="replace"),
            re.MULTILINE,
        )
        name = found[1] if found else ""
    elif platform.system() == "Darwin":
        name = _answer("sysctl", "-n", "machdep.cpu.brand_string")
    return _plain(name)


def _plain(name: str) -> str:
    """Without trade marks, commas and the clock, which may differ between equal machines."""
    name = re.sub(
        r"\((?:R|TM|C)\)|@.*|\bCPU\b|\b\d+-Core\b|\bProcessor\b", " ", name, flags=re.IGNORECASE
    )
    return " ".join(name.replace(",", " ").split())


def _memory() -> str:
    """Rounded, since the kernel keeps a little of it for itself."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return ""
    return f"{max(1, round(size / 2**30))} GB"


def _gpus() -> list[str]:
    answer = _answer("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    counted = Counter(" ".join(line.split()) for line in answer.splitlines() if line.strip())
    return [name if count == 1 else f"{count} x {name}" for name, count in sorted(counted.items())]


def _answer(*command: str) -> str:
    """Output of a program; nothing where it is missing, fails or takes too long."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        asked = subprocess.run(
            command,
            env=environment((), {}),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout if asked.returncode == 0 else ""
