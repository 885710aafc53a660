"""Lanes on several runners: a job that begins, the lanes, and one that combines."""

from __future__ import annotations

import json

import pytest

from tests import racing_sessions
from tests.action_jobs import WORKFLOW
from tests.projects import git


@pytest.fixture
def lanes(make_job):
    """Makes the jobs of one run of the workflow, each on a runner of its own."""

    class Run:
        def __init__(self, name="run", **inputs):
            self.name, self.inputs, self.jobs = name, inputs, []

        def job(self, part):
            job = make_job(f"{self.name}-{part}")
            self.jobs.append(job)
            return job

        def begin(self, count=2, **inputs):
            job = self.job("begin")
            job.run(mode="begin", lanes=str(count), **self.inputs, **inputs)
            return job

        def work(self, *lanes):
            jobs = [self.job(lane.replace("/", "-")) for lane in lanes]
            for job, lane in zip(jobs, lanes, strict=True):
                inputs = {**self.inputs, "lane": lane}
                job.start("workflow_dispatch", {"inputs": {}}, **inputs)
            for job in jobs:
                job.end()
            return jobs

        def combine(self, **inputs):
            job = self.job("combine")
            job.run(mode="combine", **self.inputs, **inputs)
            return job

    return Run


def records(lab, action="experiment_done"):
    return [r["details"] for r in racing_sessions.records(lab.bare, "t") if r["action"] == action]


def test_from_begin_to_combine(lanes, lab):
    """A baseline, two lanes and their combination are one campaign, one check run, one summary."""
    run = lanes(max_experiments="4")
    begun = run.begin()
    assert begun.code == 0, begun.log
    assert (begun.outputs["tag"], json.loads(begun.outputs["lanes"])) == ("t", ["1/2", "2/2"])
    assert [check.status for check in lab.checks.values()] == ["in_progress"]
    for job in run.work("1/2", "2/2"):
        assert job.code == 0, job.log
        assert job.outputs["experiments"] == "2"
    assert [check.status for check in lab.checks.values()] == ["in_progress"]
    done = run.combine()
    assert done.code == 0, done.log
    (check,) = (check for check in lab.checks.values() if check.name == "autoresearch")
    assert check.conclusion in {"success", "neutral"}
    made = [each for each in records(lab) if each["experiment"]]
    assert len(made) >= 4
    assert done.outputs["experiments"] == str(len(made))
    assert done.outputs["lanes"] == "[]"
    assert "| 1 | 2 |" in done.summary
    assert "| 2 | 2 |" in done.summary
    assert not [ref for ref in refs(lab) if "lanes" in ref]


def refs(lab):
    return git(lab.bare, "for-each-ref", "--format=%(refname)").split()


def test_a_lane_that_dies(lanes, lab):
    """What the others found is combined, and the summary says which lane was lost."""
    run = lanes(max_experiments="4")
    assert run.begin().code == 0
    (job,) = run.work("2/2")
    assert job.code == 0, job.log
    done = run.combine()
    assert done.code == 0, done.log
    assert "| 2 | 2 |" in done.summary
    assert "| 1 | 2 |" not in done.summary


def test_no_lane_came_to_its_end(lanes, lab):
    """Where none did, that is the error, and where to look."""
    run = lanes()
    assert run.begin().code == 0
    done = run.combine()
    assert done.code == 1
    assert "No lane came to its end" in done.summary
    (check,) = lab.checks.values()
    assert check.conclusion == "failure"


def test_lanes_need_to_be_found(lanes, hub, lab):
    """A token that may not write is said before any lane begins, with the line that is missing."""
    hub.tokens.add("ghs_" + "r" * 36, permissions={"contents": "read", "checks": "write"})
    run = lanes()
    job = run.job("begin")
    job.token = "ghs_" + "r" * 36
    job.run(mode="begin", lanes="2")
    assert job.code == 1
    assert "lanes on other machines would find it" in job.summary
    assert "contents: write" in job.summary
    assert job.outputs["lanes"] == "[]"


def test_a_comment_says_how_many(make_job, lab, issue, mona):
    """`--lanes` is stronger than the workflow's number; the comment is answered by the last job."""
    begin = make_job("begin")
    comment = begin.say(issue, mona, "/autoresearch run n=2 --lanes 3", mode="begin", lanes="2")
    assert begin.code == 0, begin.log
    assert json.loads(begin.outputs["lanes"]) == ["1/3", "2/3", "3/3"]
    assert comment.faces == ["eyes"]
    said = len(lab.thread(issue))
    lane = make_job("lane")
    lane.start_again(begin, lane="2/3")
    assert lane.end() == 0, lane.log
    assert (comment.faces, len(lab.thread(issue))) == (["eyes"], said)
    combine = make_job("combine")
    combine.start_again(begin, mode="combine")
    assert combine.end() == 0, combine.log
    assert comment.faces == ["eyes", "rocket"]
    assert len(lab.thread(issue)) == said


def test_a_workflow_without_lanes(job, lab, issue, mona):
    """It cannot have any by a comment; how to write one that can is the answer."""
    comment = job.say(issue, mona, "/autoresearch run --lanes 3")
    assert comment.faces == ["eyes", "-1"]
    assert "init --github --force --lanes 3" in lab.thread(issue)[-1].body
    assert lab.tip("autoresearch/t") is None


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"lane": "3/2"}, "There is no lane 3 of 2"),
        ({"lane": "two"}, "is no lane"),
        ({"lane": "1/2", "mode": "begin"}, "not for mode begin"),
        ({"lanes": "many", "mode": "begin"}, "no number of lanes"),
        ({"lanes": "257", "mode": "begin"}, "from 1 to 256"),
        ({"mode": "middle"}, "loop, begin, combine, compare"),
    ],
)
def test_bad_inputs(job, inputs, said):
    """What cannot be is an error with what to write, before anything is run."""
    assert job.run(**inputs) == 1
    assert said in job.summary


@pytest.mark.parametrize("inputs", [{}, {"mode": "begin", "lanes": "2"}, {"lane": "1/2"}])
def test_a_job_is_one_lane(make_job, lab, push, inputs):
    """Settings for several lanes on one machine are refused, with how to have several jobs."""
    push("main", {".github/autoresearch.yml": "doctor: off\nparallel: 3\n"})
    job = make_job()
    assert job.run(**inputs) == 1
    assert "init --github --force --lanes 3" in job.summary
    assert lab.tip("autoresearch/t") is None


def test_a_lane_before_its_campaign(job):
    """A lane without a baseline says what comes first."""
    assert job.run(lane="1/2") == 1
    assert "no baseline yet" in job.summary


def test_a_stop(lanes, make_job, lab, issue, mona):
    """A stop that comes once the campaign has begun ends every lane, also one that starts later."""
    run = lanes(max_experiments="50")
    assert run.begin().code == 0
    make_job("stop").say(issue, mona, "/autoresearch stop")
    assert "The lanes at work on `t` end" in lab.thread(issue)[-1].body
    (lane,) = run.work("1/2")
    assert (lane.code, lane.outputs["experiments"]) == (0, "0"), lane.log
    done = run.combine()
    assert done.code == 0, done.log
    assert "somebody asked for it" in done.summary
    assert run_again(lanes).outputs["lanes"] == '["1/2", "2/2"]'


def run_again(lanes):
    """What begins later has nothing to do with that stop."""
    return lanes("again").begin()


def test_the_next_lanes(lanes, lab):
    """With continue_mode the next run is started once the lanes are combined, and by no lane."""
    lab.workflows.add(WORKFLOW.rpartition("/")[2])
    run = lanes(max_experiments="2", continue_mode="dispatch")
    assert run.begin().code == 0
    run.work("1/2", "2/2")
    assert not lab.dispatches
    done = run.combine()
    assert done.code == 0, done.log
    assert len(lab.dispatches) == 1, done.summary
