"""What somebody at a terminal has and a run has not: the error says how to do without."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.engine.unattended_advice import advice
from tests.projects import hold, make_project


@pytest.mark.parametrize(
    "said",
    [
        "how many? Traceback (most recent call last):\nEOFError: EOF when reading a line",
        "the input device is not a TTY",
        "Error: Cannot prompt in a non-interactive terminal",
        "stty: 'standard input': Inappropriate ioctl for device",
        "sh: 1: cannot open /dev/tty: No such device or address",
        "Warning: Output is not to a terminal (fd=1).",
        "termios.error: (25, 'Inappropriate ioctl for device')",
        "Error: EOF on stdin while waiting for an answer",
    ],
)
def test_what_asks_somebody(said):
    """A program that asks, or wants a terminal, is told that nobody is there to answer."""
    assert "nobody to answer" in advice(said, "run", {}, {})


def test_a_shell_that_reads_an_answer():
    """A `read` that finds nothing says nothing: the command itself is looked at."""
    shell = 'read -p "Go on? " a; [ "$a" = y ] && python3 t.py'
    assert "nobody to answer" in advice("", shell, {}, {})
    assert advice("", "cat list | while read x; do echo $x; done; false", {}, {}) == ""
    assert advice("", "while read x; do echo $x; done < list; false", {}, {}) == ""


@pytest.mark.parametrize(
    "said",
    [
        "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
        "permission denied while trying to connect to the Docker daemon socket",
        "Cannot connect to Podman. Please verify your connection to the Linux system",
        "error during connect: open //./pipe/docker_engine",
    ],
)
def test_what_starts_containers(said):
    """A command that starts a container is told to have the runs themselves in one."""
    found = advice(said, "docker run --rm -v .:/x python:3.12 python3 t.py", {}, {})
    assert "`image: python:3.12`" in found
    assert "`isolation: container`" in found
    assert "`image`" in advice(said, "make bench", {}, {})


def test_a_container_that_wants_a_terminal():
    """Without its -t it would fail for want of the engine: that is told at once."""
    found = advice("the input device is not a TTY", "docker run -it -v .:/w python:3.12 x", {}, {})
    assert "`image: python:3.12`" in found


@pytest.mark.parametrize(
    ("said", "shell"),
    [
        ("KeyError: 'DATA_DIR'", "python3 t.py"),
        ("error: environment variable DATA_DIR not set", "./bench"),
        ("sh: 1: DATA_DIR: parameter not set", "set -u; ls $DATA_DIR"),
        ("", 'test -n "$DATA_DIR" && python3 t.py'),
        ("ls: cannot access '/x': No such file or directory", "ls ${DATA_DIR}/x"),
    ],
)
def test_a_variable_that_is_set_here(said, shell):
    """A variable that a command names and that only we have is to be handed on by `env`."""
    ours = {"DATA_DIR": "/srv", "HOME": "/root"}
    assert "`env: DATA_DIR`" in advice(said, shell, {"HOME": "/root"}, ours)
    assert advice(said, shell, ours, ours) == ""
    assert advice(said, shell, {}, {"HOME": "/root"}) == ""


def test_a_credential_is_never_handed_on():
    """For a credential the remedy is to do without it, and not a setting that would be refused."""
    found = advice("OPENAI_API_KEY is not set", "python3 t.py", {}, {"OPENAI_API_KEY": "x"})
    assert "no experiment is given one" in found
    assert "`env: OPENAI_API_KEY`" not in found


def test_words_that_only_look_like_variables():
    """A word of the output counts only where it stands for a variable that is missing."""
    ours = {"PWD": "/x", "ERROR": "1", "EDITOR": "vi"}
    assert advice("ERROR in line 3: no EDITOR here", "python3 t.py", {}, ours) == ""
    assert advice("fatal: something else", "make", {}, ours) == ""


def test_the_error_says_it(tmp_path, monkeypatch):
    """The real thing: what a run prints for want of a variable of ours ends in the setting."""
    monkeypatch.setenv("DATA_PLACE", "here")
    project = make_project(tmp_path / "p")
    shell = 'test -n "$DATA_PLACE" && echo metric: 1'
    with pytest.raises(AutoresearchError) as caught:
        hold(project, [], run_command=shell)
    assert "Set `env: DATA_PLACE`" in caught.value.remedy
    assert "by hand" not in caught.value.remedy
    hold(project, [], run_command=shell, env="DATA_PLACE", tag="after")
