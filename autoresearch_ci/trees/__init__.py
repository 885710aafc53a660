"""The seam of run trees: every run gets a tree of its own, which is then thrown away.

    upper layer     what commands in this tree write; read, then thrown away
    candidate       the files that a proposer changed
    tip             the tracked files of the campaign's tip, whatever the user's tree holds
    warm            ignored outputs of an earlier run
    prepared        what `setup_command` made
    user's tree     ignored files alone: dependencies, data; read-only

A level is a module here, named as in the settings (`overlay`, `container`, `copy`), with the
functions that `Level` names. All of them pass tests/conformance/test_trees.py. Nothing here knows
git: what has to be asked of it is asked of a `Source`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command


class Network(StrEnum):
    """The part of the network that a command reaches."""

    NONE = "none"
    HOST = "host"


class Kind(StrEnum):
    """The kind of change that a run made to a path."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A difference that the commands in a tree made to what the tree began with.

    `path` is relative to the project with `/`, and can hold any character, bytes that are not
    UTF-8 as `os.fsdecode` gives them. What counts is the kind of file, a file's content and
    whether it may be executed, and a link's target; owners, other modes and times do not. Folders
    count by what is in them, but for one that is gone: it is one change. `is_file` is true for a
    regular file that is there now, false for a link, pipe, socket, and for what is gone.
    """

    path: str
    kind: Kind
    is_file: bool

    @property
    def is_new_file(self) -> bool:
        """True for a regular file where nothing was before."""
        return self.kind is Kind.ADDED and self.is_file


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The parts of the machine that commands reach beside their tree.

    A tree has a home and a temporary folder of its own. Everything else of the machine is
    closed, but for programs and toolchains, which are read-only.
    `read` and `write` are absolute paths to open besides. `allow` names variables that commands
    get beside the allow-list of `core.environment`, or gives them as NAME=value.
    """

    network: Network = Network.HOST
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    allow: tuple[str, ...] = ()


class Source(Protocol):
    """The project as git knows it, `workspace.tracked_files`. Paths are relative, with `/`."""

    def check_out(self, commit: str, folder: Path, paths: Sequence[str] | None = None) -> None:
        """Write the tracked files of a commit, or these of them, below a folder of ours."""

    def differences(self, old: str, new: str) -> Mapping[str, bool]:
        """The tracked files in which two commits differ; true where `new` has one there."""

    def edited(self, commit: str) -> Collection[str]:
        """The tracked files of a commit that are not the same in the user's tree."""

    def hidden(self, commit: str) -> Collection[str]:
        """List the paths in the user's tree that no run may see.

        All but the tracked files of the commit and what is ignored: `.git`, new files, tracked
        ones that the commit has not, our own outputs. A folder that is hidden whole is one path.
        """

    def ignored(self, commit: str, paths: Sequence[str]) -> Collection[str]:
        """Those of these paths, none a folder's, that the rules of this commit ignore."""


@dataclass(frozen=True, slots=True)
class Base:
    """The common ground of all trees of a session.

    `root` is the user's working tree. `place` is an empty folder of the session's on a disk,
    outside of `root`, which only we may enter; the session deletes it. `image` is what containers
    are made from, and `gpus` are those that they get, `all` or ids.
    """

    root: Path
    place: Path
    source: Source
    commit: str
    sandbox: Sandbox = field(default_factory=Sandbox)
    image: str = ""
    gpus: tuple[str, ...] = ()


Artifacts = Mapping[str, Path | None]
"""Paths in a tree, each with the file that is to be there, None for one that is not to be."""


class Tree(Protocol):
    """A throw-away tree. Commands in it see what earlier ones in it left; nobody else does.

    `root` is the path under which commands find the project.
    """

    root: Path

    def run(self, command: Command) -> Run:
        """Run a command, as `Executor.run` does, whose `cwd` is in the user's tree.

        `Command.log` and `stdin` are files outside of the tree. A signal that ends the command
        may show as the exit code 128 plus its number, as with a shell.
        """

    def changes(self) -> tuple[Change, ...]:
        """All that the commands did to the tree so far, in order of path; the home is not told."""

    def artifacts(self, patterns: Sequence[str]) -> Artifacts:
        """Regular files that runs wrote and these patterns name, and where they lie.

        And those of the user's and of `setup_command` that runs deleted, with None: another tree
        is to show of what the patterns name exactly what this one does.

        Those of the commands in this tree, and of earlier runs as far as they are warm, since a
        build that is up to date writes nothing. No tracked file is among them, whatever is written
        to it.

        Patterns as in `readonly_files`. To be laid into another tree, before this one is closed.
        """

    def written(self) -> Collection[str]:
        """The regular files that commands in this tree wrote, the same again or not; not git's."""

    def has_built(self) -> bool:
        """Tell whether the commands wrote what builds write, to the project or to a build cache.

        Python's bytecode and data are nothing of the kind.
        """

    def find(self, path: str) -> Path | None:
        """The place on the disk of what is at a path now, a link itself; None where nothing is.

        It may be read until this tree is closed. Where a folder on the way is a link, nothing is.
        """

    def keep_warm(self) -> None:
        """Let trees that are made from now on begin with what was written to ignored places.

        Caches in the home too. No command may run in this tree any more.
        """


class Trees(Protocol):
    """The run trees of a session. Several can be open at once, each in a thread of its own.

    `root` is the path under which commands find the project.
    """

    name: str
    root: Path

    def tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Artifacts | None = None,
        *,
        warm: bool = True,
        network: Network | None = None,
    ) -> AbstractContextManager[Tree]:
        """A tree in which these files have these contents, and a time that no cache knows.

        With `artifacts` these are copied, each to its path, or are missing there; nothing else of
        another tree comes with them. Without `warm` it has nothing that any earlier run wrote, for
        commands that measure. `network` is that of the sandbox unless it is given.
        MachineError where the disk is full; nothing is left behind.
        """

    def prepare(self, command: Command) -> tuple[Run, tuple[Change, ...]]:
        """Run `setup_command` with the network open; what it made is in every later tree.

        But for changes to tracked files, which are lost. Nothing is kept of one that fails.
        All changes are told.
        """

    def advance(self, commit: str) -> Collection[str]:
        """Make a commit the tip, where it is not; the paths in which it differs.

        Files there are newer than the warm layer.
        """


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reason why a level cannot be used here, and what would have to be done about it."""

    reason: str
    remedy: str


class Level(Protocol):
    """A module with these functions."""

    def obstacle(self, base: Base) -> Obstacle | None:
        """The reason against this level for this project with its layers in this place."""

    def weaknesses(self) -> tuple[str, ...]:
        """Name what this level leaves open on this machine; nothing where all is closed."""

    def open_trees(self, base: Base) -> AbstractContextManager[Trees]:
        """The trees of a session; at the end of the block nothing runs and nothing is mounted."""
