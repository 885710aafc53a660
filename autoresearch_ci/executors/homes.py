"""Where commands find their `HOME` and `TMPDIR`, and what one may leave there for the next."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Protocol

from autoresearch_ci.errors import MachineError
from autoresearch_ci.executors import Command, Executor
from autoresearch_ci.executors.folder import Folder, discard
from autoresearch_ci.interrupts import deferred
from autoresearch_ci.model import Run

CACHES = frozenset(
    """
    .cache .npm .yarn .bun/install .local/share/pnpm .local/share/uv .nuget/packages
    .m2/repository .m2/wrapper .ivy2/cache .gradle/caches .gradle/wrapper .gradle/native .konan
    .cargo/registry .cargo/git .rustup go/pkg .pub-cache .android/cache .dartServer
    .keras .torch nltk_data
    """.split()  # noqa: SIM905 - two dozen quoted names read worse
)
"""What tools download or compile for the next time, below a home. Nothing here configures one."""

Place = Callable[[], AbstractContextManager[Mapping[str, str]]]
"""What holds while a command runs, and gives it variables."""


class Homes(Protocol):
    """What the experiments, the guard and the commands that measure find; each holds for one run.

    `keep` is called when the user's own setup is done.
    """

    def keep(self) -> str:
        """What to tell the user, where homes cannot be kept apart; else nothing."""

    def experimenting(self) -> AbstractContextManager[Mapping[str, str]]: ...

    def guarding(self) -> AbstractContextManager[Mapping[str, str]]: ...

    def measuring(self) -> AbstractContextManager[Mapping[str, str]]: ...


class Housed:
    """Another executor, each of whose runs has its place."""

    def __init__(self, executor: Executor, place: Place) -> None:
        self.name = executor.name
        self._executor, self._place = executor, place

    def run(self, command: Command) -> Run:
        with self._place() as variables:
            return self._executor.run(replace(command, env={**command.env, **variables}))


class OwnHome:
    """Where commands run as ourselves: `HOME` is the user's, and their tools are in it.

    All but experiments get an empty `TMPDIR`.
    """

    def keep(self) -> str:
        return ""

    @contextmanager
    def experimenting(self) -> Iterator[Mapping[str, str]]:
        yield {}

    @contextmanager
    def guarding(self) -> Iterator[Mapping[str, str]]:
        with _temporary() as folder:
            yield {"TMPDIR": folder}

    measuring = guarding


class TwoHomes:
    """Where we are root: experiments and what measures have a home each, at the same path.

    Both begin as what setup left, and what is at rest lies where only root may go. What
    an experiment or the guard leaves in theirs is taken away, but for caches; what a measuring
    command leaves, caches too. All but experiments get an empty `TMPDIR`.
    """

    def __init__(self, place: str, home: str, owner: int) -> None:
        self._place, self._home, self._owner = place, home, owner
        self._rest = f"{place}/closed"
        os.mkdir(self._rest, 0o700)
        os.mkdir(f"{self._rest}/measuring", 0o700)
        self._experiments = Folder(home, owner)
        self._measures = Folder(f"{self._rest}/measuring", owner)
        self._apart = False

    def keep(self) -> str:
        with _trouble():
            before = self._experiments.known
            self._experiments.survey()
            size = self._experiments.size - self._measures.size
            self._apart = shutil.disk_usage(self._place).free > 2 * size
            if self._apart:
                self._measures.follow(self._experiments, before)
                return ""
        return (
            f"setup_command leaves {size / 1024**3:.1f} GB in the experiments' home, which is too "
            "much to have it twice on this disk: what measures shares it with experiments."
        )

    @contextmanager
    def experimenting(self) -> Iterator[Mapping[str, str]]:
        try:
            yield {}
        finally:
            self._restore(self._experiments, self._measures)

    @contextmanager
    def guarding(self) -> Iterator[Mapping[str, str]]:
        with self.experimenting(), _temporary(self._place, self._owner) as folder:
            yield {"TMPDIR": folder}

    @contextmanager
    def measuring(self) -> Iterator[Mapping[str, str]]:
        try:
            self._exchange(f"{self._rest}/experiments", f"{self._rest}/measuring")
            with _temporary(self._place, self._owner) as folder:
                yield {"TMPDIR": folder}
        finally:
            self._exchange(f"{self._rest}/measuring", f"{self._rest}/experiments")
            self._restore(self._measures, self._experiments)

    def _exchange(self, leaves: str, comes: str) -> None:
        """Put the home that is at `comes` in place, and the one that is there to `leaves`."""
        with deferred(), _trouble():
            if self._apart and os.path.exists(comes):
                os.rename(self._home, leaves)
                os.rename(comes, self._home)

    def _restore(self, folder: Folder, other: Folder) -> None:
        if self._apart:
            with deferred(), _trouble():
                folder.restore(other, CACHES if folder is self._experiments else ())


@contextmanager
def _temporary(place: str | None = None, owner: int | None = None) -> Iterator[str]:
    """An empty folder, of that user where one is named; deleted in the end."""
    folder = tempfile.mkdtemp(prefix="autoresearch-", dir=place)
    try:
        if owner is not None:
            os.chown(folder, owner, owner)
        yield folder
    finally:
        discard(folder)


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The experiments' home cannot be kept as it was: {error.strerror}: {error.filename}.",
            remedy="Free some space where TMPDIR leads to, and check that root may write there.",
        ) from error
