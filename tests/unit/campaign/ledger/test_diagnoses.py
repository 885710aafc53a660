"""What the doctor found, in the log."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autoresearch_ci.campaign.ledger import encode, loads, read
from autoresearch_ci.campaign.ledger.merge import merge
from autoresearch_ci.campaign.ledger.reading import CampaignLog
from autoresearch_ci.campaign.ledger.records import dumps
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import Check, Diagnosis

FOUND = Diagnosis(
    tag="mar17",
    session="s1",
    timestamp="2026-03-17T14:35:00Z",
    checks=(
        Check("no change", True, "discard: duplicate"),
        Check("another seed", None, note="the target sets no seed to a number"),
        Check("a lie after the work", False, "keep: improved", "Set measure_command."),
    ),
    weaknesses=("There is no guard_command.",),
    unseen=("a lie instead of work",),
    note="It was cut short.",
)


def test_there_and_back():
    """What is written is what is read."""
    assert loads(dumps(FOUND)) == FOUND
    assert encode(FOUND)["action"] == "examined"
    assert [check.title for check in FOUND.wrong] == ["a lie after the work"]


def test_the_history_has_the_last(baseline):
    """A history has the last diagnosis, also one that is merged from what others published."""
    later = Diagnosis("mar17", "s2", "2026-03-18T14:35:00Z", ())
    log = read(dumps(FOUND) + dumps(later), "log")["mar17"]
    assert log.history.diagnosis == later
    published = read(dumps(replace(baseline, session="s0")), "log")["mar17"]
    merged = merge(published, read(dumps(FOUND), "log")["mar17"]).log
    assert isinstance(merged, CampaignLog)
    assert merged.history.diagnosis == FOUND


@pytest.mark.parametrize("checks", [None, ["words"], [{"right": True}], 5])
def test_a_damaged_one(checks):
    """A record that is none of ours is an error that says what to do with the file."""
    line = json.loads(dumps(FOUND))
    line["details"]["checks"] = checks
    with pytest.raises(LedgerError, match="not a record of autoresearch-ci"):
        read(json.dumps(line).encode() + b"\n", "log")
