"""The parts of the machine that a sandboxed command may read, and the devices that it may write.

Programs, libraries and toolchains; of a home only folders in which tools keep programs and
downloads, never one with settings, where credentials are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.files import is_there
from autoresearch_ci.trees import Sandbox

SYSTEM = tuple(
    """
    /bin /sbin /lib /lib32 /lib64 /libx32 /usr /opt /etc /nix /gnu /snap /proc /sys
    /home/linuxbrew/.linuxbrew /System /Library /private/etc /run/systemd/resolve
    """.split()  # noqa: SIM905 - quoted names read worse
)

DEVICES = tuple(
    """
    /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/pts /dev/shm
    /dev/nvidia* /dev/dri /dev/dxg /dev/kfd
    """.split()  # noqa: SIM905
)
"""Those that can be written, too. `/dev/shm` is everybody's: what runs leave there is removed."""

TOOLCHAINS = tuple(
    """
    .asdf/installs .asdf/shims .bun/bin .cargo/bin .conda/envs .conda/pkgs .deno/bin .dotnet
    .fnm .fvm/versions .ghcup/bin .ghcup/ghc .gradle/jdks .gradle/wrapper .jdks .jenv .juliaup
    .local/bin .local/lib .local/pipx/venvs .local/share/fnm .local/share/mise/installs
    .local/share/mise/shims .local/share/pipx/venvs .local/share/pnpm .local/share/rtx/installs
    .local/share/uv/python .local/share/uv/tools .local/share/virtualenvs .m2/wrapper
    .nodenv .npm-global .nvm .opam .poetry .pyenv .rbenv .rustup .rye .sdkman/candidates .stack
    .swiftly .virtualenvs .volta Android/Sdk anaconda3 flutter go/bin mambaforge micromamba
    miniconda3 miniforge3 sdk
    """.split()  # noqa: SIM905
)
"""Below a home."""

DOWNLOADS = tuple(
    """
    .bun/install/cache .cache/autoresearch .cache/bazel .cache/coursier .cache/Cypress
    .cache/electron .cache/huggingface/datasets .cache/huggingface/hub
    .cache/kagglehub .cache/ms-playwright .cache/node .cache/node-gyp .cache/pip
    .cache/pnpm .cache/puppeteer .cache/pypoetry .cache/torch .cache/uv .cache/yarn
    .cabal/packages .cargo/git .cargo/registry .dartServer .gradle/caches .gradle/native
    .ivy2/cache .julia/artifacts .julia/packages .keras/datasets .keras/models .konan
    .local/share/pnpm/store .m2/repository .npm/_cacache .nuget/packages .pub-cache/bin
    .pub-cache/git .pub-cache/hosted .torch .yarn/berry/cache go/pkg nltk_data
    """.split()  # noqa: SIM905
)
"""Below a home: what tools have fetched for the next time."""

BUILD_CACHES = tuple(
    """
    .cache/ccache .cache/go-build .cache/sccache .cache/torch_extensions .cache/triton .ccache
    .gradle/caches/build-cache-1 .nv/ComputeCache .triton/cache
    """.split()  # noqa: SIM905
)
"""Below a home: what tools have compiled, found again by the content that it was compiled from.

Runs have their own. In the user's the version that runs are compared with is likely to be ready.
"""

READ_IN_PLACE = tuple(
    """
    .cargo/registry .cargo/git go/pkg .m2/repository .pub-cache/hosted .pub-cache/git
    .nuget/packages .cache/autoresearch .cache/torch .cache/huggingface/hub
    .cache/huggingface/datasets .keras .torch nltk_data
    """.split()  # noqa: SIM905
)
"""The downloads whose tools can do with reading them: copies see the user's, read-only."""

_PROGRAMS_IN = (
    *("JAVA_HOME", "MAVEN_HOME", "M2_HOME", "GRADLE_HOME", "KOTLIN_HOME", "GOROOT", "FLUTTER_ROOT"),
    *("ANDROID_HOME", "ANDROID_SDK_ROOT", "ANDROID_NDK_HOME", "RUSTUP_HOME", "NVM_DIR", "NVM_BIN"),
    *("PYENV_ROOT", "VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH", "SDKROOT"),
    *("GOMODCACHE", "UV_PYTHON_INSTALL_DIR", "TORCH_HOME", "NLTK_DATA", "PUB_CACHE"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"),
    *("NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "NIX_SSL_CERT_FILE"),
    *("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH"),
)
"""Variables that name folders or files of tools, or lists of them."""


def readable(env: Mapping[str, str], home: Path, closed: Path) -> tuple[Path, ...]:
    """Return what is there of all this, for the user whose variables and home these are.

    Nothing in `closed`, the user's project, is among it, nor a folder that the project or the
    home lies in.
    """
    found = [Path(path) for path in SYSTEM]
    found += [home / path for path in (*TOOLCHAINS, *DOWNLOADS)]
    found += _named(env, home)
    inside = {closed, *closed.parents, home, *home.parents}
    return tuple(
        dict.fromkeys(
            path
            for path in found
            if is_there(path) and path not in inside and not path.is_relative_to(closed)
        )
    )


def devices() -> tuple[Path, ...]:
    """Return the devices that are there and can be written."""
    return tuple(path for name in DEVICES for path in sorted(Path("/").glob(name[1:])))


def _named(env: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield what variables name; of a folder `bin` the toolchain around it, too.

    But for one right below the home, where tools keep credentials beside their programs.
    """
    for name in _PROGRAMS_IN:
        for value in env.get(name, "").split(":"):
            path = Path(value)
            if not path.is_absolute():
                continue
            yield path
            if path.name in ("bin", "sbin") and path.parent.parent not in (home, home / ".local"):
                yield path.parent


def require_paths(sandbox: Sandbox) -> None:
    """Refuse a path of the user's that is not there: SettingsError."""
    for paths, setting in ((sandbox.read, "sandbox_read"), (sandbox.write, "sandbox_write")):
        for path in paths:
            if not path.is_absolute() or not is_there(path):
                raise SettingsError(
                    f"`{setting}` names {path}, which is not there.",
                    remedy="Write absolute paths of files or folders of this machine.",
                )


def may_be_entered(path: Path) -> bool:
    """Tell whether every user gets there."""
    return all(above.stat().st_mode & 0o001 for above in path.resolve().parents) and bool(
        path.stat().st_mode & (0o001 if path.is_dir() else 0o004)
    )
