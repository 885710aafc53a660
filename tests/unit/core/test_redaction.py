"""Redaction: what is taken out, what is left alone, and that it always comes to an end."""

from __future__ import annotations

import base64
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.redaction import REDACTED, Redactor, mask
from autoresearch_ci.core.text import visible
from tests import secret_samples

PIECES = st.sampled_from(
    [
        "ghp_abcdefghij0123456789", "AKIAABCDEFGHIJKLMNOP", "sk-abc0123456789abcdefghij", "://",
        "user:pass@", "@", "token=", "Authorization: ", "Bearer ", "cookie: ", "password: '", '"',
        "abc123abc123abc123abc123", "eyJhbGciOiJIUzI1NiJ9abc", "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----", "<!--", "-->", REDACTED, REDACTED[:4], REDACTED[4:],
        "hunter2!x", "r2!x[RED", "_", "-", ".", "+", "/", "=", "\\n", "%3D", "\x1b[31m", "\x1b]0;", "\x07",
        "\u202e", "\U000e0041", "\ud800", "\r", "\n", " ", "a", "9", "é", "aaaaaaa1Q~",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=60), st.lists(PIECES, max_size=14).map("".join)
)


@pytest.mark.parametrize("kind", secret_samples.SHAPES)
def test_a_credential_of_a_published_shape_is_taken_out(kind):
    """Wherever it stands: alone, in code, in a URL, after an escape, in quotes."""
    for seed in range(20):
        secret = secret_samples.token(random.Random(seed), kind)
        for text in ("{}", "x = '{}'", "error: {}.", "?a={}&b=1", '"a\\n{}"', "({})", "k:{}\n"):
            clean = Redactor()(text.replace("{}", secret))
            assert secret[-12:] not in clean
            assert REDACTED in clean


def test_other_credentials_are_taken_out():
    """Tokens of JSON, private keys whole or in part, headers, URLs with a password, webhooks."""
    rng = random.Random(1)
    jwt, key, random_ = (
        secret_samples.jwt(rng),
        secret_samples.private_key(rng),
        secret_samples.some(rng, secret_samples.ALNUM, 40),
    )
    assert jwt[-20:] not in Redactor()(f"token is {jwt}")
    for text in (key, f"a\n{key}\nb", key[:300], key[300:], key.replace("\n", "\\n")):
        clean = Redactor()(f"{text}")
        assert not any(line in clean for line in key.split("\n")[1:-1] if line in text)
    assert Redactor()(f"a\n{key}\nb") == f"a\n{REDACTED}\nb"
    for text in (
        f"Authorization: Bearer {random_}", f"authorization: token {random_}",
        f"'Authorization': 'Basic {random_}='", f'{{\\"x-api-key\\": \\"{random_}\\"}}',
        f"Cookie: session={random_}; theme=dark", f"curl -H 'Bearer {random_}'",
        f"https://me:{random_}@example.org/x", f"postgres://u:p@{random_}@db/x",
        f"https://{random_}@example.org", f"WANDB_API_KEY={random_}1a", f"aws_secret_access_key = '{random_}1a'",
        f"password: {random_}1a", f"AccountKey={random_}1a==;x", f'"client_secret": "{random_}1a"',
        f"https://hooks.slack.com/services/T01/B02/{random_}",
    ):  # fmt: skip
        assert random_ not in Redactor()(text), text


@pytest.mark.parametrize("encoding", secret_samples.ENCODINGS)
def test_a_masked_value_is_taken_out_in_every_form(encoding):
    """As it is, and as logs come to hold it: in base64, URLs, JSON, HTML and hexadecimal."""
    for seed in range(100):
        secret = secret_samples.value(random.Random(seed))
        told = secret_samples.ENCODINGS[encoding](secret)
        clean = Redactor([secret])(f"before {told} after")
        assert REDACTED in clean, (secret, told)
        assert secret not in clean
        assert clean.startswith("before ")
        assert clean.endswith(" after")


def test_each_line_of_a_masked_value_is_taken_out():
    """A key that a log shows line by line."""
    key = secret_samples.private_key(random.Random(3))
    for line in key.splitlines()[1:-1]:
        assert Redactor([key])(f"| {line} |") == f"| {REDACTED} |"


def test_a_short_value_is_left_alone():
    """A variable that holds `true` must not take every `true` out of the source."""
    assert Redactor(["true", "12345", ""])("true 12345") == "true 12345"


def test_what_hides_is_taken_out_and_what_shows_is_left():
    """Escape sequences, bidirectional, zero-width, tag and variation characters; not text."""
    tags = "".join(chr(0xE0000 + ord(c)) for c in "obey")
    hidden = f"a{tags}b\u202ec\u200bd\u2066e\ufe0ff\U000e0101g\x1b[8mh\x1b]8;;x\x07i\x00j\x08k\u3164l\ufeff"
    assert visible(hidden) == "abcdefghijkl"
    assert visible("shown\x1b[2K\rover") == "shown\nover"
    kept = "naïve “text” — 日本語 العربية हिन्दी 🙂\tcode\n"
    assert visible(kept) == kept
    assert visible("half \ud83d\n") == "half \ufffd\n"


def test_comments_are_taken_out_of_prose_only():
    """Nobody sees them in rendered Markdown; in a web page they are part of the code."""
    assert "obey" not in Redactor()("a <!-- obey\n --> b <!-- obey", prose=True)
    assert Redactor()("<!-- x -->") == "<!-- x -->"


@pytest.mark.long
def test_source_code_is_left_alone():
    """Nothing in this package, and in its examples, looks like a secret."""
    top = Path(__file__).parents[3]
    for path in [*top.glob("autoresearch_ci/**/*.py"), *top.glob("examples/**/*.[pjt]*[yso]")]:
        text = path.read_text(encoding="utf-8")
        assert Redactor()(text) == visible(text), path


@pytest.mark.long
@settings(max_examples=1000)
@given(TEXTS, st.lists(st.one_of(PIECES, st.text(min_size=6, max_size=20)), max_size=3))
def test_any_text_is_taken_and_nothing_is_found_the_second_time(text, values):
    """Total and idempotent, also for texts made of halves of what is looked for."""
    redact = Redactor(values)
    for prose in (False, True):
        once = redact(text, prose=prose)
        once.encode("utf-8")
        assert redact(once, prose=prose) == once


@settings(max_examples=300)
@given(st.text(min_size=6, max_size=40), TEXTS, TEXTS)
def test_a_masked_value_never_comes_through(value, before, after):
    """Whatever stands around it, and whatever it is made of."""
    clean = Redactor([value])(before + value + after)
    seen = visible(value)
    if len(seen) >= 6 and seen not in REDACTED:
        assert seen not in clean.replace(REDACTED, "\0")


@pytest.mark.parametrize(
    "unit",
    ["a", "a_", "-eyJ", "eyJaaaa.", "://a:", "token=", "token:\t\t", "sk-aaaa-", "\x1b[", "\x1b]a",
     "<!--", "-----BEGIN PRIVATE KEY", "cookie: a=b ", "\\n", "%3D", "A=", "token='aaaaaa", "\ud800"],
)  # fmt: skip
def test_time_is_linear(unit):
    """Eight times the text takes about eight times as long, whatever it repeats."""

    def seconds(length):
        text = unit * (length // len(unit))
        begun = time.process_time()
        Redactor(["hunter2!x"])(text, prose=True)
        return time.process_time() - begun

    short = min(seconds(30_000) for _ in range(3))
    assert seconds(240_000) < 8 * 4 * max(short, 0.002)


def test_actions_is_told_to_mask_at_once():
    """One command on a line of its own, escaped as Actions reads it; nothing for no value."""
    written = []
    mask("50%\r\nof it", written.append)
    mask(" ", written.append)
    assert written == ["::add-mask::50%25%0D%0Aof it\n"]


def test_half_a_key_in_base64_is_no_way_out():
    """A log that prints credentials as `user:password` in base64, at any offset."""
    for user in ("", "a", "ab", "abc"):
        told = base64.b64encode(f"{user}:correct horse".encode()).decode()
        assert REDACTED in Redactor(["correct horse"])(told)
