"""The parts of the machine that an overlay's sandbox shows, and the state of its mounts.

Nothing here is known to hold a credential; folders of tools that keep some beside what is needed
are named by their parts.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.trees.layers import listed, parents
from autoresearch_ci.trees.sandbox_paths import BUILD_CACHES, DOWNLOADS, TOOLCHAINS

SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "snap", "sys")
"""Folders at the top of the machine."""

DEVICES = ("nvidia*", "dri", "kfd", "dxg")
"""Names below /dev of devices that compute."""

_MADE = (".cache/esbuild", ".cache/fontconfig", ".cache/matplotlib")
"""Below a home: what programs have made for themselves."""

CACHES = (*DOWNLOADS, *_MADE, *BUILD_CACHES)
"""Folders of a home that may be written to, and whose content stays warm."""

_SHOWN = {*TOOLCHAINS, *DOWNLOADS, *_MADE}
_WAYS = {at for path in _SHOWN for at in parents(path)}

CREDENTIALS = (
    *(".aws", ".azure", ".config", ".docker", ".git-credentials", ".gitconfig", ".gnupg"),
    *(".kube", ".netrc", ".npmrc", ".pypirc", ".ssh", ".cargo/credentials.toml"),
)
"""Paths of a home that are hidden before they are there; all else that is not listed here is, too,
once it is seen."""

VARIABLES = {
    **dict.fromkeys(
        """
        JAVA_HOME MAVEN_HOME M2_HOME GRADLE_HOME KOTLIN_HOME FLUTTER_ROOT GOROOT RUSTUP_HOME
        ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME NVM_DIR VOLTA_HOME FNM_DIR PNPM_HOME
        VIRTUAL_ENV CONDA_PREFIX PYENV_ROOT UV_PYTHON_INSTALL_DIR
        """.split(),  # noqa: SIM905
        ("",),
    ),
    "CARGO_HOME": ("bin",),
}
"""Variables on the allow-list that name such a folder, and which parts of it are read."""

CACHE_VARIABLES = {
    **dict.fromkeys(
        ("GOMODCACHE", "UV_CACHE_DIR", "PIP_CACHE_DIR", "TORCH_HOME", "NLTK_DATA"),
        ("",),
    ),
    "GOPATH": ("pkg",),
    "CARGO_HOME": ("registry", "git"),
    "GRADLE_USER_HOME": ("caches", "wrapper", "native", "jdks"),
    "PUB_CACHE": ("hosted", "git"),
    "HF_HOME": ("hub", "datasets"),
}
"""The same for caches."""

BUILD_CACHE_VARIABLES = {"GOCACHE": ("",)}
"""The same for what `BUILD_CACHES` are in a home."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Absolute paths of the machine: `read` alone, and `cached`, whose changes are a tree's own.

    And `built`, the places of caches that a tree begins without.
    """

    read: tuple[str, ...]
    cached: tuple[str, ...]
    built: tuple[str, ...]


def opened(root: str, home: str, variables: Mapping[str, str]) -> Opened:
    """Choose what a sandbox shows beside the project at `root` and the home, given the variables.

    Never a folder that holds one of the two. System folders are `SYSTEM`.
    """

    def fits(path: str) -> bool:
        holds = any(f"{kept}/".startswith(f"{path.rstrip('/')}/") for kept in (root, home))
        inside = path.startswith((f"{root}/", f"{home}/"))
        return os.path.isdir(path) and not holds and not inside

    opt = [entry.path for entry in os.scandir("/opt")] if os.path.isdir("/opt") else []
    read = [
        *opt,
        *_named(VARIABLES, variables),
        *_on_path(variables.get("PATH", ""), home),
    ]
    cached, built = (
        _outermost(filter(fits, _named(names, variables)))
        for names in (CACHE_VARIABLES, BUILD_CACHE_VARIABLES)
    )
    return Opened(
        _outermost(filter(fits, read), spare=[f"/{name}" for name in SYSTEM]),
        cached,
        built,
    )


def _named(names: Mapping[str, tuple[str, ...]], variables: Mapping[str, str]) -> Iterator[str]:
    for name, parts in names.items():
        if os.path.isabs(folder := variables.get(name, "")):
            yield from (os.path.normpath(os.path.join(folder, part)) for part in parts)


def _on_path(folders: str, home: str) -> Iterator[str]:
    """The folders of programs, and the environments that are made to be used whole."""
    for folder in filter(os.path.isabs, folders.split(os.pathsep)):
        for at in {os.path.normpath(folder), os.path.realpath(folder)}:
            yield at
            above = os.path.dirname(at)
            whole: tuple[str, ...] = ("pyvenv.cfg", "conda-meta")
            if not at.startswith(f"{home}/"):  # such as ~/.local, which holds much else
                whole = (*whole, "lib", "libexec", "share", "jre")
            if os.path.basename(at) == "bin" and any(map(os.path.exists, _in(above, whole))):
                yield above


def _in(folder: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{folder}/{name}" for name in names)


def _outermost(paths: Iterable[str], spare: Sequence[str] = ()) -> tuple[str, ...]:
    """Those that lie in no other one and in none of `spare`, each once."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path == at or path.startswith(f"{at}/") for at in (*kept, *spare)):
            kept.append(path)
    return tuple(kept)


def way_in_home(home: str, root: str) -> list[str]:
    """The folders of a home that are shown only since the project lies in them, the outer first."""
    if not root.startswith(f"{home}/"):
        return []
    way = parents(f"{root.removeprefix(f'{home}/')}/")
    return [] if _SHOWN & set(way) else [at for at in way if at not in _WAYS]


def hidden_in_home(home: str, root: str) -> tuple[list[str], list[str]]:
    """The paths of a home that a sandbox does not show, and the folders in which some lie.

    Toolchains and caches are shown, and the way to the project at `root`.
    """
    hidden, looked = [*CREDENTIALS, *BUILD_CACHES], []
    pending = [""]
    while pending:
        at = pending.pop()
        looked.append(f"{home}/{at}")
        for entry in listed(f"{home}/{at}"):
            path = f"{at}{entry.name}"
            if path in _WAYS and entry.is_dir(follow_symlinks=False):
                pending.append(f"{path}/")
            elif path not in _SHOWN and not f"{root}/".startswith(f"{home}/{path}/"):
                hidden.append(path)
    return hidden, looked


def closed(top: str = "/etc") -> Iterator[tuple[str, bool]]:
    """Paths below `top` that not everybody may read, each with whether it is a folder.

    For a sandbox whose commands are root: nobody else is kept from them by their mode.
    """
    pending = [top]
    while pending:
        with os.scandir(pending.pop()) as found:
            for entry in found:
                if entry.is_symlink():
                    continue
                is_folder = entry.is_dir()
                needed = stat.S_IROTH | (stat.S_IXOTH if is_folder else 0)
                if entry.stat().st_mode & needed != needed:
                    yield entry.path, is_folder
                elif is_folder:
                    pending.append(entry.path)


def home_of(variables: Mapping[str, str]) -> Path:
    """The real path of the home that commands would have outside of a sandbox."""
    return Path(variables.get("HOME") or os.path.expanduser("~")).resolve()


def mounts_below(root: str) -> list[str]:
    """The places below a folder where something else is mounted; an overlay does not show it."""
    return sorted(at for at, _ in _mounts() if at.startswith(f"{root}/"))


def file_system(path: str) -> str:
    """The type of the file system that a path is on, such as ext4; empty where nobody says."""
    longest, found = 0, ""
    for at, kind in _mounts():
        below = at.rstrip("/") + "/"
        if f"{path}/".startswith(below) and len(below) >= longest:  # of two at a place, the later
            longest, found = len(below), kind
    return found


def _mounts() -> Iterator[tuple[str, str]]:
    """The places where file systems are mounted, and their types."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        about, _, kind = line.partition(b" - ")
        at = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), about.split(b" ")[4])
        yield os.fsdecode(at), os.fsdecode(kind.split(b" ")[0])
