"""Two sessions at work on one campaign at the same time, and what must hold in the end."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from autoresearch_ci.campaign.archive import archived
from autoresearch_ci.campaign.ledger import CampaignLog, encode, read
from tests.projects import SETTINGS, git, make_repository

SESSION = """
import random, sys, time
from pathlib import Path
from autoresearch_ci.campaign import archive, sync as publisher
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.core.model import Proposal
from autoresearch_ci.workspace import Target
from tests.racing_sessions import PUSHED, changed

archive.INTERVAL, publisher.A_MINUTE = 0.0, 10**6  # every experiment is pushed, which makes for the most races
repository, side, count, token = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]


class Proposer:
    name = "racer"
    made = int(sys.argv[5])

    def propose(self, source, history):
        self.made += 1
        time.sleep(random.uniform(0, 2 * float(sys.argv[6])))
        title, text = changed(source.text, side, self.made)
        return Proposal(title, source | {source.target: text}, self.name)


settings = {**PUSHED, "max_experiments": count}
with open_session(SessionRequest(repository, settings, push=Target("origin", token), proposer=Proposer())) as session:
    for event in research(session):
        print(event, flush=True)
"""
SIDES = ("left", "right")
LETTERS = "abcdefgh"
PUSHED = {**SETTINGS, "tag": "race"}
RUN = "awk -F= '/^[a-z]=/ { s += ($2 - 5) ^ 2 } END { print \"metric: \" s }' target.txt\n"


def changed(text: str, side: str, number: int) -> tuple[str, str]:
    """An idea of one side: another value for one of its own lines, better two times of three.

    Every third time both sides are after the same line.
    """
    lines = text.splitlines()
    mine = range(4) if side == "left" else range(4, 8)
    at = 0 if number % 3 == 0 else mine[number % 4]
    name, _, value = lines[at * 4].partition("=")
    factor = 1.5 if number % 3 == 1 else 0.8
    new = 5 + (float(value) - 5) * factor + (0.001 if side == "left" else 0.002) * number
    lines[at * 4] = f"{name}={new:.9f}"
    return f"{side} {number}", "\n".join([*lines, ""])


def make_project(folder: Path) -> Path:
    """Numbers to tune, far enough apart that two changes can be applied together."""
    lines = [line for n, name in enumerate(LETTERS) for line in (f"{name}={n * 30}", *"###")]
    return make_repository(folder, {"target.txt": "\n".join([*lines, ""]), "experiment.sh": RUN})


def start(
    repository: Path, side: str, count: int, token: str, first: int = 0, pause: float = 0.0
) -> subprocess.Popen[str]:
    """A process that holds a session; it prints its events.

    `pause` is how long it thinks about an idea, in seconds on average. Two that never
    think push without end, and then one of them gets through at the other's end only.
    """
    words = [str(repository), side, str(count), token, str(first), str(pause)]
    return subprocess.Popen(
        [sys.executable, "-c", SESSION, *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path.cwd(),
    )  # fmt: skip


def clone(bare: Path, url: str, folder: Path) -> Path:
    subprocess.run(["git", "clone", "-q", str(bare), str(folder)], check=True)
    git(folder, "config", "user.name", "u")
    git(folder, "config", "user.email", "u@example.org")
    git(folder, "remote", "set-url", "origin", url)
    return folder


def records(repository: Path, tag: str = "race") -> list[dict]:
    name = f"autoresearch-logs/{tag}:.claude/logs/autoresearch.jsonl"
    return [json.loads(line) for line in git(repository, "show", name).splitlines()]


def campaign(repository: Path, tag: str = "race") -> CampaignLog:
    name = f"autoresearch-logs/{tag}:.claude/logs/autoresearch.jsonl"
    return read(f"{git(repository, 'show', name)}\n".encode(), name)[tag]


def experiments(repository: Path, tag: str = "race") -> list[dict]:
    """The experiments as they count in the campaign."""
    return [encode(each)["details"] for each in campaign(repository, tag).history.experiments]


def check(bare: Path, count: int) -> list[dict]:
    """What the remote has: every experiment of each side once, and branches that agree."""
    done = agree(bare)
    ideas = [d["description"] for d in done[1:] if "again" not in d["change"]]
    ideas = [title for title in ideas if title != "baseline"]
    assert len(ideas) == len(set(ideas)), "each once"
    assert set(ideas) <= {f"{side} {n}" for side in SIDES for n in range(1, count + 1)}
    again = sum("again" in d["change"] for d in done)
    assert len(ideas) + again == len(SIDES) * count, "all of both"
    return done


def agree(bare: Path) -> list[dict]:
    """Every record is there once, the code branch is the keeps, the archive has each idea."""
    history, done = campaign(bare).history, experiments(bare)
    keys = [history.key(d["experiment"]) for d in done]
    assert len(set(keys)) == len(keys), "each once"
    kept = [d for d in done if d["status"] == "keep"]
    assert git(bare, "rev-parse", "autoresearch/race") == kept[-1]["sha"], "the tip is the last"
    for before, this in pairwise(kept):
        assert this["parent"] == before["sha"], "compared with the keep before it"
        assert git(bare, "rev-parse", f"{this['sha']}^") == before["sha"], "and made on it"
        body = git(bare, "log", "-1", "--format=%B", this["sha"])
        number = int(keys[this["experiment"]].rpartition("-")[2])
        assert f"Autoresearch-Experiment: {number}\n" in body
    rows = git(bare, "show", "autoresearch-logs/race:results.tsv").splitlines()
    assert len(rows) == len(done) + 1
    for d in done:
        if d["description"] == "baseline" or d["reason"] == "interrupted":
            continue
        name = archived(f"{history.name(d['experiment'])}.patch")
        patch = git(bare, "show", f"autoresearch-logs/race:{name}")
        assert d["candidate"] in patch, "the patch is that experiment's"
    return done
