"""A confirmation that was interrupted: what it measured is kept, and is no verdict."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from autoresearch_ci.campaign.ledger import loads
from autoresearch_ci.core.model import Confirmation, Finding, Note, Side
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.confirm import confirm
from autoresearch_ci.engine.session_request import SessionRequest
from tests.action_jobs import wait_for
from tests.projects import SETTINGS, git, hold, look, make_project, state

TARGET = "a=5\nb=5\n"
# Counts its runs, outside of what is undone after each, and hangs in the one that it is told to.
EXPERIMENT = """\
. ./target.txt
echo >> $STATE/runs
if [ -e $STATE/hang ] && [ $(wc -l < $STATE/runs) -ge $(cat $STATE/hang) ]; then
    touch $STATE/hangs
    sleep 300
fi
echo metric: $((a + b))
"""


def change(old, new):
    return (f"{old} -> {new}", lambda text: text.replace(old, new))


@pytest.fixture(autouse=True)
def heard():
    """What runs in the background ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path / "p", **{"target.txt": TARGET, "experiment.sh": EXPERIMENT})
    hold(project, [change("a=5", "a=4"), change("b=5", "b=3")])
    return project


def runs(project):
    return len((state() / "runs").read_text().splitlines())


def interrupted(project, after, how, *words):
    """`confirm`, interrupted by a signal in the run after this many; what it said."""
    (state() / "hangs").unlink(missing_ok=True)
    (state() / "hang").write_text(str(runs(project) + after + 1))
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "confirm", *flags]
    with subprocess.Popen(
        [*command, "--tag=t", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        wait_for(state() / "hangs", process)
        process.send_signal(how)
        said = process.communicate(timeout=60)[0]
    (state() / "hang").unlink()
    assert process.returncode == (-how if how == signal.SIGKILL else 130), said
    return said


def confirmed(project, *, drop=False, machine=None, **settings):
    """`confirm` to its end: what it noted, its findings and its verdict."""
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t", **settings})) as lab:
        here = replace(lab, start=replace(lab.start, machine=machine or lab.start.machine))
        *events, last = confirm(here, drop=drop)
    assert isinstance(last, Confirmation)
    return (
        [each.text for each in events if isinstance(each, Note)],
        [each for each in events if isinstance(each, Finding)],
        last,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_was_measured_is_not_measured_again(project, how):
    """Whatever ends it, each pair of runs is on record, and the next one goes on from there."""
    said = interrupted(project, 9, how)
    if how != signal.SIGKILL:
        assert "interrupted after 1 of 2 kept changes: every pair of runs is in the log" in said
    assert len(look(project, "t").history.pairs) == 4
    before = runs(project)
    notes, findings, verdict = confirmed(project)
    assert notes == [
        "goes on from a confirmation that was interrupted: 4 pairs of runs are measured already"
    ]
    assert [(f.holds, f.gain) for f in findings] == [(True, 2), (True, 1)]
    assert (verdict.verdict, verdict.gain, verdict.pairs) == ("confirmed", 3, 3)
    assert runs(project) - before == 3 * 3 * 2 - 4 * 2


def test_it_is_no_verdict(project):
    """Nothing that people look at, branch or log, takes a part of it for a confirmation."""
    interrupted(project, 9, signal.SIGTERM)
    history = look(project, "t").history
    assert (history.confirmation, history.confirmed) == (None, None)
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "results"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "onfirm" not in shown
    logs = git(project, "show", "autoresearch-logs/t:.claude/logs/autoresearch.jsonl")
    assert logs.count('"pair_measured"') == 4  # on the branch too, in case the clone is cleaned
    assert '"confirmed"' not in logs
    assert "confirmed" not in git(project, "show", "autoresearch-logs/t:README.md")


def test_a_confirmation_uses_them_up(project):
    """After a verdict the next confirmation measures all of it anew."""
    interrupted(project, 9, signal.SIGTERM)
    confirmed(project)
    before = runs(project)
    assert confirmed(project)[0] == []
    assert runs(project) - before == 3 * 3 * 2


def test_another_version_of_the_branch_begins_anew(project):
    """Pairs of a branch that has moved since say nothing of it, and it is said."""
    interrupted(project, 9, signal.SIGTERM)
    hold(project, [change("", "")] * 2 + [change("a=4", "a=2")])
    notes, findings, _ = confirmed(project)
    (note,) = notes
    assert note.startswith("begins anew: the 4 pairs of runs of a confirmation that was")
    assert note.endswith("were measured of another version of the branch")
    assert [f.gain for f in findings] == [3, 2]


def test_another_machine_begins_anew(project):
    """Machines are not mixed."""
    interrupted(project, 9, signal.SIGTERM)
    before = runs(project)
    notes, _, verdict = confirmed(project, machine="another one")
    assert "were measured on another machine (" in notes[0]
    assert (verdict.machine, runs(project) - before) == ("another one", 3 * 3 * 2)


def test_other_settings_begin_anew(project):
    """Numbers of another command are no numbers of this one."""
    interrupted(project, 9, signal.SIGTERM)
    notes, findings, verdict = confirmed(project, run_command=". ./target.txt; echo metric: $a")
    assert "were measured by other settings" in notes[0]
    assert [f.gain for f in findings] == [0, 1]
    assert verdict.gain == 1


def test_a_drop_goes_on_too(project):
    """What `--drop` measured of a change counts for the experiment that takes it out."""
    hold(
        project,
        [change("", "")] * 2 + [("c=1", lambda text: text + "c=1\n")],
        run_command=". ./target.txt; echo metric: $((a + b - ${c:-0}))",
    )
    said = interrupted(project, 4, signal.SIGTERM, "--drop")
    assert "what was taken out stays out, every pair of runs is in the log" in said
    before = runs(project)
    notes, findings, _ = confirmed(project, drop=True)
    assert "2 pairs" in notes[0]
    assert [f.dropped for f in findings] == [True, False, False]
    dropped = look(project, "t").history.incumbent
    assert [s.side for s in dropped.samples].count(Side.CANDIDATE) == 3
    assert runs(project) - before == 2 + 3 * 3 * 2


def test_a_pair_is_one_run_of_either_side(project):
    """A line that somebody else wrote is no pair unless it is one."""
    interrupted(project, 2, signal.SIGTERM)
    log = project / ".claude" / "logs" / "autoresearch.jsonl"
    line = next(each for each in log.read_bytes().splitlines() if b"pair_measured" in each)
    record = loads(line)
    assert {sample.side for sample in record.samples} == set(Side)
    parsed = json.loads(line)
    parsed["details"]["runs"] = parsed["details"]["runs"][:1]
    assert loads(json.dumps(parsed).encode()) is None
