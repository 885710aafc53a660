"""What a keep rests on, and when a crash is not the candidate's, in whole sessions."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Experiment, Note, Reason, SessionEnd, Status, StopReason
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests.projects import PARSED, SETTINGS, experiments, git, hold, make_project, state

NOISY = """\
n=$(cat $STATE/runs 2>/dev/null || echo 0); n=$((n + 1)); echo $n > $STATE/runs
. ./target.txt
echo $size > artifact.txt
echo "side $base"
echo metric: $((base + n * 7 % 5))
"""


@pytest.fixture
def noisy(tmp_path):
    """A noisy metric, and an artefact that git ignores and each run makes anew."""
    files = {
        "target.txt": "base=100 size=1\n",
        "experiment.sh": NOISY,
        ".gitignore": "artifact.txt\n",
    }
    return make_project(tmp_path / "noisy", **files)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def says(value: object) -> str:
    return f"echo metric: {value}\n"


def reasons(events):
    return [e.reason for e in experiments(events)[1:]]


def archived(project, number, tag="t"):
    path = f"experiments/0000-0099/{number:04}.log"
    return git(project, "show", f"autoresearch-logs/{tag}:{path}")


@pytest.mark.parametrize("base", [60, 75, 80])
def test_the_guard_looks_at_what_the_candidate_made(noisy, base):
    """However the judge's runs took turns, the guard finds the artefact of the candidate."""
    broken, sound = f"base={base} size=9999\n", f"base={base} size=2\n"
    settings = {
        "guard_command": "test $(cat artifact.txt) -le 100",
        "holdout_command": "cat artifact.txt",
    }
    _, refused, kept = experiments(hold(noisy, [("b", broken), ("s", sound)], **settings))
    assert refused.reason is Reason.GUARD_FAILED
    assert (kept.status, kept.holdout) == (Status.KEEP, 2)
    assert refused.samples[-1].side == kept.samples[-1].side == "candidate"


def test_the_archive_has_the_candidates_log(noisy):
    """The end of the log that is kept of an idea is of a run of it, kept or not."""
    ideas = [("better", "base=60 size=1\n"), ("worse", "base=90 size=1\n")]
    hold(noisy, ideas)
    assert "side 100" in archived(noisy, 0)
    assert "side 60" in archived(noisy, 1)
    assert "side 90" in archived(noisy, 2)


def test_a_guard_that_fails_is_in_the_archive_with_the_candidates_log(noisy):
    """What the guard printed stands below what the candidate printed."""
    hold(noisy, [("better", "base=60 size=1\n")], guard_command="! grep 60 target.txt")
    log = archived(noisy, 1)
    assert log.index("side 60") < log.index("--- guard_command ---") < log.index("base=60")


@pytest.mark.parametrize(
    ("old", "new", "direction", "says_so"),
    [
        (12.5, 0, "lower", "exactly 0"),
        (3, 0, "lower", "exactly 0"),
        (-7.5, 0, "higher", "exactly 0"),
        (1234, 1.23, "lower", "1,000 times smaller"),
        (81920, 80, "lower", "1,024 times smaller"),
        (90, 1.5, "lower", "60 times smaller"),
        (0.93, 93, "higher", "100 times larger"),
    ],
)
def test_a_jump_in_meaning_is_held_until_it_is_allowed(project, old, new, direction, says_so):
    """Zero, or another unit, is implausible until a limit allows it; then it is tried again."""
    (project / "target.txt").write_text(says(old))
    git(project, "commit", "-qam", "old")
    way = {"metric_direction": f"{direction}_is_better"}
    (held,) = experiments(hold(project, [("leap", says(new))], **way))[1:]
    assert (held.status, held.reason, held.value) == (Status.CRASH, Reason.IMPLAUSIBLE, None)
    limit = "metric_min" if direction == "lower" else "metric_max"
    assert says_so in held.error
    assert f"set {limit} to {new:g}" in held.error
    assert experiments(hold(project, [], **way)) == []
    (kept,) = experiments(hold(project, [], **way, **{limit: str(new)}))
    assert (kept.status, kept.value, kept.description) == (Status.KEEP, new, "leap")
    assert experiments(hold(project, [], **way, **{limit: str(new)})) == [], "once"


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ((3, 1, 0), "lower"),  # a count that comes down in steps
        ((0.5, 0.04), "lower"),
        ((200, 3), "lower"),
        ((1, -1, 0.5), "lower"),
        ((0, -3), "lower"),
        ((2, 45), "higher"),
    ],
)
def test_other_leaps_are_kept(project, values, direction):
    """What is only large is looked at twice and kept."""
    (project / "target.txt").write_text(says(values[0]))
    git(project, "commit", "-qam", "old")
    ideas = [(str(value), says(value)) for value in values[1:]]
    events = hold(project, ideas, metric_direction=f"{direction}_is_better")
    assert all(e.reason is not Reason.IMPLAUSIBLE for e in experiments(events))
    assert experiments(events)[1].status is Status.KEEP


def test_a_number_that_is_cut_from_another_is_not_believed(project):
    """A candidate whose number the parse reads in part is implausible, and its line is named."""
    parse = "grep -oE '[0-9]+' run.log | head -1"
    (project / "target.txt").write_text("echo total: 980\n")
    git(project, "commit", "-qam", "old")
    (cut,) = experiments(hold(project, [("more", "echo total: 1,020\n")], metric_parse=parse))[1:]
    assert (cut.status, cut.reason, cut.value) == (Status.CRASH, Reason.IMPLAUSIBLE, None)
    assert "printed 1, which is only a part of 1,020 in run.log: total: 1,020" in cut.error


def test_a_baseline_that_is_cut_from_another_number_is_an_error(project):
    """A parse that never fitted the log is said before anything is tried."""
    (project / "target.txt").write_text("echo total: 1,300\n")
    git(project, "commit", "-qam", "old")
    with pytest.raises(BaselineError, match=r"only a part of 1,300 in run\.log") as raised:
        hold(project, [], metric_parse="grep -oE '[0-9]+' run.log | head -1")
    assert "tr -d ," in raised.value.remedy
    assert "metric_min" not in raised.value.remedy  # nobody set it: it is not what to change


def session(project, ideas, **settings):
    """The events of a session, and the error that ended it."""
    events = []
    with open_session(
        SessionRequest(
            project, {**SETTINGS, "tag": "t", **settings}, proposer=ScriptedProposer(ideas)
        )
    ) as lab:
        try:
            for event in research(lab):
                events.append(event)  # noqa: PERF402 - what came before an error counts
        except BaselineError as error:
            return events, error
    return events, None


FLAGGED = {
    "experiment.sh": "echo run >> $STATE/runs\ntest ! -e $STATE/flag || exit 3\n. ./target.txt\n",
}


def test_a_project_that_no_longer_runs_ends_the_session(tmp_path):
    """Two crashes in a row have the incumbent run; where it fails as well nobody is blamed."""
    project = make_project(tmp_path / "p", **FLAGGED)
    ideas = [
        ("poison", "touch $STATE/flag\n" + says(11)),
        *((str(n), says(n)) for n in (9, 8, 7, 6)),
    ]
    events, error = session(project, ideas, max_fixes="0")
    assert reasons(events) == [Reason.WORSE, Reason.NONZERO_EXIT, Reason.INTERRUPTED]
    assert error is not None
    assert "no longer gives a metric: exit code 3" in error.message
    assert "sh experiment.sh" in error.remedy
    assert git(project, "status", "--porcelain") == ""
    (state() / "flag").unlink()
    (again,) = experiments(hold(project, [*ideas[:3], ideas[2]]))
    assert again.reason is Reason.IMPROVED, "the idea is still open"


def test_crashes_of_candidates_cost_ever_fewer_runs_of_the_incumbent(tmp_path):
    """Where the incumbent still runs, it is asked again at the fourth and the eighth crash."""
    project = make_project(tmp_path / "p", **FLAGGED)
    ideas = [(str(n), f"exit {n}\n") for n in range(1, 10)]
    events, error = session(project, ideas, max_fixes="0")
    assert error is None
    assert set(reasons(events)) == {Reason.NONZERO_EXIT}
    runs = len((state() / "runs").read_text().splitlines())
    opening = len(experiments(events)[0].samples)
    assert runs == opening + 9 + 3


def test_a_session_says_which_run_of_the_baseline_failed(project):
    """A project that gives no metric only sometimes is told what it gave, and in which run."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); n=$((n + 1)); echo $n > $STATE/runs\n"
    noisy += "[ $n -lt 3 ] && echo metric: 1$n || echo metric: nan\n"
    (project / "target.txt").write_text(noisy)
    git(project, "commit", "-qam", "noisy")
    with pytest.raises(BaselineError) as raised:
        hold(project, [], **PARSED)
    assert "gave a metric before (11, 12) and none in run 3 of up to 6" in raised.value.message
    assert "printed nan" in raised.value.message


@pytest.mark.parametrize("settings", [{}, {"time_budget": "300"}])
def test_what_takes_far_longer_than_the_incumbent_is_ended(project, monkeypatch, settings):
    """A runaway is a timeout that names the setting, unless that was chosen."""
    monkeypatch.setattr("autoresearch_ci.engine.evaluator.LEAST_SECONDS", 0.4)
    monkeypatch.setattr("autoresearch_ci.engine.evaluator.SLOWER", 1)
    (slow,) = experiments(hold(project, [("slow", "sleep 1.5\n" + says(9))], **settings))[1:]
    if settings:
        assert slow.status is Status.KEEP
    else:
        assert slow.reason is Reason.TIMEOUT
        assert slow.error.startswith("killed after 0.4 seconds, since what the session began")
        assert "set time_budget" in slow.error


def test_where_slower_is_better_a_run_does_not_become_ever_longer(project, monkeypatch):
    """Keeps that each take longer do not raise what the next one may take."""
    monkeypatch.setattr("autoresearch_ci.engine.evaluator.LEAST_SECONDS", 1.5)
    monkeypatch.setattr("autoresearch_ci.engine.evaluator.SLOWER", 4)
    ideas = [("slow", "sleep 0.7\n" + says(9)), ("slower", "sleep 2\n" + says(8))]
    slow, slower = experiments(hold(project, ideas))[1:]
    assert slow.status is Status.KEEP
    assert slower.reason is Reason.TIMEOUT


def test_hidden_characters_are_named(project):
    """A metric behind carriage returns is told from one that is not there."""
    (project / "target.txt").write_text("printf '10%%\\rmetric: 7.25\\n'\n")
    git(project, "commit", "-qam", "bar")
    with pytest.raises(BaselineError) as raised:
        hold(project, [], **PARSED)
    assert "printed nothing where metric should be" in raised.value.message
    assert "carriage returns" in raised.value.remedy


def test_a_command_that_is_not_there_is_named(project):
    """Exit code 127 says what was not found, and where it has to be."""
    (project / "target.txt").write_text("no-such-program\n")
    git(project, "commit", "-qam", "missing")
    with pytest.raises(BaselineError) as raised:
        hold(project, [])
    assert "exit code 127: a command was not found" in raised.value.message
    assert "`no-such-program` was not found. Install it" in raised.value.remedy


def test_habits_of_the_commands_are_said_at_the_start(project):
    """A pipe that hides a failure is a note before anything runs."""
    with open_session(
        SessionRequest(project, {**SETTINGS, "tag": "t", "run_command": "sh experiment.sh | cat"})
    ) as lab:
        assert any("run_command ends in a pipe" in note for note in lab.notes)


def test_the_end_of_a_session_is_on_record_when_the_project_broke(tmp_path):
    """A session that the project ended says `error`, so that nothing starts the next one."""
    project = make_project(tmp_path / "p", **FLAGGED)
    events, _ = session(
        project, [("poison", "touch $STATE/flag\nexit 1\n"), ("n", says(9))], max_fixes="0"
    )
    assert not [event for event in events if isinstance(event, SessionEnd | Note)]
    log = (project / ".claude/logs/autoresearch.jsonl").read_text().splitlines()
    assert "session_end" in log[-1]
    assert f'"{StopReason.ERROR}"' in log[-1]
    assert [e for e in events if isinstance(e, Experiment)][-1].reason is Reason.INTERRUPTED
