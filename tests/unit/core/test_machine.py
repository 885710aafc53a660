from __future__ import annotations

import os
import platform

import pytest

from autoresearch_ci.core import machine


@pytest.fixture(autouse=True)
def _fresh():
    machine.describe.cache_clear()
    yield
    machine.describe.cache_clear()


def test_one_stable_line():
    """The same machine always describes itself by the same line, without its host name."""
    line = machine.describe()
    machine.describe.cache_clear()
    assert machine.describe() == line
    assert "\n" not in line
    assert platform.node() not in line
    assert line.startswith(f"{platform.system().lower()} {platform.machine()}")
    assert " core" in line
    assert line.split(", ")[3].endswith(" GB")


def test_pinned_cores(monkeypatch):
    """They are told where they are not all of the machine's: containers beside us are to keep to them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 2}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert machine.pinned() == (2, 5)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert machine.pinned() == ()


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", "Intel Xeon Platinum 8370C"),
        ("AMD EPYC 7763 64-Core Processor", "AMD EPYC 7763"),
        ("Apple M1 (Virtual)", "Apple M1 (Virtual)"),
    ],
)
def test_a_processor_by_its_plain_name(raw, plain):
    """Trade marks, clock and decoration are left out of the processor's name."""
    assert machine._plain(raw) == plain


@pytest.mark.git
def test_gpus_are_counted(tmp_path, monkeypatch):
    """Equal GPUs are named once with their number."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'NVIDIA H200\\nNVIDIA H200\\nTesla T4\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert machine.describe().endswith("GB, 2 x NVIDIA H200, Tesla T4")


@pytest.mark.git
def test_a_broken_driver_is_no_gpu(tmp_path, monkeypatch):
    """A driver that fails leaves the line without GPUs."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert machine.describe().endswith(" GB")
