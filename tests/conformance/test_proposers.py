"""Every proposer keeps the seam's promises; see autoresearch_ci/proposers/__init__.py."""

import hashlib
import json

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, FileSet, Reason, Status
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.proposers.search import SearchProposer

TARGET = """\
import os
LR = 0.02
BATCH_SIZE = 64
NAME = "ü"

def train(depth=3, fast=True):
    spare = 1
    if fast:
        print("training")
    return LR * depth / BATCH_SIZE
"""
SCRIPT = [(f"idea {n}", lambda text, n=n: f"{text}# {n}\n") for n in range(6)]
PROPOSERS = {
    "scripted": lambda: ScriptedProposer(SCRIPT),
    "search": lambda: SearchProposer(metric_name="loss", seed="mar17"),
    "search without deletions": lambda: SearchProposer(metric_name="loss", deletions=False),
}
SOURCES = {
    "plain": ("train.py", TARGET),
    "crlf": ("train.py", TARGET.replace("\n", "\r\n")),
    "tabs": ("train.py", TARGET.replace("    ", "\t")),
    "bom": ("train.py", "\ufeff" + TARGET),
    "unicode path": ("日本/tràin é.py", TARGET),
    "no trailing newline": ("train.py", TARGET.rstrip()),
    "does not parse": ("train.py", "LR = 0.1\ndef f(:\n"),
    "nearly empty": ("train.py", "\n"),
    "one word": ("x", "x"),
    "binary": ("x.bin", "\x00\x01\x02 0.5 \ufffd"),
    "javascript": ("src/a.js", "const a = 1.5;\nfunction f() {\n  return a * 3;\n}\n"),
    "yaml": ("c.yml", "lr: 0.1\nmodel:\n  depth: 4 # layers\n"),
}


def blob(text):
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Campaign:
    """A campaign in memory: the loop without git and without experiments."""

    def __init__(self, path, text, verdict):
        self.source = FileSet({path: text})
        self.history = History(Direction.LOWER)
        self.texts = [text]
        self.titles = [""]
        self.verdict = verdict
        self.record(Status.KEEP, None, 1.0, text, {})

    def record(self, status, reason, value, text, change):
        best = self.history.incumbent
        self.history.add(
            Experiment(
                tag="mar17",
                session="s",
                timestamp="t",
                experiment=self.history.next_number,
                status=status,
                reason=reason,
                metric="loss",
                value=value,
                prev=best.value if best else None,
                description="",
                commit="",
                parent="",
                candidate=blob(text),
                proposer="search",
                change=json.loads(json.dumps(change)),
            )
        )

    def step(self, proposer):
        """One experiment; whether there was one."""
        proposal = proposer.propose(self.source, self.history)
        if proposal is None:
            return False
        self.texts.append(proposal.files.text)
        self.titles.append(proposal.title)
        best = self.history.incumbent.value
        status, reason = self.verdict(self.history.next_number, proposal.files.text)
        value = {Status.KEEP: best * 0.9, Status.DISCARD: best * 1.1, Status.CRASH: None}[status]
        self.record(status, reason, value, proposal.files.text, dict(proposal.change))
        if status is Status.KEEP:
            self.source = proposal.files
        return True


def discard(number, text):
    return Status.DISCARD, Reason.WORSE


def mixed(number, text):
    """Keeps, discards and crashes that depend on the text alone, as a real metric would."""
    luck = int(blob(text)[:4], 16) % 5
    if luck == 0:
        return Status.KEEP, Reason.IMPROVED
    return (Status.CRASH, Reason.TIMEOUT) if luck == 1 else (Status.DISCARD, Reason.WORSE)


@pytest.fixture(params=PROPOSERS)
def make(request):
    return PROPOSERS[request.param]


@pytest.fixture(params=SOURCES)
def target(request):
    return SOURCES[request.param]


@pytest.mark.parametrize("verdict", [discard, mixed])
def test_ideas_are_new_and_have_a_short_title(make, target, verdict):
    """No proposal is the source or a content that was tried; a title is one line."""
    campaign, proposer = Campaign(*target, verdict), make()
    for _ in range(25):
        if not campaign.step(proposer):
            break
    assert len(set(campaign.texts)) == len(campaign.texts)
    for title in campaign.titles[1:]:
        assert 0 < len(title) <= 72
        assert title.isprintable()


def test_a_fresh_instance_goes_on_where_the_last_one_stopped(make, target):
    """What is proposed comes from the source and the history, never from the instance."""
    campaign, proposer = Campaign(*target, mixed), make()
    for _ in range(20):
        fresh = make().propose(campaign.source, campaign.history)
        again = proposer.propose(campaign.source, campaign.history)
        assert fresh == again
        if not campaign.step(proposer):
            break


def test_asking_changes_nothing(make):
    """Asked twice with the same history, a proposer gives the same answer."""
    campaign, proposer = Campaign(*SOURCES["plain"], mixed), make()
    campaign.step(proposer)
    assert proposer.propose(campaign.source, campaign.history) == proposer.propose(
        campaign.source, campaign.history
    )


def test_it_comes_to_an_end(make):
    """On a plateau a proposer at last has nothing left to try, and says so."""
    campaign, proposer = Campaign("a.py", "LR = 0.1\nspare = 1\n", discard), make()
    while campaign.step(proposer):
        assert campaign.history.next_number < 400
    assert make().propose(campaign.source, campaign.history) is None


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"set": 3},
        {"set": {"LR": [1]}},
        {"set": {"LR": ["a", 2]}},
        {"cut": 5},
        {"set": {"LR": [0.02, 10**400]}},
        {"set": {"LR": ["x", "y"]}},
        {"set": {"NAME~": [1, 2]}},
        {"other": None},
        {"set": {"gone": [1, 2]}},
    ],
)
def test_notes_of_others_do_no_harm(make, change):
    """Experiments by hand, by other proposers or of older releases are only not learned from."""
    campaign, proposer = Campaign(*SOURCES["plain"], mixed), make()
    campaign.record(Status.KEEP, Reason.IMPROVED, 0.9, campaign.source.text + "\n", change)
    campaign.record(Status.DISCARD, Reason.WORSE, 1.4, campaign.source.text + "\n\n", change)
    campaign.record(Status.CRASH, Reason.INTERRUPTED, None, campaign.source.text + " ", change)
    campaign.step(proposer)
    assert make().propose(campaign.source, campaign.history) == proposer.propose(
        campaign.source, campaign.history
    )


def test_another_campaign_with_the_same_instance(make):
    """An instance that is given another history forgets the first."""
    first, second = Campaign(*SOURCES["plain"], mixed), Campaign(*SOURCES["plain"], discard)
    proposer = make()
    for _ in range(3):
        first.step(proposer)
    assert proposer.propose(second.source, second.history) == make().propose(
        second.source, second.history
    )


def test_a_candidate_has_all_files_of_the_incumbent(make):
    """With several editable files each is in every proposal, and the target is the first of them."""
    campaign, proposer = Campaign(*SOURCES["plain"], mixed), make()
    campaign.source = FileSet({**campaign.source, "model.py": "DEPTH = 4\n", "conf.yml": "a: 1\n"})
    for _ in range(10):
        proposal = proposer.propose(campaign.source, campaign.history)
        if proposal is None:
            break
        assert list(proposal.files) == list(campaign.source)
        assert proposal.files != campaign.source
        campaign.step(proposer)
