"""No request and no answer of ours violates GitHub's own description of its API.

Needs node and npm, and the registry the first time; what is missing is NOT RUN.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from autoresearch_ci.forge import Annotation, CheckOutput, Conclusion, Thread
from autoresearch_ci.forge.github import GitHubForge
from autoresearch_ci.forge.github.rate_limit import Manners
from tests.e2e.openapi.prism import Prism, Tap, Violation, install
from tests.github.hub import GitHub
from tests.github.traffic import BRANCH, SHA, THREAD, whole_session

QUICK = Manners(between_writes=0, between_edits=0, answer_within=60, backoff=0.0)

# What is let pass, and why. Each has to occur, or it is to be taken out of the list.
KNOWN = {
    "a refusal that is not described": (
        # GitHub refuses anything for want of permission or of existence, and the
        # description names these statuses only for some of the endpoints.
        lambda v: v.status in (403, 404) and "status code" in v.message
    ),
}

pytestmark = pytest.mark.xdist_group("openapi")
"""The last of them looks at what all others have seen."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with GitHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture(scope="module")
def tap(hub, tmp_path_factory):
    install()
    with Prism(hub.api_url, tmp_path_factory.mktemp("prism") / "log") as prism:
        tap = Tap(prism, urlsplit(hub.url).port)
        yield tap
        tap.site.close()


@pytest.fixture
def lab(hub, request):
    """A repository of the test's own, with a command on its pull request #1."""
    name = re.sub(r"\W", "-", request.node.name)
    lab = hub.create(f"octo/{name}", branches={"main": "a" * 40, "topic": SHA, BRANCH: "c" * 40})
    lab.roles["mona"] = "maintain"
    lab.workflows.add("autoresearch.yml")
    lab.comment(lab.pull(hub.user("mona"), "topic"), hub.user("mona"), "/autoresearch")
    hub._written.clear()
    return lab


@pytest.fixture
def connect(hub, tap, lab):
    forges = []

    def connect(**permissions):
        token = f"token-{lab.name}-{len(forges)}"
        hub.tokens.add(token, **({"permissions": permissions} if permissions else {}))
        forges.append(GitHubForge(tap.url, lab.full_name, token, QUICK))
        return forges[-1]

    yield connect
    for forge in forges:
        forge.close()


def unknown(tap: Tap, lab) -> list[str]:
    """The violations in the traffic of one repository that are not let pass."""
    return [
        str(violation)
        for violation in tap.violations
        if f"/{lab.full_name}" in violation.line
        and not any(known(violation) for known in KNOWN.values())
    ]


def test_a_whole_session(tap, lab, connect):
    """Everything that a session asks and tells is as described, and gets through."""
    (command,) = lab.comments.values()
    forge = connect()
    whole_session(forge, command)
    assert forge.pull(1).head_sha == SHA
    assert forge.dispatch_workflow("autoresearch.yml", "main", {"tag": "mar17"})
    connect().comment(THREAD, "the next session", key="mar17", final=True)
    assert connect().open_pull_request(BRANCH, "main", "title", "again")
    lab.pulls[-1].state, lab.pulls[-1].merged_at = "closed", "2026-03-17T14:35:00Z"
    assert forge.merged(BRANCH)
    assert not forge.missed
    assert unknown(tap, lab) == []
    assert len([line for line, _ in tap.seen if lab.full_name in line]) >= 20


def test_at_the_limits(tap, lab, connect):
    """Texts of any length and hundreds of annotations are sent as the description allows."""
    forge, long = connect(), "é🔬x" * 30_000
    remarks = [Annotation("train.py", n + 1, n + 2, long, long) for n in range(60)]
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput(long, long, long), remarks)
    forge.comment(THREAD, long, key="mar17", final=True)
    forge.open_pull_request(BRANCH, "main", long, long)
    assert not forge.missed
    assert unknown(tap, lab) == []


def test_refusals(tap, lab, connect):
    """Refusals are as described too, but for the statuses that are listed above."""
    (command,) = lab.comments.values()
    whole_session(connect(metadata="read"), command)
    forge = connect()
    assert not forge.may_command("nobody")
    assert forge.pull(99) is None
    assert forge.reply(Thread(99, is_pull=False), "word") is None
    assert not forge.dispatch_workflow("none.yml", "main", {})
    lab.branches[BRANCH] = lab.branches["main"]
    assert forge.open_pull_request(BRANCH, "main", "title", "body") is None
    assert unknown(tap, lab) == []


def test_violations_are_seen(tap, lab, connect):
    """A request that is not as described is noticed, and so is such an answer."""
    before = len(tap.violations)
    forge = connect()
    forge._client._github.requester.requestJson(
        "POST", f"/repos/{lab.full_name}/check-runs", input={"head_sha": 7, "name": "n"}
    )
    assert any("request" in v.where for v in tap.violations[before:])
    lab.owner.id = "seven"
    forge.default_branch()
    assert any("response" in v.where for v in tap.violations[before:])


@pytest.mark.parametrize("known", KNOWN)
def test_what_is_let_pass_occurs(tap, known):
    """The list of what is let pass has no entry that nothing needs any more."""
    assert isinstance(tap.violations[0], Violation)
    assert any(KNOWN[known](violation) for violation in tap.violations)
