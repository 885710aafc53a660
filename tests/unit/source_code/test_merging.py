"""One change of many left out of a text: exactly, or not at all."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.source_code.syntax import replayed, tokens
from autoresearch_ci.source_code.syntax.merging import merged

SPLIT = partial(tokens, "train.py")


@st.composite
def chains(draw):
    """Blocks of lines, each of which is edited once at most, and the order of the edits."""
    lines = (f"x{number} = {number}" for number in range(1000))
    end = draw(st.sampled_from(["\n", "\r\n"]))

    def block(least):
        return [f"{next(lines)}{end}" for _ in range(draw(st.integers(least, 3)))]

    blocks = [block(1) for _ in range(draw(st.integers(2, 8)))]
    order = draw(st.permutations(range(len(blocks))))[: draw(st.integers(1, len(blocks)))]
    return blocks, [(where, block(0)) for where in order]


def played(blocks, edits):
    """Every version, the first one included."""
    blocks = list(blocks)
    versions = ["".join(map("".join, blocks))]
    for where, new in edits:
        blocks[where] = new
        versions.append("".join(map("".join, blocks)))
    return versions


@settings(deadline=None)
@given(chains(), st.data())
def test_leaving_one_out_is_making_the_others(chain, data):
    """Edits of different lines are apart, neighbours or not, whatever the order and line ends."""
    blocks, edits = chain
    at = data.draw(st.integers(0, len(edits) - 1))
    versions = played(blocks, edits)
    left = replayed(versions[at + 1 :], versions[at], SPLIT)
    assert left == played(blocks, edits[:at] + edits[at + 1 :])[-1]


@settings(deadline=None)
@given(chains(), st.data())
def test_without_an_end_of_the_last_line_no_two_lines_become_one(chain, data):
    """Where the last line has no end every line of the result still is one of the file's."""
    blocks, edits = chain
    at = data.draw(st.integers(0, len(edits) - 1))
    versions = [version.removesuffix("\n").removesuffix("\r") for version in played(blocks, edits)]
    left = replayed(versions[at + 1 :], versions[at], SPLIT)
    if left is not None:
        known = {line for version in versions for line in version.splitlines()}
        assert set(left.splitlines()) <= known


@pytest.mark.parametrize(
    ("before", "changed", "head", "left"),
    [
        ("lr = 1; wd = 1\n", "lr = 2; wd = 1\n", "lr = 2; wd = 3\n", "lr = 1; wd = 3\n"),
        ("f(x, 1)\n", "if a:\n    f(x, 1)\n", "if a:\n    f(x, 2)\n", "f(x, 2)\n"),
        ("lr = 0.1\n", "lr = 0.15\n", "lr = 0.25\n", None),
        ("a + b\n", "a * b\n", "a * c\n", None),
        ('t = "x"\n', 't = "x y"\n', 't = "x y z"\n', None),
        ("f(1)\n", "f(1, 1)\n", "f(2, 1)\n", None),
        ("a\nb\n", "a\nx\nb\n", "a\nx\ny\nb\n", "a\ny\nb\n"),
        ("a\nx\nb\n", "a\nb\n", "a\ny\nb\n", None),
        ("a\n\nb\n", "a\n\n\nb\n", "a\n\ny\n\nb\n", None),
        ("p\nb\n\nc\n", "q\nb\n\n\nc\n", "q\nb\n\ny\n\nc\n", None),
        ("a\nb\n", "a\nc\n", "a\nb\n", "a\nb\n"),
    ],
    ids=[
        "other words of a line",
        "what was indented",
        "the same number",
        "words side by side",
        "the same string",
        "which of two that are alike",
        "added behind it",
        "added where it was taken away",
        "added among blank lines",
        "added among blank lines behind another change",
        "taken back since",
    ],
)
def test_a_change_is_left_out_where_there_is_one_way_to(before, changed, head, left):
    """Words of one line are told apart; what touches, or could be read two ways, is no guess."""
    assert replayed([changed, head], before, SPLIT) == left


def test_a_line_never_gets_behind_one_without_an_end():
    """What was added behind a last line is not glued to it when its end goes away."""
    assert merged("a\n", "a", "a\nb\n", SPLIT) is None


def test_what_is_too_much_to_compare_is_not_compared():
    """Thousands of words in one line take no minutes: they count as overlapping."""
    line = " ".join(f"w{number}" for number in range(1500))
    assert merged(f"{line}\n", f"a {line}\n", f"{line} z\n", SPLIT) is None
