"""Nothing to try: known and said before anything is run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autoresearch_ci.core.errors import TargetError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import SessionEnd, StopReason
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, git, look, make_project, state

BARREL = "export * from './a';\nexport * from './b';\n"
RUN = "echo run >> $STATE/runs\necho metric: 5\n"
PACKAGE = '{"name": "p", "scripts": {"build": "sh build.sh"}, "main": "dist/index.js"}'
SET_UP = {"setup_command": "touch $STATE/set-up"}


@pytest.fixture
def barrel(tmp_path):
    """A project whose target only hands on to other files."""
    return make_project(tmp_path / "p", **{"index.js": BARREL, "experiment.sh": RUN})


@pytest.fixture
def switch(tmp_path):
    """A project with one switch, and nothing that may be deleted."""
    files = {"target.txt": "fast = true\n", "experiment.sh": RUN}
    return make_project(tmp_path / "p", **files)


def command(project, verb, **settings):
    """The command line on a project: exit code, and all that it said."""
    given = {**SETTINGS, **SET_UP, "proposer": "search", **settings}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    words = [sys.executable, "-m", "autoresearch_ci", verb, *flags]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def ran(project):
    """What of a project's commands has been run."""
    return [name for name in ("set-up", "runs") if (state() / name).exists()]


def search(project, **settings):
    """A session of the search as `run` opens it; its events."""
    with open_session(
        SessionRequest(project, {**SETTINGS, **SET_UP, "tag": "t", **settings}, needs_idea=True)
    ) as lab:
        return list(research(lab))


def test_a_target_with_nothing_in_it_is_refused_before_setup(barrel):
    """A file that only hands on is refused with the reason, and neither setup nor baseline ran."""
    code, said = command(barrel, "run", target_file="index.js")
    assert code == 1
    assert "The search has nothing to try in index.js." in said
    assert "no number, switch or choice" in said
    assert "another target_file" in said
    assert "proposer to a model" in said
    assert ran(barrel) == []
    assert git(barrel, "status", "--porcelain") == ""


def test_other_files_that_detection_offers_are_named(tmp_path):
    """Where the project was detected, the advice names files that could be the target instead."""
    code = "".join(f"export const speed{n} = {n};\n" for n in range(90))
    files = {"package.json": PACKAGE, "src/index.js": "start();\n", "src/a.js": code}
    project = make_project(tmp_path / "p", **files, **{"build.sh": "mkdir -p dist\n"})
    with (
        pytest.raises(TargetError) as error,
        open_session(SessionRequest(project, SET_UP, needs_idea=True)),
    ):
        pass
    assert "src/a.js" in error.value.remedy
    assert ran(project) == []


def test_setup_still_measures_such_a_target(barrel):
    """`setup` wants no idea: it prepares and measures the project whatever its target holds."""
    code, said = command(barrel, "setup", target_file="index.js")
    assert code == 0, said
    assert ran(barrel) == ["set-up", "runs"]


def test_whoever_else_has_ideas_is_asked(barrel):
    """An agent may have an idea for a target in which the search finds none: setup and runs begin."""
    agent = {"proposer": "command", "proposer_command": "echo 'export {};' >> index.js"}
    code, said = command(barrel, "run", target_file="index.js", **agent, max_experiments="1")
    assert code == 0, said
    assert ran(barrel) == ["set-up", "runs"]


def test_a_campaign_that_has_used_up_its_ideas_runs_nothing_more(switch):
    """Once all was tried the next session says so, with what there was, and begins no run."""
    search(switch, max_experiments=1)
    runs = (state() / "runs").read_text()
    (state() / "set-up").unlink()
    with pytest.raises(TargetError) as error:
        search(switch)
    assert error.value.message == "The search has nothing more to try in target.txt."
    assert "1 switch" in error.value.detail
    assert "campaign t has tried them: 1 experiment." in error.value.detail
    assert "--new" in error.value.remedy
    assert (state() / "runs").read_text() == runs
    assert ran(switch) == ["runs"]


def test_a_used_up_campaign_is_over(switch):
    """It is written down as ended, so that the next session begins a new campaign by itself."""
    search(switch, max_experiments=1)
    with pytest.raises(TargetError):
        search(switch)
    last = look(switch, "t").sessions[-1]
    assert isinstance(last, SessionEnd)
    assert (last.reason, last.experiments) == (StopReason.EXHAUSTED, 0)
    with open_session(SessionRequest(switch, SETTINGS, needs_idea=True)) as lab:
        assert lab.start.tag != "t"


def test_a_base_that_has_moved_is_merged_first(switch):
    """Where the base branch has moved on, what it brings is looked at and not refused."""
    search(switch, max_experiments=1)
    (switch / "target.txt").write_text("fast = true\nwarm = true\n")
    git(switch, "commit", "-qam", "mine")
    tried = [e.description for e in look(switch, "t").history.experiments]
    search(switch)
    new = [e.description for e in look(switch, "t").history.experiments[len(tried) :]]
    assert any("warm" in each for each in new)


def test_a_superseded_idea_that_waits_is_something_to_try(barrel, monkeypatch):
    """An idea that another session's keep came before still has its turn."""
    monkeypatch.setattr(History, "superseded", [object()])
    with open_session(
        SessionRequest(barrel, {**SETTINGS, "target_file": "index.js"}, needs_idea=True)
    ) as lab:
        assert lab.history.baseline is None


def test_deletions_that_nobody_would_notice_are_no_ideas(tmp_path):
    """Where a project's type has no guard, code that could go is counted and the guard advised."""
    files = {"package.json": PACKAGE, "src/index.js": "start();\nrest();\n"}
    project = make_project(tmp_path / "p", **files)
    with (
        pytest.raises(TargetError) as error,
        open_session(SessionRequest(project, {}, needs_idea=True)),
    ):
        pass
    assert "2 blocks of code may not be deleted" in error.value.detail
    assert "guard_command" in error.value.remedy
