"""Coding agents as people install them, headless, against a server on loopback that scripts their work.

They are fetched from npm; where that is not possible they are NOT RUN.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from autoresearch_ci.core.model import Experiment, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, make_project
from tests.servers.sockets import Server, streamed, whole

KEY = "sk-ant-api03-Zq4vN8sT2wXy6bKd0fGhJ3mPrL5cVaEu-test-AA"
PACKAGES = {"claude": "@anthropic-ai/claude-code@2.1"}
CLAUDE = (
    "{bin}/claude -p --permission-mode acceptEdits --allowedTools Read,Edit,Write --max-turns 8 "
    "--model claude-sonnet-5-5"
)


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The folder of an agent's program, fetched once."""
    if not shutil.which("npm"):
        pytest.skip("NOT RUN: npm is not installed")
    folder = tmp_path_factory.mktemp("agents")
    folder.chmod(0o755)
    words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *PACKAGES.values()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    if done.returncode:
        pytest.skip(f"NOT RUN: npm fetches no agent: {done.stderr[-200:]}")
    return folder / "node_modules"


def claude(seen):
    """What the scripted model does next: read the target, edit it, stop."""
    body = seen.json if seen.body else {}
    if "messages" not in body:
        return whole(200, b'{"input_tokens": 10}')
    results = json.dumps(body["messages"]).count('"tool_result"')
    if not body.get("tools") or results >= 2:
        return events(body["model"], {"type": "text", "text": "Done.\\nTITLE: Seven"}, "end_turn")
    where = json.dumps(body).partition("Working directory: ")[2].partition("\\n")[0] or "."
    path = f"{where.strip()}/target.txt"
    if results == 0:
        return events(body["model"], used("Read", {"file_path": path}), "tool_use")
    edit = {"file_path": path, "old_string": "10", "new_string": "7"}
    return events(body["model"], used("Edit", edit), "tool_use")


def used(name, words):
    return {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": words}


def events(model, block, stop):
    """A streamed answer with one block."""
    begun = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 1},
    }  # fmt: skip
    if block["type"] == "text":
        delta = {"type": "text_delta", "text": block["text"]}
        block = {**block, "text": ""}
    else:
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        block = {**block, "input": {}}
    end = {"stop_reason": stop, "stop_sequence": None}
    found = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return streamed([f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in found])


@pytest.fixture
def hold(tmp_path, programs, monkeypatch):
    """A session of one idea from an agent whose API is this server; its events and its log."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)

    def hold(server, **settings):
        project = make_project(tmp_path / "project")
        overrides = {
            **SETTINGS, "tag": "t", "max_experiments": 1, "proposer": "command",
            "proposer_command": CLAUDE.format(bin=programs / ".bin"),
            "proposer_env": f"ANTHROPIC_API_KEY,ANTHROPIC_BASE_URL={server.url}",
            "proposer_budget": "120s", "sandbox_read": str(programs.parent), **settings,
        }  # fmt: skip
        with open_session(SessionRequest(project, overrides)) as session:
            found = list(research(session))
        log = (project / ".git" / "autoresearch" / "agent.log").read_text(errors="replace")
        assert KEY not in log
        return found, log

    return hold


def test_its_change_arrives_and_is_judged(hold):
    """Claude Code reads the target and edits it; the change is run, and kept."""
    with Server(claude) as server:
        found, log = hold(server)
    kept = [e for e in found if isinstance(e, Experiment)][-1]
    assert (kept.status, kept.value, kept.proposer) == (Status.KEEP, 7.0, "command"), log
    assert {seen.headers.get("x-api-key") for seen in server.seen} == {KEY}
