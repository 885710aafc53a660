"""An agent's key in the Action: neither its environment nor any process that it can see has it."""

from __future__ import annotations

import uuid

from tests.action_jobs import SIGNS, checkout
from tests.servers import anthropic
from tests.servers.anthropic import AnthropicServer, Says

SPY = """
import json, os, pathlib, urllib.request
seen = dict(os.environ)
for path in [*pathlib.Path("/proc").glob("[0-9]*/environ"), *pathlib.Path("/proc").glob("[0-9]*/cmdline")]:
    try:
        seen[str(path)] = path.read_bytes().decode(errors="replace")
    except OSError:
        pass
pathlib.Path("{loot}/seen").write_text(json.dumps(seen))
body = {{"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": [{{"role": "user", "content": "hi"}}]}}
request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode())
request.add_header("x-api-key", os.environ["ANTHROPIC_API_KEY"])
request.add_header("anthropic-version", "{version}")
request.add_header("content-type", "application/json")
with urllib.request.urlopen(request, timeout=10) as answer:
    pathlib.Path("{loot}/answer").write_bytes(answer.read())
"""


def test_an_agent_does_not_find_its_key(tmp_path):
    """The agent can ask its API, and has the key nowhere: it works in a tree of its own."""
    loot = SIGNS / uuid.uuid4().hex
    loot.mkdir()
    loot.chmod(0o777)
    script = loot / "agent.py"
    script.write_text(SPY.format(loot=loot, version=anthropic.VERSION))
    with AnthropicServer(Says()) as server:
        settings = (
            f"doctor: off\nproposer_command: /usr/bin/python3 {script}\n"
            f"proposer_env: ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL={server.url}\n"
        )
        with checkout(tmp_path, settings) as job:
            job.run(proposer="command", max_experiments="1", anthropic_api_key=anthropic.KEY)
            log = job.log
    seen = (loot / "seen").read_text()
    assert "Hello" in (loot / "answer").read_text()
    assert "ANTHROPIC_BASE_URL" in seen
    assert anthropic.KEY not in seen
    assert anthropic.KEY not in log.replace(f"::add-mask::{anthropic.KEY}", "")
    assert {seen.headers["x-api-key"] for seen in server.seen} == {anthropic.KEY}
