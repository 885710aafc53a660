"""The doctor at a campaign's beginning: when it looks, what is kept of it, what it stands in the way of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.core.errors import BaselineError, UntrustedError
from autoresearch_ci.core.model import Check, Diagnosis, Note
from autoresearch_ci.doctor import admit
from autoresearch_ci.engine import evaluator
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, git, make_project, make_repository, state

QUICK = {"time_budget": "1s", "kill_after": "2s"}
SOUND = {**SETTINGS, **QUICK, "proposer": "search", "tag": "t"}
"""A target that prints its own metric, and a proposer that would not lie."""

TARGET = 'echo "metric: 10"\n'
CHEATED = {
    **QUICK,
    "tag": "t",
    "target_file": "target.sh",
    "run_command": "sh target.sh",
    "metric_name": "metric",
    "metric_parse": "awk '/^metric:/ { print $2 }' run.log | tail -1",
    "proposer": "command",
    "proposer_command": "touch asked",
}
"""The same, and an agent that could."""

LOG = Path(".claude") / "logs" / "autoresearch.jsonl"


@pytest.fixture
def project(tmp_path):
    return make_repository(tmp_path / "project", {"target.sh": TARGET, "other.txt": "x\n"})


def begin(project, settings, **more):
    """What a session sees of the doctor; its ledger, and whether it went on."""
    settings = {**settings, **more}
    shown = []
    request = SessionRequest(project, settings)
    with open_session(request) as lab:
        admit(lab, request, shown.append, auto="off")
        list(research(lab))
        return shown, lab.history.diagnosis, lab.ledger.log.read_text()


def actions(log):
    return [json.loads(line)["action"] for line in log.splitlines()]


def test_what_it_found_is_kept(project):
    """What can be cheated is on record before the first run, and stays for all later sessions."""
    shown, found, log = begin(project, CHEATED, doctor="report", max_experiments=1)
    assert [c.title for c in found.wrong] == ["a lie after the work", "a lie instead of work"]
    assert [each for each in shown if isinstance(each, Check)] == list(found.checks)
    assert shown[-1] == found
    assert (found.unseen, found.note) == ((), "")
    assert any("guard_command" in each for each in found.weaknesses)
    assert actions(log)[:2] == ["examined", "session_start"]
    again, kept, log = begin(project, CHEATED, doctor="require", max_experiments=1)
    assert (again, kept) == ([], found), "once a campaign, before its first run"
    assert actions(log).count("examined") == 1


def test_it_costs_no_experiment(project):
    """The doctor's runs are nobody's experiments: the session makes as many as it was allowed."""
    _, _, log = begin(project, SOUND | CHEATED, doctor="report", proposer="search",
                      max_experiments=1)  # fmt: skip
    assert [n for n in actions(log) if n == "experiment_done"] == ["experiment_done"], (
        "the baseline"
    )
    assert git(project, "for-each-ref", "--format=%(refname)") == (
        "refs/heads/autoresearch-logs/t\nrefs/heads/autoresearch/t\nrefs/heads/main"
    )


@pytest.mark.parametrize("doctor", ["off", "auto"])
def test_off(project, doctor):
    """At a terminal nothing is examined unless that is asked for."""
    shown, found, log = begin(project, CHEATED, doctor=doctor, max_experiments=1)
    assert (shown, found) == ([], None)
    assert "examined" not in log


def test_required_and_wrong(project):
    """Where lies are kept and the doctor is required, nothing is spent: the error says what to do."""
    with pytest.raises(UntrustedError) as raised:
        begin(project, CHEATED, doctor="require")
    said = str(raised.value)
    assert "2 verdicts wrong, on a lie after the work, a lie instead of work" in said
    assert said.count("Set measure_command") == 1
    assert "doctor: report" in said
    assert not (project / "asked").exists()
    assert not (project / LOG).exists()


def test_required_and_right(tmp_path):
    """A project whose every verdict is right is let through; what was found is said once."""
    project = make_project(tmp_path / "p")
    shown, found, log = begin(project, SOUND, doctor="require", max_experiments=1)
    assert not found.wrong
    assert [each for each in shown if isinstance(each, Diagnosis)] == [found]
    assert "session_end" in actions(log)


def test_no_metric(project):
    """Where the copy gives no metric the session finds out by itself; required, it is not begun."""
    broken = {**CHEATED, "run_command": "false", "max_experiments": 1}
    with pytest.raises(BaselineError):
        begin(project, broken, doctor="report")
    examined = json.loads((project / LOG).read_text().splitlines()[0])["details"]
    assert "gives no metric" in examined["note"]
    assert examined["checks"] == []
    with pytest.raises(BaselineError):
        begin(project, broken, doctor="require", tag="u")
    assert '"tag":"u"' not in (project / LOG).read_text()


class Clock:
    """Real time, until a file is there; then it is very late."""

    def __init__(self, file):
        self._file = file

    def monotonic(self):
        return 1e18 if self._file.exists() else time.monotonic()


@pytest.fixture
def late_after(monkeypatch):
    """Have the doctor's time be over after the first run of a target in which there is this text."""

    def late_after(text):
        file = state() / "late"
        monkeypatch.setattr(evaluator, "time", Clock(file))
        run = f"{CHEATED['run_command']}; grep -q '{text}' target.sh && touch {file}; true"
        opened = {"sandbox_write": str(state())}
        return {**CHEATED, **opened, "run_command": run, "time_limit": "1h", "max_experiments": 1}

    return late_after


def test_cut_short(project, late_after):
    """When its time is over the session goes on, and it is said what was not looked at."""
    settings = late_after("planted by autoresearch-ci")
    shown, found, log = begin(project, settings, doctor="report")
    assert shown[0] == Note("The doctor looks at the project first, for at most 6m00s")
    assert [check.title for check in found.checks] == ["no change"]
    assert "a lie after the work" in found.unseen
    assert "no change" not in found.unseen
    assert found.note.startswith("It was cut short: 6m00s, a tenth of time_limit, were over.")
    assert "autoresearch-ci doctor" in found.note
    assert "experiment_done" in log


def test_left_out(project, late_after):
    """Where one run takes longer than its time there is nothing to show but how to do it by hand."""
    _, found, log = begin(project, late_after("metric"), doctor="report")
    assert found.checks == ()
    assert found.note.startswith("It was left out: 6m00s, a tenth of time_limit, were over")
    assert "experiment_done" in log


def test_required_and_unseen(project, late_after):
    """Who requires the doctor is not let through unseen: the error says how to give it time."""
    with pytest.raises(UntrustedError, match="Raise time_limit") as raised:
        begin(project, late_after("planted by autoresearch-ci"), doctor="require")
    assert "It was cut short" in raised.value.detail


def test_without_a_limit(project):
    """Without a time_limit the doctor has all the time it needs."""
    shown, found, _ = begin(
        project, {**CHEATED, "proposer": "search"}, doctor="report", max_experiments=1
    )
    assert shown[0] == Note("The doctor looks at the project first")
    assert found.unseen == ()


def flags(settings):
    return [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]


def test_at_a_terminal(project, capsys):
    """`run --doctor require` exits with 1 where the loop cannot be trusted; --json has the record."""
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(project), "run", *flags(CHEATED), "--doctor=require"])
    assert exit_.value.code == 1
    out, err = capsys.readouterr()
    assert "WRONG  a lie after the work" in out
    assert "Set measure_command" in err
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(project), "--json", "setup", *flags(CHEATED), "--doctor=report"])
    assert exit_.value.code == 0
    out, err = capsys.readouterr()
    assert next(json.loads(line)["action"] for line in out.splitlines()) == "examined"
    assert "2 verdicts of 12 wrong" in err
    with pytest.raises(SystemExit):
        main(["--repo", str(project), "results"])
    assert "doctor: 2 verdicts of 12 wrong" in capsys.readouterr().out


HANGS = (
    "if grep -q planted target.sh; then (setsid sleep 3077 &); echo here > {here}; sleep 3077; fi"
)


@pytest.fixture
def hanging(project):
    """The command of a session whose doctor hangs, and where it says that it does."""
    here = state() / "here"
    settings = {**CHEATED, "kill_after": "5m", "doctor": "report", "sandbox_write": str(state())}
    settings["run_command"] += "; " + HANGS.format(here=here)
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "run"]
    return [*command, *flags(settings)], here


def wait_for(path):
    give_up = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < give_up, f"{path} did not come"
        time.sleep(0.02)


def runs():
    return any("3077" in (p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(hanging, how):
    """Ctrl-C during the examination leaves no process, and exits with 130."""
    command, here = hanging
    with subprocess.Popen(command, stdout=subprocess.PIPE) as session:
        wait_for(here)
        session.send_signal(how)
        session.communicate(timeout=60)
    assert session.returncode == 130
    assert not runs()


def test_a_kill_is_cleared_up(hanging, project):
    """SIGKILL ends what runs, and the next session is not held up by what was left."""
    command, here = hanging
    with subprocess.Popen(command, stdout=subprocess.PIPE) as session:
        wait_for(here)
        session.kill()
        session.communicate()
    give_up = time.monotonic() + 30
    while runs():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    with open_session(SessionRequest(project, {**CHEATED, "tag": "u"})):
        pass
    assert "doctor" not in git(project, "for-each-ref")
    assert git(project, "status", "--porcelain") == ""


NPM = """\
#!/bin/sh
case "$1" in
ci) echo >> {count}; mkdir -p node_modules/x; pwd > node_modules/x/where ;;
run) test -f node_modules/x/where && mkdir -p dist && cp src/index.js dist/ ;;
test) grep -q exports dist/index.js ;;
esac
"""


@pytest.mark.parametrize("written", [None, "npm ci; true"])
def test_setup_is_not_run_twice(tmp_path, monkeypatch, written):
    """What the session's own setup has installed is what the doctor's runs find."""
    count, bin_ = state() / "count", tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "npm").write_text(NPM.format(count=count))
    (bin_ / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    package = {
        "name": "p",
        "main": "dist/index.js",
        "scripts": {"build": "rollup src/index.js -o dist/index.js", "test": "t"},
        "devDependencies": {"rollup": "1"},
    }
    files = {
        "package.json": json.dumps(package),
        "package-lock.json": "{}",
        "src/index.js": "exports.a = 1;\n",
        ".gitignore": "node_modules/\ndist/\n",
    }
    project = make_repository(tmp_path / "project", files)
    settings = {**QUICK, "tag": "t", "proposer": "search", "target_file": "src/index.js"}
    settings |= {"setup_command": written} if written else {}
    settings["sandbox_write"] = str(state())
    _, found, _ = begin(project, settings, doctor="report", max_experiments=1)
    assert found.note == ""
    assert found.checks
    assert len(count.read_text().splitlines()) == 1
