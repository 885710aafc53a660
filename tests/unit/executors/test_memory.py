from __future__ import annotations

import os
import time

import pytest

from autoresearch_ci.executors import memory
from autoresearch_ci.executors.memory import GpuMeter, resident, says_out_of_memory


@pytest.mark.parametrize(
    "output",
    [
        "Traceback (most recent call last):\n  ...\nMemoryError",
        "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 TiB for an array",
        "numpy.core._exceptions.MemoryError: Unable to allocate",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "torch.OutOfMemoryError: CUDA out of memory.",
        "RuntimeError: CUDA out of memory. Tried to allocate",
        "Exception in thread main java.lang.OutOfMemoryError: Java heap space",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "fatal error: runtime: out of memory",
        "memory allocation of 8589934592 bytes failed",
        "Out of memory: Killed process 4242 (python)",
    ],
)
def test_programs_that_ran_out_of_memory_are_recognised(output):
    """The usual last words of Python, CUDA, Java, Node, C++, Go and Rust are understood."""
    assert says_out_of_memory(f"step 1\n{output}\n")


@pytest.mark.parametrize(
    "output",
    ["", "memory 3 GB", "class MyMemoryErrorHandler", "catching MemoryError", "OutOfMemory: 0"],
)
def test_other_failures_are_not(output):
    """A mention of memory alone does not make a failure one of memory."""
    assert not says_out_of_memory(output)


def test_resident_memory_of_this_process():
    """Resident memory is in bytes, and a process that is gone counts nothing."""
    assert 5_000_000 < resident([os.getpid()]) < 5_000_000_000
    assert resident([os.getpid(), 2**22 + 1]) == pytest.approx(resident([os.getpid()]), rel=0.2)


@pytest.fixture
def fake_driver(tmp_path, monkeypatch):
    """An nvidia-smi on PATH that prints what the test says."""

    def install(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return install


def asked(meter, pids):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not meter.peak:
        meter.sample(pids, time.monotonic())
        time.sleep(0.01)
    meter.close()
    return meter.peak


def test_gpu_memory_of_the_tree(fake_driver, monkeypatch):
    """The GPU memory of the tree's processes is summed over GPUs; others' is not."""
    monkeypatch.setattr(GpuMeter, "_FIRST", 0.0)
    fake_driver("printf '11, 1024\\n12, 512\\n99, 4096\\n11, 100\\n12, [N/A]\\nNo devices\\n'")
    assert asked(GpuMeter(), [11, 12]) == (1024 + 512 + 100) * 2**20


def test_a_driver_that_hangs_is_given_up(fake_driver, monkeypatch):
    """A driver that does not answer costs nothing but the answer."""
    monkeypatch.setattr(GpuMeter, "_FIRST", 0.0)
    monkeypatch.setattr(GpuMeter, "_INTERVAL", 0.0)
    monkeypatch.setattr(GpuMeter, "_PATIENCE", 0.05)
    fake_driver("exec sleep 100")
    meter = GpuMeter()
    meter.sample([1], time.monotonic())
    first = meter._asked
    time.sleep(0.1)
    meter.sample([1], time.monotonic())
    assert first.returncode is not None
    assert meter._asked is None


def test_no_driver_no_question(monkeypatch):
    """Where there is no nvidia-smi nothing is started."""
    monkeypatch.setattr(GpuMeter, "_FIRST", 0.0)
    monkeypatch.setenv("PATH", "/nonexistent")
    meter = GpuMeter()
    meter.sample([1], time.monotonic())
    assert meter._asked is None


def test_the_kernels_counter_is_read(tmp_path, monkeypatch):
    """Kills for want of memory are counted from the files that the kernel keeps."""
    (tmp_path / "vmstat").write_text("pgfault 7\noom_kill 3\nzone_oom_kill 9\n")
    (tmp_path / "memory.events").write_text("low 0\noom 5\noom_kill 2\noom_group_kill 1\n")
    files = [tmp_path / "vmstat", tmp_path / "memory.events", tmp_path / "missing"]
    monkeypatch.setattr(memory, "_counters", lambda: files)
    assert memory.out_of_memory_kills() == 5
