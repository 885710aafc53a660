"""Whole sessions with real git and real processes; only the ideas are written down here."""

from __future__ import annotations

import json
import os
import signal
import time
from threading import Thread

import pytest

from autoresearch_ci.core.errors import BaselineError, MachineError
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    IncumbentMeasured,
    ProposalRejected,
    Reason,
    Rejected,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
)
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.recorder import LONGEST_TITLE
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests.projects import PARSED, SETTINGS, experiments, git, hold, look, make_project, state


def says(value: object) -> str:
    return f"echo metric: {value}\n"


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def verdicts(events):
    return [(e.status, e.reason, e.value) for e in experiments(events)]


def test_what_is_better_is_kept_and_everything_else_is_not(project):
    """Each verdict with its reason; a candidate is compared with the last keep."""
    events = hold(
        project,
        [
            ("worse", says(11)),
            ("better", says(9)),
            ("better than the baseline only", says(9.5)),
            ("equal", says("9 # and longer") + "true\n"),
            ("fails", "exit 3\n"),
            ("says nothing", "true\n"),
            ("says no number", says("many")),
            ("says nan", says("nan")),
            ("says it twice", says(1) + says(2)),
            ("again", says(11)),
        ],
    )
    keep, discard, crash = Status.KEEP, Status.DISCARD, Status.CRASH
    assert verdicts(events) == [
        (keep, None, 10),
        (discard, Reason.WORSE, 11),
        (keep, Reason.IMPROVED, 9),
        (discard, Reason.WORSE, 9.5),
        (discard, Reason.EQUAL, 9),
        (crash, Reason.NONZERO_EXIT, None),
        (crash, Reason.NO_METRIC, None),
        (crash, Reason.NO_METRIC, None),
        (crash, Reason.NO_METRIC, None),
        (crash, Reason.NO_METRIC, None),
        (discard, Reason.DUPLICATE, 11),
    ]
    assert isinstance(events[0], SessionStart)
    assert events[-1].reason is StopReason.EXHAUSTED
    assert (events[-1].experiments, events[-1].kept, events[-1].best) == (10, 1, 9)


def test_equal_with_fewer_lines_of_code_is_simpler(tmp_path):
    """Deleting code that does nothing is kept once the metric has moved; a comment is not."""
    project = make_project(tmp_path / "p", **{"target.txt": "# why\nn=1\ntrue\necho metric: $n\n"})
    (project / "target.sh").write_text((project / "target.txt").read_text())
    (project / "experiment.sh").write_text(". ./target.sh\n")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "a shell script")
    events = hold(
        project,
        [
            ("remove a command too early", "# why?\nn=1\necho metric: $n\n"),
            ("make it worse", "# why\nn=2\ntrue\necho metric: $n\n"),
            ("remove a comment", "n=1\ntrue\necho metric: $n\n"),
            ("remove a command", "# why\nn=1\necho metric: $n\n"),
        ],
        target_file="target.sh",
    )
    reasons = [e.reason for e in experiments(events)[1:]]
    assert reasons == [Reason.EQUAL, Reason.WORSE, Reason.EQUAL, Reason.SIMPLER]


def test_a_kept_commit_is_a_pull_request_as_it_is(project):
    """One commit a keep on the base, touching the target alone, with its numbers in the message."""
    hold(project, [("try\tnine\n", says(9)), ("worse", says(12)), ("eight", says(8))])
    assert git(project, "log", "--format=%s", "main..autoresearch/t").splitlines() == [
        "experiment: eight",
        "experiment: try nine",
    ]
    changed = git(project, "log", "--format=", "--name-only", "main..autoresearch/t")
    assert set(changed.split()) == {"target.txt"}
    body = git(project, "log", "-1", "--format=%b", "autoresearch/t")
    assert body.splitlines() == [
        "metric 9.000000 -> 8.000000 (-11.11%)",
        "",
        "Autoresearch-Experiment: 3",
        "Autoresearch-Metric: metric=8.0",
        "Autoresearch-Runs: incumbent=9 incumbent=9 candidate=8 incumbent=9 candidate=8",
    ]
    trailers = git(project, "log", "-1", "--format=%(trailers:only)", "autoresearch/t")
    assert trailers.startswith("Autoresearch-Experiment: 3")


def test_the_user_is_back_where_they_were(project):
    """Branch, files and untracked work are as before; the three logs are hidden from git."""
    (project / "mine.txt").write_text("untracked")
    hold(project, [("nine", says(9))])
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(project, "status", "--porcelain") == "?? mine.txt"
    assert (project / "target.txt").read_text() == says(10)
    assert (project / "results.tsv").exists()
    assert (project / "run.log").exists()


def test_higher_is_better_works_below_zero(project):
    """The direction decides, not the size of the number."""
    (project / "target.txt").write_text(says(-5))
    git(project, "commit", "-qam", "negative")
    events = hold(
        project,
        [("lower", says(-6)), ("zero", says(0)), ("lower again", says(-1))],
        metric_direction="higher_is_better",
        metric_max="10",
    )
    assert [e.status for e in experiments(events)] == ["keep", "discard", "keep", "discard"]


def test_the_guard_has_the_last_word(project):
    """A candidate that breaks the tests is discarded although its number is better."""
    guard = "! grep -q 7 target.txt"
    events = hold(project, [("cheat", says(7)), ("honest", says(8))], guard_command=guard)
    assert [e.reason for e in experiments(events)] == [
        None, Reason.GUARD_FAILED, Reason.IMPROVED,
    ]  # fmt: skip
    assert experiments(events)[1].value == 7


def test_only_the_target_can_change(project):
    """A run that edits another file is discarded, and the edit is undone before it is measured."""
    cheat = "echo 'echo metric: 1' > experiment.sh\n" + says(5)
    events = hold(project, [("edit the experiment", cheat), ("honest", says(9))])
    assert verdicts(events)[1] == (Status.DISCARD, Reason.RULE_VIOLATION, 5)
    assert "experiment.sh" in experiments(events)[1].error
    assert verdicts(events)[2] == (Status.KEEP, Reason.IMPROVED, 9)
    assert (project / "experiment.sh").read_text() == ". ./target.txt\n"


def test_output_of_the_users_that_git_does_not_ignore_is_not_seen(project):
    """What was built before the session measures nothing: no run finds it, and it stays."""
    (project / "build.txt").write_text("old output")
    build = "test ! -e build.txt && echo new > build.txt && sh experiment.sh"
    events = hold(project, [("nine", says(9))], run_command=build)
    assert verdicts(events) == [(Status.KEEP, None, 10), (Status.KEEP, Reason.IMPROVED, 9)]
    assert (project / "build.txt").read_text() == "old output"


def test_an_experiment_that_commits_changes_nothing(project):
    """It finds no repository: commits, branch switches and resets fail as any command does."""
    cheat = says(1) + "git commit -qam cheat; git checkout -q -b elsewhere; git reset -q --hard\n"
    events = hold(project, [("commit", cheat), ("honest", says(9))])
    assert experiments(events)[1].reason is Reason.NONZERO_EXIT
    assert git(project, "log", "--format=%s", "autoresearch/t").splitlines() == [
        "experiment: honest",
        "base",
    ]
    assert "elsewhere" not in git(project, "branch")


@pytest.mark.parametrize(
    "cheat",
    [
        "sed -i s/keep/discard/ .claude/logs/autoresearch.jsonl",
        "rm -rf .claude results.tsv",
        "echo >> results.tsv",
        "rm results.tsv && mkdir results.tsv",
        "ln -sf /dev/null .claude/logs/autoresearch.jsonl",
    ],
)
def test_an_experiment_cannot_rewrite_the_log(project, cheat):
    """What was written down stays as it was written: no run can reach it."""
    events = hold(project, [("tamper", f"{cheat}\n" + says(11)), ("honest", says(9))])
    assert [e.reason for e in experiments(events)] == [None, Reason.WORSE, Reason.IMPROVED]
    assert [e.status for e in look(project, "t").history.experiments] == ["keep", "discard", "keep"]
    assert (project / "results.tsv").read_text().count("\n") == 4


def test_a_hanging_experiment_is_a_timeout(project):
    """At kill_after the run ends, with nothing left of it, and the session goes on."""
    events = hold(
        project,
        [("hang", "sleep 60\n"), ("nine", says(9))],
        time_budget="0.2s", kill_after="0.5s",
    )  # fmt: skip
    assert [e.reason for e in experiments(events)[1:]] == [Reason.TIMEOUT, Reason.IMPROVED]
    assert "0.5 seconds" in experiments(events)[1].error


def test_bounds_make_a_value_implausible(project):
    """Outside metric_min and metric_max there is no number at all."""
    events = hold(project, [("too good", says(0.001))], metric_min="1", metric_max="100")
    assert verdicts(events)[1] == (Status.CRASH, Reason.IMPLAUSIBLE, None)


def test_a_second_session_goes_on_where_the_first_stopped(project):
    """The incumbent is measured again and the numbers go on."""
    ideas = [("nine", says(9)), ("eight", says(8))]
    hold(project, ideas, max_experiments="1")
    events = hold(project, ideas, max_experiments="1")
    assert [type(event) for event in events] == [
        SessionStart, IncumbentMeasured, ExperimentStart, Experiment, SessionEnd,
    ]  # fmt: skip
    assert events[1].value == 9
    assert events[3].experiment == 2
    assert events[3].prev == 9


def test_the_logs_branch_has_everything(project):
    """The table, the log, a page and every idea's patch and log are on a branch of their own."""
    hold(project, [("nine", says(9)), ("broken", "echo oh no; exit 1\n")])
    names = git(project, "ls-tree", "-r", "--name-only", "autoresearch-logs/t").splitlines()
    assert names == [
        ".claude/logs/autoresearch.jsonl",
        "README.md",
        "experiments/0000-0099/0000.log",
        "experiments/0000-0099/0001.log",
        "experiments/0000-0099/0001.patch",
        "experiments/0000-0099/0002.log",
        "experiments/0000-0099/0002.patch",
        "results.tsv",
    ]
    show = "autoresearch-logs/t:"
    assert git(project, "show", f"{show}experiments/0000-0099/0002.log") == "oh no"
    assert "+exit 1" not in git(project, "show", f"{show}experiments/0000-0099/0001.patch")
    assert (
        git(project, "show", f"{show}results.tsv") + "\n" == (project / "results.tsv").read_text()
    )
    log = git(project, "show", f"{show}.claude/logs/autoresearch.jsonl").splitlines()
    actions = [json.loads(line)["action"] for line in log]
    assert actions[0] == "session_start"
    assert actions[-1] == "session_end"
    assert actions.count("experiment_done") == 3


def test_another_clone_goes_on(project, tmp_path):
    """Fetch the two branches elsewhere, run, and the campaign continues with the next number."""
    hold(project, [("nine", says(9))])
    clone = tmp_path / "clone"
    git(project, "clone", "-q", str(project), str(clone))
    events = hold(clone, [("nine", says(9)), ("eight", says(8))])
    assert experiments(events)[0].experiment == 2
    assert len(look(clone, "t").history.experiments) == 3


@pytest.mark.parametrize(
    ("target", "settings", "says_what"),
    [
        ("echo oh no; exit 7\n", {}, "exit code 7"),
        ("sleep 9\n", {"time_budget": "0.1s", "kill_after": "0.3s"}, "killed after 0.3 seconds"),
        ("true\n", {}, "printed nothing"),
        (says("nan"), {}, "not a finite number"),
        (says("inf"), {}, "not a finite number"),
        (says("fast"), {}, "not a number"),
        (says(1) + says(2), {}, "more than one number"),
        (says(1), {"metric_parse": "no-such-program"}, "metric_parse failed"),
        (says(1), {"metric_parse": "grep loss run.log"}, "metric_parse printed nothing"),
        (
            says(1) + "echo >> experiment.sh\n",
            {"readonly_files": "experiment.sh"},
            "only the user may change",
        ),
        (says(1), {"guard_command": "echo broken; false"}, "does not pass its guard"),
    ],
)
def test_a_project_that_gives_no_metric_is_an_error_with_the_logs_end(
    tmp_path, target, settings, says_what
):
    """A baseline that fails stops the session, says why and what to do, and leaves no trace."""
    project = make_project(tmp_path / "p", **{"target.txt": target})
    settings = PARSED | settings
    with pytest.raises(BaselineError, match=says_what) as error:
        hold(project, [("nine", says(9))], **settings)
    assert error.value.remedy
    if "oh no" in target:
        assert "oh no" in error.value.detail
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"
    with pytest.raises(BaselineError):
        hold(project, [("nine", says(9))], **settings)


def test_a_baseline_that_was_mended_is_number_zero(tmp_path):
    """After a failed baseline the campaign begins at 0 all the same."""
    project = make_project(tmp_path / "p")
    with pytest.raises(BaselineError):
        hold(project, [], run_command="false")
    events = hold(project, [("nine", says(9))])
    assert [e.experiment for e in experiments(events)] == [0, 1]


def test_setup_command_runs_once_and_its_failure_says_what_to_do(project):
    """Dependencies are installed before the baseline; a failure shows the end of the output."""
    setup = f"echo once >> {state()}/setups; echo once > installed.txt; echo x >> experiment.sh"
    run = "cat installed.txt && sh experiment.sh"
    ideas = [("nine", says(9)), ("eight", says(8))]
    events = hold(project, ideas, setup_command=setup, run_command=run)
    assert [e.value for e in experiments(events)] == [10, 9, 8]
    assert (state() / "setups").read_text() == "once\n"
    with pytest.raises(MachineError, match="setup_command failed: exit code 4") as error:
        hold(project, [], setup_command="echo no network; exit 4")
    assert "no network" in error.value.detail


def test_setup_leaves_nothing_in_the_project(project):
    """What setup makes is in every run's tree and nowhere else; git's files stay as committed."""
    setup = "mkdir deps; echo 1 > deps/a; echo 'echo metric: 1' > experiment.sh; rm target.txt"
    run = "cat deps/a target.txt && sh experiment.sh"
    overrides = {**SETTINGS, "tag": "t", "setup_command": setup, "run_command": run}
    proposer = ScriptedProposer([("nine", says(9))])
    with open_session(SessionRequest(project, overrides, proposer=proposer)) as session:
        (note,) = [note for note in session.notes if "setup_command" in note]
        assert "changes experiment.sh, target.txt, which git tracks" in note
        events = list(research(session))
    assert verdicts(events)[1] == (Status.KEEP, Reason.IMPROVED, 9)
    assert not (project / "deps").exists()
    assert (project / "experiment.sh").read_text() == ". ./target.txt\n"
    assert git(project, "status", "--porcelain") == ""


def test_an_interrupt_is_recorded_and_undone(project):
    """Ctrl-C in the middle of an experiment: `crash`, `interrupted`, and a clean tree."""
    overrides = {**SETTINGS, "tag": "t"}
    with (
        pytest.raises(KeyboardInterrupt),
        open_session(
            SessionRequest(
                project,
                overrides,
                proposer=ScriptedProposer([("nine", says(9)), ("eight", says(8))]),
            )
        ) as session,
    ):
        events = research(session)
        for event in events:
            if isinstance(event, ExperimentStart) and event.experiment == 2:
                events.throw(KeyboardInterrupt())
    history = look(project, "t").history
    assert history.experiments[2].reason is Reason.INTERRUPTED
    assert history.incumbent.experiment == 1
    assert git(project, "status", "--porcelain") == ""
    last = (project / ".claude/logs/autoresearch.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["details"]["reason"] == "interrupted"
    # The idea may be tried again: it never had its verdict.
    events = hold(project, [("nine", says(9)), ("-", says(1)), ("eight", says(8))])
    assert experiments(events)[0].reason is Reason.IMPROVED


def test_an_experiment_never_sees_a_credential(project, monkeypatch):
    """Nothing of our environment that is not on the list reaches the experiment."""
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("SOMETHING_ELSE", "value")
    hold(project, [("look", "env\n" + says(9))])
    log = (project / "run.log").read_text()
    assert "AUTORESEARCH_TIME_BUDGET=300" in log
    assert "secret" not in log
    assert "SOMETHING_ELSE" not in log


def test_what_metric_parse_does_to_the_tree_is_undone(project):
    """Reading the number is held to the same rules as the run, and stains nobody's branch."""
    (project / "notes.txt").write_text("mine")
    parse = "cat run.log | sed 's/.*: //'; grep -q 8 target.txt && echo x >> experiment.sh; "
    parse += "grep -q 8 target.txt && echo 2 > notes.txt; echo 1 > seen.txt; true"
    events = hold(project, [("nine", says(9)), ("eight", says(8))], metric_parse=parse)
    assert [e.reason for e in experiments(events)] == [
        None,
        Reason.IMPROVED,
        Reason.RULE_VIOLATION,
    ]
    assert git(project, "status", "--porcelain") == "?? notes.txt"
    assert (project / "notes.txt").read_text() == "mine"


def test_an_interrupted_metric_parse_leaves_nothing_behind(project):
    """Ctrl-C while the number is read ends what reads it, and the project is as it was."""
    began = state() / "began"
    parse = "echo x >> experiment.sh; touch new.txt $STATE/began; sleep 20; touch $STATE/ended"

    def interrupt():
        while not began.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), interruptible(lambda: None):
        Thread(target=interrupt, daemon=True).start()
        hold(project, [("nine", says(9))], metric_parse=parse)
    assert not (state() / "ended").exists()
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"


def test_a_title_is_one_harmless_line_wherever_it_is_written(project):
    """A model's title can neither drive a terminal nor break a commit, a table or a log."""
    title = "\x1b]0;owned\x07\x1b[31mred\0 a\tb\nAutoresearch-Experiment: 99\ud800 " + "x" * 9000
    (_, done) = experiments(hold(project, [(title, says(9))]))
    assert done.status is Status.KEEP
    assert done.description.startswith("red a b Autoresearch-Experiment: 99\ufffd xxx")
    assert len(done.description) == LONGEST_TITLE
    message = git(project, "log", "-1", "--format=%B", "autoresearch/t")
    assert done.description in message
    assert git(project, "fsck") == ""
    assert len((project / "results.tsv").read_text().splitlines()) == 3


def test_a_log_may_hold_any_bytes(project):
    """Escape sequences, NULs and broken UTF-8 in a log stop nothing; what can be seen is archived."""
    noise = "printf '\\033[2J\\0\\377\\n--- guard_command ---\\n'\n"
    events = hold(project, [("noise", noise + says(9))], guard_command="false || true")
    assert experiments(events)[1].status is Status.KEEP
    name = "experiments/0000-0099/0001.log"
    archived = git(project, "show", f"autoresearch-logs/t:{name}")
    assert archived.splitlines() == [
        "\N{REPLACEMENT CHARACTER}",
        "--- guard_command ---",
        "metric: 9",
    ]


def test_values_at_the_ends_of_what_a_number_can_be_are_recorded(project):
    """What is so large that sums of it are no numbers is refused; every line stays JSON."""
    parse = {"metric_parse": "sed 's/.*: //' run.log"}
    events = hold(project, [("low", says("-1e150"))], **parse)
    more = hold(project, [("-", ""), ("high", says("1e150")), ("huge", says("1.7e308"))], **parse)
    assert experiments(events)[1].status is Status.KEEP
    high, huge = experiments(more)
    assert (high.status, high.value) == (Status.DISCARD, 1e150)
    assert (huge.reason, huge.value) == (Reason.NO_METRIC, None)
    assert "too large" in huge.error

    def refuse(name: str) -> float:
        raise AssertionError(name)

    for line in (project / ".claude/logs/autoresearch.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=refuse)


def test_an_answer_that_came_to_nothing_is_recorded_and_costs_no_experiment(project):
    """The next answer is asked for at once, and gets the number the first did not use."""
    rejected = Rejected("the search text is not in the file\n", "openai", "an idea", 900, 0.02)
    events = hold(project, [rejected, ("better", says(9))])
    told = [event for event in events if isinstance(event, ProposalRejected)]
    assert [(each.experiment, each.error, each.tokens) for each in told] == [
        (1, "the search text is not in the file", 900)
    ]
    assert [each.experiment for each in experiments(events)] == [0, 1]
    assert look(project, "t").history.rejected == told


def test_a_noisy_metric_is_judged_by_fresh_runs(project):
    """Both sides run again before a keep, and what is written down is the estimate of the gain."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); echo $((n + 1)) > $STATE/runs\n"
    noisy += "echo metric: $((BASE + n * 7 % 5))\n"
    (project / "target.txt").write_text(noisy.replace("BASE", "100"))
    git(project, "commit", "-qam", "noisy")
    events = hold(
        project,
        [
            ("worse", noisy.replace("BASE", "140")),
            ("better", noisy.replace("BASE", "60")),
            ("simple", noisy.replace("BASE", "61")),
        ],
    )
    base, worse, better, _ = experiments(events)
    assert len(base.samples) == 6
    assert worse.reason is Reason.WORSE
    assert [s.side for s in worse.samples].count("candidate") == 1
    assert better.reason is Reason.IMPROVED
    sides = [s.side for s in better.samples]
    assert sides[sides.index("candidate") :].count("candidate") >= 2
    assert "incumbent" in sides[sides.index("candidate") :]
    assert better.prev == base.value
    assert better.delta == pytest.approx(-40, abs=4)
    assert f"{better.prev:.6f} -> {better.value:.6f}" in git(
        project, "log", "-1", "--format=%b", "autoresearch/t"
    )


@pytest.mark.parametrize("failures", ["9", "9 10"])
def test_a_run_of_the_incumbent_that_fails_does_not_count_against_the_idea(project, failures):
    """It is run once more; where it fails again the idea has no verdict and can be tried again."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); n=$((n + 1)); echo $n > $STATE/runs\n"
    noisy += 'case " FAILURES " in *" $n "*) exit 3;; esac\necho metric: $((BASE + n * 7 % 5))\n'
    noisy = noisy.replace("FAILURES", failures)
    (project / "target.txt").write_text(noisy.replace("BASE", "100"))
    git(project, "commit", "-qam", "noisy")
    better = ("better", noisy.replace("BASE", "60"))
    first, *again = experiments(hold(project, [better, better]))[1:]
    if failures == "9":
        assert [e.reason for e in (first, *again)] == [Reason.IMPROVED, Reason.DUPLICATE]
    else:
        assert first.reason is Reason.INTERRUPTED
        assert first.error == "the incumbent gave no metric either time: exit code 3"
        assert [e.reason for e in again] == [Reason.IMPROVED]


def test_an_incumbent_that_fails_now_and_then_is_run_once_more_each_time(project):
    """Only two failures of it in a row leave an idea without a verdict."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); n=$((n + 1)); echo $n > $STATE/runs\n"
    noisy += "[ $n -ne 9 ] && [ $n -ne 12 ] || exit 3\n"
    noisy += "echo metric: $(((n < 7 ? 100 : 60) + n * 7 % 5))\n"  # faster, so two are asked for
    (project / "target.txt").write_text(noisy)
    git(project, "commit", "-qam", "noisy")
    _, same = experiments(hold(project, [("same", noisy + "#\n")]))
    assert same.reason is Reason.WITHIN_NOISE, same.error
    beside = same.samples[6:]
    assert sum(sample.side == "incumbent" for sample in beside) == 2
    assert int((state() / "runs").read_text()) == 6 + len(beside) + 2


def test_max_repeats_1_is_one_run_each(project):
    """With the setting at 1 a noisy metric is judged by single runs."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); echo $((n + 1)) > $STATE/runs\n"
    (project / "target.txt").write_text(noisy + "echo metric: $((100 - n))\n")
    git(project, "commit", "-qam", "noisy")
    events = hold(project, [("same", noisy + "echo metric: $((100 - n)) \n")], max_repeats="1")
    base, same = experiments(events)
    assert len(base.samples) == 1
    assert same.reason is Reason.IMPROVED
    assert [(s.side, s.value) for s in same.samples] == [("incumbent", 100), ("candidate", 99)]


def test_each_command_is_told_before_it_runs(project):
    """Whoever waits learns which command runs, which of how many runs it is, and when it is ended."""
    heard = []
    commands = {"setup_command": "true", "guard_command": "true", "holdout_command": "echo 1"}
    commands |= {"time_budget": "20s", "kill_after": "70s"}
    with open_session(
        SessionRequest(
            project,
            {**SETTINGS, **PARSED, "tag": "t", **commands},
            tell=heard.append,
            proposer=ScriptedProposer([("nine", says(9))]),
        )
    ) as session:
        list(research(session))
    said = [phase.text for phase in heard if phase.text != "metric_parse"]
    assert said[:2] == ["setup_command", "baseline, run 1 of at least 2"]
    assert [phase.text for phase in heard if phase.opens] == said[:2]
    assert said[said.index("candidate") :] == [
        *("candidate", "incumbent, run 3", "candidate, run 2"),
        *("guard_command", "holdout_command", "choosing the next experiment"),
    ]
    assert {phase.limit for phase in heard if "candidate" in phase.text} == {70}
