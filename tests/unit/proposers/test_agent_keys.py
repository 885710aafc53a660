"""An agent's key: with us where a proxy can add it, else in a variable of the agent's alone."""

from __future__ import annotations

import sys

import pytest

from autoresearch_ci.core.model import Proposal
from tests.servers import anthropic
from tests.servers.anthropic import AnthropicServer, Says
from tests.servers.sockets import Server, whole
from tests.unit.proposers.conftest import EDIT, rejected

pytestmark = pytest.mark.usefixtures("elsewhere")

KEY = "ANTHROPIC_API_KEY"
AGENT = """
import json, os, subprocess, urllib.request
body = {"model": "claude-sonnet-5-5", "max_tokens": 9, "stream": True}
body["messages"] = [{"role": "user", "content": open(os.environ["AUTORESEARCH_BRIEF"]).read()}]
request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages")
request.add_header("x-api-key", os.environ["ANTHROPIC_API_KEY"])
request.add_header("anthropic-version", "VERSION")
request.add_header("content-type", "application/json")
request.data = json.dumps(body).encode()
print(subprocess.run("env", capture_output=True, text=True).stdout)
with urllib.request.urlopen(request, timeout=10) as answer:
    events = [json.loads(line[6:]) for line in answer if line.startswith(b"data: ")]
said = "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta")
with open(os.environ["AUTORESEARCH_TARGET"], "w") as target:
    target.write(said)
"""


@pytest.fixture
def agent(seen, monkeypatch):
    """The command of an agent that asks Anthropic's API, and starts a program that shows all."""
    monkeypatch.setenv(KEY, anthropic.KEY)
    path = seen / "agent.py"
    path.write_text(AGENT.replace("VERSION", anthropic.VERSION))
    return f"{sys.executable} {path}"


def asking(server):
    return (KEY, f"ANTHROPIC_BASE_URL={server.url}")


def test_an_agent_never_sees_its_key(ask, agent, tmp_path):
    """The vendor is asked with the key, and neither the agent nor what it starts has it."""
    with AnthropicServer(Says(pieces=("LR = 0.04\n", "DEPTH = 3\n"))) as server:
        outcome = ask(agent, variables=asking(server))
    assert isinstance(outcome, Proposal)
    assert outcome.files.text == "LR = 0.04\nDEPTH = 3\n"
    assert server.seen[0].headers["x-api-key"] == anthropic.KEY
    seen = (tmp_path / "proposer.log").read_text()
    assert f"{KEY}=sk-" in seen
    assert anthropic.KEY not in seen
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:" in seen
    assert server.url not in seen


def test_it_is_asked_whatever_proxy_there_is(ask, agent, monkeypatch):
    """Where the environment names a proxy, our own is still asked directly."""
    with (
        Server(lambda _: whole(500, b"")) as other,
        AnthropicServer(Says(pieces=("LR = 0.04\n", "DEPTH = 3\n"))) as server,
    ):
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, other.url)
        assert isinstance(ask(agent, variables=asking(server)), Proposal)
    assert not other.seen


def test_a_key_is_handed_over_where_that_is_set(ask, agent, tmp_path):
    """With proposer_proxy off the agent asks its API itself."""
    with AnthropicServer(Says(pieces=("LR = 0.04\n", "DEPTH = 3\n"))) as server:
        assert isinstance(ask(agent, variables=asking(server), proxied=False), Proposal)
    assert f"ANTHROPIC_BASE_URL={server.url}" in (tmp_path / "proposer.log").read_text()


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "refuses the API key"),
        (429, "gets too many requests"),
        (402, "wants to be paid first"),
    ],
)
def test_trouble_with_the_key_is_told(ask, agent, status, says):
    """An agent that failed because its API refused it says so in a sentence, with a remedy."""
    with Server(lambda _: anthropic.error(status, "some_error", "No.")) as server:
        problem = rejected(ask(agent, variables=asking(server)))
    assert problem.startswith(f"the agent exited with 1: 127.0.0.1 {says} (HTTP {status}). ")
    assert f"HTTP Error {status}" in problem


def test_trouble_that_an_agent_keeps_to_itself(ask, agent):
    """An agent that ends well without its API has changed nothing, and it is told why."""
    with Server(lambda _: anthropic.error(401, "some_error", "No.")) as server:
        problem = rejected(ask(f"{agent} || true", variables=asking(server)))
    assert problem.startswith(
        "the agent did not change src/train.py: 127.0.0.1 refuses the API key"
    )


def test_an_agent_that_does_not_know_its_address(ask, monkeypatch):
    """An agent that failed and never asked is told which setting hands the key over."""
    monkeypatch.setenv(KEY, anthropic.KEY)
    problem = rejected(ask("echo invalid x-api-key; exit 1", variables=(KEY,)))
    assert "set proposer_proxy to off" in problem


def test_certificates_that_cannot_be_used(ask, monkeypatch):
    """What is wrong with the environment is told, and no agent is started without its key."""
    monkeypatch.setenv(KEY, anthropic.KEY)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    assert "Correct SSL_CERT_FILE" in rejected(ask(EDIT, variables=(KEY,)))


def test_a_placeholder_is_a_credential(ask, monkeypatch):
    """What stands for the key does not get into the target either."""
    monkeypatch.setenv(KEY, anthropic.KEY)
    written = ask(f"{EDIT}; echo \"K = '${KEY}'\" >> src/train.py", variables=(KEY,))
    assert rejected(written) == "the agent wrote a credential into src/train.py"


@pytest.mark.parametrize(
    ("key", "addresses"),
    [
        ("ANTHROPIC_AUTH_TOKEN", {"ANTHROPIC_BASE_URL": ""}),
        ("OPENAI_API_KEY", {"OPENAI_BASE_URL": "/v1", "OPENAI_API_BASE": "/v1"}),
        ("GEMINI_API_KEY", {"GOOGLE_GEMINI_BASE_URL": ""}),
    ],
)
def test_keys_and_addresses_that_are_known(ask, monkeypatch, seen, key, addresses):
    """Each known key is replaced, and each variable that an agent may read names the proxy."""
    monkeypatch.setenv(key, "k3y-of-the-agent")
    ask(f"env > {seen}/env; {EDIT}", variables=(key,))
    env = dict(line.partition("=")[::2] for line in (seen / "env").read_text().splitlines())
    assert env[key].startswith("sk-")
    for name, path in addresses.items():
        assert env[name].startswith("http://127.0.0.1:")
        assert env[name].partition("127.0.0.1")[2].partition("/")[2] == path.lstrip("/")
