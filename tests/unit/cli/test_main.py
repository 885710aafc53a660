"""Words in, exit code out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch_ci import __version__
from autoresearch_ci.cli import VERBS, main
from autoresearch_ci.config import Settings
from tests.projects import git


def call(*words):
    with pytest.raises(SystemExit) as exit_:
        main(words)
    return exit_.value.code


def test_help_names_every_verb(capsys):
    """`--help` says what there is and how to begin."""
    assert call("--help") == 0
    out = capsys.readouterr().out
    assert all(f"  {verb} " in out for verb in VERBS)
    assert "autoresearch-ci demo" in out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb, capsys):
    """`VERB --help` works for each of them, with the global options."""
    assert call(verb, "--help") == 0
    out = capsys.readouterr().out
    assert f"autoresearch-ci {verb}" in out
    assert "--repo PATH" in out
    assert f"{VERBS[verb][1:]}." in " ".join(out.split())


@pytest.mark.parametrize("verb", ["run", "setup", "config", "init"])
def test_every_setting_is_a_flag(verb, capsys):
    """There is no setting without its flag, and each says what it means."""
    assert call(verb, "--help") == 0
    out = capsys.readouterr().out
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')} " in out


def test_windows_is_told_where_it_works(monkeypatch):
    """Nothing begins there, and the message names the way."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert "use it in WSL" in call("--help")


def test_version(capsys):
    """`--version` is one line."""
    assert call("--version") == 0
    assert capsys.readouterr().out == f"autoresearch-ci {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "autoresearch-ci demo"),
        (["rum"], "did you mean run?"),
        (["run", "--max-experiment", "3"], "did you mean --max-experiments?"),
        (["run", "a.py", "b.py"], "unexpected argument 'b.py'"),
        (["run", "a.py", "--target-file", "b.py"], "two different files"),
        (["run", "--max-experiments"], "expected one argument"),
        (["--repo", "/does/not/exist", "run"], "'/does/not/exist' is not a directory"),
        (["run", "--repo", "/does/not/exist"], "'/does/not/exist' is not a directory"),
        (["results", "--last", "0"], "not a number of 1 or more"),
        (["results", "--status", "kept"], "keep, discard or crash"),
        (["results", "--tsv", "--watch"], "not allowed with"),
        (["results", "--tsv", "--json"], "three different forms"),
        (["--json", "results", "--watch"], "three different forms"),
        (["results", "--format", "xml"], "choose from"),
        (["results", "--format", "markdown", "--last", "2"], "the whole campaign"),
        (["--nope"], "--nope"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_do(words, said, capsys):
    """A misspelt verb, option or value exits with 2 and a hint."""
    assert call(*words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "--help" in err


def test_an_error_of_the_user_is_1_and_ends_in_the_remedy(tmp_path, capsys):
    """A bad value is one error line and the remedy on its own line."""
    assert call("--repo", str(tmp_path), "config", "--max-experiments", "many") == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert len(err.splitlines()) >= 2
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["init", "config", "run"])
def test_a_bare_repository_is_no_place_to_look_for_settings(verb, tmp_path, capsys):
    """Nobody is sent to write a section into the git directory of a server's repository."""
    git(tmp_path, "init", "-q", "--bare", ".")
    assert call("--repo", str(tmp_path), verb) == 1
    assert "git clone" in capsys.readouterr().err
    assert not (tmp_path / "CLAUDE.md").exists()


def test_help_imports_nothing_heavy():
    """`--help` needs neither pydantic nor git nor any of the other slow imports."""
    code = (
        "import sys\n"
        "from autoresearch_ci.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'git', 'pygments', 'psutil', 'yaml', 'rich', 'typer', 'asyncio'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_output_that_a_terminal_cannot_encode_is_no_error():
    """In an ASCII locale a help or a title with other characters still prints."""
    done = subprocess.run(
        [sys.executable, "-m", "autoresearch_ci", "--repo", "/없음", "run"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert b"is not a directory" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT RUN: no /dev/full here")
def test_a_full_disk_is_the_users():
    """Output that cannot be written is an error with its remedy, not silence."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m autoresearch_ci config --schema > /dev/full"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Free some space" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed):
    """A caller that closes the output gets the exit code all the same."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m autoresearch_ci --help {closed}"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_reader_that_leaves_is_no_error():
    """`autoresearch-ci config --schema | head -1` ends quietly."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m autoresearch_ci config --schema | head -1 >/dev/null"],
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
