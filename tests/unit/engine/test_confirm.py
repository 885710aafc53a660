"""A branch measured again, on real git and real processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from autoresearch_ci.action.confirm import confirmed as confirmed_in_the_action
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Confirmation, Finding, Reason, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.confirm import confirm
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.reports.confirmation import finding
from tests.projects import SETTINGS, git, hold, look, make_project

TARGET = "a=5\n\n\n\n\nb=5\n\n\n\n\nc=5\n"
EXACT = ". ./target.txt\necho metric: $((a + b))\n"
# Noise that is the same in each run of the tests: one in thirty of true noise would mislead.
NOISY = """\
. ./target.txt
noise=$(( ($(cat $STATE/noise 2>/dev/null || echo 1) * 75 + 74) % 65537 ))
echo $noise > $STATE/noise
awk "BEGIN { print \\"metric:\\", $a + $b + $noise / 655360 }"
"""


def change(old, new):
    return (f"{old} -> {new}", lambda text: text.replace(old, new))


@pytest.fixture
def make(tmp_path):
    def made(experiment=EXACT, ideas=(("a=5", "a=4"), ("b=5", "b=3")), **settings):
        project = make_project(
            tmp_path / "project", **{"target.txt": TARGET, "experiment.sh": experiment}
        )
        hold(project, [change(*idea) for idea in ideas], **settings)
        return project

    return made


def confirmed(project, *, drop=False, pairs=8, **settings):
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t", **settings})) as lab:
        events = list(confirm(lab, pairs=pairs, drop=drop))
    *findings, last = events
    assert isinstance(last, Confirmation)
    assert all(isinstance(event, Finding) for event in findings)
    return last


def test_a_metric_that_repeats_is_confirmed_exactly(make):
    """Base against head, and each change's own worth, to the last digit, in three pairs of runs."""
    project = make()
    found = confirmed(project)
    assert (found.verdict, found.base_value, found.value) == ("confirmed", 10, 7)
    assert (found.gain, found.low, found.high, found.pairs) == (3, 3, 3, 3)
    assert [(f.experiment, f.holds, f.gain) for f in found.findings] == [(2, True, 2), (1, True, 1)]
    assert look(project, "t").history.confirmation == found


def test_the_tree_and_the_branch_are_as_before(make):
    """Confirming changes nothing but the log."""
    project = make()
    before = git(project, "rev-parse", "HEAD", "autoresearch/t")
    confirmed(project)
    assert git(project, "rev-parse", "HEAD", "autoresearch/t") == before
    assert git(project, "status", "--porcelain") == ""


def test_luck_does_not_hold_up_and_can_be_dropped(make):
    """A change that does nothing is found out, taken out as a commit of its own, and logged."""
    project = make(NOISY, ideas=(("a=5", "a=4"),))
    # What luck would have kept: a change that had an effect that day, and has none.
    hold(
        project,
        [("", ""), ("c=5 -> c=6", lambda text: text.replace("c=5", "c=6"))],
        run_command=". ./target.txt; echo metric: $((a + b - c))",
    )
    kept = look(project, "t").history.kept
    assert [e.description for e in kept] == ["baseline", "a=5 -> a=4", "c=5 -> c=6"]
    found = confirmed(project, drop=True)
    assert [(f.experiment, f.holds, f.dropped) for f in found.findings] == [
        (2, False, True),
        (1, True, False),
    ]
    assert found.verdict == "confirmed"
    assert git(project, "show", "autoresearch/t:target.txt") == TARGET.replace("a=5", "a=4").strip()
    history = look(project, "t").history
    dropped = history.incumbent
    assert (dropped.description, dropped.reason) == ("drop: c=5 -> c=6", Reason.SIMPLER)
    assert git(project, "rev-parse", "autoresearch/t") == dropped.commit
    assert [e.status for e in history.experiments[-2:]] == [Status.KEEP, Status.DISCARD]
    again = confirmed(project)
    assert [f.experiment for f in again.findings] == [2, 1]
    assert again.findings[0].note == "nothing is left of it"


def test_changes_that_build_on_each_other_are_left_out_together(make):
    """What touches the same lines goes as a group, is reported as one and can be dropped."""
    steps = (("a=5", "a=4"), ("b=5", "b=4"), ("a=4", "a=3"), ("a=3", "a=2"), ("a=2", "a=1"))
    project = make(ideas=steps)
    found = confirmed(project)
    assert [(f.experiment, f.group, f.holds, f.gain) for f in found.findings] == [
        (5, (4, 3, 1), True, 4),
        (2, (), True, 1),
    ]
    assert look(project, "t").history.confirmation.findings == found.findings
    assert "with 1, 3 and 4, which changed the same lines" in finding(found.findings[0])


def test_a_group_that_does_not_help_is_dropped_as_one(make):
    """One experiment takes the whole group out, and there is nothing left of it then."""
    project = make(ideas=(("b=5", "b=4"),))
    by_luck = [
        ("", ""),
        ("c=5 -> c=6", lambda text: text.replace("c=5", "c=6")),
        ("c=6 -> c=7", lambda text: text.replace("c=6", "c=7")),
    ]
    hold(project, by_luck, run_command=". ./target.txt; echo metric: $((a + b - c))")
    found = confirmed(project, drop=True)
    assert [(f.experiment, f.group, f.dropped) for f in found.findings] == [
        (3, (2,), True),
        (1, (), False),
    ]
    assert "c=5" in git(project, "show", "autoresearch/t:target.txt")
    again = confirmed(project, drop=True)
    assert again.findings[0].note == "nothing is left of it"
    assert again.findings[1].holds


def test_a_change_that_the_rest_needs_holds_up(make):
    """Where the branch does not run without it, it is needed."""
    fragile = ". ./target.txt\n[ $b = 5 ] || [ $a = 4 ] || exit 3\necho metric: $((a + b))\n"
    found = confirmed(make(fragile), drop=True)
    needed = found.findings[1]
    assert (needed.experiment, needed.holds, needed.dropped) == (1, True, False)
    assert "exit code 3" in needed.note


def test_a_branch_that_became_worse_is_called_so(make, tmp_path):
    """The old numbers do not count: what the files around the target do now does."""
    project = make()
    with (project / ".git" / "info" / "exclude").open("a") as file:
        file.write("flip\n")
    (project / "flip").touch()
    found = confirmed(project, run_command=". ./target.txt; echo metric: $((20 - a - b))")
    assert (found.verdict, found.gain) == ("worse", -3)


def test_nothing_kept_is_nothing_to_confirm(make):
    """It says so, and what to do."""
    project = make(ideas=())
    with (
        open_session(SessionRequest(project, {**SETTINGS, "tag": "t"})) as lab,
        pytest.raises(WorkspaceError) as info,
    ):
        list(confirm(lab))
    assert "kept nothing" in info.value.message


def test_the_verb_says_it_in_words(make):
    """A line for each kept change, a verdict, and data where it is asked for."""
    project = make()
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "confirm", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2  b=5 -> b=3: holds up, worth 2.000000 exactly" in done.stdout
    assert "confirmed: the branch is better than where it began: metric 10.000000 -> 7.000000" in (
        done.stdout
    )
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["details"]["verdict"] == "confirmed"


def test_results_show_it_until_the_branch_moves(make):
    """The headline rests on fresh runs, as long as they were runs of this very branch."""
    project = make()
    confirmed(project)
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "results"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "confirmed: the branch is better" in shown
    assert b"On fresh runs confirmed" in subprocess.run(
        ["git", "-C", str(project), "show", "autoresearch-logs/t:README.md"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    hold(project, [("", ""), ("", ""), change("c=5", "c=1"), change("a=4", "a=1")])
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "confirmed" not in shown


def test_a_change_that_was_kept_for_being_simpler_need_not_be_better(make):
    """Dropping takes out what is not shown to help, and not what made the program shorter."""
    project = make(ideas=())
    shorter = ("shorter", lambda text: text.replace("c=5\n", ""))
    hold(project, [change("a=5", "a=6"), shorter])  # equal counts once the metric has moved
    found = confirmed(project, drop=True)
    assert [(f.holds, f.dropped) for f in found.findings] == [(True, False)]
    assert "c=5" not in git(project, "show", "autoresearch/t:target.txt")


def test_too_few_pairs_drop_nothing(make):
    """Where nothing can be said nothing is taken out, and the verb refuses such a question."""
    project = make(NOISY, ideas=(("a=5", "a=1"),))
    found = confirmed(project, drop=True, pairs=2)
    assert [(f.holds, f.dropped) for f in found.findings] == [(None, False)]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "confirm"]
    done = subprocess.run([*command, "--pairs=2"], capture_output=True, text=True, check=False)
    assert (done.returncode, "6 or more where there is noise" in done.stderr) == (2, True)


def test_a_candidate_that_failed_once_has_another_try(make):
    """A run that failed for the machine's sake does not make a change look needed."""
    project = make()
    once = "if [ $a = 5 ] && [ ! -e $STATE/failed ]; then touch $STATE/failed; exit 1; fi\n"
    (project / "experiment.sh").write_text(". ./target.txt\n" + once + "echo metric: $((a + b))\n")
    git(project, "stash", "-q")
    found = confirmed(project, run_command=f". ./target.txt\n{once}echo metric: $((a + b))")
    assert [(f.experiment, f.holds, f.gain) for f in found.findings] == [(2, True, 2), (1, True, 1)]


def test_a_branch_with_nothing_left_has_no_verdict(make):
    """What is the same as its base is not run against it: luck could call it better."""
    project = make(ideas=())
    hold(project, [change("c=5", "c=6")], run_command=". ./target.txt; echo metric: $((a + b - c))")
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t"})) as lab:
        finding, note = confirm(lab, drop=True)
        record, why = confirmed_in_the_action(lab, lambda _event: None)
    assert record is None
    assert why.startswith("Not confirmed by fresh runs: the branch is as it began: nothing of")
    assert (finding.dropped, "as it began" in note.text) == (True, True)
    assert look(project, "t").history.confirmation is None
