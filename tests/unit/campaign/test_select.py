"""Which campaign a session belongs to."""

from __future__ import annotations

import pytest

from autoresearch_ci.campaign import select
from autoresearch_ci.core.errors import LedgerError, SettingsError, WorkspaceError
from autoresearch_ci.core.model import ProposalRejected
from autoresearch_ci.core.text import timestamp, today
from autoresearch_ci.engine.assembly import open_session, spent_here
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.llm.budget import Spent
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.workspace import Workspace
from tests.projects import SETTINGS, git, hold, look, make_project

NINE = ("nine", "echo metric: 9\n")
EIGHT = ("eight", "echo metric: 8\n")
WORSE = ("worse", "echo metric: 11\n")


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def tag_of(project, *, new=False, **settings):
    """The tag that a session without one would have."""
    workspace = Workspace.open(project)
    return select.choose_tag(workspace, settings.get("tag"), new=new)


def test_a_branch_of_another_tool_is_no_campaign(project, tmp_path):
    """A clone of a project that pi-autoresearch worked on has branches of that name, without a log."""
    git(project, "branch", "autoresearch/faster-parser")
    git(tmp_path, "clone", "--quiet", str(project), "clone")
    assert tag_of(tmp_path / "clone") == today()
    assert tag_of(tmp_path / "clone", tag="faster-parser") == "faster-parser"


def test_the_first_campaign_is_named_after_the_day(project):
    """Such as mar17, in every language."""
    assert tag_of(project) == today()
    assert today()[:3].isalpha()


def test_a_branch_in_the_way_of_every_tag(project):
    """Many have a branch `autoresearch`, above which git has no other: it is to be renamed."""
    git(project, "branch", "autoresearch")
    with pytest.raises(WorkspaceError) as caught:
        tag_of(project)
    assert "git branch -m autoresearch " in caught.value.remedy


def test_an_unfinished_campaign_is_gone_on_with(project):
    """Without a tag, run continues what a limit or Ctrl-C ended."""
    hold(project, [WORSE, NINE], tag="one", max_experiments=1)
    assert tag_of(project) == "one"


def test_of_several_the_one_at_work_last_is_gone_on_with(project, monkeypatch):
    """A campaign begun with --new is the newest, also before it has kept anything."""
    times = iter(range(100))
    monkeypatch.setattr(
        "autoresearch_ci.engine.assembly.timestamp", lambda: f"2026-03-17T14:35:{next(times):02}Z"
    )
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    hold(project, [WORSE, EIGHT], tag="two", max_experiments=1)
    assert tag_of(project) == "two"
    hold(project, [NINE, WORSE, EIGHT], tag="one", max_experiments=1)
    assert tag_of(project) == "one"


def test_after_a_finished_campaign_comes_a_new_one(project):
    """Nothing left to try: the next run begins another campaign, on the same day the second."""
    hold(project, [WORSE], tag=today())
    assert tag_of(project) == f"{today()}-2"


def test_a_campaign_that_was_taken_is_finished(project):
    """Once its branch is merged, the next run starts from there."""
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    git(project, "merge", "-q", "--ff-only", "autoresearch/one")
    assert tag_of(project) == today()


def test_a_campaign_that_begins_where_another_was_taken(project):
    """It is gone on with, although the user's branch contains all of it: it has kept nothing."""
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    git(project, "merge", "-q", "--ff-only", "autoresearch/one")
    hold(project, [WORSE, EIGHT], tag="two", max_experiments=1)
    assert tag_of(project) == "two"


def test_what_a_day_has_cost_is_that_of_all_campaigns(project, tmp_path):
    """In a new clone, too, where the log in the working tree is of none of them; each is counted once."""
    moment = timestamp()
    for tag, cost in (("one", 9.5), ("two", 1.0)):
        with open_session(
            SessionRequest(
                project,
                {**SETTINGS, "tag": tag, "max_experiments": 1},
                proposer=ScriptedProposer([NINE]),
            )
        ) as lab:
            list(research(lab))
            lost = ProposalRejected(tag, lab.start.session, moment, 2, "", "late", "m", 7, cost)
            lab.ledger.append(lost)
            lab.archive.write(now=True)
    git(tmp_path, "clone", "-q", str(project), "clone")
    for place in (project, tmp_path / "clone"):
        assert spent_here(Workspace.open(place), moment[:10]) == Spent(14, 10.5)
        assert spent_here(Workspace.open(place), "2026-03-17") == Spent()


def test_a_target_value_that_was_reached_finishes_a_campaign(project):
    """There is nothing more to want."""
    hold(project, [NINE, WORSE], tag="one", target_value=9)
    assert tag_of(project) == today()


def test_new_means_new(project):
    """--new begins a campaign although one is unfinished, and refuses a tag that is taken."""
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    assert tag_of(project, new=True) == today()
    with pytest.raises(SettingsError, match="already"):
        tag_of(project, new=True, tag="one")


def test_a_tag_that_is_no_ref_name_is_refused(project):
    """Before anything is made of it."""
    for tag in ("a..b", "-x", "a b", "x.lock", "a~1", "@{", ""):
        with pytest.raises(WorkspaceError) as error:
            tag_of(project, tag=tag)
        assert error.value.remedy


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("metric_name", "other"),
        ("metric_direction", "higher_is_better"),
        ("target_file", "experiment.sh"),
    ],
)
def test_a_campaign_has_one_target_and_one_metric(project, setting, value):
    """Its numbers would be compared with those of something else."""
    hold(project, [NINE])
    with pytest.raises(SettingsError, match=setting) as error:
        hold(project, [EIGHT], **{setting: value})
    assert "--new" in error.value.remedy


def test_looking_at_a_campaign_that_is_not_there_names_those_that_are(project):
    """A misspelt tag is answered with the right ones."""
    with pytest.raises(LedgerError, match="no campaign yet") as error:
        look(project, None)
    assert "autoresearch-ci run" in error.value.remedy
    hold(project, [NINE])
    with pytest.raises(LedgerError, match="no campaign u") as error:
        look(project, "u")
    assert "t" in error.value.remedy


def test_a_campaign_can_be_looked_at_while_it_runs(project):
    """The experiment under way is shown as running, and only then."""
    with open_session(
        SessionRequest(project, {**SETTINGS, "tag": "t"}, proposer=ScriptedProposer([NINE]))
    ) as session:
        events = research(session)
        next(events)
        next(events)
        running = look(project, "t").running
        assert running is not None
        assert running.description == "baseline"
        list(events)
    assert look(project, "t").running is None


def test_two_campaigns_keep_their_numbers_apart(project):
    """Each starts at 0 from its own base, and the other's records stay."""
    hold(project, [NINE], tag="one")
    hold(project, [EIGHT, WORSE], tag="two")
    assert len(look(project, "one").history.experiments) == 2
    assert len(look(project, "two").history.experiments) == 3
    assert look(project, None).tag == "two"


def test_a_pull_requests_campaign_is_never_chosen_by_age(project):
    """It is gone on with by its name, though it is the newest and unfinished."""
    workspace = Workspace.open(project)
    hold(project, [WORSE, NINE], tag="one", max_experiments=1)
    hold(project, [WORSE, NINE], tag=select.of_pull(7), max_experiments=1)
    assert tag_of(project) == "one"
    assert select.newest(workspace) == "one"
    assert tag_of(project, tag="pr-7") == "pr-7"


def test_the_newest_campaign_may_be_finished(project):
    """Its results can be asked for; there may be none at all."""
    workspace = Workspace.open(project)
    assert select.newest(workspace) is None
    hold(project, [WORSE], tag="one")
    assert select.unfinished(workspace) is None
    assert select.newest(workspace) == "one"


def test_the_forge_is_asked_of_no_more_campaigns_than_it_takes(project, monkeypatch):
    """The newest one that git calls unfinished; another only where that one was merged."""
    times = iter(range(100))
    monkeypatch.setattr(
        "autoresearch_ci.engine.assembly.timestamp", lambda: f"2026-03-17T14:35:{next(times):02}Z"
    )
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    hold(project, [NINE, WORSE], tag="two", max_experiments=1)
    hold(project, [WORSE], tag="three")
    workspace, asked = Workspace.open(project), []

    def choose(*merged, **what):
        asked.clear()
        finished = lambda tag: bool(asked.append(tag)) or tag in merged  # noqa: E731
        return select.choose_tag(workspace, what.get("wanted"), new=False, finished=finished)

    assert (choose(), asked) == ("two", ["two"])
    assert (choose("two"), asked) == ("one", ["two", "one"])
    assert (choose(wanted="one"), asked) == ("one", ["one"])


def test_a_merged_campaign_is_not_gone_on_with_by_its_name(project):
    """Whoever names a campaign whose pull request was merged is told to give another tag."""
    hold(project, [NINE, WORSE], tag="one", max_experiments=1)
    with pytest.raises(SettingsError, match="one is finished") as error:
        select.choose_tag(
            Workspace.open(project), "one", new=False, finished=lambda tag: tag == "one"
        )
    assert "another tag" in error.value.remedy


def test_a_branch_that_somebody_deleted_is_mentioned(project):
    """The next session says that it is gone, and begins under another tag."""
    hold(project, [NINE], tag=today())
    for name in ("autoresearch", "autoresearch-logs"):
        git(project, "branch", "-qD", f"{name}/{today()}")
    with open_session(SessionRequest(project, SETTINGS, new=True)) as session:
        assert session.start.tag == f"{today()}-2"
        assert [note for note in session.notes if f"autoresearch-ci rm {today()}" in note]
