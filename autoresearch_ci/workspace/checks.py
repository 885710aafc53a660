"""Refusals with their remedies: files that cannot be the target, words that cannot be tags."""

from __future__ import annotations

import difflib
import os
import posixpath
import stat
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from autoresearch_ci.core.errors import TargetError, WorkspaceError
from autoresearch_ci.core.files import signature
from autoresearch_ci.core.globs import matches
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import FILES
from autoresearch_ci.workspace.outputs import OUTPUTS

_OWN = {*OUTPUTS, ".github/autoresearch.yml"}
_GIT_NAMES = {".gitattributes", ".gitignore", ".gitmodules"}
_ANOTHER = "Name another file with --target-file or `target_file`."


def check_target(git: Git, root: Path, target: str, readonly: Sequence[str]) -> None:
    """Raise TargetError unless `target` is a tracked, plain, non-empty text file."""
    check_name(root, target)
    check_allowed(target, readonly)
    _check_file(git, root, target)
    listed = git.run("ls-files", "-v", "-z", "--", target)
    if listed[:1].islower() or listed.startswith(b"S "):
        flag = "assume-unchanged" if listed[:1].islower() else "skip-worktree"
        raise TargetError(
            f"The target {target} is marked {flag}: git does not say what changes in it.",
            remedy=f"Take the mark away (`git update-index --no-{flag} {target}`), commit or undo "
            "what `git diff` then shows, and run again.",
        )
    if not listed:
        found = git.run("status", "--porcelain", "--ignored", "-z", "--", target)
        if found.startswith(b"!!"):
            raise TargetError(
                f"The target {target} is ignored by git.",
                remedy=f"Only a tracked file can be the target: `git add -f {target}` and commit "
                "it, or name another file.",
            )
        raise TargetError(
            f"The target {target} is not tracked by git.",
            remedy=f"Add and commit it (`git add {target} && git commit`), then run again.",
        )


def check_target_at(
    git: Git, root: Path, commit: str, target: str, readonly: Sequence[str]
) -> None:
    """Do what `check_target` does for a commit that nobody stands on."""
    check_name(root, target)
    check_allowed(target, readonly)
    listed = os.fsdecode(git.run("ls-tree", "-z", "--long", "--full-tree", commit, "--", target))
    about, _, path = listed.partition("\0")[0].partition("\t")
    mode, kind, _, size = about.split() if path == target else ("", "", "", "")
    if kind != "blob" or mode not in FILES:
        raise TargetError(
            f"The target {target} is no file in {commit[:12]}, where the campaign is to begin.",
            remedy=_instead(git, commit, target),
        )
    if size == "0":
        raise TargetError(f"The target {target} is empty.", remedy=_ANOTHER)
    check_text(target, git.run("cat-file", "blob", f"{commit}:{target}"))


def check_name(root: Path, target: str) -> None:
    """Raise TargetError unless this is a plain path below the root."""
    if not target:
        raise TargetError("There is no target file.", remedy=_ANOTHER)
    plain = posixpath.normpath(target)
    if target.startswith("/") or plain.startswith("../") or plain == "..":
        raise TargetError(
            f"The target {target} is outside the repository {root}, or not named from its top.",
            remedy=f"Write it as {plain.removeprefix(f'{root}/')}"
            if plain.startswith(f"{root}/")
            else "Name a file inside it, relative to its top directory.",
        )
    if "\\" in target:
        raise TargetError(
            f"The target {target} has a backslash in it.",
            remedy="Write the path with forward slashes, as git does: "
            f"{posixpath.normpath(target.replace(chr(92), '/'))}",
        )
    if "\n" in target or "\0" in target:
        raise TargetError(f"The target {target!r} has a line break in its name.", remedy=_ANOTHER)
    if plain != target:
        raise TargetError(f"The target {target!r} is no plain path.", remedy=f"Write it as {plain}")
    if any(part.lower() == ".git" for part in target.split("/")):
        raise TargetError(f"The target {target} belongs to git itself.", remedy=_ANOTHER)


def check_allowed(target: str, readonly: Sequence[str]) -> None:
    """Raise TargetError for what no experiment may ever change."""
    if target.startswith(".github/workflows/"):
        raise TargetError(
            f"The target {target} is a workflow, and experiments never change those.",
            remedy=_ANOTHER,
        )
    if target in _OWN or target.rpartition("/")[2] in _GIT_NAMES:
        raise TargetError(f"The target {target} is no file to experiment on.", remedy=_ANOTHER)
    if matches(target, readonly):
        raise TargetError(
            f"The target {target} is also in readonly_files.",
            remedy="Take it out of readonly_files, or name another target.",
        )


def _check_file(git: Git, root: Path, target: str) -> None:
    at = root
    for part in target.split("/"):
        if at != root and (at / ".git").exists():
            raise TargetError(
                f"The target {target} is inside another repository, {at.relative_to(root)}.",
                remedy="Run in that repository instead: --repo " + str(at),
            )
        at = at / part
        if at.is_symlink():
            raise TargetError(
                f"The target {target} is a symlink, or below one ({at.relative_to(root)}).",
                remedy="Name the file that it leads to.",
            )
    sig = signature(str(at))
    if sig is None:
        raise TargetError(
            f"The target {target} does not exist.", remedy=_instead(git, "HEAD", target)
        )
    if stat.S_ISDIR(sig[0]):
        raise TargetError(
            f"The target {target} is a folder.",
            remedy="Name the file in it that is to be improved first, and in editable_files what "
            f"may change with it, as `{target.rstrip('/')}/`.",
        )
    if not stat.S_ISREG(sig[0]):
        raise TargetError(f"The target {target} is not a file.", remedy=_ANOTHER)
    if sig[1] == 0:
        raise TargetError(f"The target {target} is empty.", remedy=_ANOTHER)
    check_text(target, at.read_bytes())


def _instead(git: Git, commit: str, target: str) -> str:
    """The way out where a commit, or the working tree on it, has no such file."""
    plain = target.strip("'\"`\u2018\u2019\u201c\u201d")
    if plain != target:
        return f"Quotes are part of a path here: write {plain} without any."
    if set(target) & set(",*?"):
        return (
            "The target is one file. What may change together with it stands in editable_files: "
            "files or patterns, separated by commas."
        )
    _, out = git.ask("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, ok=(0, 128))
    known = os.fsdecode(out).split("\0")[:-1]
    if target in known:
        return (
            f"It is in the last commit and gone from here: `git checkout HEAD -- {quote(target)}` "
            "brings it back. If it was renamed, commit that and name what it is called now."
        )
    alike = {path.lower(): path for path in known}
    name = posixpath.basename(target).lower()
    same = [path for path in alike if posixpath.basename(path) == name]
    near = same or difflib.get_close_matches(target.lower(), alike, n=1, cutoff=0.8)
    return f"Did you mean {alike[near[0]]}? {_ANOTHER}" if near else _ANOTHER


def check_text(target: str, content: bytes) -> None:
    """Raise TargetError unless the content is UTF-8 text."""
    try:
        content.decode()
        text = b"\0" not in content
    except UnicodeDecodeError:
        text = False
    if not text:
        raise TargetError(
            f"The target {target} is binary, not UTF-8 text.",
            remedy="Name a text file, or save this one as UTF-8.",
        )


def check_outputs(git: Git, at: str | None = None) -> None:
    """Raise WorkspaceError where git tracks a file that the loop writes; at a commit, or here."""
    ask = ("ls-tree", "-r", "--name-only", "--full-tree", at) if at else ("ls-files",)
    tracked = os.fsdecode(git.run(*ask[:1], "-z", *ask[1:], "--", *OUTPUTS)).split("\0")[:-1]
    if tracked:
        names = " ".join(tracked)
        raise WorkspaceError(
            f"Git tracks {', '.join(tracked)}, which the loop writes anew.",
            remedy=f"Rename what is yours, or untrack it: `git rm --cached {names}` and "
            "commit, then run again.",
        )


def check_tag(git: Git, tag: str, branches: Sequence[str]) -> None:
    """Raise WorkspaceError unless `autoresearch/<tag>` can be a branch beside `branches`."""
    code, _ = git.ask("check-ref-format", "--branch", f"autoresearch/{tag}", ok=(0, 1, 128))
    if not tag or code != 0 or tag.startswith("-") or any(c.isspace() for c in tag):
        raise WorkspaceError(
            f"{tag!r} cannot be a tag: git allows no branch autoresearch/{tag}.",
            remedy="Use letters, digits, '.', '_' and '-', such as mar17 or mar17-2.",
        )
    for branch in branches:
        for name in (f"autoresearch/{tag}", f"autoresearch-logs/{tag}"):
            if branch.startswith(f"{name}/") or name.startswith(f"{branch}/"):
                raise WorkspaceError(
                    f"The tag {tag!r} clashes with the branch {branch}: "
                    "git cannot hold one below the other.",
                    remedy=f"Choose another tag, such as {tag.replace('/', '-')}-2."
                    if "/" in branch  # else all tags are below it
                    else f"Rename that branch: git branch -m {branch} {branch}-old",
                )


def beside_bare(git: Git, directory: Path) -> str:
    """The way to the files of a bare repository: a working tree linked to it, or a clone."""
    listed = git.line("worktree", "list", "--porcelain").split("\n\n")
    linked = [tree.partition("\n")[0].removeprefix("worktree ") for tree in listed[1:]]
    if linked:
        return f"Run in a working tree of it: --repo {linked[0]}"
    return f"Clone it (`git clone {directory}`) and run in the clone."
