"""Other numbers of a run: recorded, shown, and held to bounds before a keep."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Reason, Side, Status
from autoresearch_ci.reports.table import beside, title
from tests.projects import experiments, git, hold, look, make_project, state


def says(metric, **others):
    lines = [f"echo metric: {metric}", *(f"echo METRIC {n}={v}" for n, v in others.items())]
    return "\n".join(lines) + "\n"


@pytest.fixture
def project(tmp_path):
    target = says(10, tests=100, p99=50)
    return make_project(tmp_path / "project", **{"target.txt": target})


def verdicts(events):
    return [(e.status, e.reason, e.value) for e in experiments(events)]


def test_every_number_of_a_run_is_on_record(project):
    """`METRIC` lines and JSON go to `details.metrics`, and are shown in the tables."""
    idea = says(9, tests=101, p99=40) + """echo '{"size": {"kb": 7}}'\n"""
    kept = experiments(hold(project, [("nine", idea)]))[1]
    assert kept.metrics == {"tests": 101, "p99": 40, "size.kb": 7}
    history = look(project, "t").history
    assert history.experiments[1].metrics == kept.metrics
    assert title(kept) == "nine (tests 101, p99 40, size.kb 7)"
    assert list(beside(history)) == [
        "tests 100.000000 -> 101.000000 (+1.00%)", "p99 50.000000 -> 40.000000 (-20.00%)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("constraints", "idea", "reason", "error"),
    [
        ("tests >= 100", says(9, tests=100, p99=90), Reason.IMPROVED, ""),
        ("tests >= 100", says(9, tests=99), Reason.CONSTRAINT, "tests is 99, and not tests >= 100"),
        ("p99 <= +10%", says(9, tests=1, p99=55), Reason.IMPROVED, ""),
        ("p99 <= +10%", says(9, p99=56), Reason.CONSTRAINT,
         "p99 is 56, and at most 55 is allowed: p99 <= +10%"),
        ("tests >= -1%", says(9, tests=99), Reason.IMPROVED, ""),
        ("tests >= -1%", says(9, tests=98), Reason.CONSTRAINT,
         "tests is 98, and at least 99 is allowed: tests >= -1%"),
        ("tests >= 1, p99 <= 50", says(9, tests=5, p99=51), Reason.CONSTRAINT,
         "p99 is 51, and not p99 <= 50"),
        ("tests >= 1", says(9), Reason.NO_METRIC, "a run gave no number for the constraint on tests"),
        ("tests >= 100", says(11, tests=1), Reason.WORSE, ""),
    ],
)  # fmt: skip
def test_a_keep_meets_every_constraint(project, constraints, idea, reason, error):
    """A better candidate that breaks a bound is discarded with the numbers; one without them crashes."""
    found = experiments(hold(project, [("idea", idea)], constraints=constraints))[1]
    assert (found.reason, found.error) == (reason, error)
    if reason is Reason.CONSTRAINT:
        assert (found.status, found.value) == (Status.DISCARD, 9)
    if reason is Reason.NO_METRIC:
        assert (found.status, found.value) == (Status.CRASH, None)


def test_a_relative_bound_is_the_baselines_however_much_was_kept(project):
    """Four percent worse with each keep is not within five percent of the baseline."""
    ideas = [(f"{p99}", says(v, tests=1, p99=p99)) for v, p99 in ((9, 52), (8, 54), (7, 52))]
    events = hold(project, ideas, constraints="p99 <= +5%")
    assert [e.reason for e in experiments(events)[1:]] == [
        Reason.IMPROVED, Reason.CONSTRAINT, Reason.IMPROVED,
    ]  # fmt: skip


def test_a_constraint_that_nothing_measures_ends_the_session(project):
    """The baseline says so at once: else every idea would crash."""
    with pytest.raises(BaselineError) as caught:
        hold(project, [], constraints="coverage >= -1%")
    assert "Nothing measures coverage" in caught.value.message
    assert "METRIC coverage=" in caught.value.remedy


def test_a_constraint_may_be_on_any_form_and_a_measure_command_has_to_print_it(project):
    """`name: value` counts where a constraint asks for it; what an experiment prints does not, beside a measure."""
    hold(project, [("nine", says(9, tests=100) + "echo cov: 80 %\n")], constraints="tests >= 1")
    measured = {
        "metric_parse": None,
        "measure_command": "echo 'metric: 5'; echo 'cov: 3'",
        "tag": "m",
    }
    (only,) = experiments(hold(project, [], constraints="cov >= 3", **measured))
    assert only.metrics == {"cov": 3}
    with pytest.raises(BaselineError, match="Nothing measures tests"):
        hold(project, [], constraints="tests >= 3", **{**measured, "tag": "n"})


NOISY = """n=$(cat $STATE/count); echo $((n + 1)) > $STATE/count
echo metric: {value}
echo METRIC p99=$(({base} + (n * 7) % 11))
"""
"""Another number that varies by ten from run to run; the count is kept outside of the project."""


@pytest.mark.parametrize(("base", "reason"), [(100, Reason.IMPROVED), (135, Reason.CONSTRAINT)])
def test_a_noisy_number_is_not_judged_by_one_run(tmp_path, base, reason):
    """Where a run more or less would change the verdict, both sides are run again."""
    (state() / "count").write_text("0")
    unchanged = NOISY.format(base=100, value=10)
    project = make_project(tmp_path / "project", **{"target.txt": unchanged})
    idea = NOISY.format(base=base, value=9)
    events = hold(project, [("idea", idea)], constraints="p99 <= +8%")
    found = experiments(events)[1]
    assert found.reason is reason
    sides = [sample.side for sample in found.samples]
    assert sides.count(Side.CANDIDATE) > 1


def test_the_holdout_can_be_bound_without_being_told(project):
    """Then it decides; the number is on record and in no error, and its lack is a crash."""
    held = {"holdout_command": "sed -n 's/# //p' target.txt", "constraints": "holdout >= 7"}
    ideas = [("good", says(9) + "# 8\n"), ("bad", says(8) + "# 6\n"), ("none", says(7))]
    (project / "target.txt").write_text(says(10) + "# 7\n")
    git(project, "commit", "-qam", "held out")
    good, bad, none = experiments(hold(project, ideas, **held))[1:]
    assert (good.reason, good.holdout) == (Reason.IMPROVED, 8)
    assert (bad.status, bad.reason, bad.holdout) == (Status.DISCARD, Reason.CONSTRAINT, 6)
    assert "6" not in bad.error
    assert none.reason is Reason.NO_METRIC
