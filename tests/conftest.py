"""The same for every run of the tests, however it was started and however busy the machine is.

Property tests try the same examples; `pytest --hypothesis-profile=explore` tries new ones.
"""

from __future__ import annotations

import gc
import itertools
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import kinds

settings.register_profile("explore", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

# A script starts what runs in its background with SIGINT ignored, and all that is started from
# there inherits that: then nothing could be cancelled.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ALONE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
COLLECTING = '"$@"; exit $?'
"""The first process of a namespace has to collect orphans, which a shell does."""

IN_MEMORY = (
    'for at in "$1" /var/tmp; do mount -t tmpfs -o mode=1777 tests "$at" || exit; done; shift; '
)
"""What a worker writes is its own, and in memory: disks are slow in making and deleting files."""

_WATCH = pytest.StashKey[kinds.Watch]()


@cache
def _may_be_alone() -> bool:
    """A worker of this machine may be given processes that no other sees, as root may give it."""
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _has_attributes_in_memory() -> bool:
    """An overlay's layers need them; Linux has them since 6.6."""
    try:
        with tempfile.TemporaryFile(dir="/dev/shm") as file:
            os.setxattr(file.fileno(), "user.autoresearch", b"1")
    except OSError:
        return False
    return True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two a processor, since a good half of these tests waits most of the time."""
    return 2 * (os.cpu_count() or 1) if config.option.numprocesses == "auto" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list) -> None:
    """Start each worker in processes of its own: some tests kill all of the experiments' users."""
    if not _may_be_alone():
        return
    first = ["sh", "-c", COLLECTING, "sh"]
    engines = any("e2e" in Path(each).parts for each in config.args)  # see nothing of ours
    if not engines and _has_attributes_in_memory():
        base = config._tmp_path_factory.getbasetemp()
        first = ["sh", "-c", IN_MEMORY + COLLECTING, "sh", str(base)]
    for spec in specs:
        spec.python = shlex.join([*ALONE, *first, sys.executable])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["alone"] = _may_be_alone()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_WATCH] = kinds.Watch()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    alone = getattr(config, "workerinput", {"alone": True})["alone"]
    kinds.sort(items, share_users=not alone and os.geteuid() == 0)


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of tests, through which every collection would go


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[_WATCH].started.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that was taken for one that starts no process, and does."""
    yield
    started = item.config.stash[_WATCH].started
    if started and (item.get_closest_marker("fast") or item.get_closest_marker("long")):
        pytest.fail(f"{started[0]}: mark the test with @pytest.mark.git, it starts a process")


@pytest.fixture(scope="session")
def tmp_path_factory(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    """Number folders by counting: pytest looks through all that are there, thousands, for each."""
    make, count = tmp_path_factory.mktemp, itertools.count()

    def mktemp(basename: str, numbered: bool = True) -> Path:
        return make(f"{basename}{next(count)}" if numbered else basename, numbered=False)

    tmp_path_factory.mktemp = mktemp  # type: ignore[method-assign]
    return tmp_path_factory


@pytest.fixture(scope="session", autouse=True)
def _reachable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let other users come to the folders of tests, each of which is closed until a test opens it."""
    base = tmp_path_factory.getbasetemp()
    for folder in (base, *base.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
