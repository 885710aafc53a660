"""The part of our environment that programs may see: an allow-list, never a credential.

Everything else is left out, so a secret with a name that nobody thought of does
not get through. A name that looks like a credential is refused even when the
user asks for it: the experiment is code that a model may have written. Git gets
no more than that: an experiment can write a filter into the user's git
configuration, and git would run it for us.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch_ci.core.errors import SettingsError

_NAMES = frozenset(
    """
    PATH HOME USER LOGNAME SHELL TERM TZ TMPDIR LANG LANGUAGE
    SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS PIP_CERT
    GIT_SSL_CAINFO CARGO_HTTP_CAINFO AWS_CA_BUNDLE NIX_SSL_CERT_FILE
    http_proxy https_proxy ftp_proxy all_proxy no_proxy
    HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
    JAVA_HOME MAVEN_HOME M2_HOME GRADLE_HOME GRADLE_USER_HOME KOTLIN_HOME
    ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME ANDROID_USER_HOME FLUTTER_ROOT PUB_CACHE
    GOPATH GOROOT GOCACHE GOMODCACHE GOFLAGS GOTOOLCHAIN CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN
    NVM_DIR NVM_BIN VOLTA_HOME FNM_DIR PNPM_HOME COREPACK_HOME
    VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV PYENV_ROOT PYENV_VERSION PYTHONHASHSEED
    UV_CACHE_DIR UV_PYTHON UV_PYTHON_INSTALL_DIR UV_LINK_MODE PIP_CACHE_DIR
    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR
    HF_HOME TORCH_HOME NLTK_DATA
    LD_LIBRARY_PATH LIBRARY_PATH CPATH PKG_CONFIG_PATH CC CXX SDKROOT DEVELOPER_DIR
    NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES ROCR_VISIBLE_DEVICES HIP_VISIBLE_DEVICES
    OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS NUMEXPR_NUM_THREADS VECLIB_MAXIMUM_THREADS
    CI NO_COLOR FORCE_COLOR SOURCE_DATE_EPOCH
    """.split()  # noqa: SIM905 - a hundred quoted names read worse
)
_FAMILIES = ("LC_", "CUDA_")
_OF_GIT = (
    *("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"),
    *("GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_PARAMETERS"),
    *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH"),
    *("GIT_TEMPLATE_DIR", "GIT_TRACE", "GIT_TEST_", "GIT_SSL_", "GNUPGHOME"),
)

# A word of the name ends in one of these (GHTOKEN, DB_PASSWORD), or is one of those.
_SECRET_ENDINGS = (
    *("TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE"),
    *("CREDENTIAL", "CREDENTIALS", "CREDS", "APIKEY", "ACCESSKEY"),
)
_SECRET_WORDS = frozenset(
    {"KEY", "KEYS", "PAT", "AUTH", "PASS", "JWT", "COOKIE", "NETRC", "WEBHOOK"}
)
_RUNNER_FAMILIES = ("ACTIONS_", "GITHUB_", "INPUT_")
_USER_AND_PASSWORD = re.compile(r"(?:^|//)[^/\s@]+:[^\s@]+@")
_SECRET_VALUE = re.compile(
    r"\b(?:gh[pousr]_\w{20}|github_pat_\w{20}|glpat-[\w-]{20}|sk-[\w-]{20}|xox[abps]-\w|AKIA[0-9A-Z]{16})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|(?i:\bauthorization:)"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def looks_secret(name: str, value: str = "") -> bool:
    """Tell whether programs must not see it: it looks like a credential, or is a runner's."""
    return name.upper().startswith(_RUNNER_FAMILIES) or is_credential(name, value)


def is_credential(name: str, value: str = "") -> bool:
    """Tell whether the name, or what it holds, looks like a credential."""
    words = re.split("[_-]", name.upper())
    return (
        any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS) for word in words)
        or (len(words) > 1 and words[-1] == "PWD" and words[0] != "INIT")
        or bool(_USER_AND_PASSWORD.search(value) or _SECRET_VALUE.search(value))
    )


def credentials(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values among these variables that must not be told to anybody, in order of name."""
    return tuple(value for name, value in sorted(variables.items()) if is_credential(name, value))


def checked(allow: Sequence[str]) -> tuple[str, ...]:
    """The `env` setting: names, or NAME=value pairs; SettingsError for one that cannot pass."""
    for entry in allow:
        name, pair, value = entry.partition("=")
        if not _NAME.fullmatch(name) or "\0" in value:
            raise SettingsError(
                f"`env` has {entry!r}, which is not the name of an environment variable.",
                remedy="Write names or NAME=value pairs, such as HF_HOME or WANDB_MODE=offline.",
            )
        if looks_secret(name, value if pair else os.environ.get(name, "")):
            raise SettingsError(
                f"`env` names {name}, which looks like a credential."
                " An experiment never holds a credential.",
                remedy=f"Take {name} out of `env`. Fetch what needs it before the session starts,"
                " or switch the service off in experiments (for example WANDB_MODE=offline).",
            )
    return tuple(allow)


def environment(allow: Sequence[str], extra: Mapping[str, str]) -> dict[str, str]:
    """Make a command's environment: the allow-list, what `allow` (checked) adds, then `extra`."""
    chosen = {
        name: value
        for name, value in os.environ.items()
        if (name in _NAMES or name.startswith(_FAMILIES)) and not looks_secret(name, value)
    }
    for entry in allow:
        name, pair, value = entry.partition("=")
        if pair:
            chosen[name] = value
        elif name in os.environ and not looks_secret(name, os.environ[name]):
            chosen[name] = os.environ[name]
    return chosen | dict(extra)


def checked_for_agent(variables: Sequence[str]) -> tuple[str, ...]:
    """The `proposer_env` setting; SettingsError for a credential that is written out there."""
    for entry in variables:
        name, pair, value = entry.partition("=")
        if pair and looks_secret(name, value):
            raise SettingsError(
                f"`proposer_env` holds the value of {name}, which looks like a credential.",
                remedy=f"Write {name} alone, and set it in the environment of autoresearch-ci.",
            )
    return tuple(variables)


def handed_on(variables: Sequence[str]) -> dict[str, str]:
    """Variables that the user names for an agent: NAME as we have it, or NAME=value.

    Credentials too, so never for an experiment.
    """
    chosen = {}
    for entry in variables:
        name, pair, value = entry.partition("=")
        if pair or name in os.environ:
            chosen[name] = value if pair else os.environ[name]
    return chosen


def trust(folder: Path) -> None:
    """Have git work there as root though the files are somebody else's; by no file of anybody's."""
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    os.environ[f"GIT_CONFIG_KEY_{count}"] = "safe.directory"
    os.environ[f"GIT_CONFIG_VALUE_{count}"] = str(folder)
    os.environ["GIT_CONFIG_COUNT"] = str(count + 1)


def environment_of_git() -> dict[str, str]:
    """Make git's environment: the allow-list, and what the user tells git of identity and such.

    The variables of one repository are left out: a hook or an alias that started us
    would otherwise point every command at its own.
    """
    chosen = environment((), {})
    for name, value in os.environ.items():
        if re.fullmatch(r"GIT_CONFIG_VALUE_\d+", name):  # counted, so none may be missing
            chosen[name] = "" if looks_secret("", value) else value
        elif name.startswith(_OF_GIT) and not looks_secret("", value):
            chosen[name] = value
    return chosen
