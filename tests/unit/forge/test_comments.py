"""The one comment that is edited in place, replies and reactions."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch_ci.action.event import Nothing, trigger
from autoresearch_ci.forge import MARK, Reaction, Thread
from autoresearch_ci.forge.github.rate_limit import Manners
from tests.unit.forge.conftest import QUICK

BUSY = Manners(between_writes=0.0, between_edits=0.0, backoff=0.02, answer_within=5)


@pytest.fixture
def pull(lab, mona):
    return lab.pull(mona, "topic")


@pytest.fixture
def thread(pull):
    return Thread(pull.number, is_pull=True)


def test_one_comment_is_edited_in_place(connect, lab, pull, thread):
    """However often a session reports, the thread has one comment, with the last report."""
    forge = connect(manners=BUSY)
    addresses = {forge.comment(thread, f"state {n}", key="mar17") for n in range(4)}
    (comment,) = lab.thread(pull)
    assert comment.body.endswith("state 3")
    assert comment.edits == 3
    assert len(addresses) == 1
    assert addresses.pop().endswith(f"/pull/1#issuecomment-{comment.id}")


def test_it_is_found_by_the_next_session(connect, hub, lab, pull, thread):
    """The next session goes on with the comment of the one before, on an issue as well."""
    connect().comment(thread, "first", key="mar17")
    connect().comment(thread, "second", key="mar17", final=True)
    assert [comment.body.splitlines()[-1] for comment in lab.thread(pull)] == ["second"]
    issue = lab.issue(hub.user("mona"))
    for body in ("first", "second"):
        connect().comment(Thread(issue.number, is_pull=False), body, key="mar17", final=True)
    assert len(lab.thread(issue)) == 1


def test_campaigns_have_comments_of_their_own(connect, lab, pull, thread):
    """Two keys are two comments, also where one begins like the other or tries to end the mark."""
    for key in ("mar1", "mar17", "x --> y"):
        connect().comment(thread, key, key=key, final=True)
        connect().comment(thread, key, key=key, final=True)
    bodies = [comment.body for comment in lab.thread(pull)]
    assert len(bodies) == 3
    assert all(body.count("-->") == 1 + body.endswith("x --> y") for body in bodies)


def test_a_copied_mark_is_not_ours(connect, hub, lab, pull, thread, mona):
    """A comment of somebody else is never edited, even with our mark in it."""
    ours = connect()
    ours.comment(thread, "mine", key="mar17")
    theirs = lab.comment(pull, mona, lab.thread(pull)[0].body)
    connect().comment(thread, "new", key="mar17", final=True)
    assert theirs.edits == 0
    assert lab.thread(pull)[0].body.endswith("new")
    assert len(lab.thread(pull)) == 2


def test_a_token_of_somebody_else(connect, hub, lab, pull, thread):
    """A personal token, or an app's, finds its own comment again and not the workflow's."""
    connect().comment(thread, "workflow", key="mar17")
    hub.tokens.add("ghp_mona", login="mona")
    for body in ("personal", "personal again"):
        connect("ghp_mona").comment(thread, body, key="mar17", final=True)
    bodies = [comment.body.splitlines()[-1] for comment in lab.thread(pull)]
    assert bodies == ["workflow", "personal again"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "body": b'{"message": "Resource not accessible by integration"}'},
        {"status": 200, "body": b'{"data": null, "errors": [{"type": "FORBIDDEN"}]}'},
        {"status": 404},
    ],
)
def test_who_we_are_need_not_be_told(connect, hub, lab, pull, thread, answer):
    """Where GraphQL does not say whose the token is, it counts as the workflow's own."""
    connect().comment(thread, "first", key="mar17")
    hub.fault("graphql", **answer)
    connect().comment(thread, "second", key="mar17", final=True)
    assert len(lab.thread(pull)) == 1


def test_whether_somebody_is_us(connect, hub):
    """A login is the token's, in whatever case; where GitHub does not answer nobody is told apart."""
    forge = connect()
    assert forge.is_own("GitHub-Actions[bot]")
    assert not forge.is_own("mona")
    assert len(hub.calls("graphql")) == 1
    hub.fault("graphql", status=502, times=None)
    assert connect().is_own("mona")


def test_an_author_who_is_gone(connect, hub, lab, pull, thread, mona):
    """A marked comment of a deleted account is somebody else's."""
    connect().comment(thread, "mine", key="mar17")
    lab.comment(pull, mona, lab.thread(pull)[0].body)
    shape = hub.shapes.user
    hub.shapes.user = lambda user: None if user is mona else shape(user)
    forge = connect()
    forge.comment(thread, "again", key="mar17", final=True)
    assert not forge.missed
    assert lab.thread(pull)[0].body.endswith("again")


def test_it_is_found_among_many(connect, lab, pull, thread, mona):
    """It is found on a later page of a long thread."""
    for n in range(230):
        lab.comment(pull, mona, f"talk {n}")
    connect().comment(thread, "first", key="mar17")
    connect().comment(thread, "second", key="mar17", final=True)
    assert len(lab.thread(pull)) == 231


def test_at_most_once_a_minute(forge, hub, lab, pull, thread):
    """While running, the comment is written once a minute; the final state always is."""
    for n in range(20):
        assert forge.comment(thread, f"state {n}", key="mar17")
    assert len(hub.writes()) == 1
    forge.comment(thread, "the end", key="mar17", final=True)
    assert len(hub.writes()) == 2
    assert lab.thread(pull)[0].body.endswith("the end")


def test_failures_count_for_the_minute(forge, hub, thread):
    """A comment that fails while running is not tried again in the same minute."""
    hub.fault("/comments", status=500, times=None)
    for _ in range(5):
        assert forge.comment(thread, "state", key="mar17") is None
    assert len(hub.calls()) == 1
    assert [missed.what for missed in forge.missed] == ["the comment"]


def test_deleted_in_the_middle(connect, lab, pull, thread):
    """When somebody deletes the comment, the next report makes a new one."""
    forge = connect(manners=BUSY)
    forge.comment(thread, "first", key="mar17")
    lab.comments.clear()
    forge.comment(thread, "second", key="mar17")
    assert [comment.body.splitlines()[-1] for comment in lab.thread(pull)] == ["second"]
    assert not forge.missed


@pytest.mark.parametrize("final", [True, False])
def test_a_lost_answer_makes_no_second_comment(connect, hub, lab, pull, thread, final):
    """A comment that was made although no answer came is found, not made again."""
    forge = connect(manners=BUSY)
    hub.fault("POST .*/comments", lose=True)
    forge.comment(thread, "first", key="mar17", final=final)
    forge.comment(thread, "second", key="mar17", final=True)
    assert [comment.body.splitlines()[-1] for comment in lab.thread(pull)] == ["second"]
    assert not forge.missed


HARM = st.sampled_from(
    [
        {},
        {"lose": True},
        {"cut": True},
        {"status": 500},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 422},
    ]
)


VERBS = st.sampled_from(["GET", "(POST|PATCH)"])
SESSIONS = st.lists(st.lists(st.tuples(HARM, VERBS, st.booleans()), max_size=4), max_size=3)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sessions=SESSIONS)
def test_never_two_comments(connect, hub, lab, mona, sessions):
    """Whatever goes wrong in whichever session, a thread never has two comments of one campaign."""
    issue = lab.issue(mona)
    thread = Thread(issue.number, is_pull=False)
    hub._written.clear()
    for number, session in enumerate(sessions):
        forge = connect(manners=Manners(0, 0, 5, wait_at_most=0, backoff=0.0))
        for harm, verb, final in session:
            fault = hub.fault(f"{verb} .*(/{issue.number}/comments|/issues/comments/)", **harm)
            forge.comment(thread, f"session {number}", key="mar17", final=final)
            fault.times = 0
        forge.close()
    hub.site.faults.clear()
    connect().comment(thread, "the end", key="mar17", final=True)
    assert [comment.body.splitlines()[-1] for comment in lab.thread(issue)] == ["the end"]


@pytest.mark.parametrize("letter", ["x", "é", "🔬"])
def test_long_comments_are_cut(forge, lab, pull, thread, letter):
    """A comment over GitHub's limit is cut at its end, with a note, and accepted."""
    row = f"| 1 | {letter * 90} |\n"
    forge.comment(thread, "# headline\n" + row * 2000, key="mar17", final=True)
    (comment,) = lab.thread(pull)
    assert len(comment.body) <= 65_536
    assert "# headline" in comment.body
    assert comment.body.rstrip().endswith("no more room here.*")
    assert not forge.missed


def test_replies_and_reactions(forge, lab, pull, thread, mona):
    """A command gets faces, each once, and a reply of its own."""
    command = lab.comment(pull, mona, "/autoresearch")
    for reaction in (Reaction.SEEN, Reaction.SEEN, Reaction.DONE):
        forge.react(thread, command.id, reaction)
    assert forge.reply(thread, "not understood")
    assert command.faces == ["eyes", "rocket"]
    assert lab.thread(pull)[-1].body.endswith("not understood")
    assert not forge.missed


@pytest.mark.parametrize("reaction", Reaction)
def test_every_reaction_is_known(forge, lab, pull, thread, mona, reaction):
    """Every reaction of ours is one that GitHub has."""
    command = lab.comment(pull, mona, "/autoresearch")
    forge.react(thread, command.id, reaction)
    assert command.faces == [reaction.value]


def test_a_reply_is_not_said_twice(forge, hub, lab, pull, thread):
    """A reply whose answer was lost is not said again."""
    hub.fault("POST .*/comments", lose=True)
    forge.reply(thread, "not understood")
    assert len(lab.thread(pull)) == 1


def test_our_comments_are_no_commands(forge, hub, lab, pull, thread, mona):
    """Whatever we say, with whatever token, is never taken for a command."""
    forge.reply(thread, "/autoresearch run")
    forge.comment(thread, "/autoresearch run", key="k", final=True)
    for comment in lab.thread(pull):
        assert comment.body.startswith(MARK)
        comment.author = mona
        payload = hub.shapes.payload(lab, pull, comment)
        assert isinstance(trigger("issue_comment", payload), Nothing)


def test_quick_manners_keep_the_minute():
    """The tests above that count edits do so with the real minute."""
    assert QUICK.between_edits == Manners().between_edits == 60
