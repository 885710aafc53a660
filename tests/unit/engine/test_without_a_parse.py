"""Sessions whose metric no command reads: it is found in what a run prints or leaves."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Reason
from tests.projects import experiments, git, hold, look, make_project


def verdicts(events):
    return [(e.status, e.reason, e.value) for e in experiments(events)]


def held(project, ideas, **settings):
    return hold(project, ideas, metric_parse=None, **settings)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def test_a_printed_metric_needs_no_command(project):
    """The usual lines are read; what is no number, or two of them, is `no_metric` with its line."""
    events = held(
        project,
        [
            ("better", "echo METRIC metric=9\n"),
            ("json", """echo '{"metric": 8}'\n"""),
            ("two", "echo metric: 1\necho metric: 2\n"),
            ("words", "echo metric: one\n"),
            ("nothing", "true\n"),
        ],
    )
    assert verdicts(events) == [
        ("keep", None, 10),
        ("keep", "improved", 9),
        ("keep", "improved", 8),
        *[("crash", "no_metric", None)] * 3,
    ]
    two, words, nothing = experiments(events)[3:]
    assert two.error == "the run printed two values of metric: metric: 1 / metric: 2"
    assert "metric: one" in words.error
    assert "printed nothing where metric should be" in nothing.error


def test_the_result_file_is_taken_and_nothing_of_it_stays(project):
    """Each run gets a file of its own: what one left is not the next one's number."""
    leaves = 'echo "{\\"metric\\": %s}" > "$AUTORESEARCH_RESULT"; echo metric: 5\n'
    events = held(
        project,
        [("left", leaves % 4), ("said", "echo metric: 3\n"), ("broken", leaves % "x")],
    )
    assert [value for *_, value in verdicts(events)] == [10, 4, 3, None]
    assert "wrote no JSON object" in experiments(events)[3].error
    assert git(project, "status", "--porcelain") == ""
    assert not list(project.glob(".autoresearch*"))


def test_a_link_in_place_of_the_result_file_is_not_followed(project, tmp_path):
    """The file that a link points to is not read: it may be one that a run gets at by no other way."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"metric": 1}')
    idea = f'ln -s {secret} "$AUTORESEARCH_RESULT"; echo metric: 7\n'
    assert [value for *_, value in verdicts(held(project, [("link", idea)]))] == [10, 7]
    assert secret.exists()


def test_a_project_without_a_number_says_how_to_print_one(project):
    """The error of the baseline names the forms, and the command to try by hand."""
    with pytest.raises(BaselineError) as caught:
        held(project, [], metric_name="score")
    assert "printed nothing where score should be" in caught.value.message
    assert "METRIC score=" in caught.value.remedy
    assert "sh experiment.sh" in caught.value.remedy


def test_a_unit_holds_for_the_whole_campaign(tmp_path):
    """A candidate, and one of a later session too, is read in the baseline's unit or not at all."""
    project = make_project(tmp_path / "project", **{"target.txt": "echo metric: 900 ms\n"})
    first = held(project, [("s", "echo metric: 1 s\n"), ("ms", "echo metric: 800 ms\n")])
    assert verdicts(first)[1:] == [("crash", "no_metric", None), ("keep", "improved", 800)]
    assert look(project, "t").history.baseline.units == {"metric": "ms"}
    later = held(project, ["", "", ("s again", "echo metric: 0.5 s\n")])
    assert experiments(later)[0].reason is Reason.NO_METRIC
    assert "is in s, and was in ms" in experiments(later)[0].error


def test_measure_command_may_print_it_in_words(project):
    """One number as ever, or one of the forms that a run may print."""
    events = hold(
        project,
        [("nine", "echo metric: 9\n")],
        metric_parse=None,
        measure_command="echo tests: 3; cat run.log",
    )
    assert [value for *_, value in verdicts(events)] == [10, 9]
