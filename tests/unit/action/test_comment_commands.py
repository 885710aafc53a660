"""Commands beside a session: setup, results, stop, idea, pr; from a job of their own."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests import racing_sessions
from tests.action_jobs import ARCHIVED_AT_ONCE, INPUTS, SOLVE, wait_for
from tests.projects import git

CHANGED = "! { grep -q 'RATE = 0.02$' solve.py && grep -q 'STEPS = 8$' solve.py; }"


def held_up(job):
    """A run command that waits at its first candidate, and the files to know and to end it by."""
    waiting = f"if {CHANGED}; then {job.waits}; python3 -I solve.py; else python3 -I solve.py; fi"
    return waiting, job.signs / "here", job.signs / "go"


def another_second():
    """Wait for the clock: campaigns that begin in the same second are equally new."""
    time.sleep(1 - time.time() % 1)


def campaign_from_elsewhere(lab, folder, tag):
    """A campaign with one experiment, pushed from a machine that has no part in the jobs.

    A job's session would end whatever runs as the experiments' users, another job's run too.
    """
    git(folder.parent, "clone", "-q", str(lab.bare), str(folder))
    settings = {**INPUTS, "tag": tag, "max_experiments": "1"}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    words = ["-m", "autoresearch_ci", "--repo", str(folder), "--quiet", "run", "--push", *flags]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


def actions(lab, tag="t"):
    return [record["action"] for record in racing_sessions.records(lab.bare, tag)]


def replies(lab, issue):
    return [each.body.partition("\n")[2] for each in lab.thread(issue) if each.author.type == "Bot"]


def test_setup(job, lab, issue, mona):
    """The campaign has its branches and its baseline, and no experiment was made."""
    comment = job.say(issue, mona, "/autoresearch setup")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    assert actions(lab).count("experiment_done") == 1
    assert git(lab.bare, "rev-parse", "autoresearch/t") == job.sha
    [shown] = replies(lab, issue)
    assert "Stopped: set up, as asked." in shown


def test_results(job, lab, issue, mona, take_up, earlier_run):
    """The table comes best first, with the picture where there is one; running is not needed."""
    take_up(earlier_run(max_experiments="3"))
    comment = job.say(issue, mona, "/autoresearch results")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    [table] = replies(lab, issue)
    values = [
        float(line.split("|")[2])
        for line in table.splitlines()
        if line.startswith("| ") and line[2].isdigit() and line.split("|")[2].strip()
    ]
    assert len(values) == 4
    assert values == sorted(values)
    drawn = "progress.svg" in git(lab.bare, "ls-tree", "--name-only", "autoresearch-logs/t")
    assert ("/autoresearch-logs/t/progress.svg?raw=true)" in table) == drawn
    assert table.rstrip() in job.summary


def test_results_of_the_newest_campaign(make_job, lab, issue, mona):
    """Without a tag it is the newest, finished or not, and never that of a pull request."""
    job = make_job()
    assert job.run(max_experiments="1", tag="one") == 0, job.log
    another_second()
    assert job.run(max_experiments="1", tag="two", target_value="100") == 0, job.log
    assert job.run(max_experiments="1", tag="pr-7") == 0, job.log
    job.say(issue, mona, "/autoresearch results", tag="")
    assert "`autoresearch/two`" in replies(lab, issue)[0]
    assert job.run(max_experiments="1", tag="") == 0, job.log
    assert job.outputs["branch"] == "autoresearch/one", "unfinished, and no pull request's"


@pytest.mark.parametrize("verb", ["results", "stop", "idea a larger batch", "pr"])
def test_there_is_no_campaign(job, lab, issue, mona, verb):
    """The reply says so, and what to do."""
    comment = job.say(issue, mona, f"/autoresearch {verb}")
    assert (job.code, comment.faces) == (1, ["eyes"])
    [said] = replies(lab, issue)
    assert "There is no campaign t yet" in said
    assert "/autoresearch run" in said
    assert not lab.checks


@pytest.mark.parametrize("now", [False, True])
def test_stop_from_another_job(make_job, lab, issue, mona, now):
    """The session at work meets it at its next push and ends; with `now` without confirming."""
    job, other = make_job(first=ARCHIVED_AT_ONCE), make_job("other")
    run, here, go = held_up(job)
    job.start("workflow_dispatch", {"inputs": {}}, run_command=run, max_experiments="40")
    wait_for(here)
    comment = other.say(issue, mona, f"/autoresearch stop{' now' * now}")
    assert (other.code, comment.faces) == (0, ["eyes", "rocket"]), other.log
    [said] = replies(lab, issue)
    assert "ends after the experiment under way" in said
    assert ("nothing is measured after that" in said) == now
    go.touch()
    assert job.end() == 0, job.log
    records = racing_sessions.records(lab.bare, "t")
    [stop] = [r["details"] for r in records if r["action"] == "stop"]
    assert (stop["by"], stop["now"]) == ("mona", now)
    [end] = [r["details"] for r in records if r["action"] == "session_end"]
    assert (end["reason"], end["experiments"]) == ("stopped", 1)
    done = [r["details"] for r in records if r["action"] == "experiment_done"]
    assert "crash" not in {each["status"] for each in done}, "it came to its end"
    assert "somebody asked for it" in job.summary
    if end["kept"]:
        assert ("confirmed" in actions(lab)) == (not now)


def test_the_campaign_that_is_at_work(make_job, lab, issue, mona, tmp_path):
    """A stop and an idea are for the session at work, though another campaign is newer."""
    job, other = make_job(first=ARCHIVED_AT_ONCE), make_job("other")
    run, here, go = held_up(job)
    job.start("workflow_dispatch", {"inputs": {}}, run_command=run, max_experiments="40", tag="one")
    wait_for(here)
    another_second()
    campaign_from_elsewhere(lab, tmp_path / "elsewhere", "two")
    for said in ("stop", "idea fewer steps"):
        other.say(issue, mona, f"/autoresearch {said}", tag="")
        assert "`one`" in replies(lab, issue)[-1]
    go.touch()
    assert job.end() == 0, job.log
    assert "stop" in actions(lab, "one")
    assert "stop" not in actions(lab, "two")


def test_an_idea_between_two_sessions(make_job, lab, issue, mona):
    """It is for the campaign that is gone on with, and no older one whose chain of runs broke off."""
    lab.workflows.add("autoresearch.yml")
    job = make_job()
    chained = {"max_experiments": "1", "continue_mode": "dispatch"}
    assert job.run(tag="one", **chained) == 0, job.log
    another_second()
    assert job.run(max_experiments="1", tag="two") == 0, job.log
    job.say(issue, mona, "/autoresearch idea fewer steps", tag="")
    assert "`two`" in replies(lab, issue)[-1]
    assert "idea" in actions(lab, "two")
    assert "idea" not in actions(lab, "one")


def test_nobody_is_at_work(job, lab, issue, mona, take_up, earlier_run):
    """A stop that would stop nobody is not left behind, and the reply says so."""
    take_up(earlier_run(max_experiments="1"))
    comment = job.say(issue, mona, "/autoresearch stop")
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert "No session is at work on campaign t" in replies(lab, issue)[0]
    assert "stop" not in actions(lab)


def test_an_idea_from_another_job(make_job, lab, issue, mona):
    """It is on the record with who had it, and waits for a model; a search does not take it up."""
    job, other = make_job(), make_job("other")
    run, here, go = held_up(job)
    job.start("workflow_dispatch", {"inputs": {}}, run_command=run, max_experiments="2")
    wait_for(here)
    comment = other.say(issue, mona, "/autoresearch idea fewer steps @everyone")
    assert (other.code, comment.faces) == (0, ["eyes", "rocket"]), other.log
    go.touch()
    assert job.end() == 0, job.log
    [idea] = [r["details"] for r in racing_sessions.records(lab.bare, "t") if r["action"] == "idea"]
    assert (idea["text"], idea["by"]) == ("fewer steps @everyone", "mona")
    assert "@everyone" not in replies(lab, issue)[0]


def test_an_idea_to_try_first(job, lab, issue, mona):
    """It is on the record before the session's first proposal."""
    job.say(issue, mona, '/autoresearch run "be quick" n=1 -- fewer steps')
    assert job.code == 0, job.log
    found = racing_sessions.records(lab.bare, "t")
    at = next(n for n, record in enumerate(found) if record["action"] == "idea")
    first = next(n for n, r in enumerate(found) if r["action"] == "experiment_start")
    assert at < first
    assert (found[at]["details"]["text"], found[at]["details"]["by"]) == ("fewer steps", "mona")
    assert "the embedded search takes none up" in job.summary
    assert found[0]["details"]["goal"] == "be quick"


def test_a_session_on_that_file(job, lab, issue, mona, push):
    """It goes on with the newest campaign of that file, however new those of others are."""
    push("main", {"other.py": SOLVE})
    git(job.workspace, "pull", "-q", str(lab.bare), "main")
    files = {"solve.py": "one", "other.py": "two"}
    for name, tag in files.items():
        run = f"python3 -I {name}"
        assert job.run(tag=tag, target_file=name, run_command=run, max_experiments="1") == 0
    for name, tag in files.items():
        run = f"python3 -I {name}"
        job.say(issue, mona, f"/autoresearch {name} n=1", tag="", run_command=run)
        assert job.code == 0, job.log
        assert job.outputs["branch"] == f"autoresearch/{tag}"


def test_pr(job, lab, issue, mona, take_up, earlier_run):
    """One draft pull request is opened, updated the next time, and its address is the reply."""
    lab.default_branch = "main"
    take_up(earlier_run())
    for _ in range(2):
        comment = job.say(issue, mona, "/autoresearch pr")
        assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    [pull] = lab.pulls
    assert (pull.branch, pull.base, pull.draft) == ("autoresearch/t", "main", True)
    assert all(f"/pull/{pull.number}" in said for said in replies(lab, issue))


def test_pr_that_github_refuses(job, lab, issue, mona, take_up, earlier_run):
    """The reply says why, and what to tick."""
    lab.actions_may_open_pulls = False
    take_up(earlier_run())
    comment = job.say(issue, mona, "/autoresearch pr")
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert "Allow GitHub Actions to create and approve pull requests" in replies(lab, issue)[0]


def test_pr_on_a_pull_request(make_job, lab, push, mona):
    """What was found for a pull request is offered to its branch, not to the default one."""
    push("topic", {"notes.md": "x\n"})
    pull = lab.pull(mona, "topic", base="main")
    job = make_job()
    job.say(pull, mona, "/autoresearch n=8")
    assert job.code == 0, job.log
    job.say(pull, mona, "/autoresearch pr")
    assert job.code == 0, job.log
    assert (lab.pulls[1].branch, lab.pulls[1].base) == ("autoresearch/pr-1", "topic")


def test_without_a_remote(job, lab, issue, mona):
    """What is shared through the forge needs a checkout that knows it."""
    git(job.workspace, "remote", "rename", "origin", "elsewhere")
    job.say(issue, mona, "/autoresearch results")
    assert job.code == 1
    assert "no remote origin" in replies(lab, issue)[0]


def test_settings_that_are_broken_do_not_keep_a_stop_away(
    job, lab, issue, mona, push, take_up, earlier_run
):
    """`stop` and `results` need no settings but the campaign's name."""
    take_up(earlier_run(max_experiments="1"))
    push("main", {".github/autoresearch.yml": "tag: other\nnonsense: 1\ndoctor: off\n"})
    git(job.workspace, "pull", "-q", str(lab.bare), "main")
    job.say(issue, mona, "/autoresearch results")
    assert job.code == 0, job.log
    assert "`autoresearch/t`" in replies(lab, issue)[0]
