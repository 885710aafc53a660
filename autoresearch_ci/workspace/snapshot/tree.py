"""The working tree besides the target: what a run did to it is found, and undone.

`StatIndex` watches tracked files and directories; the user's untracked files, and the read-only
ones that git ignores, have a copy in the vault. Only when something differs is git asked which
files really changed and which new names it does not ignore.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import as_its_folder, is_directory, signature
from autoresearch_ci.workspace.files import disk_errors, holds_a_file, is_scratch, make_way, remove
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.snapshot.backup import Backup
from autoresearch_ci.workspace.snapshot.bytecode import Caches, modules, strays
from autoresearch_ci.workspace.snapshot.quarantine import Quarantine
from autoresearch_ci.workspace.snapshot.readonly import Readonly
from autoresearch_ci.workspace.snapshot.stat_index import StatIndex
from autoresearch_ci.workspace.status import OUTPUTS, status, uncommitted


class Tree:
    """Knows how the tree stood when it was last surveyed, and can bring that back.

    `prefix` comes before names in errors, where the tree is a part of another.

    What it undoes is kept: in `changed` what had been there before, in `new` the rest.
    `removed` names the latter, a new directory as a whole.
    """

    def __init__(
        self,
        root: Path,
        git: Git,
        backup: Backup,
        target: str = "",
        readonly: Sequence[str] = (),
        *,
        prefix: str = "",
    ) -> None:
        self.changed = Quarantine(root, backup.home, "undone/changed")
        self.new = Quarantine(root, backup.home, "undone/new")
        self.removed: set[str] = set()
        self._prefix = prefix
        self._root = str(root)
        self._git = git
        self._backup = backup
        self._target = target
        self._readonly = Readonly(root, readonly, target)
        self._was = StatIndex(self._root, target)
        self._modules: dict[str, set[str]] = {}
        self._caches = Caches(self._root)

    def survey(self) -> None:
        """Take the tree as the user's: everything in it is to be there after a run.

        Raises WorkspaceError when a tracked file besides the target has changed.
        """
        now = status(self._git, ignored=True)
        dirty = sorted(now.changed.keys() - {self._target})
        if dirty:
            moved = [self._prefix + path for path in now.moved]
            raise uncommitted([self._prefix + path for path in dirty], moved)
        own = self._was.take(self._git, now)
        self._modules = modules(self._was.tracked)
        self._caches.keep(self._modules)
        readonly = [*self._was.hidden, *self._readonly.find(self._was.tracked)]
        self._backup.keep(own, readonly)

    def sync(self) -> None:
        """Between runs the tree is the user's: what they added since is theirs too."""
        files, dirs = self._was.differences()
        mine = files or any(self._was.new_names(path) for path in dirs)
        if mine or self._backup.changed() or self._readonly.differs():
            self.survey()
        else:
            self._was.resign((), dirs)

    def adopt(self) -> list[str]:
        """Take new untracked files as the user's; undo the rest and return those paths."""
        self.begin()
        now = status(self._git)
        changed = sorted(now.changed.keys() - self._was.links.keys() - {self._target})
        with disk_errors("undo what the setup did to tracked files"):
            self._checkout(changed)
        self.survey()
        return changed

    def begin(self, *, anew: bool = False) -> None:
        """Keep what is undone from now on apart from what was undone before."""
        self.changed.begin(anew=anew)
        self.new.begin(anew=anew)
        if anew:
            self.removed = set()

    def open_root(self) -> None:
        """Make the top directory accessible again, without which git cannot start."""
        old, now = self._was.dirs[""][0], signature(self._root)
        if old and now and old[0] != now[0]:
            os.chmod(self._root, stat.S_IMODE(old[0]))

    def is_rewritable(self, path: str) -> bool:
        """Whether a path is a tracked file that nobody named read-only, or came beside those."""
        if path in self._was.tracked:
            return not self._readonly.names(path)
        return self._readonly.was_added(path)

    def _open_ignored(self) -> None:
        """Give the folders that git ignores their mode back: a closed one stops git, and people."""
        for path, mode in self._was.closed.items():
            now = signature(self._was.full(path))
            if now and is_directory(now) and now[0] != mode and self._leads_nowhere_else(path):
                os.chmod(self._was.full(path), stat.S_IMODE(mode))

    def _leads_nowhere_else(self, path: str) -> bool:
        """Whether no folder on the way to a path is a link now."""
        parts = path.split("/")
        way = ("/".join(parts[:n]) for n in range(1, len(parts)))
        return all(is_directory(signature(self._was.full(folder))) for folder in way)

    def undo(self, *, at_once: bool = False) -> list[str]:
        """Bring back what a run changed; returns the tracked and read-only paths it changed.

        `at_once` as for `Backup.changed`.
        """
        files, dirs = self._was.differences()
        self.begin()
        with disk_errors("undo what the run did to the working tree"):
            self._open_ignored()
            self._undo_outputs()
            self._drop_strays(dirs)
            violations = self._undo_tree(files, dirs) if files or dirs else []
            violations += self._undo_kept(at_once=at_once)
            self._caches.undo(self._backup.copies.keys() | self._was.tracked)
        return violations

    def _undo_tree(self, files: list[str], dirs: list[str]) -> list[str]:
        self._mend_directories(dirs)
        modes = self._mend_modes(files)
        fresh = {path for path in dirs if self._was.new_names(path)}
        broken = {path for path in files if self._kind_changed(path)}
        self._unplant(fresh)
        changed: set[str] = set()
        while files or fresh:
            now = status(self._git, ignored=True)
            again = broken | (now.changed.keys() - self._was.links.keys() - {self._target})
            self._checkout(again)
            untracked = [path for path in now.untracked if self._discard(path)]
            if again <= changed and not untracked:  # what was undone brought no more to light
                break
            changed |= again
            broken = set()
            if not any(os.path.basename(path) == ".gitignore" for path in (*again, *untracked)):
                break
        self._prune(dirs)
        if files or fresh:
            self._was.walk(now)
        self._was.resign([*files, *changed], dirs)
        return sorted(changed | modes)

    def _mend_directories(self, dirs: Iterable[str]) -> None:
        """Make every directory that there was a directory again, with its mode, outermost first."""
        for path in sorted(dirs):
            old = self._was.dirs[path][0]
            full = self._was.full(path)
            now = signature(full)
            if path and not is_directory(now):
                make_way(self._root, path)
                self.changed.take(path)
                if signature(full) is not None:
                    os.unlink(full)
                os.mkdir(full)
                as_its_folder(full)
                now = signature(full)
            if old and now and old[0] != now[0]:
                os.chmod(full, stat.S_IMODE(old[0]))

    def _mend_modes(self, files: Iterable[str]) -> set[str]:
        mended = set()
        for path in files:
            old, now = self._was.files[path], signature(self._was.full(path))
            if old and now and stat.S_ISREG(now[0]) and stat.S_ISREG(old[0]) and old[0] != now[0]:
                os.chmod(self._was.full(path), stat.S_IMODE(old[0]))
                mended.add(path)
        return mended

    def _kind_changed(self, path: str) -> bool:
        old, now = self._was.files[path], signature(self._was.full(path))
        return now is None or old is None or stat.S_IFMT(old[0]) != stat.S_IFMT(now[0])

    def _unplant(self, fresh: set[str]) -> None:
        """Remove what would hide other things from git: a nested .git, a new .gitignore.

        Only beside tracked files: a cache that ignores itself is an old custom.
        """
        for path in fresh:
            prefix = f"{path}/" if path else ""
            beside = not path or any(p.startswith(prefix) for p in self._was.tracked)
            for name in self._was.new_names(path) & {".git", ".gitignore"}:
                if beside and prefix + name not in self._was.tracked:
                    self.new.take(prefix + name)
                    self.removed.add(prefix + name)
                    remove(self._root, prefix + name)

    def _drop_strays(self, dirs: Iterable[str]) -> None:
        """Remove new files that Python would import instead of others, ignored or not."""
        for path in self._modules.keys() & set(dirs):
            for name in strays(self._was.new_names(path), self._modules[path]):
                full = f"{path}/{name}" if path else name
                if full not in self._was.tracked:
                    self.new.take(full)
                    remove(self._root, full)

    def _checkout(self, paths: Iterable[str]) -> None:
        """Write tracked files anew from the index; in a sparse checkout those outside it go."""
        names = sorted(paths)
        if not names:
            return
        for path in names:
            make_way(self._root, path)
            self.changed.take(path, spare=self._backup.copies)
            remove(self._root, path, spare=set(self._backup.copies))
        stdin = os.fsencode("".join(f"{path}\0" for path in names if path not in self._was.sparse))
        self._git.run("checkout-index", "-f", "-q", "-u", "-z", "--stdin", stdin=stdin)
        for path in names:
            old, now = self._was.files.get(path), signature(self._was.full(path))
            if now:
                as_its_folder(self._was.full(path))
            if old and now and old[0] != now[0] and stat.S_ISREG(now[0]):
                os.chmod(self._was.full(path), stat.S_IMODE(old[0]))

    def _discard(self, path: str) -> bool:
        """Delete a new untracked file or repository and the directories that leaves empty."""
        if self._was.had(path):  # the run has taken away what told git to ignore it
            return False
        path = path.rstrip("/")
        spare = self._backup.copies.keys() | self._was.tracked
        self.new.take(path, spare=spare)
        remove(self._root, path, spare=spare)
        at, name = os.path.dirname(path), path
        while at and at not in self._was.dirs:
            name = f"{at}/"
            with suppress(OSError):
                os.rmdir(self._was.full(at))
            at = os.path.dirname(at)
        self.removed.add(name)
        return True

    def _prune(self, dirs: Iterable[str]) -> None:
        """Remove what is new and git does not name: empty directories, pipes, sockets.

        And what bears the name of our own temporary files, which `status` leaves out.
        """
        for path in dirs:
            prefix = f"{path}/" if path else ""
            for name in self._was.new_names(path):
                full = self._was.full(prefix + name)
                sig = signature(full)
                if sig is None or stat.S_ISLNK(sig[0]):
                    continue
                if stat.S_ISREG(sig[0]) and not is_scratch(name):
                    continue
                if not stat.S_ISDIR(sig[0]) or not holds_a_file(full):
                    remove(self._root, prefix + name)

    def _undo_outputs(self) -> None:
        """What the loop will write to must be a plain file in the tree, no way out of it."""
        for path in OUTPUTS:
            at = ""
            for part in path.split("/"):
                at = f"{at}/{part}" if at else part
                sig = signature(self._was.full(at))
                if sig is not None and not (stat.S_ISREG if at == path else stat.S_ISDIR)(sig[0]):
                    if at not in self._was.tracked:
                        remove(self._root, at)
                    break

    def _undo_kept(self, *, at_once: bool) -> list[str]:
        violations = []
        changed = self._backup.changed(at_once=at_once)
        if changed:
            for folder in (path for folders in self._was.nested.values() for path in folders):
                make_way(self._root, f"{folder}/")
        for path in changed:
            violations.append(path)
            if not self._backup.restore(path, self.changed):
                raise WorkspaceError(
                    f"The experiment changed {self._prefix}{path}, which must not change. There is "
                    "no good copy of it: it is too large for one, or the copy was changed as well.",
                    remedy="Put the file back, make it read-only for the user that runs "
                    "experiments (chmod a-w, or a read-only mount), then run again.",
                )
        self._was.resign((), {os.path.dirname(path) for path in changed} & self._was.dirs.keys())
        return violations + self._readonly.remove_added(self.new)
