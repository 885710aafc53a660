"""Copies of the files that git does not hold: the user's untracked and read-only ones."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import Signature, sign, signature
from autoresearch_ci.workspace.files import (
    copy_atomic,
    disk_errors,
    make_way,
    reachable,
    remove,
    write_atomic,
)
from autoresearch_ci.workspace.snapshot.quarantine import Quarantine

LIMIT = 256 * 1024 * 1024
"""Bytes of untracked files, and again of read-only ones, that are copied."""


@dataclass
class Copy:
    """One file as it was: a link's text, or a `digest` and mostly a copy under `stored`.

    The digest says what the file was: an experiment can write to the copy as well.
    """

    sig: Signature
    readonly: bool
    stored: str = ""
    link: str = ""
    digest: str = ""


class Backup:
    """Keeps files under `<git-dir>/autoresearch/vault`, by repository path."""

    def __init__(self, root: Path, directory: Path) -> None:
        self._root = str(root)
        self._directory = directory
        self.home = directory.parent
        self._index = directory.parent / "vault.json"
        self.copies: dict[str, Copy] = {}
        self._folders: dict[str, dict[str, str]] = {}
        self._saved = ""

    def load(self) -> None:
        """Read what a killed session left; nothing when that is unreadable."""
        try:
            data = json.loads(self._index.read_bytes())
            self.copies = {
                path: Copy(**{**copy, "sig": tuple(copy["sig"])}) for path, copy in data.items()
            }
        except (OSError, ValueError, TypeError, KeyError):
            self.copies = {}
        self._folders = {}

    def keep(self, untracked: Iterable[str], readonly: Iterable[str]) -> None:
        """Hold exactly these files, copying those that changed since the last time."""
        wanted = dict.fromkeys(readonly, True) | dict.fromkeys(untracked, False)
        for path in self.copies.keys() - wanted.keys():
            self._drop(path)
        self._folders = {}
        room = {False: LIMIT, True: LIMIT}
        for path, protected in sorted(wanted.items()):
            sig = sign(self._full(path))
            if sig is None or stat.S_ISDIR(sig[0]):
                self._drop(path)
                continue
            room[protected] -= sig[1]
            if room[False] < 0:
                raise WorkspaceError(
                    f"The untracked files come to more than {LIMIT >> 20} MB, "
                    "too much to keep safe from the experiments.",
                    remedy="Commit, ignore (.gitignore) or move them, then run again. "
                    "`git status --untracked-files=all` lists them.",
                )
            old = self.copies.get(path)
            if old is None or old.sig != sig or old.readonly != protected:
                self.copies[path] = self._take(path, sig, protected, room[protected] >= 0)
        self._save()

    def changed(self, *, at_once: bool = False) -> list[str]:
        """The files that are no longer as they were; touched ones are signed anew.

        With `at_once`, no time to speak of after the last look, read-only ones are left out:
        there can be tens of thousands of them.
        """
        changed: list[str] = []
        for folder, paths in self._by_folder().items():
            if not reachable(self._root, f"{folder}/"):  # a link there may lead to the very files
                changed += paths
                continue
            for path, full in paths.items():
                copy = self.copies[path]
                if (at_once and copy.readonly) or (now := signature(full)) == copy.sig:
                    continue
                if now is not None and self._same(path, copy, now):
                    copy.sig = sign(full) or now
                else:
                    changed.append(path)
        return changed

    def _by_folder(self) -> dict[str, dict[str, str]]:
        """Every path and where it is for the system; sorted out once, since it is asked often."""
        if len(self.copies) != sum(map(len, self._folders.values())):
            self._folders = {}
            for path in self.copies:
                inside = self._folders.setdefault(os.path.dirname(path), {})
                inside[path] = self._full(path)
        return self._folders

    def restore(self, path: str, quarantine: Quarantine | None = None) -> bool:
        """Put the file back; False when there is no copy of it, or one that was tampered with.

        What stands there goes to `quarantine`.
        """
        copy = self.copies[path]
        source = str(self._directory / copy.stored)
        full = self._full(path)
        with disk_errors(f"put {path} back"):
            if not copy.link and not (copy.stored and _holds(source, copy.digest)):
                return False
            make_way(self._root, path)
            if quarantine:
                quarantine.take(path)
            remove(self._root, path)
            if copy.link:
                os.symlink(copy.link, full)
            else:
                copy_atomic(source, full, mode=copy.sig[0], scratch=self._directory)
                os.utime(full, ns=(copy.sig[2], copy.sig[2]))
            copy.sig = sign(full) or copy.sig
        return True

    def clear(self) -> None:
        """Forget everything and free the space."""
        self.copies, self._folders = {}, {}
        self._saved = ""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._index.unlink(missing_ok=True)

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _take(self, path: str, sig: Signature, readonly: bool, room: bool) -> Copy:
        full = self._full(path)
        if stat.S_ISLNK(sig[0]):
            return Copy(sig, readonly, link=os.readlink(full))
        if not stat.S_ISREG(sig[0]):
            return Copy(sig, readonly, digest="special")
        stored = hashlib.sha256(os.fsencode(path)).hexdigest()[:32] if room else ""
        with disk_errors(f"keep a copy of {path}"):
            if stored:
                self._directory.mkdir(parents=True, exist_ok=True)
                target = str(self._directory / stored)
                copy_atomic(full, target, mode=0o600, scratch=self._directory)
            digest = _digest(target if stored else full)
        return Copy(sig, readonly, stored=stored, digest=digest)

    def _same(self, path: str, copy: Copy, now: Signature) -> bool:
        full = self._full(path)
        if stat.S_IFMT(now[0]) != stat.S_IFMT(copy.sig[0]) or now[0] != copy.sig[0]:
            return False
        if copy.link:
            return os.readlink(full) == copy.link
        if now[1] != copy.sig[1] or not stat.S_ISREG(now[0]):
            return now[1] == copy.sig[1]
        return _digest(full) == copy.digest

    def _drop(self, path: str) -> None:
        copy = self.copies.pop(path, None)
        if copy is not None and copy.stored:
            (self._directory / copy.stored).unlink(missing_ok=True)

    def _save(self) -> None:
        """Write the index when it has changed, so that a kill leaves the way back."""
        text = json.dumps({path: asdict(copy) for path, copy in self.copies.items()})
        if text == self._saved or (text == "{}" and not self._index.exists()):
            return
        with disk_errors(f"write {self._index}"):
            self._index.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(str(self._index), text.encode(), mode=0o600, scratch=self._index.parent)
        self._saved = text


def _holds(full: str, digest: str) -> bool:
    """Whether there is a plain file with just this content."""
    sig = signature(full)
    return sig is not None and stat.S_ISREG(sig[0]) and _digest(full) == digest


def _digest(full: str) -> str:
    with open(full, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
