"""The one draft pull request, whether it was merged, and starting the next run."""

import pytest

BRANCH = "autoresearch/mar17"


@pytest.fixture
def campaign(lab):
    lab.branches[BRANCH] = "c" * 40
    return lab


def test_one_draft_is_opened_and_updated(connect, campaign):
    """The branch gets one draft pull request; later sessions update it."""
    first = connect().open_pull_request(BRANCH, "main", "title", "body")
    second = connect().open_pull_request(BRANCH, "main", "better title", "better body")
    (pull,) = campaign.pulls
    assert first == second
    assert first.endswith(f"/octo/lab/pull/{pull.number}")
    assert pull.draft
    assert (pull.title, pull.body, pull.base) == ("better title", "better body", "main")


def test_a_closed_one_is_left_alone(forge, campaign):
    """A pull request that somebody closed stays closed; a new one is opened."""
    forge.open_pull_request(BRANCH, "main", "title", "body")
    campaign.pulls[0].state = "closed"
    forge.open_pull_request(BRANCH, "main", "title", "body")
    assert [pull.state for pull in campaign.pulls] == ["closed", "open"]


def test_one_of_a_fork_is_not_ours(forge, hub, campaign, mona):
    """A fork's pull request with the same branch name is neither updated nor taken for merged."""
    fork = hub.create("mona/lab", branches={BRANCH: "d" * 40})
    theirs = campaign.pull(mona, BRANCH, head=fork, body="theirs")
    project_copy = hub.create("octo/twin", branches={BRANCH: "d" * 40})
    merged = campaign.pull(
        mona, BRANCH, head=project_copy, state="closed", merged_at="2026-03-17T00:00:00Z"
    )
    assert forge.open_pull_request(BRANCH, "main", "title", "body")
    assert theirs.body == "theirs"
    assert merged.title == "A pull request"
    assert not forge.merged(BRANCH)


def test_without_drafts(forge, campaign):
    """Where a repository has no drafts, an ordinary pull request is opened."""
    campaign.drafts = False
    assert forge.open_pull_request(BRANCH, "main", "title", "body")
    assert [pull.draft for pull in campaign.pulls] == [False]
    assert not forge.missed


def test_the_setting_that_forbids_it_is_named(forge, hub, campaign):
    """Where Actions may not open pull requests, the setting is named, and comments still work."""
    hub.user("github-actions[bot]", type="Bot")
    campaign.actions_may_open_pulls = False
    assert forge.open_pull_request(BRANCH, "main", "title", "body") is None
    (missed,) = forge.missed
    assert "Allow GitHub Actions to create and approve pull requests" in missed.remedy
    assert not missed.permission


def test_nothing_to_merge(forge, campaign):
    """A branch without a commit of its own gives GitHub's own reason."""
    campaign.branches[BRANCH] = campaign.branches["main"]
    assert forge.open_pull_request(BRANCH, "main", "title", "body") is None
    assert "No commits between main and autoresearch/mar17" in forge.missed[0].why


def test_lost_answer_opens_no_second(forge, hub, campaign):
    """When the answer to opening was lost, the one that is open is found and updated."""
    hub.fault("POST .*/pulls", lose=True)
    assert forge.open_pull_request(BRANCH, "main", "title", "body")
    assert len(campaign.pulls) == 1
    assert not forge.missed


def test_long_words_are_cut(forge, campaign):
    """A title and a body over the limits are cut and accepted."""
    assert forge.open_pull_request(BRANCH, "main", "t" * 500, "line\n" * 30_000)
    (pull,) = campaign.pulls
    assert len(pull.title) == 256
    assert len(pull.body) <= 65_536


def test_merged(forge, campaign):
    """A campaign is merged once a pull request from its branch was, and not when it was closed."""
    assert not forge.merged(BRANCH)
    forge.open_pull_request(BRANCH, "main", "title", "body")
    assert not forge.merged(BRANCH)
    (pull,) = campaign.pulls
    pull.state = "closed"
    assert not forge.merged(BRANCH)
    pull.merged_at = "2026-03-17T14:35:00Z"
    assert forge.merged(BRANCH)
    assert not forge.merged("autoresearch/mar1")


def test_unknown_is_not_merged(forge, hub, campaign):
    """When GitHub does not say, the campaign goes on, and the report says that it is not known."""
    hub.fault("/pulls", status=500, times=None)
    assert not forge.merged(BRANCH)
    assert [missed.what for missed in forge.missed] == ["whether the campaign was merged"]


def test_the_next_run_is_started(forge, campaign):
    """The next run is started by a repository_dispatch, or by naming the workflow's file."""
    assert forge.dispatch("autoresearch", {"tag": "mar17"})
    campaign.workflows.add("autoresearch.yml")
    assert forge.dispatch_workflow(".github/workflows/autoresearch.yml", "main", {"tag": "mar17"})
    assert campaign.dispatches == [
        {"event_type": "autoresearch", "client_payload": {"tag": "mar17"}, "event": "autoresearch"},
        {"ref": "main", "inputs": {"tag": "mar17"}, "workflow": "autoresearch.yml"},
    ]


@pytest.mark.parametrize("fault", [{"lose": True}, {"status": 502}])
def test_no_two_next_runs(forge, hub, campaign, fault):
    """Where the answer is lost a run may have been started: so no other one is."""
    campaign.workflows.add("autoresearch.yml")
    hub.fault("dispatches", times=2, **fault)
    assert not forge.dispatch("autoresearch", {})
    assert not forge.dispatch_workflow("autoresearch.yml", "main", {})
    assert len(campaign.dispatches) == (2 if "lose" in fault else 0)
    assert [missed.what for missed in forge.missed] == ["the start of the next run"]


def test_a_workflow_that_is_not_there(forge, campaign):
    """A workflow or a branch that does not exist starts nothing and says so."""
    assert not forge.dispatch_workflow("none.yml", "main", {})
    assert forge.missed[0].what == "the start of the next run"
    campaign.workflows.add("there.yml")
    assert not forge.dispatch_workflow("there.yml", "gone", {})
    assert "No ref found" in forge.missed[0].why
    assert forge.dispatch_workflow("there.yml", "main", {})
    assert not forge.missed
