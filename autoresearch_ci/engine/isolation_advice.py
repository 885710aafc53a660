"""Failures of commands that come from what a run's tree leaves out: what to set against each."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from autoresearch_ci.core.files import is_there
from autoresearch_ci.core.shell import not_found
from autoresearch_ci.trees import Network
from autoresearch_ci.trees.machine import CREDENTIALS, SYSTEM, home_of, mounts_below

_NO_REPOSITORY = re.compile(
    r"not a git repository|unable to detect version for|\.git can't be found|\.git directory is not"
    r" found|could not find (?:git )?repository|Versioning for this project requires either",
    re.IGNORECASE,
)
_ASK_GIT = {
    r"setuptools.scm|hatch-vcs": "`env: SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0`",
    r"dunamai|poetry.dynamic.versioning": "`env: POETRY_DYNAMIC_VERSIONING_BYPASS=0.0.0`",
    r"\bpbr\b": "`env: PBR_VERSION=0.0.0`",
    r"husky": "`env: HUSKY=0`",
    r"lefthook": "`env: LEFTHOOK=0`",
    r"git-commit-id": "-Dmaven.gitcommitid.skip=true in the command",
}
"""Substitutes that tools take for what they would ask git, by how they name themselves."""

_NEEDS_ROOT = re.compile(
    r"are you root|must be (?:run as )?root|requires? (?:root|superuser)|superuser privileges"
    r"|lock-frontend|unable to lock database|no new privileges|sudo: ",
    re.IGNORECASE,
)
_NO_NETWORK = re.compile(
    r"could not resolve|name resolution|name or service not known|getaddrinfo|EAI_AGAIN|ENOTFOUND"
    r"|network is unreachable|ENETUNREACH|UnknownHost|dial tcp|failed to lookup address"
    r"|address family not supported|EAFNOSUPPORT"  # what the filter around copies answers
    r"|no route to host|failed to establish a new connection|unable to connect",
    re.IGNORECASE,
)
_READ_ONLY = re.compile(r"read-only file ?system|EROFS", re.IGNORECASE)
_NOT_WRITABLE = re.compile(r"read-only file ?system|EROFS|permission denied|EACCES", re.IGNORECASE)
_REFUSED = re.compile(r"permission denied|EACCES", re.IGNORECASE)
NOT_THERE = re.compile(
    r"no such file|not found|enoent|does not exist|cannot (?:find|open|access|stat)"
    r"|can't (?:find|open)",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w.:/~])/[^\s'\"`\u2018\u2019:;,|&<>(){}\[\]]+")
_TEMPORARY = ("/tmp", "/var/tmp", "/dev", "/proc")  # noqa: S108 - a tree has its own


def advice(said: str, root: Path, network: Network) -> str:
    """Tell why a command failed that said this, and what to set; nothing where it is not known.

    `root` is the project, `network` is the command's.
    """
    if _NEEDS_ROOT.search(said):
        return (
            "No command changes the machine that it runs on: what installs system packages belongs "
            "into the image, or into a step before this one. setup_command can install into the "
            "project (a venv, node_modules) and into the home."
        )
    if _NO_REPOSITORY.search(said):
        return _without_git(said)
    if network is Network.NONE and _NO_NETWORK.search(said):
        return (
            "Runs have no network here (`network: none`). Let setup_command, which has it, fetch "
            "what is needed; or set `network: host`."
        )
    found = (shutil.which(name) for name in not_found(said) if "/" not in name)
    hidden = (_hidden(Path(path)) for path in found if path)
    return _of_places(said, root) or next(hidden, "")


def _of_places(said: str, root: Path) -> str:
    """The same for paths that it names, which are on this machine."""
    mounts = [Path(at) for at in mounts_below(str(root))]
    for line in map(_without_speaker, said.splitlines()):
        for at in mounts if _READ_ONLY.search(line) else ():
            if f"{at.relative_to(root)}/" in line:
                return (
                    f"{at} is a mount of its own, which runs may only read. Set `sandbox_write: "
                    f"{at}` to open it, for all runs and for good; or have the program write "
                    "elsewhere."
                )
        for path in _outside(line, root):
            if _REFUSED.search(line) and _is_program(path) and not is_shown(path):
                return _hidden(path)
            if _NOT_WRITABLE.search(line) and _may_write(path):
                return (
                    f"{path} is closed to what runs write. Set `sandbox_write: {_folder(path)}` to "
                    "open it, for all runs and for good; or have the program write elsewhere."
                )
            if NOT_THERE.search(line) and is_there(path) and not is_shown(path):
                return _hidden(path)
    return ""


def is_shown(path: Path) -> bool:
    """Tell whether every tree has this path of the machine."""
    return path.parts[1] in SYSTEM


def _without_speaker(line: str) -> str:
    """The line of a shell without the shell that says it, which is a path and not the matter."""
    return re.sub(r"^(?:/[\w./-]+/)?(?:ba|da|z|k)?sh: (?:line )?(?:\d+: )?", "", line)


def _without_git(said: str) -> str:
    instead = [how for tool, how in _ASK_GIT.items() if re.search(tool, said, re.IGNORECASE)]
    return (
        "A run's tree has the project's files and no repository, for setup_command too, so nothing "
        "can be asked of git there. "
        + (
            f"Set {instead[0]}."
            if instead
            else "Leave that step out of the command, or give what it asks for by a committed file "
            "or a variable (`env`)."
        )
    )


def _outside(line: str, root: Path) -> Iterator[Path]:
    """The absolute paths in a line that are not of the project, nor of what every tree has."""
    for word in _PATH.findall(line):
        path = Path(word.rstrip("./"))
        own = (root, *map(Path, _TEMPORARY))
        if not any(path.is_relative_to(at) for at in own) and len(path.parts) > 1:
            yield path


def _may_write(path: Path) -> bool:
    """Tell whether we could write there ourselves."""
    there = next(at for at in (path, *path.parents) if is_there(at))
    return os.access(there, os.W_OK)


def _is_program(path: Path) -> bool:
    """Tell a file that is started, and hardly ever written to."""
    return is_there(path) and path.is_file() and os.access(path, os.X_OK)


def _hidden(path: Path) -> str:
    home = home_of(os.environ)
    secret = [name for name in CREDENTIALS if path.is_relative_to(home / name)]
    if secret:
        return (
            f"{path} is there, and closed to runs, since credentials are in ~/{secret[0]}. Keep "
            "what the run needs elsewhere, or hand it on by `env`."
        )
    return (
        f"{path} is on this machine, and not shown to runs. Set `sandbox_read: {_folder(path)}` to "
        "show it."
    )


def _folder(path: Path) -> Path:
    """The folder of a toolchain for a program in it; the folder of a file that is to be made."""
    if path.parent.name in ("bin", "sbin", "shims") and len(path.parts) > 4:  # noqa: PLR2004 - /usr/bin/x
        return path.parent.parent
    return path if is_there(path) else path.parent
