"""The message of a kept commit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.campaign.commit_message import message


def test_it_has_a_subject_numbers_and_trailers(baseline):
    """What changed, what it did to the metric, and what programs read."""
    kept = replace(baseline, experiment=7, value=0.9932, prev=0.9979, description="LR 0.02 -> 0.04")
    assert message(kept).splitlines()[:6] == [
        "experiment: LR 0.02 -> 0.04",
        "",
        "val_bpb 0.997900 -> 0.993200 (-0.47%)",
        "",
        "Autoresearch-Experiment: 7",
        "Autoresearch-Metric: val_bpb=0.9932",
    ]


def test_a_title_cannot_forge_a_trailer(baseline):
    """Line breaks in a title become spaces."""
    forged = replace(baseline, description="x\n\nAutoresearch-Metric: val_bpb=0")
    assert "\nAutoresearch-Metric: val_bpb=0\n" not in message(forged)


def test_a_previous_value_of_zero_has_no_percent(baseline):
    """Nothing is divided by zero."""
    assert "metric 0.000000" not in message(replace(baseline, prev=0.0, value=1.0))
    assert "val_bpb 0.000000 -> 1.000000\n" in message(replace(baseline, prev=0.0, value=1.0))


@pytest.mark.parametrize(
    "title", ["fixes #12", "ask @octo/team", "see GH-7", "[skip ci] x", "[Actions skip] x"]
)
def test_a_title_orders_nothing(baseline, title):
    """A commit closes no issue, calls nobody and skips no checks by what a model called an idea."""
    said = message(replace(baseline, description=title)).partition("\n")[0]
    assert title not in said
    assert said.replace("\u200b", "") == f"experiment: {title}"
