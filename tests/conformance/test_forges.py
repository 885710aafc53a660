"""Every forge keeps the seam's promises; see autoresearch_ci/forge/__init__.py."""

import inspect

import pytest

from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge import (
    Annotation,
    CheckOutput,
    Conclusion,
    Forge,
    Missed,
    Reaction,
    Thread,
)
from autoresearch_ci.forge.github import GitHubForge
from autoresearch_ci.forge.github.rate_limit import Manners
from autoresearch_ci.forge.offline import OfflineForge
from tests.github.hub import GitHub

SHA = "b" * 40
PULL = Thread(1, is_pull=True)
QUICK = Manners(between_writes=0, answer_within=5, backoff=0.0)
VERBS = [name for name, verb in vars(Forge).items() if callable(verb) and name[0] != "_"]


class Place:
    """A forge and what it talks to."""

    def __init__(self, name, folder):
        self.hub = None
        self.forge = OfflineForge()
        if name == "offline":
            return
        self.hub = GitHub(folder)
        lab = self.hub.create("octo/lab", branches={"main": "a" * 40, "topic": SHA})
        lab.pull(self.hub.user("mona"), "topic")
        self.hub.tokens.add("token", permissions={} if name == "forbidden" else {"checks": "write"})
        if name == "down":
            self.hub.fault("", cut=True, times=None)
        self.forge = GitHubForge(self.hub.api_url, "octo/lab", "token", QUICK)


@pytest.fixture(params=["offline", "github", "forbidden", "down"])
def place(request, tmp_path):
    place = Place(request.param, tmp_path / "hub")
    yield place
    place.forge.close()
    if place.hub:
        place.hub.close()


@pytest.fixture
def forge(place):
    return place.forge


def report_everything(forge):
    page = CheckOutput("title", "summary", "text")
    forge.react(PULL, 1, Reaction.SEEN)
    forge.begin_check(SHA, page, details_url="https://github.com")
    return [
        forge.comment(PULL, "body", key="mar17"),
        forge.comment(PULL, "body", key="mar17", final=True),
        forge.reply(PULL, "body"),
        forge.end_check(SHA, Conclusion.NEUTRAL, page, [Annotation("f", 1, 1, "m")] * 60),
        forge.open_pull_request("topic", "main", "title", "body"),
        forge.merged("topic"),
        forge.is_own("mona"),
        forge.dispatch("autoresearch", {"tag": "mar17"}),
        forge.dispatch_workflow("a.yml", "main", {"tag": "mar17"}),
    ]


def test_reports_never_raise(forge):
    """Whatever becomes of it, a report comes back with an address, a yes, a no or nothing."""
    for answer in report_everything(forge):
        assert answer is None or isinstance(answer, str | bool)


def test_what_was_missed_says_what_to_do(forge):
    """Each thing that was not shown is told once, with a reason and a remedy."""
    assert forge.missed == ()
    report_everything(forge)
    report_everything(forge)
    whats = [missed.what for missed in forge.missed]
    assert len(whats) == len(set(whats))
    for missed in forge.missed:
        assert isinstance(missed, Missed)
        assert missed.why
        assert missed.remedy.endswith(".")


def test_nobody_without_a_role_may_command(forge):
    """Without a clear yes, the answer is no or an error, never yes."""
    for login in ("stranger", "helper[bot]", ""):
        try:
            assert forge.may_command(login) is False
        except ForgeError as error:
            assert error.remedy  # noqa: PT017


def test_questions_answer_or_raise(forge):
    """A question is answered, or is an error that ends in what to do."""
    for question in (lambda: forge.pull(1), lambda: forge.pull(99), forge.default_branch):
        try:
            question()
        except ForgeError as error:
            assert error.remedy  # noqa: PT017


def test_in_a_hurry(forge):
    """After `hurry(0)` nothing is sent any more, and reports still come back."""
    forge.hurry(0)
    report_everything(forge)


def test_nothing_is_sent_in_no_time(place):
    """After `hurry(0)` the forge is left in peace."""
    place.forge.hurry(0)
    report_everything(place.forge)
    assert place.hub is None or place.hub.calls() == []


def test_closing_twice(forge):
    """A forge may be closed more than once."""
    forge.close()
    forge.close()


def test_all_verbs_are_there(forge):
    """Every verb of the seam has the seam's parameters."""
    for name in VERBS:
        theirs = inspect.signature(getattr(forge, name))
        seam = inspect.signature(getattr(Forge, name))
        assert list(theirs.parameters) == list(seam.parameters)[1:], name
