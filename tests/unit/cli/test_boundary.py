"""Errors become words and an exit code."""

from __future__ import annotations

import errno

import pytest

from autoresearch_ci.cli.bug import report, scrub
from autoresearch_ci.cli.error_boundary import exit_code
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.interrupts import Interrupted


def raiser(error):
    def action():
        raise error

    return action


def test_done_is_0(capsys):
    """An action's own code is the exit code, and nothing is added."""
    assert exit_code(lambda: 0, []) == 0
    assert capsys.readouterr().err == ""


def test_a_user_error_is_message_detail_remedy(capsys):
    """Evidence is indented between the error and what to do; escape sequences are harmless."""
    error = BaselineError("It crashed.", remedy="Mend it.", detail="Traceback\n  File\x1b[2J x")
    assert exit_code(raiser(error), ["run"]) == 1
    assert capsys.readouterr().err == (
        "error: It crashed.\n    Traceback\n      File x\nMend it.\n"
    )


@pytest.mark.git
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x/run.log"), 1, "Free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "CLAUDE.md"), 1, "permission"),
        (MemoryError(), 1, "out of memory"),
        (KeyboardInterrupt(), 130, ""),
        (Interrupted(), 130, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 0, ""),
        (ZeroDivisionError("oops"), 3, "ZeroDivisionError: oops"),
        (OSError("odd"), 3, "odd"),
        (RecursionError("deep"), 3, "RecursionError"),
    ],
)
def test_every_error_has_its_code(error, code, said, capsys):
    """What the user can mend is 1, a bug 3, an interruption 130, a reader that left 0."""
    assert exit_code(raiser(error), ["run"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert ("Traceback" in err) == (code == 3)


def test_usage_passes_through():
    """argparse's own exit is not taken for a bug."""
    with pytest.raises(SystemExit) as exit_:
        exit_code(raiser(SystemExit(2)), [])
    assert exit_.value.code == 2


@pytest.mark.git
def test_a_bug_report_can_be_pasted(monkeypatch, tmp_path):
    """Versions, verb, flags and traceback are in it; secrets, flag values and the home are not."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MY_API_KEY", "hunter2hunter2")
    try:
        raise ValueError(f"cannot read {tmp_path}/x with hunter2hunter2")
    except ValueError as error:
        text = report(error, ["--repo", "/secret", "run", "--base=v1", "--env", "A=b"])
    for part in ("autoresearch-ci 0.", "Python 3.", "git version", "command: autoresearch-ci run"):
        assert part in text
    assert "--repo --base --env" in text
    assert "cannot read ~/x with ***" in text
    assert "Title: ValueError in `autoresearch-ci run`" in text
    for secret in ("hunter2", "A=b", "v1", "/secret", str(tmp_path)):
        assert secret not in text


@pytest.mark.parametrize(
    "text",
    [
        "ghp_abcdefghijklmnop1234",
        "sk-ant-abcdefgh12345678",
        "https://user:pass@example.org",
        "Authorization: Bearer abc.def",
    ],
)
def test_what_looks_like_a_secret_is_struck_out(text):
    """Known shapes of tokens go even where no variable names them."""
    shown = scrub(text, {})
    assert "***" in shown
    assert not {"abcdefgh", "pass@", "abc.def"} & {
        w for w in ("abcdefgh", "pass@", "abc.def") if w in shown
    }
