"""Logs of other tools as campaigns: what they say, in our words, and never a byte changed."""

from __future__ import annotations

import pytest

from autoresearch_ci.campaign.ledger import HEADER
from autoresearch_ci.campaign.other_tools import found, view
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import Direction, Reason, Status

PI = """\
{"type":"config","name":"An old part","metricName":"size","bestDirection":"higher"}
{"run":1,"commit":"a","metric":5,"status":"keep","description":"old","timestamp":1773348490227}
{"type":"config","name":"Parsing","metricName":"combined_µs","metricUnit":"µs","bestDirection":"lower"}
{"run":1,"commit":"c09e722","metric":3818,"metrics":{"parse_µs":2722,"n":"no"},"status":"keep","description":"Baseline","timestamp":1773348490227}
{"run":2,"commit":"c09e722","metric":4063,"metrics":{},"status":"discard","description":"slower"}
{"run":3,"commit":"b7ae55f","metric":3556,"status":"keep","description":"byteindex"}
{"run":4,"commit":"b7ae55f","metric":3500,"status":"checks_failed","description":"broken"}
{"run":5,"commit":"b7ae55f","metric":0,"metrics":{"parse_µs":0},"status":"crash","description":"no"}
{"run":6,"commit":"b7ae55f","metric":3550,"status":"discard","description":"not worth it"}
{"run":7,"comm"""

TSV = """\
commit\tsharpe\tmax_dd\tmemory_gb\tstatus\tdescription
exp0\t-9.5\t0.00\t1.5\tBASELINE\tas it is
exp1\t1.079\t8.74\t1.5\tKEEP\tfallback
exp2\t0.680\t4.39\t1.5\tREVERT\tworse
exp3\t0.000000\t0.0\t0.0\tcrash\tout of memory
"""


def told(history):
    return [(e.status, e.reason, e.value) for e in history.experiments]


def test_a_log_of_pi_autoresearch(tmp_path):
    """The newest part with its metric, direction and other numbers; a torn line is none."""
    path = tmp_path / "autoresearch.jsonl"
    path.write_text(PI)
    campaign, said = view(path)
    assert "the last of its 2 parts" in said
    start, history = campaign.sessions[0], campaign.history
    assert (start.metric, start.direction, start.target) == (
        "combined_µs", Direction.LOWER, "Parsing"
    )  # fmt: skip
    assert told(history) == [
        (Status.KEEP, None, 3818), (Status.DISCARD, Reason.WORSE, 4063),
        (Status.KEEP, Reason.IMPROVED, 3556), (Status.DISCARD, Reason.GUARD_FAILED, 3500),
        (Status.CRASH, Reason.NO_METRIC, None), (Status.DISCARD, Reason.TRIED, 3550),
    ]  # fmt: skip
    assert history.baseline.metrics == {"parse_µs": 2722}
    assert history.baseline.timestamp == "2026-03-12T20:48:10Z"
    assert history.experiments[2].prev == 3818


def test_lines_without_a_number_of_the_run(tmp_path):
    """Tools that write the same log without numbers, or without a configuration, are read as well."""
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"iteration":0,"status":"baseline","metric":69.5,"description":"before"}\n'
        '{"commit":"2ba3ded","metric":79.2,"status":"keep","description":"better"}\n'
        '{"hook":"after","duration_ms":3}\n'
    )
    history = view(path)[0].history
    assert told(history) == [(Status.KEEP, None, 69.5), (Status.KEEP, Reason.IMPROVED, 79.2)]
    assert history.direction is Direction.HIGHER


def test_a_table(tmp_path):
    """The first number is the metric, others stand beside it; the way is that of what was kept."""
    path = tmp_path / "results.tsv"
    path.write_text(TSV)
    campaign, _ = view(path)
    assert campaign.history.direction is Direction.HIGHER
    assert told(campaign.history) == [
        (Status.KEEP, None, -9.5), (Status.KEEP, Reason.IMPROVED, 1.079),
        (Status.DISCARD, Reason.WORSE, 0.68), (Status.CRASH, Reason.NO_METRIC, None),
    ]  # fmt: skip
    assert campaign.history.experiments[1].metrics == {"max_dd": 8.74}
    assert campaign.history.experiments[1].memory_gb == 1.5


def test_which_log_there_is(tmp_path):
    """Our own table is none of another tool; a layout's log goes before it."""
    assert found(tmp_path) is None
    (tmp_path / "results.tsv").write_text(HEADER)
    assert found(tmp_path) is None
    (tmp_path / "results.tsv").write_text(TSV)
    assert found(tmp_path).name == "results.tsv"
    (tmp_path / ".auto").mkdir()
    (tmp_path / ".auto" / "log.jsonl").write_text(PI)
    assert found(tmp_path).name == "log.jsonl"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", ""),
        ("a.jsonl", "[]\n1\nnull\n{}\n"),
        ("a.jsonl", '{"type":"config"}\n'),
        ("a.tsv", ""),
        ("a.tsv", "a\tb\n1\t2\n"),
        ("a.tsv", "commit\tstatus\tdescription\nx\tkeep\ty\n"),
        ("a.tsv", TSV.splitlines()[0]),
        ("missing.tsv", None),
    ],
)
def test_what_is_no_log(tmp_path, name, text):
    """Anything else is an error with what to do, whatever is in it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(LedgerError) as error:
        view(tmp_path / name)
    assert error.value.remedy


def test_odd_values(tmp_path):
    """Numbers that are none, times that cannot be and words of any kind break nothing."""
    lines = [
        '{"run":1,"metric":"NaN","status":"keep","timestamp":1e300}',
        '{"run":"x","metric":true,"status":null,"metrics":[1],"timestamp":-5}',
        '{"run":3,"metric":1e999,"status":"keep"}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    campaign, _ = view(tmp_path / "a.jsonl")
    assert {e.status for e in campaign.history.experiments} == {Status.CRASH, Status.DISCARD}
