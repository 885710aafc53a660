"""`run` and `setup`: what the words on the command line mean."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from autoresearch_ci.cli.run import from_root
from tests.projects import SETTINGS, git, make_project


def test_a_target_is_named_as_seen_from_here(tmp_path, monkeypatch):
    """In a subdirectory TARGET is what the shell completes, or a path from the root."""
    below = tmp_path / "a b" / "src"
    below.mkdir(parents=True)
    (below / "x.py").write_text("a = 1\n")
    (tmp_path / "top.py").write_text("a = 1\n")
    monkeypatch.chdir(below)
    assert from_root("x.py", tmp_path) == "a b/src/x.py"
    assert from_root(str(below / "x.py"), tmp_path) == "a b/src/x.py"
    assert from_root("../../top.py", tmp_path) == "top.py"
    assert from_root("top.py", tmp_path) == "top.py"
    assert from_root("a b/src/x.py", tmp_path) == "a b/src/x.py"
    assert from_root("missing.py", tmp_path) == "missing.py"


def test_a_file_of_another_place_is_not_taken(tmp_path, monkeypatch):
    """With --repo the words are a path in that repository, whatever lies about here."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "x.py").write_text("a = 1\n")
    monkeypatch.chdir(tmp_path / "here")
    assert from_root("x.py", tmp_path / "repo") == "x.py"


def session(project, folder):
    """One more session of a few experiments, from this folder; its last words."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "run", *flags, "--max-experiments=4"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_from_a_folder_that_the_campaign_does_not_have(tmp_path):
    """The session ends as it should, and the folder is where it was all the time."""
    project = make_project(tmp_path / "project", **{"target.txt": "A=10\necho metric: $A\n"})
    session(project, project)
    (project / "below").mkdir()
    (project / "below" / "x").write_text("x")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "mine")
    session(project, project / "below")
    assert (project / "below" / "x").exists()


def test_the_last_words_name_the_base_that_was_merged(tmp_path):
    """When `main` has moved, `see the change` shows the campaign's and not the user's commits."""
    project = make_project(tmp_path / "project", **{"target.txt": "A=10\necho metric: $A\n"})
    session(project, project)
    (project / "notes").write_text("x")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "mine")
    words = session(project, project)
    assert f"git diff {git(project, 'rev-parse', 'HEAD')[:7]} " in words


def test_json_of_an_interrupted_session_ends_with_its_last_records(tmp_path):
    """After a signal a program that reads --json is told what became of the experiment and why."""
    project = make_project(
        tmp_path / "project",
        **{
            "target.txt": "value=10\n",
            "experiment.sh": ". ./target.txt\n[ $value = 10 ] || sleep 60\necho metric: $value\n",
        },
    )
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "--json", "run"]
    with subprocess.Popen(
        [*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as session:
        records = []
        for line in session.stdout:
            records.append(json.loads(line))
            if len(records) == 4:  # the start, the baseline's two, and the first idea's start
                session.send_signal(signal.SIGTERM)  # SIGINT is ignored in the background
    assert session.returncode == 130
    *_, cut, end = records
    assert cut["details"]["reason"] == "interrupted"
    assert (end["action"], end["details"]["reason"]) == ("session_end", "interrupted")


def dry(project, *words, code=0):
    """What a dry run prints."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "run", "--dry-run", *flags, *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_dry_run_shows_all_and_leaves_nothing(tmp_path):
    """Settings, open doors, the baseline and what would be tried; no ref, no file, no record."""
    project = make_project(
        tmp_path / "project", **{"target.txt": "A=10\necho METRIC size=3\necho metric: $A\n"}
    )
    before = git(project, "for-each-ref"), sorted(p.name for p in project.iterdir())
    told = dry(project, "--goal", "less")
    assert "  goal: less (command line)" in told
    assert "There is no guard_command" in told
    assert "\n  metric 10.000000: 2 runs in" in told
    assert "\n  beside it size 3" in told
    assert "\n  goal is for a model or an agent" in told
    assert "ideas come from search" in told
    assert "\n1     number  A     10     " in told
    assert "target.txt: 1 place to set, on 1 line" in told
    assert before == (git(project, "for-each-ref"), sorted(p.name for p in project.iterdir()))


def test_a_dry_run_fails_where_the_session_would(tmp_path):
    """A baseline without a number is the session's own error, with what to do."""
    project = make_project(tmp_path / "project", **{"target.txt": "A=10\nexit 3\n"})
    assert "exit code 3" in dry(project, code=1)
    assert "--push means nothing with --dry-run" in dry(project, "--push", code=2)
