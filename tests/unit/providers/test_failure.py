"""What a server's refusal becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.failure import LONGEST_QUOTE, Key, of_status, quote


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "no such model"}}, "no such model"),
        ({"error": "no such model"}, "no such model"),
        ({"message": "no such model", "object": "error"}, "no such model"),
        ({"detail": "no such model"}, "no such model"),
        ([{"error": {"message": "no such model"}}], "no such model"),
        ("no such model", "no such model"),
        ({"error": {"message": None}}, '{"error": {"message": null}}'),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_shapes_of_an_error_are_read(body: Any, said: str) -> None:
    """Servers wrap what they have to say in different ways; the words are what is shown."""
    failure = of_status("host", 404, {}, json.dumps(body).encode(), None)
    assert failure.detail == f"It says: {said}"


def test_nothing_said_is_nothing_quoted() -> None:
    """An empty body leaves no empty quotation."""
    failure = of_status("host", 401, {}, b"", None)
    assert str(failure.error(Usage())) == (
        "host refuses the API key (HTTP 401).\n"
        "Check that the key is complete, valid, and this provider's."
    )


@pytest.mark.parametrize(
    ("location", "shown"),
    [("https://login.example.com/x?y", "login.example.com"), ("/here", "host"), ("//[", "nowhere")],
)
def test_redirect_says_where_to(location: str, shown: str) -> None:
    """A captive portal or a moved server is recognised by its name."""
    failure = of_status("host", 302, {"location": location}, b"", None)
    assert f"on to {shown} (HTTP 302)" in failure.message


def test_a_key_that_is_refused_with_another_status() -> None:
    """Google answers a wrong key as a bad request, and the details say why."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    said = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}
    body = json.dumps({"error": {**said, "details": [info]}}).encode()
    assert "refuses the API key (HTTP 400)" in of_status("host", 400, {}, body, None).message


def test_limit_on_the_rate_is_no_matter_of_length() -> None:
    """The word maximum in a rate limit does not make it a request that is too long."""
    failure = of_status("host", 429, {}, b"maximum requests per minute", None)
    assert failure.remedy.startswith("Try again later")


@given(st.binary(max_size=300), st.integers(300, 599))
def test_no_body_breaks_it(body: bytes, status: int) -> None:
    """Whatever comes with a status, the error is short, on few lines, and says what to do."""
    error = of_status("host", status, {}, body, Key("sk-" + "k" * 30)).error(Usage())
    assert error.remedy.endswith(".")
    assert error.detail.isprintable()
    assert len(error.detail) <= LONGEST_QUOTE + 20


@given(st.text(max_size=400))
def test_quotes_are_short_and_printable(text: str) -> None:
    """No control, invisible or bidirectional character of a server's reaches a terminal."""
    shown = quote(text, None)
    assert shown.isprintable()
    assert len(shown) <= LONGEST_QUOTE + 3


def test_empty_key_is_refused() -> None:
    """A variable that is set to nothing is told as that."""
    with pytest.raises(ProviderError, match="empty"):
        Key("\n")
