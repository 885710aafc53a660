"""Lanes as processes of their own, and what must hold once they are combined."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count, pairwise
from pathlib import Path

from autoresearch_ci.campaign.archive import archived
from autoresearch_ci.campaign.ledger import read
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Reason
from tests.prepared_steps import Step, program
from tests.projects import SETTINGS, git
from tests.racing_sessions import SIDES

TAG = "lanes"
LANED = {**SETTINGS, "tag": TAG}
_NUMBERS = count()

SESSION = """
import json, random, sys, time
from dataclasses import replace
from pathlib import Path
from autoresearch_ci.campaign import archive
from autoresearch_ci.campaign.lanes import pace, sync
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.combine import combine
from autoresearch_ci.engine.loop import research
from autoresearch_ci.core.model import Experiment, Lane, Proposal
from autoresearch_ci.workspace import Target
from tests.lane_sessions import LANED
from tests.racing_sessions import SIDES, changed

given = json.loads(sys.argv[1])
archive.INTERVAL, sync.NEWS_EVERY, sync.SHARE = 0.0, 0.0, 0
if given["push"]:
    pace.APART, pace.READS_A_SECOND = 0.05, 10**6
lane = Lane(given["lane"], given["lanes"]) if given["lane"] else None


class Proposer:
    name = "lane"
    made = given["first"]

    def propose(self, source, history):
        self.made += 1
        time.sleep(random.uniform(0, 2 * given["pause"]))
        title, text = changed(source.text, SIDES[(lane.number - 1) % 2 if lane else 0], self.made)
        return Proposal(title, source | {source.target: text}, self.name, {"n": self.made})


settings = {**LANED, "max_experiments": given["count"]}
request = SessionRequest(
    Path(given["repository"]), settings, setup_only=given["setup"], lane=lane,
    combine=given["combine"], push=Target("origin") if given["push"] else None,
    proposer=Proposer(),
)
with open_session(request) as session:
    # So many experiments are this session's own, however many lanes there are.
    session = replace(session, limits=replace(session.limits, shares=None))
    for event in (combine if given["combine"] else research)(session):
        if isinstance(event, Experiment):
            print("TOLD", json.dumps([event.session, event.experiment, event.description]), flush=True)
        else:
            print(event, flush=True)
    print("RACED" if session.remote_sync.raced else "DONE", flush=True)
"""


def start(repository: Path, lane: int = 0, lanes: int = 2, **more: object) -> Step:
    """A process that holds a session: of a lane, with `combine` or `setup` one of the campaign."""
    given = {
        "repository": str(repository),
        "lane": lane,
        "lanes": lanes,
        "count": 8,
        "first": 0,
        "pause": 0.0,
        "push": False,
        "setup": False,
        "combine": False,
        **more,
    }
    log = repository.with_name(f"{repository.name}-{next(_NUMBERS)}.log")
    return program(SESSION, json.dumps(given), log=log)


def end(process: Step) -> str:
    """What it said; it must have ended well."""
    said = process.communicate(timeout=600)[0]
    assert process.returncode == 0, said[-4000:]
    return said


def hold(repository: Path, lane: int = 0, lanes: int = 2, **more: object) -> str:
    """One session from its beginning to its end; what it said."""
    return end(start(repository, lane, lanes, **more))


def told(said: str) -> set[tuple[str, int, str]]:
    """The experiments that it told of: session, number there, title."""
    rows = (line.removeprefix("TOLD ") for line in said.splitlines() if line.startswith("TOLD "))
    return {tuple(json.loads(row)) for row in rows}


def check(repository: Path, *said: str) -> History:
    """All that was told is in the merged log, once; log, branch and archive agree."""
    data = git(repository, "show", f"autoresearch-logs/{TAG}:.claude/logs/autoresearch.jsonl")
    lines = data.splitlines()
    assert len(lines) == len(set(lines)), "each record once"
    log = read(f"{data}\n".encode(), "log")[TAG]
    history = log.history
    done = [json.loads(line)["details"] for line in lines if '"experiment_done"' in line]
    there = [(d["session"], d["experiment"], d["description"]) for d in done]
    assert len(there) == len(set(there)) == len(history.experiments)
    titles = Counter((session, title) for session, _number, title in there)
    for each in said:  # a session without a lane that came second has other numbers then
        missing = Counter((session, title) for session, _number, title in told(each)) - titles
        assert not missing, "nothing that was told is lost"
    agree(repository, history)
    for each in history.experiments:
        if each.experiment == 0 or each.reason is Reason.INTERRUPTED:
            continue
        name = archived(f"{history.name(each.experiment)}.patch")
        patch = git(repository, "show", f"autoresearch-logs/{TAG}:{name}")
        assert each.candidate in patch, "the patch is that experiment's"
    rows = git(repository, "show", f"autoresearch-logs/{TAG}:results.tsv").splitlines()
    assert len(rows) == len(history.experiments) + 1
    assert not git(repository, "for-each-ref", "refs/autoresearch/lanes")
    return history


def agree(repository: Path, history: History) -> None:
    """The branch is the kept experiments, each made on what it was compared with."""
    tip = git(repository, "rev-parse", f"autoresearch/{TAG}")
    assert tip == history.incumbent.commit, "the tip is the last keep"
    for before, this in pairwise(history.kept):
        assert this.parent == before.commit
        assert git(repository, "rev-parse", f"{this.commit}^") == before.commit


def improved(repository: Path) -> set[str]:
    """The sides whose own numbers are better on the branch than where it began."""
    text = git(repository, "show", f"autoresearch/{TAG}:target.txt").splitlines()
    values = [float(line.partition("=")[2]) for line in text if line[1:2] == "="]
    began = [30.0 * number for number in range(len(values))]
    better = [abs(new - 5) < abs(old - 5) for new, old in zip(values, began, strict=True)]
    return {side for side, own in zip(SIDES, (better[:4], better[4:]), strict=True) if any(own)}
