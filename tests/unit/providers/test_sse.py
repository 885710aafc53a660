"""Server-sent events out of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.providers.http_exchange import Decoder


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", ["a"]),
        (b"data:a\n\n", ["a"]),
        (b"data:  a\n\n", [" a"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"event: x\nid: 1\nretry: 5\ndata: a\n\n", ["a"]),
        (b": comment\n\ndata: a\n\n", ["a"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\r\n\r\ndata: b\r\r", ["a", "b"]),
        (b"data\n\n", [""]),
        (b"data: a\n\n\n\ndata: b\n\n", ["a", "b"]),
        (b"data: a\n", []),
        (b"database: a\n\n", []),
        (b"data: \xff\n\n", ["\ufffd"]),
    ],
)
def test_events_are_read_as_the_standard_has_it(data: bytes, events: list[str]) -> None:
    """Line ends, comments, several lines, and what is no event."""
    assert Decoder().feed(data) == events


lines = st.sampled_from(
    [b"data: ", b"data:x", b": c", b"event: e", b"", b"", b"\r", b"\xc3\xa9", b"data: \xf0\x9f"]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(lines, ends)), st.lists(st.integers(0, 9)))
def test_pieces_do_not_matter(parts: list[tuple[bytes, bytes]], sizes: list[int]) -> None:
    """The same bytes give the same events however they are cut, within a CRLF too."""
    data = b"".join(line + end for line, end in parts)
    decoder, events, at = Decoder(), [], 0
    for size in sizes:
        events += decoder.feed(data[at : at + size])
        at += size
    assert events + decoder.feed(data[at:]) == Decoder().feed(data)
