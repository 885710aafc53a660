"""A dispatch from beginning to end, against a GitHub on this machine: API and git."""

from __future__ import annotations

import time

import pytest

from tests import racing_sessions
from tests.action_jobs import INPUTS, TOKEN
from tests.projects import git


@pytest.mark.job
def test_it_is_pushed_shown_and_confirmed(job):
    """Both branches are on GitHub, and the commit has a check run and one for the confirmation."""
    assert job.run() == 0, job.log
    for name in ("autoresearch/t", "autoresearch-logs/t"):
        assert git(job.lab.bare, "rev-parse", name) == git(job.workspace, "rev-parse", name)
    assert set(job.checks) == {"autoresearch", "autoresearch/confirmed"}
    check = job.checks["autoresearch"]
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert check["output"]["title"].startswith("score 0.0089")
    assert "How to take it" in check["output"]["summary"]
    [first, *_] = [each.annotations for each in job.lab.checks.values()]
    assert first
    assert {each["path"] for each in first} == {"solve.py"}
    assert job.checks["autoresearch/confirmed"]["conclusion"] == "success"
    assert "On fresh runs confirmed" in job.summary
    assert f"{job.hub.url}/octo/lab/tree/autoresearch/t" in job.summary
    records = [record["action"] for record in racing_sessions.records(job.lab.bare, "t")]
    after = records[records.index("session_end") + 1 :]
    assert after == ["pair_measured"] * (len(after) - 1) + ["confirmed"], "published too"


@pytest.mark.job
def test_the_picture_is_linked_where_it_was_pushed(job):
    """The summary shows the chart from the logs branch, at an address that readers can open."""
    pytest.importorskip("matplotlib")
    assert job.run() == 0, job.log
    address = f"{job.hub.url}/octo/lab/blob/autoresearch-logs/t/progress.svg?raw=true"
    assert f"]({address})" in job.summary
    assert "progress.svg" in git(job.lab.bare, "ls-tree", "--name-only", "autoresearch-logs/t")


def test_a_token_that_may_only_read(job):
    """The session is held, the step succeeds, and the summary names each missing permission."""
    reader = "ghs_reader_0123456789abcdefghijklmnop"
    job.hub.tokens.add(reader, permissions={"contents": "read", "metadata": "read"})
    assert job.run(github_token=reader) == 0, job.log
    assert "contents: write" in job.summary
    assert "  checks: write" in job.summary
    assert "git push --atomic origin autoresearch/t autoresearch-logs/t" in job.summary
    assert "score 0.008900 →" in job.summary
    assert job.checks == {}
    assert "/tree/autoresearch" not in job.summary, "nothing links to what is not there"


def test_without_a_token_nothing_leaves_the_job(job):
    """An empty github_token means that GitHub hears nothing of the session."""
    assert job.run(github_token="") == 0, job.log
    assert job.hub.site.requests == []
    assert git(job.workspace, "rev-parse", "autoresearch/t")


@pytest.mark.job
def test_the_token_is_in_no_file_and_no_output(job):
    """After a session the token is only where the runner had put it: masked, in the log's masks."""
    assert job.run() == 0, job.log
    told = [line for line in job.log.splitlines() if TOKEN in line]
    assert set(told) == {f"::add-mask::{TOKEN}"}
    for folder in (job.workspace, job.folder / "files", job.lab.bare):
        for path in folder.rglob("*"):
            assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_a_session_that_fails(job):
    """Where the unchanged project gives no metric the check run fails, and says why."""
    assert job.run(run_command="false") == 1
    check = job.checks["autoresearch"]
    assert check["conclusion"] == "failure"
    assert "gives no metric" in check["output"]["title"] + check["output"]["summary"]


def test_no_time_to_confirm(job):
    """What the time limit leaves no room for is not begun, and the summary says so."""
    slow = f"sleep 0.3; {INPUTS['run_command']}"
    assert job.run(run_command=slow, time_limit="12s") == 0, job.log
    assert "Not confirmed by fresh runs" in job.summary
    assert set(job.checks) == {"autoresearch"}


@pytest.mark.job
def test_a_cancelled_job(job):
    """What a cancelled session found is pushed and shown before the runner loses its patience."""
    here = job.signs / "here"
    changed = "! { grep -q 'RATE = 0.02$' solve.py && grep -q 'STEPS = 8$' solve.py; }"
    slow = f"if {changed}; then touch {job.signs}/here; sleep 60; fi; python3 -I solve.py"
    assert job.run(until=here, run_command=slow) == 130
    assert time.time() - here.stat().st_mtime < 7.5
    check = job.checks["autoresearch"]
    assert check["conclusion"] == "neutral"
    assert racing_sessions.records(job.lab.bare, "t")[-1]["action"] == "session_end"


@pytest.mark.job
def test_a_job_cancelled_while_it_confirms(job, make_job):
    """Pairs of runs that were measured by then are pushed, no verdict, and the next job ends it."""
    base = "grep -q 'RATE = 0.02$' solve.py && grep -q 'STEPS = 8$' solve.py"
    # Once within the experiment that is kept, and once for the first pair.
    kept, again = job.signs / "kept", job.signs / "again"
    hangs = (
        f"echo >> {again}; if [ $(wc -l < {again}) = 3 ]; then touch {job.signs}/here; sleep 60; fi"
    )
    body = INPUTS["run_command"]
    run = f"if {base}; then if [ -e {kept} ]; then {hangs}; fi; else touch {kept}; fi; {body}"
    after = make_job("after")
    assert job.run(until=job.signs / "here", run_command=run) == 130, job.log
    actions = [record["action"] for record in racing_sessions.records(job.lab.bare, "t")]
    assert actions[-1] == "pair_measured"
    assert "session_end" in actions
    assert "confirmed" not in actions
    assert set(job.checks) == {"autoresearch"}
    assert "onfirmed" not in job.summary

    (after.workspace / "again").write_text("\n" * 9)
    (after.workspace / "again").chmod(0o666)
    assert after.run(run_command=run, target_value="1") == 0, after.log
    assert after.outputs["experiments"] == "0"
    assert "goes on from a confirmation that was interrupted" in after.log
    assert after.checks["autoresearch/confirmed"]["conclusion"] == "success"


def test_a_dry_run_tells_and_does_nothing(job, lab):
    """Log and summary say what a session would begin with; nothing is pushed or shown."""
    assert job.run(dry_run="true") == 0, job.log
    assert "what would be tried; ideas come from search" in job.log
    assert "A dry run: nothing was recorded" in job.summary
    assert "score 0.0089" in job.summary
    assert not git(lab.bare, "for-each-ref", "refs/heads/autoresearch*")
    assert job.checks == {}
