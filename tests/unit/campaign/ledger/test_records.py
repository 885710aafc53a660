"""Every kind of record as a line, and back."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger import dumps, encode, loads
from autoresearch_ci.core.model import Experiment, PairMeasured, Record, Sample, Side, Status

FIXTURES = Path(__file__).parents[3] / "fixtures"
TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.just("half a pair: \udcff")
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(min_value=0, max_value=2**53)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
STAMP = st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z")


@pytest.fixture(autouse=True, scope="module")
def _in_utc():
    """Let people read the clock that the fixtures were written by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def fields(kind: type) -> dict[str, st.SearchStrategy]:
    hints = get_type_hints(kind)
    strategies = {name: strategy(hint) for name, hint in hints.items()}
    rounded = st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000)
    own = {"timestamp": STAMP, "memory_gb": rounded, "seconds": rounded}
    if kind is PairMeasured:
        pair = st.tuples(NUMBER, NUMBER)
        own["samples"] = pair.map(lambda two: tuple(map(Sample, Side, two)))
    return strategies | {name: each for name, each in own.items() if name in hints}


def strategy(hint: object) -> st.SearchStrategy:
    """Values of a field's type."""
    plain = {str: TEXT, float: NUMBER, int: WHOLE, bool: st.booleans(), type(None): st.none()}
    plain |= {object: JSON, Any: JSON}
    if hint in plain:
        return plain[hint]
    if get_origin(hint) is Mapping:
        return st.dictionaries(TEXT, strategy(get_args(hint)[1]), max_size=3)
    if get_origin(hint) is tuple:
        return st.lists(strategy(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is not None or not isinstance(hint, type):
        return st.one_of([strategy(each) for each in get_args(hint)])
    if issubclass(hint, str):
        return st.sampled_from(list(hint))
    return st.builds(hint, **fields(hint))


@pytest.mark.long
@pytest.mark.parametrize("kind", get_args(Record), ids=lambda kind: kind.__name__)
@settings(deadline=None)
@given(data=st.data())
def test_any_record_survives_its_line(kind, data):
    """Whatever a record holds, its line gives back the same record."""
    record = data.draw(st.builds(kind, **fields(kind)))
    if isinstance(record, Experiment) and record.status is Status.CRASH:
        record = replace(record, value=None)
    if not getattr(record, "tokens", 1):
        record = replace(record, cost_usd=0.0)
    line = dumps(record)
    assert line.count(b"\n") == 1
    assert loads(line) == record


@pytest.mark.parametrize(
    "line",
    [
        line
        for path in sorted(FIXTURES.glob("0.*.jsonl"))
        for line in path.read_bytes().splitlines()
    ],
    ids=lambda line: json.loads(line)["action"],
)
def test_what_was_read_is_written_as_it_was(line):
    """Byte for byte: scripts that people have know the keys, their order and the numbers."""
    assert dumps(loads(line)) == line + b"\n"


@pytest.mark.parametrize("details", [{"checks": 5}, {"experiment": "x"}, {"by": ["a"], "text": 1}])
def test_a_field_that_is_nothing_of_the_kind(details):
    """Such a line of somebody else is none."""
    line = {"tool": "autoresearch", "action": "examined", "details": details}
    assert loads(json.dumps(line).encode()) is None


def test_fields_of_a_later_version_are_passed_over(baseline):
    """What this version does not know costs nothing that it knows."""
    line = encode(baseline)
    line["details"]["lane"] = line["new"] = 7
    assert loads(json.dumps(line).encode()) == baseline


@pytest.mark.parametrize("name", ["tokens", "cost_usd", "seconds", "memory_gb", "prev", "reason"])
def test_null_is_as_good_as_nothing(baseline, name):
    """Older tools wrote null where they knew no number."""
    line = encode(baseline)
    line["details"][name] = None
    assert loads(json.dumps(line).encode()) == baseline


def test_a_commit_of_digits_alone(baseline):
    """Written as a number by a tool that guesses types, it is a commit still."""
    line = encode(baseline)
    line["details"] |= {"sha": 1234567}
    assert loads(json.dumps(line).encode()) == replace(baseline, commit="1234567")
