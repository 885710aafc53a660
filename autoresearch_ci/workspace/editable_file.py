"""A file that candidates may change, as it stands at the tip of a campaign's branch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import blob_id
from autoresearch_ci.workspace.checks import check_text
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import FILE, Objects


class Converted(Enum):
    """The contents of a file that git stores as something else than they are in the tree."""

    NEVER = 0
    LINE_ENDS = 1
    ALWAYS = 2


@dataclass(slots=True)
class EditableFile:
    """A tracked text file.

    `content` is what a checkout of the tip puts into a working tree, `blob` git's id of it, and
    `git_mode` its mode in the commit's tree. `converted` says when git stores something else than
    that content.
    """

    git: Git
    objects: Objects
    path: str
    content: bytes
    blob: str
    git_mode: bytes
    converted: Converted

    @classmethod
    def at_tip(cls, git: Git, objects: Objects, path: str, tip: str, branch: str) -> EditableFile:
        """Return the file at the tip of `branch`.

        Raises WorkspaceError where it is no text file, or git would not store it as it is there.
        """
        if not _listed(git, tip, path).startswith("100"):
            raise WorkspaceError(
                f"The target {path} is not a file on {branch}.",
                remedy="Name the target that the campaign has. Where the file was renamed, commit "
                "that and begin a new campaign: `autoresearch-ci run --new`.",
            )
        file = cls(git, objects, path, b"", "", b"", Converted.NEVER)
        file.read(tip)
        check_text(path, file.content)
        as_committed = b"\r" in file.content and blob_id(file.content) == file.blob
        file.converted = _converted(git, path, as_committed=as_committed)
        if file.blob_of(file.content) != file.blob:
            raise WorkspaceError(
                f"Git would not store the target {path} as it is committed: its line ends "
                "or what a filter makes of it differ.",
                remedy=f"Commit it as git wants it (`git add --renormalize {path} && "
                "git commit`), or mend .gitattributes; then `autoresearch-ci run --new`.",
            )
        return file

    @classmethod
    def new(cls, git: Git, objects: Objects, path: str) -> EditableFile:
        """Return a file that is not there yet."""
        converted = _converted(git, path, as_committed=False)
        return cls(git, objects, path, b"", "0" * 40, FILE, converted)

    def read(self, tip: str) -> None:
        """Take it as it is at a commit."""
        mode, _, blob = _listed(self.git, tip, self.path).partition("\t")[0].split(" ")
        self.content = self.git.run("cat-file", "--filters", f"{tip}:{self.path}")
        self.git_mode, self.blob = mode.encode(), blob

    def require_in(self, commit: str) -> None:
        """Raise WorkspaceError unless it is a text file in that commit as well."""
        listed = _listed(self.git, commit, self.path)
        content = self.objects.read(f"{commit}:{self.path}")
        if not listed.startswith("100") or content is None:
            raise WorkspaceError(
                f"The target {self.path} is not a file in {commit[:12]}.",
                remedy="Look at what was pushed to the campaign's branch; to leave it, begin a new "
                "campaign: `autoresearch-ci run --new`.",
            )
        check_text(self.path, content)

    def blob_of(self, content: bytes) -> str:
        """The id that git gives this content of the file, after the attributes' filters."""
        if not self._asks_git(content):
            return blob_id(content)
        args = ("hash-object", "--stdin", "--path", self.path)
        return self.git.run(*args, stdin=content).decode().strip()

    def store(self, content: bytes) -> str:
        """The same, and the blob is stored."""
        if not self._asks_git(content):
            return self.objects.write(b"blob", content)
        args = ("hash-object", "-w", "--stdin", "--path", self.path)
        return self.git.run(*args, stdin=content).decode().strip()

    def _asks_git(self, content: bytes) -> bool:
        return self.converted is Converted.ALWAYS or (
            self.converted is Converted.LINE_ENDS and b"\r" in content
        )


def _listed(git: Git, commit: str, path: str) -> str:
    """The file's entry in a commit's tree: mode, kind and blob; empty where it has none."""
    return os.fsdecode(git.run("ls-tree", "-z", "--full-tree", commit, "--", path))


def _converted(git: Git, path: str, *, as_committed: bool) -> Converted:
    """The conversion that attributes and configuration make git do on the file's way in.

    `as_committed` says that it is committed just as it stands: where git only guesses
    that a file is text, it leaves one alone that was committed with CRLF.
    """
    names = ("filter", "ident", "working-tree-encoding", "text", "eol", "crlf")
    out = os.fsdecode(git.run("check-attr", "-z", *names, "--", path)).split("\0")[:-1]
    values = dict(zip(out[1::3], out[2::3], strict=True))
    there = {name: value for name, value in values.items() if value != "unspecified"}
    conversions = {name for name, value in there.items() if value != "unset"}
    if conversions & {"filter", "ident", "working-tree-encoding"}:
        return Converted.ALWAYS
    guessed = there.get("text") == "auto" or not there.keys() & {"text", "eol", "crlf"}
    if guessed and as_committed:
        return Converted.NEVER
    if conversions or git.line("config", "core.autocrlf", ok=(0, 1)) in ("true", "input"):
        return Converted.LINE_ENDS
    return Converted.NEVER
