from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch_ci.core.environment import (
    checked,
    credentials,
    environment,
    environment_of_git,
    trust,
)
from autoresearch_ci.core.errors import SettingsError

SECRETS = {
    "GITHUB_TOKEN": "x",
    "ACTIONS_RUNTIME_TOKEN": "x",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "x",
    "INPUT_API-KEY": "x",
    "ANTHROPIC_API_KEY": "x",
    "OPENAI_API_KEY": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "DB_PASSWORD": "x",
    "MYSQL_PWD": "x",
    "SSH_AUTH_SOCK": "/tmp/agent",
    "SOMETHING_NOBODY_THOUGHT_OF": "x",
    "CUDA_REGISTRY_TOKEN": "x",
    "LC_SECRET": "x",
}


def test_no_secret_passes(monkeypatch):
    """No variable of the harness that could hold a credential reaches an experiment."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert not SECRETS.keys() & environment((), {}).keys()


def test_toolchains_pass(monkeypatch):
    """Paths, locale, certificates and toolchain homes reach an experiment."""
    wanted = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "SSL_CERT_FILE": "/c.pem",
        "JAVA_HOME": "/j",
        "GOMODCACHE": "/g",
        "CUDA_VISIBLE_DEVICES": "0",
        "HTTPS_PROXY": "http://proxy:3128",
        "VIRTUAL_ENV": "/v",
    }
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    assert wanted.items() <= environment((), {}).items()


@pytest.mark.parametrize(
    "value", ["http://me:secret@proxy:3128", "me:secret@proxy:3128", "http://me:s@c@proxy"]
)
def test_a_proxy_with_a_password_stays_out(monkeypatch, value):
    """A proxy setting with a user and a password does not reach an experiment."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("https_proxy", value)
    assert not {"HTTPS_PROXY", "https_proxy"} & environment((), {}).keys()


def test_named_variables_pass(monkeypatch):
    """`env` lets a variable through by name, or sets it, and ignores one that is not there."""
    monkeypatch.setenv("DATASET", "/data")
    monkeypatch.delenv("MISSING", raising=False)
    allow = checked(["DATASET", "MISSING", "WANDB_MODE=offline", "TOKENIZERS_PARALLELISM=false"])
    env = environment(allow, {})
    assert env["DATASET"] == "/data"
    assert env["WANDB_MODE"] == "offline"
    assert env["TOKENIZERS_PARALLELISM"] == "false"
    assert "MISSING" not in env


def test_the_commands_own_variables_win(monkeypatch):
    """What a command brings along overrides the allow-list."""
    monkeypatch.setenv("TZ", "UTC")
    assert environment(("TZ=CET",), {"TZ": "EST"})["TZ"] == "EST"


@pytest.mark.parametrize(
    "entry",
    [
        "GITHUB_TOKEN",
        "GITHUB_TOKEN=x",
        "ACTIONS_CACHE_URL",
        "INPUT_FOO",
        "WANDB_API_KEY",
        "hf_token",
        "GHTOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS=/x.json",
        "DATABASE_URL=postgres://me:secret@db/x",
        "THING=ghp_" + "a" * 36,
    ],
)
def test_a_credential_cannot_be_named(entry):
    """Naming a credential in `env` is an error that says what to do instead, and never shows it."""
    with pytest.raises(SettingsError, match="never holds a credential") as caught:
        checked([entry])
    assert "`env`" in caught.value.remedy
    assert "secret" not in str(caught.value)
    assert "aaaa" not in str(caught.value)


def test_a_credential_behind_an_innocent_name_stays_out(monkeypatch):
    """A named variable that turns out to hold a credential is refused or left out."""
    allow = checked(["DATABASE_URL"])
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@db/x")
    assert "DATABASE_URL" not in environment(allow, {})
    with pytest.raises(SettingsError):
        checked(["DATABASE_URL"])


@pytest.mark.parametrize("entry", ["", "=x", "A B", "A-B", "1A", "A=\0"])
def test_a_bad_name_is_refused(entry):
    """What is no name of a variable is an error in the settings."""
    with pytest.raises(SettingsError, match="not the name"):
        checked([entry])


def test_git_gets_no_more_than_an_experiment_and_who_the_user_is(monkeypatch):
    """An unknown name does not reach git; identity and configuration do, credentials in it not."""
    monkeypatch.setattr("os.environ", {
        "PATH": "/bin",
        "ODD": "x",
        "GITHUB_TOKEN": "x",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "GIT_DIR": "/elsewhere",
        "GIT_AUTHOR_NAME": "me",
        "GIT_COMMITTER_DATE": "whenever",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "http.https://github.com/.extraheader",
        "GIT_CONFIG_VALUE_1": "AUTHORIZATION: basic eDp5",
    })  # fmt: skip
    assert environment_of_git() == {
        "PATH": "/bin",
        "GIT_AUTHOR_NAME": "me",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "http.https://github.com/.extraheader",
        "GIT_CONFIG_VALUE_1": "",
    }


def test_what_must_not_be_told_is_known_by_its_name_or_value():
    """Credentials, in order of name; not what a runner merely tells about the job."""
    variables = {
        "Z_TOKEN": "z", "INPUT_API-KEY": "a", "DB_PASSWORD": "b", "PROXY": "http://u:p@host",
        "GITHUB_EVENT_NAME": "schedule", "INPUT_MAX-EXPERIMENTS": "10", "HOME": "/home/me",
        "PLAIN": "ghp_" + "a1" * 18,
    }  # fmt: skip
    assert credentials(variables) == ("b", "a", variables["PLAIN"], variables["PROXY"], "z")


def test_trust(monkeypatch):
    """Git is told by its environment whom to trust, besides what it was told before."""
    for name in ("COUNT", "KEY_0", "VALUE_0"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", "0")
    trust(Path("/a"))
    assert environment_of_git()["GIT_CONFIG_KEY_0"] == "safe.directory"
