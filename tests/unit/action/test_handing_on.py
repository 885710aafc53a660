"""A job beside the loop's: it answers what is no session, and hands a session on."""

from __future__ import annotations

import pytest

DESK = {"hold_sessions": "false"}


@pytest.mark.parametrize("said", ["", "  run n=1", "\tsetup", " solve.py", " n=2 -- <!-- x --> no"])
def test_a_session_is_handed_on(job, lab, issue, mona, said):
    """Whoever may command is seen, nothing runs, and another job is told to hold the session."""
    comment = job.say(issue, mona, f"/autoresearch{said}", **DESK)
    assert (job.code, comment.faces) == (0, ["eyes"]), job.log
    assert job.outputs["handed_on"] == "true"
    assert lab.tip("autoresearch/t") is None
    assert lab.thread(issue) == [comment]
    assert not lab.checks


@pytest.mark.parametrize("said", ["help", "<!-- run -->HELP", "h\u200belp", "stpo"])
def test_what_is_no_session_is_answered(job, lab, issue, mona, said):
    """In whatever way it is written, and no other job hears of it."""
    job.say(issue, mona, f"/autoresearch \t {said}", **DESK)
    assert (job.code, job.outputs["handed_on"]) == (0, "false"), job.log
    assert len(lab.thread(issue)) == 2


def test_a_stranger_gets_no_further(job, hub, lab, issue):
    """Whoever may not command is refused here, and no job for a session is started."""
    lab.roles["eve"] = "read"
    comment = job.say(issue, hub.user("eve"), "/autoresearch run", **DESK)
    assert (job.outputs["handed_on"], comment.faces) == ("false", ["eyes", "-1"])


def test_nobody_knows_who_may(job, hub, issue, mona):
    """Without an answer from GitHub nothing is handed on."""
    hub.fault("GET .*/permission", status=404, times=None)
    job.say(issue, mona, "/autoresearch run", **DESK)
    assert job.outputs["handed_on"] == "false"


def test_any_other_event_is_handed_on_too(job, lab):
    """A dispatch asks for a session as well."""
    assert job.run(**DESK) == 0, job.log
    assert job.outputs["handed_on"] == "true"
    assert not lab.checks
    assert job.run(max_experiments="1") == 0, job.log
    assert job.outputs["handed_on"] == "false"
