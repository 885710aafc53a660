"""What a run's tree leaves out, and a command then fails for: the error says what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.engine.isolation_advice import advice
from autoresearch_ci.trees import Network
from tests.projects import hold, make_project

ROOT = Path("/home/me/project")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("fatal: not a git repository (or any of the parent directories): .git", "(`env`)"),
        (
            "LookupError: setuptools-scm was unable to detect version for /x.",
            "`env: SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0`",
        ),
        ("husky - .git can't be found, see the documentation", "`env: HUSKY=0`"),
        ("Could not find repository from path; lefthook install failed", "`env: LEFTHOOK=0`"),
    ],
)
def test_what_asks_git(said, remedy):
    """Whatever asks git for something is told how to get it otherwise."""
    assert remedy in advice(said, ROOT, Network.HOST)


@pytest.mark.parametrize(
    "said",
    [
        "curl: (6) Could not resolve host: example.org",
        "npm error code EAI_AGAIN",
        "requests: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
        "java.net.UnknownHostException: repo.example.org",
        "dial tcp: lookup proxy.example.org: connect: network is unreachable",
    ],
)
def test_what_wants_the_network(said):
    """With `network: none` a failure for want of it says so, and otherwise nothing does."""
    assert "`network: host`" in advice(said, ROOT, Network.NONE)
    assert advice(said, ROOT, Network.HOST) == ""


@pytest.mark.parametrize("why", ["Permission denied", "No such file or directory"])
def test_a_path_that_the_system_will_not_look_at(why):
    """Whatever a program prints, the look for what it means ends in words and not in an error."""
    path = f"/srv/{'a' * 300}/x"
    assert advice(f"sh: 1: {path}: {why}", ROOT, Network.HOST)[: len(path)] in ("", path)


def test_quotes_are_no_part_of_a_path(tmp_path, monkeypatch):
    """As GNU's programs set them around names in a UTF-8 locale."""
    monkeypatch.setattr("autoresearch_ci.engine.isolation_advice._TEMPORARY", ())
    said = f"mkdir: cannot create directory \u2018{tmp_path}/x\u2019: Permission denied"
    assert advice(said, ROOT, Network.HOST).startswith(f"{tmp_path}/x is closed")


def test_what_is_not_shown(tmp_path, monkeypatch):
    """A path that is on the machine and that a run does not find is to be shown by `sandbox_read`."""
    monkeypatch.setattr("autoresearch_ci.engine.isolation_advice._TEMPORARY", ())
    tool = tmp_path / "tools/thing/bin/compile"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    folder = tmp_path / "tools/thing"
    for said in (f"/bin/sh: 1: {tool}: not found", f"cat: {tool}: No such file or directory"):
        assert f"Set `sandbox_read: {folder}`" in advice(said, ROOT, Network.HOST)
    monkeypatch.setenv("PATH", str(tool.parent))
    assert f"Set `sandbox_read: {folder}`" in advice(
        "sh: 1: compile: not found", ROOT, Network.HOST
    )
    assert advice(f"{tmp_path}/none: No such file or directory", ROOT, Network.HOST) == ""
    assert advice(f"{ROOT}/x: No such file or directory", ROOT, Network.HOST) == ""


def test_the_shell_that_complains_is_not_the_matter():
    """Nobody is told to open /bin/sh, which only says what went wrong."""
    said = "/bin/sh: 1: ./evaluate: Permission denied\n/bin/bash: line 3: ./x: not found"
    assert advice(said, ROOT, Network.HOST) == ""


def test_a_program_that_may_not_be_started_is_to_be_shown(tmp_path, monkeypatch):
    """Copies refuse what overlays do not show: nobody is told to let runs write to a toolchain."""
    monkeypatch.setattr("autoresearch_ci.engine.isolation_advice._TEMPORARY", ())
    tool = tmp_path / "venv/bin/python"
    tool.parent.mkdir(parents=True)
    tool.touch(mode=0o755)
    found = advice(f"/bin/sh: 1: {tool}: Permission denied", ROOT, Network.HOST)
    assert f"Set `sandbox_read: {tmp_path / 'venv'}`" in found
    assert "sandbox_write" not in found


def test_what_may_not_be_written(tmp_path, monkeypatch):
    """A place that a run wants to write to is to be opened by `sandbox_write`."""
    monkeypatch.setattr("autoresearch_ci.engine.isolation_advice._TEMPORARY", ())
    said = f"OSError: [Errno 30] Read-only file system: '{tmp_path}/cache/x'"
    assert f"Set `sandbox_write: {tmp_path}" in advice(said, ROOT, Network.HOST)


def test_a_credential_is_not_opened(tmp_path, monkeypatch):
    """Nobody is told to show a folder of credentials to runs."""
    monkeypatch.setattr("autoresearch_ci.engine.isolation_advice._TEMPORARY", ())
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("secret")
    said = f"No such file or directory: '{tmp_path}/.aws/credentials'"
    assert "sandbox_read" not in advice(said, ROOT, Network.HOST)
    assert "`env`" in advice(said, ROOT, Network.HOST)


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"setup_command": "git describe"}, "nothing can be asked of git there"),
        ({"run_command": "git rev-parse HEAD"}, "nothing can be asked of git there"),
        (
            {
                "run_command": "python3 -c 'import socket; socket.create_connection((\"example.org\", 80))'",
                "network": "none",
            },
            "set `network: host`",
        ),
        ({"setup_command": "echo 'E: are you root?'; exit 100"}, "belongs into the image"),
        ({"run_command": "touch /usr/share/x"}, "Set `sandbox_write: /usr/share`"),
    ],
)
def test_the_error_says_it(tmp_path, settings, remedy):
    """The real thing in a real tree ends in an error with that remedy."""
    project = make_project(tmp_path / "p")
    with pytest.raises(AutoresearchError) as caught:
        hold(project, [], **settings)
    assert remedy in caught.value.remedy
