"""The files that candidates may change: the target, and those that `editable_files` names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from autoresearch_ci.core.errors import TargetError
from autoresearch_ci.core.globs import matches
from autoresearch_ci.workspace.checks import check_allowed, check_name, check_target_at
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import listed

MOST = 500
"""Files that a candidate may change."""

LARGEST = 1 << 20
"""Bytes of one of them."""


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern names what there is, and what is new, and not one file."""
    return any(character in pattern for character in "*?[") or pattern.endswith("/")


class Editable:
    """The target and patterns of other files, without what is `readonly`.

    A pattern without a wildcard is the path of a file; one with a wildcard, or a folder with a
    slash behind it, names files that are there, and allows new ones.
    """

    def __init__(
        self, git: Git, target: str, patterns: Sequence[str], readonly: Sequence[str]
    ) -> None:
        self._git, self.target, self._readonly = git, target, readonly
        self._globs = [each for each in patterns if is_glob(each)]
        self._named = [each for each in patterns if not is_glob(each) and each != target]

    def paths(self, commit: str) -> list[str]:
        """The files that there are in a commit, the target first, then in order of path."""
        return [self.target, *sorted(self._others(commit))] if self.has_others else [self.target]

    @property
    def has_others(self) -> bool:
        """Tell whether there is anything to change but the target."""
        return bool(self._globs or self._named)

    def check(self, commit: str) -> None:
        """Raise TargetError where one that is named cannot be changed, or there are too many."""
        for path in self._named:
            try:
                check_target_at(self._git, self._git.cwd, commit, path, self._readonly)
            except TargetError as error:
                raise TargetError(
                    error.message.replace("The target ", "The editable file ", 1),
                    remedy="Take it out of editable_files, or name another file there. New files "
                    "are allowed by a pattern such as src/*.py.",
                ) from error
        if len(self.paths(commit)) > MOST:
            raise TargetError(
                f"editable_files names more than {MOST} files.",
                remedy="Name those that the work is about, or a smaller folder.",
            )

    def refuses(self, commit: str, path: str, content: bytes) -> str:
        """Say why a candidate may not add this file to a commit; empty where it may."""
        if not matches(path, self._globs):
            return f"adds {path}, which no pattern of editable_files allows"
        if not self._is_free(path):
            return f"adds {path}, which no experiment may change"
        if len(content) > LARGEST or b"\0" in content:
            return f"adds {path}, which is binary or has more than {LARGEST:,} bytes"
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            at = "/".join(parts[:depth])
            entry = os.fsdecode(self._git.run("ls-tree", "--full-tree", commit, "--", at))
            if entry and (depth == len(parts) or " tree " not in entry):
                return f"adds {path} where something else is"
        ask = ("--no-literal-pathspecs", "check-ignore", "-q", "--no-index", "--", path)
        if self._git.ask(*ask, ok=(0, 1, 128))[0] != 1:
            return f"adds {path}, which git ignores"
        return ""

    def _others(self, commit: str) -> Iterator[str]:
        def wanted(path: str) -> bool:
            named = path in self._named or matches(path, self._globs)
            return named and path != self.target and self._is_free(path)

        for file in listed(self._git, commit, wanted):
            if file.size <= LARGEST and self._is_text(file.blob):
                yield file.path

    def _is_text(self, blob: str) -> bool:
        content = self._git.run("cat-file", "blob", blob)
        try:
            content.decode()
        except UnicodeDecodeError:
            return False
        return b"\0" not in content

    def _is_free(self, path: str) -> bool:
        try:
            check_name(self._git.cwd, path)
            check_allowed(path, self._readonly)
        except TargetError:
            return False
        return True
