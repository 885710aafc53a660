"""Messages while nobody looks."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from autoresearch_ci.core.environment import checked, environment, is_credential
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Reason, SessionEnd, StopReason
from autoresearch_ci.forge.webhook import FAILURES, PAUSE, VARIABLE, Webhook, form, messenger
from autoresearch_ci.reports import notice

HOSTILE = "<!channel> @everyone [x](http://e.example)"


class Told:
    """Keeps what it was told."""

    def __init__(self):
        self.messages = []

    def tell(self, event, text, **fields):
        self.messages.append((event, text, fields))


@pytest.fixture
def server():
    """Something that listens; `answers` are the statuses that it gives."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            made.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        made.heard, made.answers = [], []
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_message_arrives(server):
    """Anything that takes JSON gets the text and what it is made of."""
    hook = Webhook(f"http://127.0.0.1:{server.server_port}/hook")
    hook.tell("end", "it ended\x1b[2J\nnow", tag="mar17", best=0.9)
    assert server.heard == [{"text": "it ended now", "event": "end", "tag": "mar17", "best": 0.9}]


def test_many_keeps_are_one_message(server):
    """Quick experiments do not flood a chat; an end is told always."""
    now = [0.0]
    hook = Webhook(f"http://127.0.0.1:{server.server_port}/", clock=lambda: now[0])
    for event in ("keep", "keep", "end"):
        hook.tell(event, event)
    now[0] = PAUSE
    hook.tell("keep", "later")
    assert [each["text"] for each in server.heard] == ["keep", "end", "later"]


def test_what_does_not_answer_holds_nothing_up(server):
    """Errors and redirects raise nothing; after a few nothing more is sent."""
    server.answers = [500, 302, 404, 200]
    hook = Webhook(f"http://127.0.0.1:{server.server_port}/")
    for _ in range(FAILURES + 2):
        hook.tell("end", "x")
    assert len(server.heard) == FAILURES
    Webhook("http://127.0.0.1:9/").tell("end", "nobody listens")


@pytest.mark.parametrize(
    "address", ["http://example.org/hidden", "file:///hidden", "hidden", "https://"]
)
def test_no_address(address):
    """Only https, and this machine: said before anything runs, without the secret."""
    with pytest.raises(SettingsError) as error:
        messenger(address)
    assert "hidden" not in str(error.value)
    assert "https://" in error.value.remedy


def test_each_chat_has_its_form():
    """Slack, Discord and Teams get plain text in which nothing is markup or mentions anybody."""
    slack = form("hooks.slack.com", HOSTILE, {})
    assert slack["text"].startswith("&lt;!channel&gt;")
    assert slack["mrkdwn"] is False
    card = form("x.webhook.office.com", HOSTILE, {})["attachments"][0]["content"]
    assert card["body"][0]["inlines"] == [{"type": "TextRun", "text": HOSTILE}]


@pytest.mark.parametrize("host", ["discord.com", "ptb.discord.com", "canary.discord.com"])
def test_discord_shows_the_text_as_it_is(host):
    """Also by an address that a test client shows, and where an idea has links or stars in it."""
    told = form(host, "__init__: a * b * [x](http://e.example)", {"tag": "mar17"})
    assert told == {
        "content": r"\_\_init\_\_: a \* b \* \[x\](http://e.example)",
        "allowed_mentions": {"parse": []},
    }
    assert len(form(host, "*" * 1_500, {})["content"]) == 2_000
    assert "content" not in form("notdiscord.com", HOSTILE, {})


def test_what_is_worth_a_message(make_history):
    """A keep, an end and an error; neither a discard nor a baseline."""
    history = make_history((0.9, Reason.IMPROVED), (1.2, Reason.WORSE))
    told = Told()
    for experiment in history.experiments:
        notice.tell(told, experiment, history)
    end = SessionEnd("mar17", "s1", "", StopReason.MAX_EXPERIMENTS, 2, 1, 0.9)
    notice.tell(told, end, history)
    notice.tell(told, replace(end, reason=StopReason.ERROR, note="no metric"), history)
    assert [event for event, _, _ in told.messages] == ["keep", "end", "error"]
    texts = [text for _, text, _ in told.messages]
    assert texts[0] == ("mar17: kept experiment 1, idea 1: val_bpb, 1.000000 -> 0.900000 (-10.00%)")
    assert texts[1] == (
        "mar17 ended: max_experiments reached. val_bpb fell by 10.00%, from 1 to 0.9, in 2 "
        "experiments; one was kept."
    )
    assert texts[2].startswith("mar17 failed: no metric.")


def test_no_experiment_sees_the_address(monkeypatch):
    """Its variable is a credential by its name: masked in the Action, and never handed on."""
    assert is_credential(VARIABLE)
    monkeypatch.setenv(VARIABLE, "https://example.org/hook")
    assert VARIABLE not in environment((), {})
    with pytest.raises(SettingsError):
        checked((VARIABLE,))
