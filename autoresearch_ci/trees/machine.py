"""The parts of the machine that a sandbox opens: programs, toolchains, caches of the home.

The one place where they are listed. Nothing here is known to hold a credential; folders of tools
that keep some beside what is needed are named by their parts.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "snap", "sys")
"""Folders at the top of the machine."""

DEVICES = ("nvidia*", "dri", "kfd", "dxg")
"""Names below /dev of devices that compute."""

PROGRAMS = tuple(
    """
    .local/bin .local/lib .local/pipx .local/share/pipx .local/share/uv .local/share/mise
    .local/share/fnm .local/share/pnpm .local/share/virtualenvs .local/share/hatch
    .pyenv .virtualenvs miniconda3 anaconda3 miniforge3 mambaforge micromamba
    .nvm .fnm .volta/bin .volta/tools .asdf .bun/bin .deno/bin .yarn/bin
    .sdkman/candidates .jenv .jdks .rustup .cargo/bin go/bin sdk .goenv .rbenv .gem/ruby
    .dotnet .ghcup .opam .juliaup .julia/juliaup flutter fvm Android/Sdk .elan
    """.split()  # noqa: SIM905 - dozens of quoted names read worse
)
"""Folders of a home that are read."""

CACHES = tuple(
    """
    .cache/pip .cache/uv .cache/pypoetry .cache/pdm .cache/go-build .cache/yarn .cache/pnpm
    .cache/node .cache/ccache .ccache .cache/sccache .cache/bazel .cache/bazelisk .cache/deno
    .cache/torch .cache/huggingface/hub .cache/huggingface/datasets .cache/matplotlib
    .cache/fontconfig .cache/torch_extensions .cache/triton .triton/cache .nv/ComputeCache
    .cache/ms-playwright .cache/puppeteer .cache/Cypress .cache/esbuild .keras .torch nltk_data
    .npm/_cacache .npm/_npx .yarn/berry .bun/install .local/share/pnpm/store
    .m2/repository .m2/wrapper .ivy2/cache .gradle/caches .gradle/wrapper .gradle/native
    .gradle/jdks .konan .cargo/registry .cargo/git go/pkg .pub-cache/hosted .pub-cache/git
    .nuget/packages .android/cache .dartServer .cabal/packages .stack/snapshots
    """.split()  # noqa: SIM905 - dozens of quoted names read worse
)
"""Folders of a home that tools read and write: a tree sees them, and what it writes is its own."""

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
        ("GOCACHE", "GOMODCACHE", "UV_CACHE_DIR", "PIP_CACHE_DIR", "TORCH_HOME", "NLTK_DATA"),
        ("",),
    ),
    "GOPATH": ("pkg",),
    "CARGO_HOME": ("registry", "git"),
    "GRADLE_USER_HOME": ("caches", "wrapper", "native", "jdks"),
    "PUB_CACHE": ("hosted", "git"),
    "HF_HOME": ("hub", "datasets"),
}
"""The same for caches."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Absolute paths of the machine: `read` alone, and `cached`, whose changes are a tree's own."""

    read: tuple[str, ...]
    cached: tuple[str, ...]


def opened(root: str, home: str, variables: Mapping[str, str]) -> Opened:
    """Choose what a sandbox shows beside the project at `root`, for commands with these variables.

    Never a folder that holds the project or the home. System folders are `SYSTEM`.
    """

    def fits(path: str) -> bool:
        holds = any(f"{kept}/".startswith(f"{path.rstrip('/')}/") for kept in (root, home))
        return os.path.isdir(path) and not holds and not path.startswith(f"{root}/")

    opt = [entry.path for entry in os.scandir("/opt")] if os.path.isdir("/opt") else []
    read = [
        *_in(home, PROGRAMS),
        *opt,
        *_named(VARIABLES, variables),
        *_on_path(variables.get("PATH", ""), home),
    ]
    cached = [*_in(home, CACHES), *_named(CACHE_VARIABLES, variables)]
    return Opened(
        _outermost(filter(fits, read), spare=[f"/{name}" for name in SYSTEM]),
        _outermost(filter(fits, cached)),
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
    holding = [(len(at), kind) for at, kind in _mounts() if f"{path}/".startswith(f"{at}/")]
    top = [kind for at, kind in _mounts() if at == "/"]
    return max(holding, default=(0, top[-1] if top else ""))[1]


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
