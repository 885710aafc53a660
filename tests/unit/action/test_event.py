"""What GitHub's events start, and what they do not."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.action.command_syntax import Command, Misunderstood, Verb
from autoresearch_ci.action.event import SESSIONS, CommandTrigger, Nothing, SessionTrigger, trigger
from autoresearch_ci.forge import MARK, Thread
from tests.github.shapes import Shapes
from tests.github.state import Comment, Issue, Repository, User

MONA = User("mona", id=7)


def commented(body="/autoresearch stop", action="created", author=MONA, is_pull=True):
    """The payload of a comment, in GitHub's own shape."""
    lab = Repository("lab", User("octo"), bare=None)
    issue = Issue(5, "title", MONA, is_pull=is_pull)
    lab.issues[5] = issue
    shapes = Shapes("https://github.com", "https://api.github.com")
    return shapes.payload(lab, issue, Comment(5, author, body, id=99), action)


PUSH = {"ref": "refs/heads/main", "deleted": False}


@pytest.mark.parametrize("event", ["schedule", "workflow_call"])
def test_events_that_start_a_session(event):
    """A schedule and a call start a session as it is set up."""
    assert trigger(event, {"schedule": "7 3 * * *"}) == SessionTrigger(event)


def test_dispatches_bring_inputs():
    """Both dispatches start a session with their inputs, as text."""
    given = {"n": "10", "open_pr": True, "limit": 1.5, "empty": None, "other": {"a": 1}}
    wanted = {"n": "10", "open_pr": "true", "limit": "1.5"}
    for event, key in (("workflow_dispatch", "inputs"), ("repository_dispatch", "client_payload")):
        assert trigger(event, {key: given}) == SessionTrigger(event, wanted)
        assert trigger(event, {key: None}) == SessionTrigger(event)


@pytest.mark.parametrize(
    "inputs",
    [
        {"a b": "x"},
        {"": "x"},
        {"n": "x" * 5000},
        {f"n{n}": "x" for n in range(26)},
        ["n"],
        "n=10",
    ],
)
def test_odd_inputs_start_nothing(inputs):
    """Inputs that are too many, too long or none are refused with a reason."""
    answer = trigger("workflow_dispatch", {"inputs": inputs})
    assert isinstance(answer, Nothing)
    assert "malformed" in answer.why


def test_pushes():
    """A push to a branch starts a session; one of ours, of a tag or of nothing does not."""
    assert trigger("push", PUSH) == SessionTrigger("push")
    for change in (
        {"ref": "refs/heads/autoresearch/mar17"},
        {"ref": "refs/heads/autoresearch-logs/mar17"},
        {"ref": "refs/tags/v1"},
        {"deleted": True},
        {"ref": None},
    ):
        assert isinstance(trigger("push", PUSH | change), Nothing)


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "issues", "", "x\n::y"])
def test_other_events_start_nothing(event):
    """Every other event is answered with a line that says so."""
    answer = trigger(event, {})
    assert isinstance(answer, Nothing)
    assert answer.why.isprintable()


@pytest.mark.parametrize("is_pull", [True, False])
def test_a_command(is_pull):
    """A comment's first line is a command, with who gave it and where."""
    assert trigger("issue_comment", commented(is_pull=is_pull)) == CommandTrigger(
        Command(Verb.STOP), author="mona", comment=99, thread=Thread(5, is_pull=is_pull)
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_only_the_first_line_counts(ending):
    """What follows the first line is talk, and a command on the second line is none."""
    answer = trigger("issue_comment", commented(f"/autoresearch stop{ending}run{ending}"))
    assert answer.command == Command(Verb.STOP)
    for before in ("hello", "", "> quoted"):
        answer = trigger("issue_comment", commented(f"{before}{ending}/autoresearch stop"))
        assert isinstance(answer, Nothing)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        " /autoresearch",
        "please /autoresearch",
        "/autoresearcher",
        "/Autoresearch",
        "`/autoresearch`",
    ],
)
def test_what_is_no_command(body):
    """Only a line that begins with the very word is a command."""
    assert isinstance(trigger("issue_comment", commented(body)), Nothing)


@pytest.mark.parametrize("action", ["edited", "deleted", None])
def test_edited_comments(action):
    """A comment that was edited or deleted commands nothing."""
    assert isinstance(trigger("issue_comment", commented(action=action)), Nothing)


@pytest.mark.parametrize(
    "author",
    [
        User("github-actions[bot]", "Bot"),
        User("helper[bot]", "User"),
        User("helper", "Bot"),
        User("octo", "Organization"),
    ],
)
def test_bots(author):
    """A bot's comment commands nothing, by its type or by its name."""
    assert isinstance(trigger("issue_comment", commented(author=author)), Nothing)


def test_comments_made_by_apps():
    """A comment that an app made in somebody's name commands nothing."""
    payload = commented()
    payload["comment"]["performed_via_github_app"] = {"id": 1}
    assert isinstance(trigger("issue_comment", payload), Nothing)


def test_our_own_comments():
    """A comment with our mark commands nothing, whoever's token made it."""
    assert isinstance(trigger("issue_comment", commented(f"/autoresearch\n{MARK}x -->")), Nothing)


def test_misunderstood():
    """A command that is not understood says whom to tell, and what."""
    answer = trigger("issue_comment", commented("/autoresearch reslts"))
    assert isinstance(answer.command, Misunderstood)
    assert answer.author == "mona"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
EVENTS = st.sampled_from([*SESSIONS, "issue_comment", "pull_request"]) | st.text(max_size=10)


def keys_of(value, path=()):
    """Every place in a payload."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from keys_of(inner, (*path, key))


PLACES = list(keys_of(commented()))


@given(EVENTS, JSON)
def test_any_payload_gets_an_answer(event, payload):
    """Whatever the payload, there is an answer and no exception."""
    answer = trigger(event, payload)
    assert isinstance(answer, SessionTrigger | CommandTrigger | Nothing)


@given(st.sampled_from(PLACES), JSON)
def test_a_payload_with_one_thing_wrong(place, value):
    """A payload with anything in it replaced is understood or refused, and what is kept is sound."""
    payload = copy.deepcopy(commented())
    inner = payload
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    answer = trigger("issue_comment", payload)
    if isinstance(answer, CommandTrigger):
        assert isinstance(answer.comment, int)
        assert isinstance(answer.thread.number, int)
        assert answer.author.isascii()


@given(st.text(max_size=300))
def test_any_comment_gets_an_answer(text):
    """Whatever somebody writes after the command, there is an answer."""
    trigger("issue_comment", json.loads(json.dumps(commented(f"/autoresearch {text}"))))
