"""What a workflow gets back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch_ci.action.outputs import (
    OUTPUTS,
    RESULTS_CHARACTERS,
    Outputs,
    outputs_of,
    write_outputs,
    write_summary,
)
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.model import Direction, Reason, SessionEnd, StopReason
from autoresearch_ci.forge.size_limits import STEP_SUMMARY


def read(text: str) -> dict[str, str]:
    """As GitHub's runner reads the file."""
    found, lines = {}, text.split("\n")
    while lines and (line := lines.pop(0)):
        name, _, word = line.partition("<<")
        at = lines.index(word)
        found[name] = "\n".join(lines[:at])
        lines = lines[at + 1 :]
    return found


LINES = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["a<<b", "b", "x=y", "", "EOF"]))
).map("\n".join)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(list(OUTPUTS)), LINES))
def test_no_value_can_be_another_output(values, tmp_path):
    """The runner reads exactly the outputs that were written, whatever their texts are."""
    path = tmp_path / "output"
    path.unlink(missing_ok=True)
    write_outputs(path, values)
    assert read(path.read_bytes().decode()) == values


def test_the_fields_are_the_outputs():
    """Each documented output is written, and none besides."""
    assert list(Outputs("error").items()) == list(OUTPUTS)


def test_counts_are_of_this_session(make_history, session_start):
    """A session that goes on with a campaign counts only its own experiments."""
    history = make_history(
        (0.9, Reason.IMPROVED), (0.95, Reason.WORSE), (None, Reason.TIMEOUT), (0.8, Reason.IMPROVED)
    )
    history._experiments[1] = replace(history._experiments[1], session="s0")
    end = SessionEnd("mar17", "s1", "t", StopReason.MAX_EXPERIMENTS, 3, 1, 0.8)
    found = outputs_of(session_start, end, history, {session_start.session})
    assert found.result == "improved"
    assert (found.experiments, found.kept, found.discarded, found.crashed) == ("3", "1", "1", "1")
    assert (found.baseline, found.best, found.improvement_percent) == ("1", "0.8", "20")
    assert found.logs_branch == "autoresearch-logs/mar17"
    results = json.loads(found.results_json)
    assert [each["experiment"] for each in results["experiments"]] == [2, 3, 4]
    assert results["stopped"] == "max_experiments"


@pytest.mark.parametrize("direction", Direction)
def test_an_improvement_is_positive(make_history, session_start, direction):
    """improvement_percent is above 0 where the best is better, whichever way is better."""
    value = 0.5 if direction is Direction.LOWER else 1.5
    history = make_history((value, Reason.IMPROVED), direction=direction)
    assert (
        outputs_of(session_start, None, history, {session_start.session}).improvement_percent
        == "50"
    )


def test_thousands_of_experiments_fit(make_history, session_start):
    """results_json keeps the newest experiments within its limit, and counts what it leaves out."""
    history = make_history(*[(2.0, Reason.WORSE)] * 4000)
    for number, experiment in enumerate(history._experiments):
        history._experiments[number] = replace(experiment, description='"\u1234\n' * 60)
    found = outputs_of(session_start, None, history, {session_start.session}).results_json
    results = json.loads(found)
    assert len(found) < RESULTS_CHARACTERS + 1000
    assert results["experiments"][-1]["experiment"] == 4000
    assert results["omitted"] == 4000 - len(results["experiments"]) > 0


@pytest.mark.parametrize("before", [0, 1000, STEP_SUMMARY.most - 10, STEP_SUMMARY.most + 5])
def test_a_summary_stays_below_the_limit(tmp_path, before):
    """The runner drops a summary that is too large as a whole, so it is cut in bytes."""
    path = tmp_path / "summary"
    path.write_bytes(b"x" * before)
    write_summary(path, lambda room: "é" * room)
    assert before <= path.stat().st_size <= max(before, STEP_SUMMARY.most)
    if before <= 1000:
        assert path.stat().st_size > STEP_SUMMARY.most // 2


def test_a_file_that_cannot_be_written(tmp_path):
    """Where the runner's file is gone the error says where to look."""
    with pytest.raises(MachineError, match="cannot be written"):
        write_outputs(tmp_path / "none" / "output", {"result": "x"})
