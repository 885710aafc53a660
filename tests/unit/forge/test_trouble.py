"""What GitHub refuses, is slow with or does not answer at all never stops a session."""

import gc
import itertools
import signal
import threading
import time
import traceback
from contextlib import suppress

import pytest

from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.core.interrupts import Interrupted, interruptible
from autoresearch_ci.forge import CheckOutput, Conclusion, Reaction, Thread
from autoresearch_ci.forge.github import GitHubForge
from autoresearch_ci.forge.github.rate_limit import Manners
from tests.github.traffic import BRANCH, SHA, THREAD, whole_session
from tests.unit.forge.conftest import TOKEN

LINES = {
    "the comment": "pull-requests: write",
    "the reply": "pull-requests: write",
    "the reaction": "pull-requests: write",
    "the pull request": "pull-requests: write",
    "the check run": "checks: write",
    "the start of the next run": "contents: write",
    "whether the campaign was merged": "pull-requests: read",
}


@pytest.fixture
def command(lab, mona):
    """A command on pull request #1."""
    lab.branches[BRANCH] = "c" * 40
    return lab.comment(lab.pull(mona, "topic"), mona, "/autoresearch")


def test_all_is_well(forge, command):
    """With every permission nothing is missed."""
    whole_session(forge, command)
    assert not forge.missed


def test_with_a_read_only_token(connect, command):
    """With a token that may only read, everything else goes on, and each missing line is named."""
    forge = connect(contents="read", pull_requests="read", issues="read", checks="read")
    whole_session(forge, command)
    told = {missed.what: missed.permission for missed in forge.missed}
    assert told == {what: line for what, line in LINES.items() if line.endswith("write")}
    for missed in forge.missed:
        assert f"`{missed.permission}`" in missed.remedy
        assert "Resource not accessible by integration" in missed.why


def test_with_a_token_that_may_nothing(connect, command):
    """Even a token without permissions names every line that is missing."""
    forge = connect(contents="none")
    whole_session(forge, command)
    assert {missed.what: missed.permission for missed in forge.missed} == LINES


def test_each_permission_is_tried_once(connect, hub, command):
    """What was refused for want of a permission is not asked for again, whatever needs it."""
    forge = connect(issues="read")
    for _ in range(3):
        whole_session(forge, command)
    refused = [c for c in hub.calls() if "/collaborators/" not in c and c != "GET /repos/octo/lab"]
    assert refused == [
        "GET /repos/octo/lab/pulls?head=octo%3Aautoresearch%2Fmar17&per_page=100&state=closed",
        f"POST /repos/octo/lab/issues/comments/{command.id}/reactions",
        "POST /repos/octo/lab/check-runs",
        "POST /repos/octo/lab/dispatches",
    ]


@pytest.mark.parametrize(
    ("lacking", "missed"),
    [
        ("checks", {"the check run"}),
        ("contents", {"the start of the next run"}),
        ("pull-requests", {"the comment", "the reply", "the reaction", "the pull request"}),
    ],
)
def test_one_missing_permission_leaves_the_rest(connect, hub, command, lacking, missed):
    """A permission that is missing costs what needs it and nothing else."""
    scopes = {"checks": "write", "contents": "write", "pull-requests": "write"}
    scopes[lacking] = "read"
    forge = connect(**{name.replace("-", "_"): level for name, level in scopes.items()})
    whole_session(forge, command)
    assert {m.what for m in forge.missed} == missed


def test_the_last_request_of_the_hour(connect, hub, command):
    """A permission that is missing is named also when the refusal was the hour's last answer."""
    forge = connect(issues="read")
    hub.limit(remaining=1, reset_in=3000)
    forge.begin_check(SHA, CheckOutput("t", "s"))
    assert forge.missed[0].permission == "checks: write"


def test_forbidden_for_another_reason(forge, hub, command):
    """A refusal that no permission would change is told in GitHub's words, and not met again."""
    hub.fault("check-runs", status=403, body=b'{"message": "Repository was archived"}')
    forge.begin_check(SHA, CheckOutput("t", "s"))
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    assert len(hub.calls()) == 1
    assert "Repository was archived" in forge.missed[0].why
    assert not forge.missed[0].permission


def test_comments_on_issues_need_another_line(connect, lab, mona):
    """On an issue the missing line is that of issues."""
    forge = connect(pull_requests="write")
    forge.reply(Thread(lab.issue(mona).number, is_pull=False), "word")
    assert forge.missed[0].permission == "issues: write"


@pytest.mark.parametrize("status", [404, 410, 422, 500, 502, 503])
def test_whatever_the_status(forge, hub, command, status):
    """A session ends in good time whatever GitHub answers to all that it reports."""
    hub.fault("(POST|PATCH) ", status=status, times=None, body=b'{"message": "no"}')
    whole_session(forge, command)
    assert {missed.what for missed in forge.missed} == set(LINES) - {
        "whether the campaign was merged"
    }
    assert all(missed.remedy and not missed.permission for missed in forge.missed)


def test_what_gets_through_at_last_is_not_missed(forge, hub, command):
    """What failed and then worked is not reported as missed."""
    hub.fault("POST .*/comments", status=422)
    forge.comment(THREAD, "one", key="k", final=True)
    assert forge.missed
    forge.comment(THREAD, "two", key="k", final=True)
    assert not forge.missed


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_kept(forge, hub, lab, command, status):
    """After a short Retry-After the request is sent again, and not before."""
    hub.secondary_limit("POST .*/check-runs", retry_after=1, status=status)
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("done", "ended"))
    first, second = [r for r in hub.site.requests if r.method == "POST"]
    assert second.time - first.time >= 1.0
    assert len(lab.checks) == 1
    assert not forge.missed


def test_a_limit_may_come_as_429_without_a_time(forge, hub, lab, command):
    """Where a 429 names no time but the hour's end, the hour's end is waited for."""
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(time.time()) + 1),
        "Content-Type": "application/json",
    }
    body = b'{"message": "API rate limit exceeded for installation ID 1."}'
    hub.fault("POST .*/check-runs", status=429, headers=headers, body=body)
    assert forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("done", "ended"))
    first, second = [r for r in hub.site.requests if r.method == "POST"]
    assert second.time - first.time >= 1.0
    assert not forge.missed


def test_a_server_that_is_down_for_long(forge, hub, command):
    """A 503 that says how long it takes is waited for no longer than any other wait."""
    hub.fault("check-runs", status=503, headers={"Retry-After": "3600"})
    begun = time.monotonic()
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("done", "ended"))
    assert time.monotonic() - begun < 5
    assert "503" in forge.missed[0].why


def test_nobody_waits_for_long(forge, hub, command):
    """A Retry-After of an hour is not waited for, and nothing is sent before it is over."""
    hub.secondary_limit("POST", retry_after=3600)
    begun = time.monotonic()
    forge.reply(THREAD, "word")
    sent = len(hub.calls())
    reports = [
        lambda: forge.comment(THREAD, "x", key="k", final=True),
        lambda: forge.begin_check(SHA, CheckOutput("t", "s")),
        lambda: forge.dispatch("autoresearch", {}),
    ]
    for report in reports:
        report()
    with pytest.raises(ForgeError, match="60 minutes"):
        forge.may_command("mona")
    assert len(hub.calls()) == sent == 1
    assert time.monotonic() - begun < 10
    told = {"the reply", "the comment", "the check run", "the start of the next run"}
    assert {missed.what for missed in forge.missed} == told


def test_a_secondary_limit_without_a_time(forge, hub, command):
    """A secondary limit that names no time holds for a minute."""
    hub.secondary_limit("POST", retry_after=None)
    forge.reply(THREAD, "word")
    forge.begin_check(SHA, CheckOutput("t", "s"))
    assert len(hub.calls()) == 1
    assert "60 seconds" in forge.missed[1].why


def test_the_primary_limit(forge, hub, lab, command):
    """When the hour's requests are used up, what is left of a short wait is waited for."""
    hub.limit(remaining=1, reset_in=1)
    forge.begin_check(SHA, CheckOutput("t", "s"))
    assert forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    assert not forge.missed


def test_the_primary_limit_for_long(forge, hub, command):
    """When the hour's requests are used up for long, that is what the report says."""
    hub.limit(remaining=0, reset_in=2500)
    assert forge.reply(THREAD, "word") is None
    assert forge.reply(THREAD, "word") is None
    assert len(hub.calls()) == 1
    assert "42 minutes" in forge.missed[0].why


def test_the_comment_does_not_wait_while_running(forge, hub, command):
    """Between experiments nothing is waited for; the last report is."""
    hub.secondary_limit("GET .*/comments", retry_after=2)
    begun = time.monotonic()
    forge.comment(THREAD, "running", key="k")
    assert time.monotonic() - begun < 2.0
    assert forge.comment(THREAD, "the end", key="k", final=True)
    assert time.monotonic() - begun >= 2.0


def test_a_server_that_is_silent(connect, hub, command):
    """A server that never answers costs one round of patience, then one try each."""
    forge = connect(manners=Manners(between_writes=0, answer_within=1, backoff=0.01, tries=3))
    fault = hub.fault("check-runs|dispatches|pulls", delay=1.2, times=None, cut=True)
    begun = time.monotonic()
    forge.begin_check(SHA, CheckOutput("t", "s"))
    forge.merged(BRANCH)
    forge.dispatch("autoresearch", {})
    assert time.monotonic() - begun < 7
    assert fault.met == 5
    assert {missed.why for missed in forge.missed} == {"GitHub did not answer in time"}


def test_no_server_at_all(lab):
    """Where nothing listens, questions raise and reports go on."""
    forge = GitHubForge("http://127.0.0.1:9", lab.full_name, TOKEN, Manners(backoff=0.01))
    assert forge.reply(THREAD, "word") is None
    with pytest.raises(ForgeError, match="cannot be reached"):
        forge.default_branch()
    forge.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>sign in</html>", b"[]", b"null", b'"word"', b"{", b"[" * 100_000, b'{"id": "x"}'],
)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_answers_that_are_none(connect, hub, command, status, body):
    """A proxy's page, an empty answer or broken JSON is a refusal like any other."""
    forge = connect(manners=Manners(between_writes=0, backoff=0.0, tries=1))
    hub.fault("/api/v3", status=status, body=body, times=None)
    for question in (
        forge.default_branch,
        lambda: forge.pull(1),
        lambda: forge.may_command("mona"),
    ):
        answers = []
        with suppress(ForgeError):
            answers.append(question())
        assert answers in ([], [None], [False])
    forge.comment(THREAD, "x", key="k", final=True)
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    forge.open_pull_request(BRANCH, "main", "t", "b")
    assert {"the comment", "the check run"} <= {missed.what for missed in forge.missed}


def test_a_redirect_is_followed(forge, hub, lab):
    """A repository that was renamed is found at its new address."""
    moved = f"{hub.api_url}/repositories/1"
    hub.fault("GET /api/v3/repos/octo/lab$", status=301, headers={"Location": moved})
    hub.fault("GET /api/v3/repositories/1", status=200, body=b'{"default_branch": "trunk"}')
    assert forge.default_branch() == "trunk"


def test_a_redirect_elsewhere_is_not(forge, hub):
    """A redirect to another host is not followed: it would take the token there."""
    hub.fault("GET", status=301, headers={"Location": "http://elsewhere.example/x"})
    with pytest.raises(ForgeError, match="redirects"):
        forge.default_branch()


def test_a_redirect_of_a_write_is_no_success(forge, hub, lab):
    """Where GitHub sends a write elsewhere nothing was started, and the report says so."""
    moved = f"{hub.api_url}/repositories/1/dispatches"
    hub.fault("POST", status=307, headers={"Location": moved}, times=None)
    assert not forge.dispatch("autoresearch", {})
    assert "redirects" in forge.missed[0].why
    assert "GITHUB_REPOSITORY" in forge.missed[0].remedy


def test_an_expired_token(forge, hub, command):
    """Once the token is refused nothing more is sent, and the report says why."""
    hub.tokens.find(f"token {TOKEN}").good_for = 2
    reports = (
        lambda: forge.react(THREAD, command.id, Reaction.SEEN),
        lambda: forge.begin_check(SHA, CheckOutput("t", "s")),
        lambda: forge.reply(THREAD, "word"),
        lambda: forge.dispatch("autoresearch", {}),
    )
    for report in reports:
        report()
    assert len(hub.calls()) == 3
    assert {missed.what for missed in forge.missed} == {"the reply", "the start of the next run"}
    assert "24 hours" in forge.missed[0].remedy


def test_the_token_is_nowhere(connect, hub, command):
    """The token is in no error, repr, address or log, even where it is a bad one."""
    seen = []
    for token in ("", "ghs secret", "ghs_secret\n", "ghs_sécret"):
        with pytest.raises(ForgeError) as raised:
            GitHubForge(hub.api_url, "octo/lab", token)
        seen.append("".join(traceback.format_exception(raised.value)))
    forge = connect("ghs_unknown_secret")
    with pytest.raises(ForgeError) as raised:
        forge.default_branch()
    seen += ["".join(traceback.format_exception(raised.value)), repr(forge), str(forge.missed)]
    seen += hub.calls()
    assert not [text for text in seen if "secret" in text or "sécret" in text]


@pytest.fixture
def in_trouble(hub, command):
    """A GitHub where some requests have to be tried again."""
    hub.fault("pulls", cut=True)
    hub.fault("check-runs", status=502)
    hub.secondary_limit("reactions", retry_after=1)


def test_trying_again_is_not_told_on_the_terminal(connect, command, in_trouble, capfd):
    """PyGithub and what is below it print nothing of their own."""
    whole_session(connect(), command)
    assert capfd.readouterr() == ("", "")


def test_no_log_has_the_token(connect, command, in_trouble, caplog):
    """Even the loudest log of PyGithub and what is below it has no token."""
    forge = connect()
    for name in ("github", "urllib3"):
        caplog.set_level("DEBUG", name)
    whole_session(forge, command)
    assert "check-runs" in caplog.text
    assert "Authorization" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("name", ["", "octo", "octo/lab/x", "octo/..", "octo/la b", "../../user"])
def test_names_of_repositories(hub, name):
    """A name that is none of a repository's is an error before anything is sent."""
    with pytest.raises(ForgeError, match="owner/name"):
        GitHubForge(hub.api_url, name, TOKEN)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "file:///etc",
        "api.github.com",
        "https://",
        "https://x:y",
        "https://u:p@x",
        "https://x?y",
    ],
)
def test_addresses(address):
    """An address that is none of the web's is an error that says what it should be."""
    with pytest.raises(ForgeError, match="https://"):
        GitHubForge(address, "octo/lab", TOKEN)


def test_writes_are_a_second_apart(connect, hub, command):
    """With its ordinary manners a session writes at most once a second; reading is not held up."""
    forge = connect(manners=Manners())
    for _ in range(3):
        forge.react(THREAD, command.id, Reaction.SEEN)
        forge.default_branch()
    writes = [r.time for r in hub.site.requests if r.method == "POST"]
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(writes))


def test_cancel_ends_a_wait(connect, hub, command):
    """A signal ends a wait for a rate limit at once."""
    forge = connect(manners=Manners(wait_at_most=60))
    hub.secondary_limit("POST", retry_after=30)
    main = threading.main_thread().ident
    timer = threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT))
    begun = time.monotonic()
    timer.start()
    with pytest.raises(Interrupted), interruptible(lambda: None):
        forge.reply(THREAD, "word")
    timer.join()
    assert time.monotonic() - begun < 5


def test_hurry(connect, hub, command):
    """After a cancel, what can be told within the time is; what cannot is missed in time."""
    forge = connect(manners=Manners())
    forge.hurry(3)
    begun = time.monotonic()
    assert forge.comment(THREAD, "cancelled", key="k", final=True)
    hub.fault("check-runs", delay=2, times=None, cut=True)
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    forge.open_pull_request(BRANCH, "main", "t", "b")
    forge.dispatch("autoresearch", {})
    assert time.monotonic() - begun < 4.5
    assert "the check run" in {missed.what for missed in forge.missed}
    assert "no time left" in forge.missed[-1].why


def test_a_limit_in_a_hurry(connect, hub, command):
    """After a cancel a rate limit is not waited for beyond the time that is left."""
    forge = connect(manners=Manners())
    forge.hurry(3)
    hub.secondary_limit("POST", retry_after=30)
    begun = time.monotonic()
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    forge.reply(THREAD, "word")
    assert time.monotonic() - begun < 2
    assert "rate limit" in forge.missed[0].why
    assert "no time left" in forge.missed[1].why


def test_last_words_are_not_spaced_out(connect, hub, lab, command):
    """A cancelled job has no seconds to keep between two writes."""
    forge = connect(manners=Manners(between_writes=60.0))
    forge.begin_check(SHA, CheckOutput("t", "s"))
    forge.hurry(3)
    assert forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"))
    assert forge.comment(THREAD, "cancelled", key="k", final=True)
    assert not forge.missed


def test_a_long_session_asks_for_little(connect, hub, command):
    """A session of 100 experiments, each with its comment written, takes under 200 requests."""
    forge = connect(manners=Manners(between_writes=0, between_edits=0))
    hub.limit(remaining=1000)
    for at in range(0, 100, 50):
        hub._written.clear()  # a minute later
        for n in range(50):
            before = len(hub.writes())
            forge.comment(THREAD, f"experiment {at + n}", key="mar17")
            assert len(hub.writes()) - before <= 1
    hub._written.clear()
    whole_session(forge, command)
    assert len(hub.calls()) < 200
    assert not forge.missed


def test_everything_is_closed(connect, hub):
    """A forge that was closed leaves no connection open."""
    forge = connect()
    forge.default_branch()
    forge.close()
    del forge
    gc.collect()
