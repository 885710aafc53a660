"""Whole sessions in which a model has the ideas: over HTTP, with real git and real processes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest

from autoresearch_ci.campaign.requests import leave_local
from autoresearch_ci.core.model import (
    Experiment,
    IdeaRequest,
    Note,
    Phase,
    ProposalRejected,
    Reason,
    SessionEnd,
    Status,
)
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.select import chosen
from autoresearch_ci.workspace import Workspace
from tests.projects import SETTINGS, experiments, git, look, make_project
from tests.servers import anthropic as anthropic_api
from tests.servers import openai as openai_api
from tests.servers.anthropic import AnthropicServer
from tests.servers.openai import OpenAIServer
from tests.servers.sockets import hang

TARGET = "x=10\ny=1\n"
RUN = ". ./target.txt\necho metric: $((x + y))\n"


def answer(title, old, new):
    return (
        f"TITLE: {title}\nHYPOTHESIS: it helps\n\n"
        f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
    )


def says(text, tokens=(100, 20)):
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
    return anthropic_api.Says(pieces=(text,), usage=usage)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", anthropic_api.KEY)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return make_project(
        tmp_path / "project",
        **{"target.txt": TARGET, "experiment.sh": RUN, "program.md": "Be bold."},
    )


def hold(project, server, **settings):
    overrides = {**SETTINGS, "tag": "t", "base_url": server.url, "proposer": "anthropic"}
    with open_session(SessionRequest(project, {**overrides, **settings})) as session:
        return list(research(session))


def test_a_models_ideas_are_tried_like_any_other(project):
    """Good ones are kept, bad ones are not, and the record says who had them and what they cost."""
    ideas = [answer("less", "x=10", "x=4"), answer("more", "y=1", "y=7")]
    with AnthropicServer(*map(says, ideas)) as server:
        events = hold(project, server, max_experiments="5", price_in="1", price_out="10")
    _, less, *tuned = experiments(events)
    assert (less.status, less.description, less.proposer) == (Status.KEEP, "less", "anthropic")
    assert (less.tokens, less.cost_usd) == (120, pytest.approx(300e-6))
    assert {each.proposer for each in tuned} <= {"search", "anthropic"}
    assert tuned[0].proposer == "search"
    assert "x" in tuned[0].description
    body = server.seen[0].json
    assert "Be bold." in str(body)
    assert git(project, "log", "--format=%s", "-1", "autoresearch/t").startswith("experiment:")


def test_the_verb_shows_exactly_what_is_sent(project):
    """`brief` prints the conversation that the next call carries, to the byte."""
    with AnthropicServer(says(answer("worse", "x=10", "x=40"))) as server:
        hold(project, server, max_experiments="1")
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
        command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "brief"]
        shown = subprocess.run(
            [*command, "--json", "--tag=t", "--max-experiments=1", *flags],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        hold(project, server, max_experiments="1")
    sent = server.seen[1].json
    told = json.loads(shown.stdout)
    assert [b["text"] for b in told["system"]] == [b["text"] for b in sent["system"]]
    assert [b["text"] for b in told["messages"][0]["blocks"]] == [
        b["text"] for b in sent["messages"][0]["content"]
    ]


@pytest.mark.parametrize(("time_budget", "lifetime"), [("5", "5m"), ("5m", "1h")])
def test_what_is_cached_is_still_there_for_the_next_idea(project, time_budget, lifetime):
    """A brief is not paid for to be cached and gone when a long experiment is over."""
    with AnthropicServer(says(answer("less", "x=10", "x=4"))) as server:
        hold(project, server, max_experiments="1", time_budget=time_budget, kill_after="10m")
    marks = [part.get("cache_control", {}) for part in server.seen[0].json["system"]]
    assert {mark.get("ttl", "5m") for mark in marks if mark} == {lifetime}


def test_a_crash_is_mended_within_its_experiment(project):
    """The model gets the end of the log back once; the experiment has one number and both costs."""
    broken = answer("fast", "x=10", "x=$(target.txt_missing_function)")
    mended = answer("fast", "x=$(target.txt_missing_function)", "x=3")
    run = ". ./target.txt || { echo target.txt broke; exit 1; }\necho metric: $((x + y))\n"
    (project / "experiment.sh").write_text("set -e\n" + run)
    git(project, "commit", "-qam", "strict")
    with AnthropicServer(says(broken), says(mended)) as server:
        events = hold(project, server, max_experiments="1")
    _, fixed = experiments(events)
    assert (fixed.status, fixed.description, fixed.value) == (Status.KEEP, "fast", 4.0)
    assert (fixed.tokens, fixed.experiment) == (240, 1)
    assert "target.txt" in str(server.seen[1].json["messages"])
    assert git(project, "show", "autoresearch/t:target.txt") == "x=3\ny=1"


def test_crashes_are_not_mended_for_ever(project):
    """After max_fixes it is a crash; with 0 the model is not even asked."""
    (project / "experiment.sh").write_text("set -e\n" + RUN)
    git(project, "commit", "-qam", "strict")
    again = [answer("bold", "x=10", "false target.txt")] + [
        answer("bold", "false target.txt", "false target.txt || false")
    ] * 3
    run = "sh -ex experiment.sh"
    with AnthropicServer(*map(says, again)) as server:
        events = hold(project, server, max_experiments="1", run_command=run)
        assert len(server.seen) == 2
    crash = experiments(events)[-1]
    assert (crash.status, crash.reason, crash.tokens) == (Status.CRASH, Reason.NONZERO_EXIT, 240)
    other = answer("other", "x=10", "exit 4 # target.txt")
    with AnthropicServer(says(other)) as server:
        hold(project, server, max_experiments="1", run_command=run, max_fixes="0")
        assert len(server.seen) == 1


def test_rubbish_costs_no_experiment_and_the_search_takes_over(project):
    """Answers that do not apply are recorded with their cost, and work goes on."""
    with AnthropicServer(says("I think you should try harder.")) as server:
        events = hold(project, server, max_experiments="2")
    rejected = [event for event in events if isinstance(event, ProposalRejected)]
    assert rejected
    assert all(each.tokens == 240 for each in rejected)  # asked, and asked once more
    assert [e.proposer for e in experiments(events)[1:]] == ["search", "search"]
    assert look(project, "t").history.rejected == rejected


def test_a_server_that_refuses_the_key_does_not_stop_the_session(project, monkeypatch):
    """The reason is said, the search goes on, and the key is nowhere in what is written."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong-0123456789-abcdef")
    with AnthropicServer(says("")) as server:
        events = hold(project, server, max_experiments="2")
    rejected = next(event for event in events if isinstance(event, ProposalRejected))
    assert "refuses the API key" in rejected.error
    assert isinstance(events[-1], SessionEnd)
    assert [e.proposer for e in experiments(events)[1:]] == ["search", "search"]
    assert "sk-ant-wrong" not in everything(project)


def test_no_key_reaches_an_experiment_or_anything_written(project):
    """Neither its environment, nor logs, records, branches or patches hold the key."""
    (project / "experiment.sh").write_text(f"env\n{RUN}")
    git(project, "commit", "-qam", "nosy")
    with AnthropicServer(says(answer("less", "x=10", "x=4"))) as server:
        hold(project, server, max_experiments="1")
        sent = server.seen[0]
    assert anthropic_api.KEY in str(sent.headers)
    assert anthropic_api.KEY not in sent.body.decode()
    assert anthropic_api.KEY not in (project / "run.log").read_text()
    assert anthropic_api.KEY not in everything(project)


def test_a_call_that_a_signal_cuts_off_is_on_record(project):
    """The day's limit knows of it, and the session ends in order."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    with AnthropicServer(hang) as server:
        command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "run", *flags]
        model = ["--tag=t", "--proposer=anthropic", f"--base-url={server.url}"]
        with subprocess.Popen([*command, *model], stdout=subprocess.DEVNULL) as session:
            while not server.seen:
                time.sleep(0.01)
            session.terminate()
    assert session.returncode == 130
    history = look(project, "t").history
    assert [each.tokens > 16_384 for each in history.rejected] == [True]


def test_the_spend_limit_ends_the_models_part_and_not_the_session(project):
    """When the next call might go over, it is not made."""
    ideas = [answer(f"idea {n}", "x=10", f"x={20 + n}") for n in range(9)]
    with AnthropicServer(*[says(idea, (500, 100)) for idea in ideas]) as server:
        limit = 16_384 + 8_000
        events = hold(project, server, max_experiments="6", max_tokens=str(limit))
    done = experiments(events)[1:]
    assert len(done) == 6
    assert sum(e.tokens for e in done) <= limit
    assert {e.proposer for e in done} == {"anthropic", "search"}
    assert any("max_tokens" in e.error for e in events if isinstance(e, ProposalRejected))


def test_the_day_has_a_limit_too(project):
    """What other campaigns spent today counts, read from the ledger alone."""
    prices = {"price_in": "100", "price_out": "1000"}
    with AnthropicServer(says(answer("one", "x=10", "x=20"), (1000, 100))) as server:
        hold(project, server, max_experiments="1", **prices)
        assert len(server.seen) == 1
        hold(project, server, tag="u", max_experiments="1", max_cost_usd_per_day="16.6", **prices)
        assert len(server.seen) == 1


def test_what_speaks_openais_api_needs_no_key(project, monkeypatch):
    """A local server has the ideas with base_url and model alone."""
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    less = openai_api.Says(pieces=(answer("less", "x=10", "x=4"),))
    with OpenAIServer(less, key=None) as server:
        events = hold(
            project, server, proposer="auto", base_url=f"{server.url}/v1", model="gpt-6.1-terra",
            max_experiments="1",
        )  # fmt: skip
    assert experiments(events)[-1].proposer == "openai"


def test_an_agent_has_ideas_too(project):
    """Whatever it does to its copy, only the target's new content is taken, and it is judged."""
    agent = 'cat > /dev/null; rm experiment.sh; sed -i s/x=10/x=2/ target.txt; echo "TITLE: agent"'
    overrides = {**SETTINGS, "tag": "t", "proposer_command": agent, "max_experiments": "1"}
    with open_session(SessionRequest(project, overrides)) as session:
        events = list(research(session))
    done = experiments(events)[-1]
    assert (done.status, done.proposer, done.description) == (Status.KEEP, "command", "agent")
    assert (project / "experiment.sh").exists()


@pytest.mark.parametrize(
    ("settings", "variables", "name"),
    [
        ({}, {}, "search"),
        ({}, {"ANTHROPIC_API_KEY": "k"}, "anthropic"),
        ({}, {"OPENAI_API_KEY": "k"}, "openai"),
        ({}, {"ANTHROPIC_API_KEY": " "}, "search"),
        ({"proposer": "search"}, {"ANTHROPIC_API_KEY": "k"}, "search"),
        ({"proposer_command": "agent"}, {"OPENAI_API_KEY": "k"}, "command"),
        ({"base_url": "http://localhost:1", "model": "m"}, {}, "openai"),
        ({"base_url": "http://localhost:1"}, {}, "search"),
    ],
)
def test_auto_is_the_best_at_hand(settings, variables, name):
    """An agent where one is set, a model where there is a key or a server, else the search."""
    from autoresearch_ci.config import Settings

    assert chosen(Settings(**{**SETTINGS, **settings}), variables) == name


def everything(project):
    """All that a session leaves: every object of git, the ledger, the git directory's files."""
    objects = subprocess.run(
        "git cat-file --batch-all-objects --batch --buffer; cat results.tsv .claude/logs/*; "
        "find .git/autoresearch -type f -exec cat {} +",
        shell=True, cwd=project, capture_output=True, check=False,
    )  # fmt: skip
    return objects.stdout.decode(errors="replace")


def test_the_record_is_complete(project):
    """Every experiment of a model carries its tokens; those of the search none."""
    with AnthropicServer(says(answer("less", "x=10", "x=4"))) as server:
        events = hold(project, server, max_experiments="3")
    for event in events:
        if isinstance(event, Experiment) and event.experiment:
            assert (event.tokens > 0) == (event.proposer == "anthropic")


def test_what_a_person_suggests_is_what_the_model_is_asked_for(project):
    """A queued idea is in the next brief, the experiment says that it took it up, and it is gone."""
    workspace = Workspace.open(project)
    request = IdeaRequest("t", "asked-1", "2026-03-17T14:35:00Z", "halve x, says Ann")
    leave_local(workspace, request)
    with AnthropicServer(says(answer("halve", "x=10", "x=5"))) as server:
        hold(project, server, max_experiments="1")
        assert "halve x, says Ann" in server.seen[0].body.decode()
    history = look(project, "t").history
    assert history.experiments[1].change["ideas"] == ["asked-1"]
    assert history.ideas == []


def test_a_goal_reaches_the_model_and_the_record(project, monkeypatch):
    """What a session is for is in the brief and on record; the search alone says that it is deaf."""
    goal = "make x smaller, whatever it takes"
    with AnthropicServer(says(answer("halve", "x=10", "x=5"))) as server:
        start, *_ = hold(project, server, max_experiments="1", goal=goal)
        assert goal in server.seen[0].body.decode()
    assert start.goal == goal
    log = (project / ".claude/logs/autoresearch.jsonl").read_text()
    assert f'"goal":"{goal}"' in log.replace('": ', '":')
    overrides = {**SETTINGS, "tag": "t", "proposer": "search", "goal": goal}
    with open_session(SessionRequest(project, overrides)) as session:
        assert any("the embedded search does not read it" in note for note in session.notes)


def test_a_model_that_nobody_can_ask_is_told(project, monkeypatch):
    """A model is named and no key is set: then the search has the ideas, and a note says so."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    overrides = {**SETTINGS, "tag": "t", "model": "gpt-5", "proposer": "auto"}
    with open_session(SessionRequest(project, overrides)) as session:
        assert any("OPENAI_API_KEY" in note for note in session.notes)


def test_the_model_is_shown_what_the_incumbent_printed_and_evidence(project, monkeypatch):
    """Both are of the version to change: the command runs once for each, as any experiment does."""
    monkeypatch.setenv("DEPLOY_TOKEN", "ghp_" + "a1" * 18)
    answers = [says(answer("a", "x=10", "x=5")), says(answer("b", "x=5", "x=5 #")),
               says(answer("c", "x=5", "x=4"))]  # fmt: skip
    command = "echo at $(grep ^x target.txt), ${DEPLOY_TOKEN-unset}; echo y=0 > target.txt"
    told = []
    with AnthropicServer(*answers) as server:
        overrides = {
            **SETTINGS, "tag": "t", "base_url": server.url, "proposer": "anthropic",
            "max_experiments": "4", "evidence_command": command,
            "run_command": "echo begins; echo METRIC lines=3; sh experiment.sh",
        }  # fmt: skip
        with open_session(SessionRequest(project, overrides, tell=told.append)) as session:
            list(research(session))
        briefs = [each.body.decode() for each in server.seen]
    incumbents = []
    for brief in briefs:
        [target] = re.findall(r"````\\n(x=[^\\]+)\\ny=1", brief)
        assert re.findall(r"at (x=.*?), unset", brief) == [target]
        value = int(re.match(r"x=(\d+)", target)[1]) + 1
        assert f"begins\\nMETRIC lines=3\\nmetric: {value}\\n" in brief
        incumbents.append(target)
    assert len(set(incumbents)) > 1
    ran = [event.text for event in told if isinstance(event, Phase)].count("evidence_command")
    assert ran == len(set(incumbents)), "once for each"
    assert (project / "target.txt").read_text() == TARGET


@pytest.mark.parametrize(
    ("command", "told_of"),
    [
        ("echo no perf here >&2; exit 3", "evidence_command failed: no perf here."),
        ("perf record 2> /dev/null | head", "evidence_command printed nothing."),
    ],
)
def test_evidence_that_fails_is_told_and_ends_nothing(project, command, told_of):
    """The model is asked without it; a note says what the command said."""
    told = []
    with AnthropicServer(says(answer("less", "x=10", "x=4"))) as server:
        overrides = {
            **SETTINGS, "tag": "t", "base_url": server.url, "proposer": "anthropic",
            "max_experiments": "1", "evidence_command": command,
        }  # fmt: skip
        with open_session(SessionRequest(project, overrides, tell=told.append)) as session:
            events = list(research(session))
        assert "# Evidence" not in server.seen[0].body.decode()
    [note] = [each.text for each in told if isinstance(each, Note)]
    assert note.startswith(told_of)
    assert [each.status for each in events if isinstance(each, Experiment)] == [Status.KEEP] * 2
