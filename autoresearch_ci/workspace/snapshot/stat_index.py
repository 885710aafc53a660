"""How a working tree stood, watched by `lstat`, which starts no process while nothing changed.

- every tracked file: its signature (mode, size, times, inode);
- every directory that git does not ignore: its signature and the names in it, so that a
  new file anywhere shows as a changed directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from autoresearch_ci.core.files import Signature, is_directory, sign, signature
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.status import OUTPUTS, Status

_GITLINK = "160000"


class StatIndex:
    """What was where: `files`, `tracked`, `sparse`, `dirs`, `links` (submodules) and `nested`.

    `hidden` are tracked files in which git was told not to look for changes, `closed` the modes of
    the folders that git ignores and of all folders in them, outermost first.
    """

    def __init__(self, root: str, target: str) -> None:
        self._root, self._target = root, target
        self.files: dict[str, Signature | None] = {}
        self.tracked: set[str] = set()
        self.sparse: set[str] = set()
        self.hidden: list[str] = []
        self.links: dict[str, str] = {}
        self.dirs: dict[str, tuple[Signature | None, frozenset[str]]] = {}
        self.nested: dict[str, list[str]] = {}
        self.closed: dict[str, int] = {}

    def take(self, git: Git, now: Status) -> list[str]:
        """Look at everything anew; the user's untracked files."""
        self.files, self.tracked, self.links, self.hidden = {}, set(), {}, []
        self.sparse = set()
        for entry in os.fsdecode(git.run("ls-files", "-v", "-s", "-z")).split("\0")[:-1]:
            words, _, path = entry.partition("\t")
            tag, mode, sha, _ = words.split(" ")
            self.tracked.add(path)
            if mode == _GITLINK:
                self.links[path] = sha
            elif path != self._target and (sig := sign(self.full(path))) is not None:
                self.files[path] = sig
                if tag.islower() or tag == "S":
                    self.hidden.append(path)
            elif tag == "S":
                self.sparse.add(path)
        own = [path for path in now.untracked if not path.endswith("/")]
        self.nested = {}
        for path in now.untracked:
            if path.endswith("/"):
                files, self.nested[path] = self._everything_below(path.rstrip("/"))
                own += files
        self.closed = {}
        for path in now.ignored:
            if path.endswith("/"):
                self._note_modes(path.rstrip("/"))
        self.walk(now)
        return own

    def walk(self, now: Status) -> None:
        """Sign every directory that git does not ignore and that is no repository of its own."""
        closed = {path.rstrip("/") for path in now.ignored if path.endswith("/")}
        closed |= self.links.keys() | {path.rstrip("/") for path in self.nested}
        self.dirs = {}
        stack = [""]
        while stack:
            path = stack.pop()
            full = self.full(path)
            sig = sign(full)
            prefix = f"{path}/" if path else ""
            names = []
            for entry in _entries(full):
                names.append(entry.name)
                below = prefix + entry.name
                inner = entry.name != ".git" and below not in closed
                if inner and entry.is_dir(follow_symlinks=False):
                    stack.append(below)
            self.dirs[path] = (sig, frozenset(names))

    def differences(self) -> tuple[list[str], list[str]]:
        """The files and the directories that are not as they were."""
        root = self._root
        files = [p for p, sig in self.files.items() if signature(f"{root}/{p}") != sig]
        dirs = [p for p, (sig, _) in self.dirs.items() if signature(f"{root}/{p}") != sig]
        lost = tuple(f"{p}/" for p in dirs if p and not is_directory(signature(f"{root}/{p}")))
        if lost:  # a link may lead to the very files, moved away
            files = [*{*files, *(p for p in self.files if p.startswith(lost))}]
            dirs = [*{*dirs, *(p for p in self.dirs if p.startswith(lost))}]
        return files, dirs

    def new_names(self, path: str) -> frozenset[str]:
        """Names in a directory that were not there, our own outputs not counted."""
        try:
            names = frozenset(os.listdir(self.full(path)))
        except OSError:
            return frozenset()
        prefix = f"{path}/" if path else ""
        new = names - self.dirs[path][1]
        return frozenset(n for n in new if prefix + n not in OUTPUTS) if new else new

    def had(self, path: str) -> bool:
        """Whether something was there before under this name, or that of a folder on the way.

        Also where git ignored it: then not all is known of what was in that folder.
        """
        path = path.rstrip("/")
        while (folder := os.path.dirname(path)) not in self.dirs:
            path = folder
        return os.path.basename(path) in self.dirs[folder][1]

    def resign(self, files: Iterable[str], dirs: Iterable[str]) -> None:
        """Take these as they are now."""
        for path in files:
            if path in self.files:
                self.files[path] = sign(self.full(path))
        for path in list(dirs):
            sig = sign(self.full(path))
            try:
                names = frozenset(os.listdir(self.full(path)))
            except OSError:
                names = frozenset()
            self.dirs[path] = (sig, names)

    def full(self, path: str) -> str:
        """The path for the system."""
        return f"{self._root}/{path}" if path else self._root

    def _note_modes(self, top: str) -> None:
        stack = [top]
        while stack:
            path = stack.pop()
            sig = signature(self.full(path))
            if sig and is_directory(sig):
                self.closed[path] = sig[0]
                inner = (e for e in _entries(self.full(path)) if e.is_dir(follow_symlinks=False))
                stack += [f"{path}/{entry.name}" for entry in inner]

    def _everything_below(self, path: str) -> tuple[list[str], list[str]]:
        """Files and links, and directories, in a repository inside the tree."""
        files, folders = [], []
        for folder, names, plain in os.walk(self.full(path)):
            prefix = os.path.relpath(folder, self._root)
            folders.append(prefix)
            files += [f"{prefix}/{name}" for name in plain]
            files += [f"{prefix}/{n}" for n in names if os.path.islink(f"{folder}/{n}")]
        return files, folders


def _entries(full: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(full))
    except OSError:  # closed to us, and so to the experiment
        return []
