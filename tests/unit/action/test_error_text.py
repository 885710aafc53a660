"""Errors of the command line, in the words of a workflow."""

from __future__ import annotations

import pytest

from autoresearch_ci.action.error_text import explain
from autoresearch_ci.core.errors import SettingsError


@pytest.mark.parametrize(
    ("remedy", "said"),
    [
        ("Set it back.", "Set it back."),
        ("Give one of these as --tag: a.", "Give one of these as `tag`: a."),
        (
            "Start there: `autoresearch-ci run --new --base autoresearch/t`. Or go back.",
            "Start there: `new_campaign: true`, with autoresearch/t checked out. Or go back.",
        ),
    ],
)
def test_flags_are_inputs_there(remedy, said):
    """What to do is something that a workflow can do."""
    assert explain(SettingsError("m.", remedy=remedy)) == ("m.", "", said)


def test_a_pull_request_has_one_campaign():
    """Where a new campaign is advised, it says what to do on a pull request, which can have none."""
    _, _, said = explain(SettingsError("m.", remedy="Begin a new campaign with --new."))
    assert said.startswith("Begin a new campaign with `new_campaign: true`.")
    assert "delete autoresearch/pr-NUMBER and autoresearch-logs/pr-NUMBER" in said
