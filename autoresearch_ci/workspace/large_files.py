"""Files that git keeps as pointers of Git LFS: their content comes from the repository's own store.

Git's filter is not asked: it downloads what a checkout was made without, and is not there on every
machine. A file whose content was never fetched is a pointer in a run's tree, as in the user's own.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autoresearch_ci.workspace.git import Git

UNFILTERED = tuple(
    word
    for option in ("filter.lfs.process=", "filter.lfs.smudge=", "filter.lfs.required=false")
    for word in ("-c", option)
)
"""Options with which git writes pointers as they are."""

_MOST = 1024
"""Bytes of the longest pointer, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n"
)


def paths(git: Git, index: Mapping[str, str]) -> list[str]:
    """The files of an index that attributes give to Git LFS."""
    found = git.run("--no-literal-pathspecs", "ls-files", "-z", ":(attr:filter=lfs)", env=index)
    return os.fsdecode(found).split("\0")[:-1]


def fill(folder: Path, named: Iterable[str], git: Git) -> None:
    """Put the content in the place of those of these pointers below `folder` that the store has."""
    for path, content in _pointers(folder, named, git):
        if content.is_file():
            shutil.copyfile(content, folder / path)


def empty(folder: Path, named: Iterable[str], git: Git) -> Iterator[str]:
    """Those of these files below `folder` that are pointers to what the store has not."""
    return (path for path, content in _pointers(folder, named, git) if not content.is_file())


def _pointers(folder: Path, named: Iterable[str], git: Git) -> Iterator[tuple[str, Path]]:
    """The pointers among these files, each with the place of its content in the store."""
    store = None
    for path in named:
        full = folder / path
        if full.is_symlink() or not full.is_file() or full.stat().st_size > _MOST:
            continue
        if found := _POINTER.match(full.read_bytes()):
            store = store or _store(git)
            name = found[1].decode()
            yield path, store / "objects" / name[:2] / name[2:4] / name


def _store(git: Git) -> Path:
    common = git.cwd / git.line("rev-parse", "--git-common-dir")
    return common / (git.line("config", "--get", "lfs.storage", ok=(0, 1)) or "lfs")
