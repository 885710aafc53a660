"""How long to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.providers.failure import Patience, asked_wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_wish_of_a_server_is_read(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, seconds and dates are understood, and nonsense is no wish."""
    assert asked_wait(headers) == seconds


def test_date_is_read_as_the_time_until_it() -> None:
    """A server may name the moment instead of the duration."""
    moment = datetime.now(UTC) + timedelta(seconds=90)
    wish = asked_wait({"retry-after": format_datetime(moment, usegmt=True)})
    assert wish is not None
    assert 85 < wish <= 90


@given(st.text())
def test_no_header_breaks_it(value: str) -> None:
    """Whatever a server sends, the answer is a time or nothing."""
    wish = asked_wait({"retry-after": value, "retry-after-ms": value})
    assert wish is None or wish >= 0


@given(st.integers(1, 5000), st.none() | st.floats(0, 3600))
def test_wait_is_bounded_and_never_shorter_than_asked(failures: int, asked: float | None) -> None:
    """Waits grow, are not all the same, and respect the server."""
    wait = Patience().wait(failures, asked)
    if asked is None:
        assert 0.5 * min(2 ** (failures - 1), 60) <= wait <= 60
    else:
        assert asked <= wait <= 1.1 * asked + 0.1
