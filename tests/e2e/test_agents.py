"""Coding agents as people install them, headless, by the recipes of docs/agents.md, through the loop.

No model is asked: a server on loopback speaks the vendors' APIs and scripts what their models do.
Where the agents cannot be fetched from npm and PyPI they are NOT RUN.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from autoresearch_ci.core.model import Experiment, ProposalRejected, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.agent_keys import SERVICES
from tests.projects import SETTINGS, git, make_project
from tests.servers.scripted_model import ScriptedModel
from tests.servers.wire_forms import Call, Step

KEY = "sk-ant-api03-Zq4vN8sT2wXy6bKd0fGhJ3mPrL5cVaEu-test-AA"
PAGE = (Path(__file__).parents[2] / "docs/agents.md").read_text()
NODE = "node@22.23.3"
"""For agents that want a newer one than the machine has."""

TARGET, ABSOLUTE = "target.txt", "{folder}/target.txt"
PATCH = "*** Begin Patch\n*** Update File: target.txt\n@@\n-echo metric: 10\n+echo metric: 7\n*** End Patch"
END = "Done.\nTITLE: Seven"


@dataclass(frozen=True)
class Agent:
    """One program: where it is fetched, and what its model does by its tools."""

    registry: str
    package: str
    steps: tuple[Step, ...]


AGENTS = {
    "Claude Code": Agent("npm", "@anthropic-ai/claude-code@2.1.332", (
        Call("Read", {"file_path": ABSOLUTE}),
        Call("Edit", {"file_path": ABSOLUTE, "old_string": "10", "new_string": "7"}),
    )),
    "Codex CLI": Agent("npm", "@openai/codex@0.171.0", (
        Call("exec", 'text((await tools.exec_command({cmd: "cat target.txt"})).output);'),
        Call("exec", f"text(await tools.apply_patch(`{PATCH}`));"),
    )),
    "opencode": Agent("npm", "opencode-ai@1.18.33", (
        Call("read", {"filePath": ABSOLUTE}),
        Call("edit", {"filePath": ABSOLUTE, "oldString": "10", "newString": "7"}),
    )),
    "Gemini CLI": Agent("npm", "@google/gemini-cli@0.61.0", (
        Call("read_file", {"file_path": TARGET}),
        Call("replace", {"file_path": TARGET, "instruction": "Let it print seven.", "old_string": "10", "new_string": "7"}),
    )),
    "Copilot CLI": Agent("npm", "@github/copilot@1.0.102", (
        Call("view", {"path": ABSOLUTE}),
        Call("apply_patch", PATCH),
    )),
    "pi": Agent("npm", "@earendil-works/pi-coding-agent@1.6.0", (
        Call("read", {"path": TARGET}),
        Call("edit", {"path": TARGET, "edits": [{"oldText": "10", "newText": "7"}]}),
    )),
    "aider": Agent("PyPI", "aider-chat==0.86.2", (
        f"{TARGET}\n```\n<<<<<<< SEARCH\necho metric: 10\n=======\necho metric: 7\n>>>>>>> REPLACE\n```\n{END}",
    )),
    "mini-swe-agent": Agent("PyPI", "mini-swe-agent==2.4.6", (
        Call("bash", {"command": "cat target.txt"}),
        Call("bash", {"command": "sed -i s/10/7/ target.txt"}),
        Call("bash", {"command": "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"}),
    )),
}  # fmt: skip


def from_npm(folder: Path) -> list[list[object]]:
    found = [each.package for each in AGENTS.values() if each.registry == "npm"]
    return [["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, NODE, *found]]


def from_pypi(folder: Path) -> list[list[object]]:
    found = [each.package for each in AGENTS.values() if each.registry == "PyPI"]
    pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    return [[sys.executable, "-m", "venv", folder], [*pip, *found]]


@pytest.fixture(scope="session")
def fetched(tmp_path_factory):
    """Folders of programs by registry, or why there are none. Each registry is asked once."""

    def fetch(name, commands):
        folder = tmp_path_factory.mktemp(name)
        for words in commands(folder):
            if not shutil.which(str(words[0])):
                return f"{words[0]} is not installed"
            done = subprocess.run(words, capture_output=True, text=True, timeout=550, check=False)
            if done.returncode:
                return f"{name} gives nothing: {done.stderr[-200:]}"
        return folder

    with ThreadPoolExecutor() as pool:
        npm, pypi = pool.submit(fetch, "npm", from_npm), pool.submit(fetch, "PyPI", from_pypi)
        return {"npm": npm.result(), "PyPI": pypi.result()}


@pytest.fixture
def hold(tmp_path, fetched, monkeypatch):
    """Holds a session of one idea from an agent whose API is this server; what came first of it.

    No key, neither that nor its placeholder, may be in what is left of the session.
    """
    folders = [folder for folder in fetched.values() if isinstance(folder, Path)]
    programs = [f"{folder / at}" for folder in folders for at in ("node_modules/.bin", "bin")]
    monkeypatch.setenv("PATH", os.pathsep.join([*programs, os.environ["PATH"]]))
    for service in SERVICES:
        for name in service.keys:
            monkeypatch.setenv(name, KEY)

    def hold(name, server, budget):
        folder = fetched[AGENTS[name].registry]
        if not isinstance(folder, Path):
            pytest.skip(f"NOT RUN: {folder}")
        project = make_project(tmp_path / name.replace(" ", "-"))
        overrides = {
            **SETTINGS, **recipe(name, server.url), "tag": "t", "max_experiments": 1,
            "proposer": "command", "proposer_budget": budget, "sandbox_read": str(folder),
        }  # fmt: skip
        with (
            open_session(SessionRequest(project, overrides)) as session,
            closing(research(session)) as events,
        ):
            found = next(event for event in events if is_answer(event))
        log = (project / ".git/autoresearch/agent.log").read_text(errors="replace")
        left = [log, git(project, "log", "--all", "--patch")]
        left += [each.read_text() for each in (project / ".git/autoresearch").rglob("*.jsonl")]
        assert not any(KEY in text or re.search(r"\bsk-[0-9a-f]{48}\b", text) for text in left)
        return found, log

    return hold


def recipe(name: str, url: str) -> dict[str, str]:
    """The settings of docs/agents.md for an agent, with this address for that of its API."""
    found = yaml.safe_load(re.search(rf"### {name}\n.*?```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    service = next(each for each in SERVICES if each.keys[0] in found["proposer_env"])
    path = "/v1" if service.url.endswith("/v1") else ""
    return found | {"proposer_env": f"{found['proposer_env']}, {service.addresses[0]}={url}{path}"}


def is_answer(event: object) -> bool:
    """Tell whether something came of the agent: an experiment after the baseline, or a refusal."""
    return isinstance(event, ProposalRejected) or (
        isinstance(event, Experiment) and event.experiment > 0
    )


def steps(name: str) -> tuple[Step, ...]:
    found = AGENTS[name].steps
    return found if isinstance(found[-1], str) else (*found, END)


@pytest.mark.parametrize("name", AGENTS)
def test_the_page_names_what_is_run(name):
    """The table of docs/agents.md has the version of each agent that these tests fetch."""
    registry, package = AGENTS[name].registry, AGENTS[name].package
    package, version = re.fullmatch("(.+?)(?:@|==)([0-9.]+)", package).groups()
    assert f"| {name} | {version} ({registry} `{package}`) |" in PAGE


@pytest.mark.parametrize("name", AGENTS)
def test_its_change_arrives_and_is_kept(hold, name):
    """An agent by its recipe reads the target and edits it; the change is measured, and kept."""
    with ScriptedModel(steps(name), key=KEY) as server:
        kept, log = hold(name, server, "120s")
    assert isinstance(kept, Experiment), (kept, log)
    assert (kept.status, kept.value, kept.proposer) == (Status.KEEP, 7.0, "command"), log


@pytest.fixture
def refused(hold, fetched):
    """Asks all agents at once, since most of them wait; what became of each."""

    def refused(server, budget):
        there = [name for name, each in AGENTS.items() if isinstance(fetched[each.registry], Path)]
        if not there:
            pytest.skip(f"NOT RUN: {fetched}")
        with server, ThreadPoolExecutor(len(there)) as pool:
            found = pool.map(lambda name: hold(name, server, budget)[0], there)
            return {name: event.error for name, event in zip(there, found, strict=True)}

    return refused


def test_a_wrong_key_is_told(refused):
    """A key that the vendor refuses is told in a sentence, which ends in what to check."""
    told = refused(ScriptedModel([END], key="another"), "45s")
    says = "127.0.0.1 refuses the API key"
    assert {n: error for n, error in told.items() if says not in error} == {}
    assert {n: error for n, error in told.items() if "Check that the key" not in error} == {}


def test_a_rate_limit_is_told_and_the_end_of_its_time_is_the_end_of_all(refused, fetched):
    """A limit that does not pass is told, and an agent that waits is ended with all it started."""
    told = refused(ScriptedModel([END], key=KEY, failing=429), "45s")
    says = "127.0.0.1 gets too many requests (HTTP 429). Try again later"
    assert {n: error for n, error in told.items() if says not in error} == {}
    assert any("was stopped after 45 s (proposer_budget)" in error for error in told.values())
    assert not running(fetched.values())


def running(programs: Iterable[Path | str]) -> list[str]:
    """The command lines of processes whose program or script is in these folders."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            program = str((entry / "exe").readlink())
        except OSError:  # gone, or another user's
            continue
        if any(f"{folder}/" in f"{words}\0{program}" for folder in programs):
            found.append(words)
    return found
