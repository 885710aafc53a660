"""A key that shows itself to nobody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.providers.failure import Key

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80)


@given(KEYS)
def test_key_is_in_no_text_that_is_made_of_it(key: str) -> None:
    """Neither printing, formatting nor listing a key shows it."""
    secret = Key(f"  {key}\n")
    for text in (repr(secret), str(secret), f"{secret}", repr([secret]), repr({"k": secret})):
        assert text.replace("Key(***)", "") in {"", "[]", "{'k': }"}
    assert secret.reveal() == key


@given(KEYS.filter(lambda key: "*" not in key), st.text(), st.text())
def test_no_telling_piece_of_a_key_survives_masking(key: str, before: str, after: str) -> None:
    """What a server quotes of the key is masked, also where it quotes only a part of it."""
    masked = Key(key).masked(f"{before}{key}{after}{key[:-1]}")
    size = min(8, len(key))
    pieces = [key[at : at + size] for at in range(len(key) - size + 1)]
    assert not any(piece in masked for piece in pieces)


@given(st.text())
def test_other_text_is_left_alone(text: str) -> None:
    """Masking changes nothing but the key."""
    assert Key("sk-" + "k" * 40).masked(text) == text


def test_masked_text_still_reads() -> None:
    """Each place where the key was is marked once."""
    assert Key("sk-0123456789").masked("key sk-0123456789, wrong.") == "key ***, wrong."
