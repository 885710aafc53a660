"""Sessions on a pull request: its campaign, its head, and the rules of its base."""

from __future__ import annotations

import pytest

from tests import racing_sessions
from tests.action_jobs import INPUTS, SIGNS, SOLVE, wait_for
from tests.projects import git

SETTINGS = {name: INPUTS[name] for name in ("target_file", "run_command", "metric_name")}
YAML = "\n".join(f"{name}: {value}" for name, value in SETTINGS.items()) + (
    "\nmetric_parse: \"grep '^score:' run.log | cut -d' ' -f2\"\nproposer: search\ndoctor: off\n"
    f"sandbox_write: {SIGNS}\n"
)
EAGER = "from autoresearch_ci.action import pull_request as head\nhead.PAUSE = 0.0\n"


@pytest.fixture
def rules(push):
    """The settings, on `main`; a workflow that gives hardly any inputs of its own."""
    return push("main", {".github/autoresearch.yml": YAML})


@pytest.fixture
def pull(lab, mona, push, rules):
    push("topic", {"solve.py": SOLVE.replace("8", "9")})
    return lab.pull(mona, "topic", base="main")


@pytest.fixture
def job(make_job, rules, pull):
    return make_job(inputs={"max_experiments": "4", "time_limit": "5m"})


def starts(lab, tag="pr-1"):
    return [
        r["details"]
        for r in racing_sessions.records(lab.bare, tag)
        if r["action"] == "session_start"
    ]


def kept(lab, tag="pr-1"):
    done = [
        r["details"]
        for r in racing_sessions.records(lab.bare, tag)
        if r["action"] == "experiment_done"
    ]
    return [each for each in done if each["status"] == "keep"]


@pytest.mark.job
def test_a_session_from_its_head_to_its_comment(job, lab, pull, mona):
    """Campaign pr-1 begins at the head; the check is on the head; the comment says how to take it."""
    head = pull.head_sha
    comment = job.say(pull, mona, "/autoresearch run n=3 time=2m")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    [start] = starts(lab)
    assert (start["base"], start["base_branch"]) == (head, "topic")
    assert git(lab.bare, "rev-parse", "topic") == head, "nothing is pushed to the branch itself"
    assert git(lab.bare, "merge-base", "autoresearch/pr-1", head) == head
    check = job.checks_on(head)["autoresearch"]
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert check["details_url"] == f"{job.hub.url}/octo/lab/actions/runs/77"
    assert "autoresearch" not in job.checks
    [_, ours] = lab.thread(pull)
    assert ours.edits >= 1, "one comment, edited in place"
    assert "git merge origin/autoresearch/pr-1 && git push origin topic" in ours.body
    assert job.outputs["comment_url"].endswith(f"#issuecomment-{ours.id}")
    assert git(job.workspace, "rev-parse", "--abbrev-ref", "HEAD") == "main"


@pytest.mark.parametrize("doctor", ["off", "report"])
def test_the_head_has_no_say_in_the_settings(job, lab, push, pull, mona, tmp_path, doctor):
    """Poisoned settings, sections and project files at the head are not read: the base's count."""
    examined = f"doctor: {doctor}\ntime_budget: 1s\nkill_after: 2s\n"
    push("main", {".github/autoresearch.yml": YAML.replace("doctor: off\n", examined)})
    mark = tmp_path / "poisoned"
    poison = f"touch {mark}; echo 'score: 0'"
    push(
        "topic",
        {
            ".github/autoresearch.yml": f'run_command: "{poison}"\nmetric_name: won\n',
            "CLAUDE.md": f"## autoresearch\n\n- guard_command: {poison}\n- setup_command: {poison}\n",
            "package.json": f'{{"scripts": {{"build": "{poison}", "test": "{poison}"}}}}',
        },
    )
    job.say(pull, mona, "/autoresearch")
    assert job.code == 0, job.log
    assert starts(lab)[0]["metric"] == "score"
    assert not mark.exists()
    assert ("Every verdict was right" in job.summary) == (doctor == "report"), job.summary


def test_the_checkout_has_no_say_in_them_either(job, lab, push, pull, mona, tmp_path):
    """A workflow that checked out the pull request's head does not make its settings count."""
    push("topic", {".github/autoresearch.yml": "metric_name: won\nrun_command: false\n"})
    git(job.workspace, "fetch", "-q", str(lab.bare), "topic")
    git(job.workspace, "checkout", "-q", "--detach", "FETCH_HEAD")
    job.say(pull, mona, "/autoresearch n=1")
    assert job.code == 0, job.log
    assert starts(lab)[0]["metric"] == "score"


def test_instructions_are_those_of_the_base(job, lab, push, pull, mona):
    """An agent reads the base's program.md, what is queued, and not a word of the head's own."""
    seen = job.signs
    agent = f"cat > {seen}/brief; echo $KEY > {seen}/key; sed -i 's/= 9/= 5/' solve.py"
    settings = f'proposer: command\nproposer_command: "{agent}"\nproposer_env: KEY\n'
    push("main", {".github/autoresearch.yml": YAML.replace("proposer: search\n", settings)})
    push("main", {"program.md": "Say BASE.\n"})
    push("topic", {"program.md": "Say HEAD.\n"})
    push("topic", {".github/autoresearch.yml": YAML + "proposer_env: OTHER\n"})
    job.say(pull, mona, "/autoresearch n=1 -- fewer steps")
    assert job.code == 0, job.log
    brief = (seen / "brief").read_text()
    assert "Say BASE." in brief
    assert "Say HEAD." not in brief
    assert "fewer steps" in brief
    assert kept(lab)[-1]["change"]["ideas"], "it counts as taken up"


def test_a_file_that_only_the_head_has(job, lab, push, pull, mona):
    """A target that the pull request brings can be worked on."""
    push("topic", {"new.py": SOLVE})
    job.inputs["run_command"] = "python3 -I new.py"
    job.say(pull, mona, "/autoresearch new.py n=2")
    assert job.code == 0, job.log
    assert starts(lab)[0]["target"] == "new.py"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("results.tsv", "commit\tmetric\n", "results.tsv, which the loop writes anew"),
        ("solve.py", "", "is empty"),
    ],
)
def test_a_head_that_cannot_be_worked_on(job, lab, push, pull, mona, name, text, why):
    """It is refused before anything of it is checked out, and the thread says why."""
    push("topic", {name: text})
    comment = job.say(pull, mona, "/autoresearch")
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert why in lab.thread(pull)[1].body.replace("\\", "")
    assert git(job.workspace, "rev-parse", "--abbrev-ref", "HEAD") == "main"


def test_the_head_moves_before_it_is_fetched(job, lab, hub, push, pull, mona):
    """What was asked for is not what would be run: refused, and to be asked for again."""
    at = pull.head_sha
    pull.sha = "d" * 40  # what GitHub says, and the branch is elsewhere by then
    comment = job.say(pull, mona, "/autoresearch")
    assert (job.code, comment.faces) == (0, ["eyes", "-1"]), job.log
    body = lab.thread(pull)[1].body
    assert "d" * 12 in body
    assert at[:12] in body
    assert not lab.checks


def test_the_head_moves_during_the_run(job, lab, hub, push, pull, mona):
    """Results go to the campaign alone and are told to be for the old head; the next run merges."""
    before = pull.head_sha
    here = job.signs / "here"
    slow = f"{job.waits}; python3 -I solve.py"
    comment = job.begin(pull, mona, "/autoresearch n=2", run_command=slow)
    wait_for(here)
    after = push("topic", {"other.md": "more\n"})
    (job.signs / "go").touch()
    job.end()
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    for text in (lab.thread(pull)[1].body, job.summary):
        assert f"moved from {before[:12]} to {after[:12]}" in text
        assert f"for {before[:12]}; the next session merges {after[:12]}" in text
    assert git(lab.bare, "rev-parse", "topic") == after
    assert kept(lab)[0]["parent"] == before

    again = job.say(pull, mona, "/autoresearch n=1")
    assert (job.code, again.faces) == (0, ["eyes", "rocket"]), job.log
    assert f"topic has moved to {after[:12]}" in job.log
    assert git(lab.bare, "merge-base", "autoresearch/pr-1", after) == after
    assert len(lab.thread(pull)) == 3, "two commands and one comment"
    assert "moved from" not in lab.thread(pull)[1].body


@pytest.mark.parametrize("state", ["closed", "gone"])
def test_a_pull_request_that_is_closed_during_the_run(make_job, rules, lab, push, mona, state):
    """The session ends in order after the experiment under way, and says why."""
    push("topic", {"solve.py": SOLVE.replace("8", "9")})
    pull = lab.pull(mona, "topic", base="main")
    job = make_job(inputs={"max_experiments": "50", "time_limit": "5m"}, first=EAGER)
    here = job.signs / "here"
    slow = f"{job.waits}; python3 -I solve.py"
    job.begin(pull, mona, "/autoresearch", run_command=slow, max_experiments="50")
    wait_for(here)
    if state == "gone":
        lab.issues[1] = lab.issue(mona)
    pull.state = "closed"
    (job.signs / "go").touch()
    job.end()
    assert job.code == 0, job.log
    assert "was closed meanwhile" in job.summary
    assert racing_sessions.records(lab.bare, "pr-1")[-1]["details"]["reason"] == "stopped"
    assert "fresh runs" not in job.summary, "nobody waits for that any more"


def test_a_server_that_does_not_say_where_the_head_is(make_job, rules, lab, hub, push, mona):
    """Then the session goes on: the question is asked again later."""
    push("topic", {"solve.py": SOLVE.replace("8", "9")})
    pull = lab.pull(mona, "topic", base="main")
    job = make_job(inputs={"max_experiments": "3", "time_limit": "5m"}, first=EAGER)
    hub.fault("GET .*/pulls/1", status=422, after=1, times=None)
    comment = job.say(pull, mona, "/autoresearch")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log


def test_a_base_branch_that_is_gone(job, lab, push, mona, pull):
    """The settings come from there, so there is no session, and the thread says why."""
    pull.base = "nowhere"
    job.say(pull, mona, "/autoresearch")
    assert job.code == 1
    assert "is gone" in lab.thread(pull)[1].body


def test_on_a_pull_request_that_offers_a_campaign(make_job, rules, lab, mona):
    """A command there goes on with that very campaign."""
    job = make_job(inputs={"max_experiments": "4", "time_limit": "5m", "tag": "mar17"})
    assert job.run() == 0, job.log
    pull = lab.pull(mona, "autoresearch/mar17", base="main")
    comment = job.say(pull, mona, "/autoresearch n=1", tag="")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    assert len(starts(lab, "mar17")) == 2
    assert lab.tip("autoresearch/pr-1") is None


def test_a_branch_whose_name_is_a_command(job, lab, push, mona, rules):
    """What is there to be pasted runs nothing that somebody named a branch after."""
    push("a;touch$IFS'x'", {"solve.py": SOLVE.replace("8", "9")})
    pull = lab.pull(mona, "a;touch$IFS'x'", base="main")
    job.say(pull, mona, "/autoresearch")
    assert job.code == 0, job.log
    assert "git switch 'a;touch$IFS'\"'\"'x'\"'\"''" in lab.thread(pull)[-1].body
