"""The time box: nothing begins when it is over, also within an experiment."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import pytest

from autoresearch_ci.core.history import Progress, Watch
from autoresearch_ci.core.model import (
    Experiment,
    IncumbentMeasured,
    Note,
    Reason,
    SessionEnd,
    StopReason,
)
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.experiment import OUT_OF_TIME
from autoresearch_ci.engine.forecast import fruitless, out_of_time
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests.projects import SETTINGS, look, make_project, state

NOISY = (
    ". ./target.txt\necho run >> $STATE/runs\necho metric: $((base + $(wc -l < $STATE/runs) % 2))\n"
)
LIMIT = 1e6


@pytest.fixture
def project(tmp_path):
    """A project with a noisy metric, whose runs are counted."""
    return make_project(tmp_path / "p", **{"target.txt": "base=100\n", "experiment.sh": NOISY})


def runs(project):
    return len((state() / "runs").read_text().splitlines())


class Clock:
    """Lets a session's time be up once so many runs were made."""

    def __init__(self, history, project, last_run):
        self._project, self._last = project, last_run
        self._watch = Watch(history)

    def skip(self, count):
        self._watch.skip(count)

    @property
    def progress(self):
        found = self._watch.progress
        path = state() / "runs"
        over = path.exists() and runs(self._project) >= self._last
        return Progress(found.history, found.experiments, LIMIT if over else 0.0)


def hold(project, last_run, *ideas, repairs=None, **settings):
    """A session whose time is up after so many runs; its events."""
    overrides = {**SETTINGS, "tag": "t", "time_limit": f"{int(LIMIT)}s", **settings}
    request = SessionRequest(project, overrides, proposer=ScriptedProposer(ideas, repairs))
    clock = partial(Clock, project=project, last_run=last_run)
    with (
        patch("autoresearch_ci.engine.assembly.Watch", clock),
        open_session(request) as session,
    ):
        return list(research(session))


def done(events):
    return [e for e in events if isinstance(e, Experiment) and e.experiment]


def test_an_experiment_begins_no_run_when_the_time_is_up(project):
    """An experiment that turns out long is interrupted between two runs, and that is said."""
    events = hold(project, 8, ("better", "base=98\n"), ("next", "base=97\n"))
    (cut,) = done(events)
    assert (cut.reason, cut.value, cut.error) == (Reason.INTERRUPTED, None, OUT_OF_TIME)
    assert runs(project) == 8
    end = next(e for e in events if isinstance(e, SessionEnd))
    assert end.reason is StopReason.TIME_LIMIT


def test_the_next_session_is_not_kept_from_working(project):
    """What was interrupted may be tried again, and is not taken for how long experiments are."""
    hold(project, 8, ("better", "base=98\n"))
    ideas = [("better", "base=90\n")] * 2
    (again,) = done(hold(project, 10**6, *ideas, max_experiments=1))
    assert again.reason is Reason.IMPROVED


def test_the_baseline_is_one_run_at_least(project):
    """However short the time is, the unchanged project gets its number, and no more."""
    events = hold(project, 1, ("better", "base=98\n"))
    assert runs(project) == 1
    assert [e.value for e in events if isinstance(e, Experiment)] == [101]


def test_the_incumbent_is_measured_once_at_least(project):
    """A later session that has no time measures once, and stops."""
    hold(project, 7, ("worse", "base=150\n"))
    made = runs(project)
    events = hold(project, made + 1, ("better", "base=98\n"))
    assert runs(project) == made + 1
    assert len([e for e in events if isinstance(e, IncumbentMeasured)]) == 1
    assert done(events) == []


def test_a_jump_is_not_looked_at_again(tmp_path):
    """Without time for the second look a jump is no keep."""
    count = "echo run >> $STATE/runs\n. ./target.txt\n"
    project = make_project(tmp_path / "exact", **{"experiment.sh": count})
    events = hold(project, 3, ("a leap", "echo metric: 0.01\n"))
    assert [e.reason for e in done(events)] == [Reason.INTERRUPTED]


def test_a_keep_is_guarded_also_when_the_time_is_up(tmp_path):
    """The last run may decide: the guard has the last word, the held-out number is left out."""
    count = "echo run >> $STATE/runs\n. ./target.txt\n"
    project = make_project(tmp_path / "exact", **{"experiment.sh": count})
    settings = {"guard_command": "true", "holdout_command": "echo 1"}
    events = hold(project, 5, ("better", "echo metric: 9\n"), **settings)
    (kept,) = done(events)
    assert (kept.reason, kept.holdout) == (Reason.IMPROVED, None)
    assert kept.holdout_error == "time_limit was reached"


def test_nothing_is_mended_when_the_time_is_up(tmp_path):
    """A crash stays one: whoever had the idea is not asked again."""
    count = "echo run >> $STATE/runs\n. ./target.txt\n"
    project = make_project(tmp_path / "exact", **{"experiment.sh": count})
    broken, mended = "echo target.txt\nexit 3\n", "echo metric: 9\n"
    for last_run, reason in ((3, Reason.NONZERO_EXIT), (8, Reason.IMPROVED)):
        events = hold(project, last_run, *[("fails", broken)] * 3, repairs={"fails": mended})
        assert [e.reason for e in done(events)] == [reason]
        broken += "true\n"


def test_setup_is_in_the_box(tmp_path, monkeypatch):
    """The time that a session may take is counted from before its setup_command."""
    project, was_set_up = make_project(tmp_path / "p"), []
    mark = state() / "set-up"

    def watch(history):
        was_set_up.append(mark.exists())
        return Watch(history)

    monkeypatch.setattr("autoresearch_ci.engine.assembly.Watch", watch)
    with open_session(
        SessionRequest(project, {**SETTINGS, "tag": "t", "setup_command": "touch $STATE/set-up"})
    ):
        assert mark.exists()
    assert was_set_up == [False]


SLOW = ". ./target.txt\necho run >> $STATE/runs\nsleep 0.2\necho metric: $((base + $(wc -l < $STATE/runs) % 2))\n"


def in_time(project, limit, **settings):
    """What a session with so much time says of it, as it happens and at its end."""
    heard = []
    overrides = {**SETTINGS, "tag": "t", "time_limit": f"{limit}s", **settings}
    with open_session(
        SessionRequest(
            project,
            overrides,
            tell=heard.append,
            proposer=ScriptedProposer([("a", "base=98\n"), ("b", "base=97\n")]),
        )
    ) as session:
        events = list(research(session))
    return [e.text for e in [*heard, *events] if isinstance(e, Note)], events


def test_a_time_limit_that_is_too_short_is_said_after_the_first_run(tmp_path):
    """The sum is told as soon as one run has shown it, with the value that would do."""
    project = make_project(tmp_path / "p", **{"target.txt": "base=9\n", "experiment.sh": SLOW})
    notes, events = in_time(project, 0.3)
    assert len(notes) == 1
    sum_of_it = (
        r"the baseline takes 2 runs of [\d.]+s = [\d.]+s, an experiment takes at least [\d.]+s"
    )
    assert re.search(sum_of_it, notes[0])
    assert "time_limit is 0.3s. Raise time_limit to 1m or more" in notes[0]
    end = events[-1]
    assert (end.reason, end.experiments) == (StopReason.TIME_LIMIT, 0)
    assert end.note.startswith("time_limit")
    assert "Raise time_limit to 1m" in end.note
    assert fruitless(end, look(project, "t").history)


@pytest.mark.parametrize("tag", ["t", "another"])
def test_what_earlier_records_tell_is_said_before_anything_runs(tmp_path, tag):
    """The next session, of this campaign or a new one, says it before its first run."""
    project = make_project(tmp_path / "p", **{"target.txt": "base=9\n", "experiment.sh": SLOW})
    in_time(project, 0.3)
    heard = []
    overrides = {**SETTINGS, "tag": tag, "time_limit": "0.3s"}
    with open_session(
        SessionRequest(project, overrides, tell=heard.append, proposer=ScriptedProposer([]))
    ) as session:
        for event in research(session):
            if isinstance(event, Note):
                break
    assert "no experiment can end in time" in event.text
    assert heard == []


def test_time_enough_is_not_talked_of(project):
    """Where experiments fit there is no word of it."""
    notes, events = in_time(project, 3600)
    assert notes == []
    assert events[-1].note == ""


def test_the_end_says_that_the_next_one_did_not_fit(make_history, baseline):
    """A session that ends before its time says what would not have ended by then."""
    limits, history = Limits(time_limit=120), make_history((1.1, Reason.WORSE))
    history._experiments[-1] = replace(history.experiments[-1], seconds=50.0)
    said = out_of_time(limits, Progress(history, 1, 78), fruitless=False)
    assert said == (
        "time_limit: after 1m18s the next experiment (about 50s) would not end by 2m00s"
    )
    assert out_of_time(limits, Progress(history, 1, 121), fruitless=False) == (
        "time_limit of 2m00s reached"
    )
