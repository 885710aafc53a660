"""Git's object database, written in-process: a blob or a commit starts no process."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoresearch_ci.workspace.files import disk_errors
from autoresearch_ci.workspace.git import Git

Entries = dict[bytes, tuple[bytes, str]]
"""A tree: name to mode and object id."""

TREE = b"40000"
FILE = b"100644"

_REMEMBERED = 500


class Objects:
    """Reads with git, writes loose objects with GitPython's database."""

    def __init__(self, git: Git, directory: Path) -> None:
        self._git = git
        self._directory = directory
        self._database: Any = None
        self._trees: dict[str, Entries] = {}

    def write(self, kind: bytes, data: bytes) -> str:
        """Store an object; returns its id."""
        if self._database is None:
            # Slow to import, and needed late.
            from gitdb import LooseObjectDB  # type: ignore[import-untyped]  # noqa: PLC0415

            self._database = LooseObjectDB(str(self._directory))
        from gitdb import IStream  # noqa: PLC0415 -- as above

        with disk_errors("write to git's object database"):
            stored = self._database.store(IStream(kind, len(data), io.BytesIO(data)))
        return str(stored.hexsha.decode())

    def read(self, name: str) -> bytes | None:
        """The content of an object, by any name that git understands; None when missing."""
        answer = self._git.run("cat-file", "--batch", stdin=name.encode(errors="surrogateescape"))
        header, _, rest = answer.partition(b"\n")
        if header.endswith((b" missing", b" ambiguous")):
            return None
        return rest[: int(header.rsplit(b" ", 1)[1])]

    def kind(self, name: str) -> str | None:
        """The type of an object; None when missing."""
        asked = name.encode(errors="surrogateescape")
        answer = self._git.run("cat-file", "--batch-check=%(objecttype)", stdin=asked).decode()
        return None if answer.rstrip().endswith(("missing", "ambiguous")) else answer.strip()

    def tree(self, sha: str) -> Entries:
        """The entries of a tree; those on the paths that we write are remembered."""
        if sha not in self._trees:
            if len(self._trees) > _REMEMBERED:
                self._trees.clear()
            self._trees[sha] = _parse(self.read(sha) or b"")
        return self._trees[sha]

    def tree_at(self, commit: str, path: str) -> Entries:
        """The entries of a folder of a commit; none where there is no such folder."""
        sha = os.fsdecode(
            self._git.run("rev-parse", "--verify", "--quiet", f"{commit}:{path}", ok=(0, 1, 128))
        ).strip()
        return self.tree(sha) if sha else {}

    def put(self, tree: str | None, files: Mapping[str, tuple[bytes, str]]) -> str:
        """A tree like `tree` with `files` (path to mode and blob) put in; returns its id.

        Only the trees on the way to the files are read and written.
        """
        entries = dict(self.tree(tree)) if tree else {}
        below: dict[bytes, dict[str, tuple[bytes, str]]] = {}
        for path, entry in files.items():
            first, slash, rest = path.partition("/")
            name = first.encode(errors="surrogateescape")
            if slash:
                below.setdefault(name, {})[rest] = entry
            else:
                entries[name] = entry
        for name, inner in below.items():
            mode, old = entries.get(name, (TREE, ""))
            entries[name] = (TREE, self.put(old if mode == TREE and old else None, inner))
        sha = self.write(b"tree", _format(entries))
        self._trees[sha] = entries
        return sha

    def commit(
        self, *, tree: str, parents: tuple[str, ...], author: str, when: str, message: str
    ) -> str:
        """A commit object; `author` is `name <email>`, `when` is `seconds +zone`."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author} {when}", f"committer {author} {when}", "", message]
        return self.write(b"commit", "\n".join(lines).encode(errors="surrogateescape"))


def _parse(data: bytes) -> Entries:
    entries: Entries = {}
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        entries[data[space + 1 : end]] = (data[at:space], data[end + 1 : end + 21].hex())
        at = end + 21
    return entries


def _format(entries: Entries) -> bytes:
    def order(item: tuple[bytes, tuple[bytes, str]]) -> bytes:
        name, (mode, _) = item
        return name + b"/" if mode == TREE else name

    return b"".join(
        b"%b %b\0%b" % (mode, name, bytes.fromhex(sha))
        for name, (mode, sha) in sorted(entries.items(), key=order)
    )


FILES = ("100644", "100755")  # no symlinks: what they point to may be anywhere


@dataclass(frozen=True, slots=True)
class Committed:
    """A file of a commit: its path, its object's id, its size in bytes."""

    path: str
    blob: str
    size: int


def listed(git: Git, commit: str, wanted: Callable[[str], bool]) -> list[Committed]:
    """The regular files of a commit whose path is wanted, in order of path."""
    files = []
    listing = os.fsdecode(git.run("ls-tree", "-r", "-z", "--long", "--full-tree", commit))
    for entry in listing.split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        mode, _kind, blob, size = about.split()
        if mode in FILES and wanted(path):
            files.append(Committed(path, blob, int(size)))
    return files


OURS = "autoresearch-ci <autoresearch-ci@users.noreply.github.com>"


def author(git: Git) -> str:
    """The user's name and address for commits; ours when git knows none."""
    env = git.env
    name, email = env.get("GIT_AUTHOR_NAME", ""), env.get("GIT_AUTHOR_EMAIL", "")
    out = os.fsdecode(git.run("config", "-z", "--get-regexp", r"^user\.(name|email)$", ok=(0, 1)))
    for entry in out.split("\0")[:-1]:
        key, _, value = entry.partition("\n")
        if key == "user.name":
            name = env.get("GIT_AUTHOR_NAME") or value
        else:
            email = env.get("GIT_AUTHOR_EMAIL") or value
    strip = {ord(char): None for char in "<>\n\0"}
    name, email = name.translate(strip).strip(), email.translate(strip).strip()
    return f"{name} <{email}>" if name and email else OURS
