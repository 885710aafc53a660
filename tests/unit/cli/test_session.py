"""A session at a terminal, with scripted events."""

from __future__ import annotations

import json
import os
import signal
import sys
import types
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

import autoresearch_ci.doctor  # noqa: F401 - with the lab that it needs, before that is replaced
from autoresearch_ci.cli.session import hold
from autoresearch_ci.core.errors import BaselineError, OutOfTimeError
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    ExperimentStart,
    IncumbentMeasured,
    Reason,
    SessionEnd,
    Status,
    StopReason,
)
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, make_project


class Script:
    """A lab and a loop that play the given events; what the loop was told is in `heard`."""

    def __init__(self, start, history):
        self.start, self.history = start, history
        self.events = [start]
        for experiment in history.experiments:
            self.events += [self.begin(experiment), experiment]
        self.heard, self.closed, self.opened = [], False, None
        self.error = None

    def begin(self, experiment: Experiment) -> ExperimentStart:
        return ExperimentStart(
            tag="mar17", session="s1", timestamp="2026-03-17T14:35:00Z",
            experiment=experiment.experiment, description=experiment.description,
            parent="a" * 40, candidate="b" * 40, proposer="search",
        )  # fmt: skip

    @contextmanager
    def open_session(self, request):
        self.opened = request
        settings = SimpleNamespace(
            time_budget=300.0, kill_after=600.0, max_experiments=10, time_limit=None, patience=3,
            target_value=None, metric_name="val_bpb", doctor="auto",
        )  # fmt: skip
        yield SimpleNamespace(
            settings=settings, start=self.start, history=self.history, notes=("a note",),
            campaign=SimpleNamespace(base=self.start.base),
            ledger=SimpleNamespace(campaign=SimpleNamespace(sessions=[self.start])),
            remote_sync=SimpleNamespace(raced=False),
        )  # fmt: skip
        self.closed = True

    def research(self, _lab):
        try:
            yield from self.events
            if self.error is not None:
                raise self.error
            yield SessionEnd(
                "mar17", "s1", "2026-03-17T14:35:00Z", StopReason.MAX_EXPERIMENTS, 2, 1, 0.98
            )
        except BaseException as error:
            self.heard.append(type(error).__name__)
            raise


@pytest.fixture
def script(monkeypatch, session_start, make_history):
    made = Script(session_start, make_history((0.98, Reason.IMPROVED), (None, Reason.NONZERO_EXIT)))
    lab = types.ModuleType("lab")
    lab.open_session = made.open_session
    loop = types.ModuleType("loop")
    loop.research = made.research
    monkeypatch.setitem(sys.modules, "autoresearch_ci.engine.assembly", lab)
    monkeypatch.setitem(sys.modules, "autoresearch_ci.engine.loop", loop)
    return made


def test_a_session_tells_its_story(script, tmp_path, capsys):
    """Opening, notes, a line an experiment, why it stopped, and what to do next; exit code 0."""
    assert hold(tmp_path, {}) == 0
    out, err = capsys.readouterr()
    for part in (
        "mar17 on branch autoresearch/mar17",
        "after 10 experiments or after 3 experiments without a keep or at Ctrl-C",
        "note      a note",
        "-2.00%",
        "nonzero_exit",
        "stopped: max_experiments reached",
        "1 kept, 0 discarded, 1 crashed",
        f"cd {tmp_path}",
        "git merge --ff-only autoresearch/mar17",
    ):
        assert part in out
    assert err == ""
    assert script.closed


def test_push_reaches_the_lab_with_the_token_from_the_environment(script, tmp_path, monkeypatch):
    """And the token is not in what could be printed of it."""
    monkeypatch.setenv("AUTORESEARCH_TOKEN", "s3cret")
    hold(tmp_path, {}, push="upstream", quiet=True)
    target = script.opened.push
    assert (target.remote, target.token) == ("upstream", "s3cret")
    assert "s3cret" not in repr(target)


def test_what_was_asked_for_reaches_the_lab(script, tmp_path):
    """Flags, --new, --base and setup pass through untouched."""
    hold(tmp_path, {"tag": "x"}, new=True, base="v1", setup_only=True, quiet=True)
    tell = script.opened.tell  # what shows the progress
    assert script.opened == SessionRequest(
        tmp_path, {"tag": "x"}, new=True, base="v1", setup_only=True, push=None, tell=tell,
        needs_idea=True,
    )  # fmt: skip


def test_quiet_is_one_line(script, tmp_path, capsys):
    """With --quiet only the outcome is printed."""
    assert hold(tmp_path, {}, quiet=True) == 0
    assert capsys.readouterr().out == (
        "mar17: val_bpb 1.000000 -> 0.980000 (-2.00%), experiment 1\n"
    )


def test_json_is_one_record_a_line(script, tmp_path, capsys):
    """With --json standard output is the ledger's records alone; people read standard error."""
    script.events.insert(1, IncumbentMeasured(0.99, 3))
    assert hold(tmp_path, {}, as_json=True) == 0
    out, err = capsys.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["action"] for record in records] == [
        "session_start",
        *["experiment_start", "experiment_done"] * 3,
        "session_end",
    ]
    assert "measured again" in err
    assert "git merge" in err


def test_ctrl_c_while_an_experiment_runs(script, tmp_path, capsys):
    """The loop hears of it and ends; the summary is printed; exit code 130."""
    script.error = KeyboardInterrupt()
    assert hold(tmp_path, {}) == 130
    assert script.heard == ["KeyboardInterrupt"]
    assert "stopped: interrupted" in capsys.readouterr().out
    assert script.closed


def test_the_experiment_that_was_interrupted_has_its_row(script, tmp_path, capsys):
    """It is counted in the last words, so it is shown as well."""
    cut = replace(
        script.history.experiments[-1], session=script.start.session, status=Status.CRASH,
        reason=Reason.INTERRUPTED, value=None, description="LR 3 -> 4",
        experiment=script.history.next_number,
    )  # fmt: skip
    script.history.add(cut)
    script.error = KeyboardInterrupt()
    assert hold(tmp_path, {}) == 130
    rows = [line for line in capsys.readouterr().out.splitlines() if "LR 3 -> 4" in line]
    assert len(rows) == 1
    assert "interrupted" in rows[0]


def test_ctrl_c_while_a_line_is_shown(script, tmp_path, monkeypatch, capfd):
    """A signal that comes between two events still reaches the loop."""
    from autoresearch_ci.reports.progress import Progress

    show = Progress.show

    def slow(self, event):
        show(self, event)
        if isinstance(event, Experiment) and event.experiment == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Progress, "show", slow)
    assert hold(tmp_path, {}) == 130
    assert script.heard == ["Interrupted"]
    out = capfd.readouterr().out
    assert "stopping; the experiment under way is being undone" in out
    assert "nonzero_exit" not in out


def test_a_reader_that_leaves_ends_the_session(script, tmp_path, monkeypatch):
    """`run | head`: the loop hears of it as of Ctrl-C, and nothing is left undone."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert hold(tmp_path, {}) == 130
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), gone.fileno())
    assert script.heard == ["Interrupted"]
    assert script.closed


def test_an_error_of_the_loop_passes_through(script, tmp_path):
    """A baseline that crashes is for the boundary to explain, after the lab was closed."""
    script.error = BaselineError("It crashed.", remedy="Mend it.")
    with pytest.raises(BaselineError):
        hold(tmp_path, {})


def test_higher_is_better_reads_so(script, tmp_path, capsys, session_start):
    """The direction is said in words."""
    from dataclasses import replace

    script.start = replace(session_start, direction=Direction.HIGHER)
    hold(tmp_path, {})
    assert "higher is better" in capsys.readouterr().out


def test_a_session_without_time_for_a_verdict_fails(tmp_path, capsys):
    """A job that comes to nothing night after night is not green."""
    files = {
        "experiment.sh": "sleep 0.2\n. ./target.txt\n",
        "target.txt": "a=10\necho metric: $a\n",
    }
    project = make_project(tmp_path / "p", **files)
    with pytest.raises(OutOfTimeError, match="Raise time_limit to 1m or more"):
        hold(project, {**SETTINGS, "time_limit": "0.3s"})
    assert "no experiment can end in time: the baseline takes 2 runs" in capsys.readouterr().out
