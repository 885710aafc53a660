"""The files of a commit, and the paths of the working tree that it neither tracks nor ignores."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import large_files
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.outputs import OUTPUTS

_LINK = "160000"
_ABSENT = "000000"
_PACKAGES = frozenset(("node_modules", ".venv", "venv", "target", "build", "dist"))

CONTENT_CACHES = tuple(
    """
    node_modules/.cache .turbo .nx/cache .parcel-cache .next/cache .angular/cache .rollup.cache
    .rpt2_cache .swc .ccache .sccache
    """.split()  # noqa: SIM905
)
"""Folders of a project, or of a member of it, in which tools find what they made by its source.

In the user's the version that runs are compared with is likely to be ready.
"""


class TrackedFiles:
    """A working tree with its submodules, as far as they are initialized; paths as git has them.

    Nothing here depends on the index, or on which commit is checked out.
    """

    def __init__(self, git: Git, prefix: str = "") -> None:
        self._git, self._prefix = git, prefix

    def check_out(self, commit: str, folder: Path, paths: Sequence[str] | None = None) -> None:
        """Write the files of a commit, or these of them, below `folder`."""
        with self._index(commit) as index:
            self._write(index, folder, paths)
            large_files.fill(folder, large_files.paths(self._git, index), self._git)
        if paths is None:
            for part, at in self._parts(commit):
                (folder / part.name).mkdir(parents=True, exist_ok=True)
                part.check_out(at, folder / part.name)

    def lacking(self, commit: str) -> Iterator[str]:
        """Sentences on what the checkout was made without: submodules, content of Git LFS."""
        for path, _at in self._links(commit):
            if not (self._git.cwd / path / ".git").exists():
                yield (
                    f"The submodule {path} is not here: runs find its folder empty. "
                    f"`{_update(path)}` fetches it (actions/checkout: `submodules: recursive`)."
                )
        with self._index(commit) as index, tempfile.TemporaryDirectory() as folder:
            named = large_files.paths(self._git, index)
            self._write(index, Path(folder), named)
            if away := list(large_files.empty(Path(folder), named, self._git)):
                more = f" and {len(away) - 1} more" if len(away) > 1 else ""
                yield (
                    f"The content of {away[0]}{more} is not here: runs find the pointer of Git "
                    "LFS. `git lfs pull` fetches it (actions/checkout: `lfs: true`)."
                )

    def differences(self, old: str, new: str) -> dict[str, bool]:
        """The files in which two commits differ; true where `new` has one there."""
        out = os.fsdecode(
            self._git.run("diff-tree", "-r", "-z", "--no-renames", "--raw", old, new)
        ).split("\0")
        modes = zip(out[:-1:2], out[1::2], strict=True)
        found = {path: fields.split(" ")[1] for fields, path in modes}
        return {path: mode != _ABSENT for path, mode in found.items() if mode != _LINK}

    def edited(self, commit: str) -> set[str]:
        """The files of a commit that are not the same in the working tree."""
        words = ("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules")
        out = self._git.run("diff", "--name-only", "-z", *words, commit, "--")
        found = set(os.fsdecode(out).split("\0")[:-1])
        for part, at in self._parts(commit):
            found |= {f"{part.name}/{path}" for path in part.edited(at)}
        return found

    def hidden(self, commit: str) -> set[str]:
        """The paths in the working tree that are neither a file of the commit nor ignored.

        `.git`, our own outputs and `CONTENT_CACHES`, too. A folder with nothing else in it is one
        path.
        """
        args = ("ls-files", "--others", "--exclude-standard", "--directory", "-z")
        with self._index(commit) as index:
            out = self._git.run(*args, "--no-empty-directory", env=index)
            listed = os.fsdecode(self._git.run("ls-files", "-z", env=index)).split("\0")
        ours = {".git", *OUTPUTS} - {path for path in listed if path in OUTPUTS}
        found = {path.rstrip("/") for path in os.fsdecode(out).split("\0")[:-1]} | ours
        for part, at in self._parts(commit):
            found |= {f"{part.name}/{path}" for path in part.hidden(at) if path not in OUTPUTS}
        return found | set(self._nested()) | set(self._content_caches())

    def _content_caches(self) -> Iterator[str]:
        """The `CONTENT_CACHES` of the project, and of its members one or two folders down."""
        root = self._git.cwd
        members = [""]
        for _ in range(2):
            for member in tuple(members):
                members += _folders_in(root, member)
        for member in dict.fromkeys(members):
            for name in CONTENT_CACHES:
                if os.path.isdir(f"{root}/{member}{name}"):
                    yield f"{member}{name}"

    def _nested(self) -> Iterator[str]:
        """The `.git` of repositories in what is ignored, such as a second checkout, near its top.

        Their settings hold tokens as those of ours do. Deeper down are only packages.
        """
        args = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
        ignored = os.fsdecode(self._git.run(*args)).split("\0")[:-1]
        for folder in (path.rstrip("/") for path in ignored if path.endswith("/")):
            if os.path.basename(folder) in _PACKAGES:
                continue
            for at in ("", "*/", "*/*/"):
                with suppress(OSError):  # closed, or gone by now
                    found = list(Path(self._git.cwd, folder).glob(f"{at}.git"))
                    yield from (str(path.relative_to(self._git.cwd)) for path in found)

    def ignored(self, commit: str, paths: Sequence[str]) -> set[str]:
        """Pick those of these paths, none a folder's, that the rules of the commit ignore."""
        with self._index(commit) as index, tempfile.TemporaryDirectory() as folder:
            # Neither takes literal paths; "./" keeps a colon from meaning anything.
            listed = self._git.run(
                "--no-literal-pathspecs", "ls-files", "-z", "--", ":(top,glob)**/.gitignore",
                env=index,
            )  # fmt: skip
            self.check_out(commit, Path(folder), os.fsdecode(listed).split("\0")[:-1])
            asked = os.fsencode("".join(f"./{path}\0" for path in paths))
            found = self._git.run(
                "--no-literal-pathspecs", f"--work-tree={folder}", "check-ignore", "--no-index",
                "-z", "--stdin", stdin=asked, ok=(0, 1),
            )  # fmt: skip
        return {path.removeprefix("./") for path in os.fsdecode(found).split("\0")[:-1]}

    @property
    def name(self) -> str:
        """The path in the working tree that this one is a submodule of."""
        return self._prefix

    def _parts(self, commit: str) -> Iterator[tuple[TrackedFiles, str]]:
        """The submodules that are there, each with the commit recorded for it."""
        for path, at in self._links(commit):
            folder = self._git.cwd / path
            if (folder / ".git").exists():
                git = Git(folder)
                if git.ask("cat-file", "-e", f"{at}^{{commit}}", ok=(0, 1, 128))[0]:
                    raise WorkspaceError(
                        f"The submodule {path} does not have the commit that is recorded for it, "
                        f"{at[:12]}.",
                        remedy=f"Fetch it, then run again: {_update(path)}",
                    )
                yield TrackedFiles(git, path), at

    def _links(self, commit: str) -> Iterator[tuple[str, str]]:
        """The submodules of a commit, each with the commit recorded for it."""
        entries = os.fsdecode(self._git.run("ls-tree", "-r", "-z", commit)).split("\0")[:-1]
        for entry in entries:
            fields, _, path = entry.partition("\t")
            mode, _, at = fields.split(" ")
            if mode == _LINK:
                yield path, at

    def _write(self, index: Mapping[str, str], folder: Path, paths: Sequence[str] | None) -> None:
        """Write the files of an index, or these of them; of those in Git LFS the pointers."""
        args = [*large_files.UNFILTERED, f"--work-tree={folder}", "checkout-index", "--force"]
        if paths is None:
            self._git.run(*args, "--all", env=index)
        else:
            listed = "".join(f"{path}\0" for path in paths)
            self._git.run(*args, "-z", "--stdin", stdin=os.fsencode(listed), env=index)

    @contextmanager
    def _index(self, commit: str) -> Iterator[dict[str, str]]:
        """The variables for an index that has this commit's files."""
        with tempfile.TemporaryDirectory() as folder:
            variables = {"GIT_INDEX_FILE": f"{folder}/index"}
            self._git.run("read-tree", commit, env=variables)
            yield variables


def _update(path: str) -> str:
    return f"git submodule update --init {quote(path)}"


def _folders_in(root: str | Path, folder: str) -> Iterator[str]:
    """The folders in one, each with a last `/`; not those of packages.

    None of one that is closed, or that the user has deleted by now.
    """
    with suppress(OSError), os.scandir(f"{root}/{folder}") as found:
        for entry in found:
            if entry.name not in (".git", *_PACKAGES) and entry.is_dir(follow_symlinks=False):
                yield f"{folder}{entry.name}/"
