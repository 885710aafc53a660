"""Runs commands as processes of this machine, and leaves nothing of them running."""

from __future__ import annotations

import atexit
import functools
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.process_tree import RUN_ID, AdoptedTree, Tree, adopting, hide
from autoresearch_ci.executors.run import Attempt
from autoresearch_ci.executors.users import kill_all_of

# Two at once would spoil each other's measurement, and an orphan could be either's.
_one_at_a_time = threading.Lock()
_alive: set[Tree] = set()


@dataclass(frozen=True, slots=True)
class Start:
    """The words before a command's own, descriptors that they need, and their variables."""

    words: Sequence[str]
    inherited: Sequence[int]
    env: dict[str, str]


Wrap = Callable[[dict[str, str]], AbstractContextManager[Start]]
"""Given the variables of a command, holds while it runs."""


@contextmanager
def _unwrapped(env: dict[str, str]) -> Iterator[Start]:
    yield Start((), (), env)


def supervise(
    command: Command,
    env: dict[str, str],
    *,
    uid: int | None = None,
    wrap: Wrap = _unwrapped,
) -> Run:
    """Run a command with exactly these variables; nothing of it is alive when this ends.

    Also when it raises. Runs in one process wait for each other. The exit code is the shell's:
    where a shell outlives a program that a signal ended, it is 128 plus the signal's number, and
    `Run.signal` is None, since a program can exit with such a code by itself. What outlives the
    command has 0.2 s to end by itself and is then killed. A run counts as out of memory when its
    tree outgrew `memory_limit`, when it failed while the kernel killed for want of memory, or when
    it failed and the end of its output says so.

    With a `uid`, as which `wrap` has it run, everything that runs as that user is taken for the
    command's.
    """
    if not command.cwd.is_dir():
        raise MachineError(
            f"The folder {command.cwd}, where a command was to run, does not exist.",
            remedy="Restore the folder, or start again from the repository's top.",
        )
    run_id = uuid.uuid4().hex
    # Without CAP_SYS_PTRACE even root sees no marker of another user.
    net = partial(_sweep, run_id) if uid is None else partial(kill_all_of, uid)
    with _one_at_a_time, adopting() as adopted, wrap(env | {RUN_ID: run_id}) as start:
        tree = AdoptedTree(run_id, net) if adopted else _searched(run_id)
        attempt = Attempt(command, tree, 0.005 if adopted else 0.05, start.words, start.inherited)
        _watch_over_exit()
        hide()
        _alive.add(tree)
        try:
            return attempt.run(start.env)
        except BaseException:
            attempt.stop()
            raise
        finally:
            _surely(tree.destroy)
            _alive.discard(tree)
            attempt.close()


def _sweep(run_id: str) -> list[int]:
    from autoresearch_ci.executors.process_tree import sweep  # noqa: PLC0415 - slow to import

    return sweep(RUN_ID, run_id)


def _searched(run_id: str) -> Tree:
    from autoresearch_ci.executors.process_tree import (  # noqa: PLC0415 - slow to import
        SearchedTree,
    )

    return SearchedTree(run_id)


def _surely(action: Callable[[], None]) -> None:
    """Finish `action` though the user presses Ctrl-C again; the interruption comes out after."""
    interruption: BaseException | None = None
    for _ in range(20):
        try:
            action()
            break
        except Exception:
            raise
        except BaseException as again:  # noqa: BLE001 - raised below, when nothing is left
            interruption = again
    if interruption is not None:
        raise interruption


@functools.cache
def _watch_over_exit() -> None:
    """A last net, for a program that ends while another of its threads runs an experiment."""

    def end_all() -> None:
        for tree in list(_alive):
            tree.destroy()

    atexit.register(end_all)
