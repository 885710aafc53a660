"""`HOME` and `TMPDIR` of commands, and what one may leave there for the next."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Protocol

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.files import TICK, Signature, delete, signature
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command, Executor

CACHES = frozenset(
    """
    .cache .npm .yarn .bun/install .local/share/pnpm .local/share/uv .nuget/packages
    .m2/repository .m2/wrapper .ivy2/cache .gradle/caches .gradle/wrapper .gradle/native .konan
    .cargo/registry .cargo/git .rustup go/pkg .pub-cache .android/cache .dartServer
    .keras .torch nltk_data
    """.split()  # noqa: SIM905 - two dozen quoted names read worse
)
"""Caches that tools keep below a home. Nothing in them configures a tool."""

Place = Callable[[], AbstractContextManager[Mapping[str, str]]]
"""A context that holds while a command runs, and gives it variables."""


class Homes(Protocol):
    """Homes for experiments, the guard and the commands that measure; each holds for one run.

    `keep` is called when the user's own setup is done.
    """

    def keep(self) -> str:
        """A warning for the user where homes cannot be kept apart; else empty."""

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
    """Homes of commands that run as ourselves: `HOME` is the user's, and their tools are in it.

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
    """Homes under root: experiments and what measures have one each, at the same path.

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


Within = Callable[[str, Signature], bool]


class Folder:
    """A folder that belongs to `owner`, user and group, and how what is in it is known to be."""

    def __init__(self, path: str, owner: int) -> None:
        self.path, self._owner = path, owner
        self.known: dict[str, Signature] = {}

    @property
    def size(self) -> int:
        """Bytes of the files that are known."""
        return sum(sig[1] for sig in self.known.values() if stat.S_ISREG(sig[0]))

    def survey(self) -> None:
        """Take all as it is now for how it is to be. Pipes and sockets are nobody's to keep."""
        time.sleep(TICK / 1e9)  # what changes from now on has another time
        self.known = {
            path: sig
            for path, sig in self._walk(within=lambda _path, _sig: True)
            if stat.S_ISREG(sig[0]) or stat.S_ISDIR(sig[0]) or stat.S_ISLNK(sig[0])
        }

    def follow(self, other: Folder, before: dict[str, Signature]) -> None:
        """Become what `other` is, which was surveyed again: until then it was as in `before`."""
        same = {path for path, sig in other.known.items() if before.get(path) == sig}
        self.known = {
            path: self.known.get(path, sig) if path in same else (sig[0], *sig[1:3], -1, sig[4])
            for path, sig in other.known.items()
        }
        self.restore(other)

    def restore(self, other: Folder, spare: Collection[str] = ()) -> None:
        """Put all back but what is below the paths in `spare`, if folders are there.

        What is new is removed. What has changed in both folders is as well: nobody knows what
        it was.
        """
        os.chown(self.path, self._owner, self._owner, follow_symlinks=False)
        os.chmod(self.path, 0o700)
        leads_to_spare = {at for path in spare for at in _parents(path)}
        there, strays = set(), []

        def within(path: str, sig: Signature) -> bool:
            """True if it stays and is looked into; else it is a stray, or spared."""
            if path in spare and stat.S_ISDIR(sig[0]):
                return False
            known = self.known.get(path)
            if stat.S_ISDIR(sig[0]):
                if path in leads_to_spare or (known and stat.S_ISDIR(known[0])):
                    there.add(path)
                    return True
            elif sig == known:
                there.add(path)
                return False
            strays.append(path)
            return False

        for path, sig in self._walk(within):
            known = self.known.get(path)
            if path in there and known and sig[0] != known[0]:
                os.chmod(self._full(path), stat.S_IMODE(known[0]))
            elif stat.S_ISDIR(sig[0]) and (path in spare or (path in there and not known)):
                # Closed, it would break what runs next.
                os.chmod(self._full(path), stat.S_IMODE(sig[0]) | 0o700)
        delete(self._full(path) for path in strays)
        self._bring([p for p in sorted(self.known.keys() - there) if not _below(p, spare)], other)

    def _bring(self, missing: list[str], other: Folder) -> None:
        brought = []
        for path in missing:
            full, mode = self._full(path), self.known[path][0]
            if stat.S_ISDIR(mode):
                os.mkdir(full)
            elif signature(other._full(path)) == other.known.get(path):
                shutil.copy2(other._full(path), full, follow_symlinks=False)
            else:
                del self.known[path]
                continue
            os.chown(full, self._owner, self._owner, follow_symlinks=False)
            if not stat.S_ISLNK(mode):
                os.chmod(full, stat.S_IMODE(mode))
            brought.append(path)
        if brought:
            time.sleep(TICK / 1e9)  # so that a later change shows
        for path in brought:
            if sig := signature(self._full(path)):
                self.known[path] = sig

    def _walk(self, within: Within) -> Iterator[tuple[str, Signature]]:
        """Everything in the folder; into directories only where `within` says so."""
        stack = [""]
        while stack:
            at = stack.pop()
            with os.scandir(self._full(at)) as entries:
                for entry in entries:
                    path = f"{at}/{entry.name}" if at else entry.name
                    if sig := signature(entry.path):
                        if within(path, sig) and stat.S_ISDIR(sig[0]):
                            stack.append(path)
                        yield path, sig

    def _full(self, path: str) -> str:
        return f"{self.path}/{path}" if path else self.path


def discard(path: str) -> None:
    """Delete a folder, however deep what is in it goes."""
    try:
        os.rmdir(path)
    except OSError:
        delete([path])


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _below(path: str, spare: Collection[str]) -> bool:
    return path in spare or any(at in spare for at in _parents(path))
