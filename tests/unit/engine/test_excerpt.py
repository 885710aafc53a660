"""Excerpts of what a run printed, for whoever has the next idea."""

from autoresearch_ci.engine.measurement import END_LINES, HEAD_LINES, LONGEST_LINE, excerpt


def test_a_short_output_is_whole():
    """Nothing is left out of what is short, but what nobody would see."""
    assert excerpt("a\n\x1b[31mb\x1b[0m\nscore: 1", "score") == "a\nb\nscore: 1"
    assert excerpt("", "score") == ""


def test_of_a_long_one_beginning_numbers_and_end():
    """Lines with numbers are shown wherever they stand; what is between them is left out."""
    lines = [f"line {at}" for at in range(10_000)]
    lines[5000] = "METRIC latency=3"
    lines[6000] = "score: 1"
    lines[7000] = '{"score": 2}'
    lines[8000] = "scores: are not what is looked for"
    shown = excerpt("\n".join(lines), "score").splitlines()
    assert shown[:HEAD_LINES] == lines[:HEAD_LINES]
    assert shown[-END_LINES:] == lines[-END_LINES:]
    assert shown[HEAD_LINES:-END_LINES] == [
        "[...]", lines[5000], "[...]", lines[6000], "[...]", lines[7000], "[...]"
    ]  # fmt: skip


def test_it_is_bounded():
    """Neither long lines nor thousands of numbers make it long."""
    text = excerpt("\n".join(["METRIC a=1 " + "x" * 9999] * 5000), "a")
    assert len(text) < 70 * (LONGEST_LINE + 6)
