"""Any text is an idea or a problem, soon, and an idea is what the answer says."""

from __future__ import annotations

import time
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch_ci.proposers.llm.answer import Idea, Problem, read
from tests.unit.proposers.llm.answer.test_corpus import CASES

SOURCES = sorted({(case.path, case.source) for case in CASES})
ANSWERS = [case.answer for case in CASES]
PIECES = [
    *("<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n", "```\n", "```python\n", "````\n"),
    *("@@ -1,3 +1,3 @@\n", "--- a/train.py\n", "+++ b/train.py\n", "*** Begin Patch\n", "@@\n"),
    *("<think>\n", "</think>\n", "TITLE: t\n", "HYPOTHESIS: h\n", "LR = 0.02\n", " LR = 0.02\n"),
    *(
        "-LR = 0.02\n",
        "+LR = 0.04\n",
        "    y = x * 2\n",
        "\n",
        "\r",
        "\t",
        "\0",
        "\ufeff",
        "\ud800",
    ),
    *("# ... rest unchanged ...\n", "train.py\n", "prepare.py\n", "<|channel|>final<|message|>"),
]


@st.composite
def mutilated(draw):
    """Answers of the corpus cut, joined, repeated and with pieces put in."""
    text = draw(st.sampled_from(ANSWERS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        end = draw(st.integers(at, min(len(text), at + 60)))
        kind = draw(st.sampled_from(["cut", "drop", "piece", "join", "twice"]))
        if kind == "cut":
            text = text[:at]
        elif kind == "drop":
            text = text[:at] + text[end:]
        elif kind == "piece":
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        elif kind == "join":
            text = text + "\n" + draw(st.sampled_from(ANSWERS))
        else:
            text = text[:end] + text[at:]
    return text


ANY_ANSWER = st.one_of(
    mutilated(),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.text(max_size=200),
)


@pytest.mark.long
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_ANSWER, st.sampled_from(SOURCES))
def test_any_text_gives_an_idea_or_a_problem(answer, source):
    """Nothing that a model says raises, and what comes of it can be written and recorded."""
    path, text = source
    outcome = read(answer, path, text)
    if isinstance(outcome, Problem):
        assert outcome.message.strip()
        return
    assert outcome.text.encode()
    assert outcome.text != text
    assert 0 < len(outcome.title) <= 72
    assert outcome.title.isprintable()
    assert "\n" not in outcome.hypothesis
    assert read(answer, path, text) == outcome


LINE = st.text(alphabet="ab =1", min_size=1, max_size=6).filter(lambda text: text.strip())


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(st.lists(LINE, min_size=3, max_size=12, unique_by=str.strip), st.data())
def test_blocks_change_what_they_say_and_nothing_else(lines, data):
    """An idea's text is the source with each searched stretch replaced, the rest untouched."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)), min_size=2, max_size=6)))
    new, blocks = lines[: cuts[0]], []
    for start, end in pairwise(cuts):
        if data.draw(st.booleans()):
            other = data.draw(st.lists(LINE, max_size=3))
            blocks.append((lines[start:end], other))
            new += other
        else:
            new += lines[start:end]
    new += lines[cuts[-1] :]
    data.draw(st.randoms()).shuffle(blocks)
    answer = "TITLE: t\n" + "".join(
        "\n".join(["<<<<<<< SEARCH", *old, "=======", *other, ">>>>>>> REPLACE", ""])
        for old, other in blocks
    )
    outcome = read(answer, "notes.txt", "\n".join(lines) + "\n")
    if new == lines or not new:
        assert isinstance(outcome, Problem)
    elif isinstance(outcome, Idea):
        assert outcome.text == "\n".join(new) + "\n"
    else:  # the same text was asked for in two ways that only differ in white space
        assert [line.rstrip() for line in new] == [line.rstrip() for line in lines]


@pytest.mark.parametrize("path", ["träin.txt", "a/träin.txt", "Makefile"])
def test_names_above_a_block(path):
    """A block under the name of the target is its change; under that of another file it is none."""
    block = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    assert read(f"{path}\n{block}", path, "a\n") == Idea("a -> b", "", "b\n")
    assert isinstance(read(f"other.txt\n{block}", path, "a\n"), Problem)


def test_a_file_with_lines_like_markers():
    """Rules of dashes and nested quotes in a file do not make an answer one of blocks."""
    source = "------ old\nselect 1;\n>>>>>\n"
    answer = f"TITLE: Two\n\n```sql\n{source.replace('1', '2')}```\n"
    assert read(answer, "query.sql", source) == Idea("Two", "", source.replace("1", "2"))


@pytest.mark.parametrize("source", ["", "\n", "\ufeff"])
def test_an_empty_file_can_be_filled(source):
    """A file with nothing in it takes a whole new content, and no block."""
    assert read("```\na\n```", "notes.txt", source) == Idea("add a", "", f"{source.strip()}a\n")
    block = "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE"
    assert isinstance(read(block, "notes.txt", source), Problem)


def adversarial(size: int) -> dict[str, str]:
    """Answers that somebody made to keep us busy, each of about so many characters."""
    lines, steps = size // 50, int((2 * size) ** 0.5)
    return {
        "search markers": "<<<<<<< SEARCH\n" * lines,
        "end markers": ">>>>>>> REPLACE\n" * lines,
        "blocks": "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n" * lines,
        "dividers": "<<<<<<< SEARCH\n" + "=======\n" * (size // 10) + ">>>>>>> REPLACE\n",
        "fences": "```python\n" * lines + "```\n" * lines,
        "growing fences": "".join("`" * n + "\n" for n in range(3, steps)),
        "hunks": "@@ -1,1 +1,1 @@\n-x\n+y\n" * lines,
        "headers": "--- a/x.py\n+++ b/x.py\n" * lines,
        "thinking": "<think>\n" * (size // 10),
        "thinking, closed": "</think>\n" * (size // 10),
        "a line of spaces": "TITLE:" + " " * size + "x",
        "a line of stars": "*" * size + "title:",
        "a line of dots": "```\n# " + "." * size + "\n```\n",
        "a line of slashes": "/" * size + ".py\n<<<<<<< SEARCH\n",
        "a search text of equal lines": "<<<<<<< SEARCH\n"
        + "x\n" * (size // 4)
        + "=======\n>>>>>>> REPLACE",
        "deep indentation": "<<<<<<< SEARCH\n"
        + "".join(" " * n + "x\n" for n in range(steps))
        + "=======\n>>>>>>> REPLACE",
        "brackets": "```\n" + "(" * size + "\n```\n",
        "minus signs": "```\nx = " + "-" * size + "1\n```\n",
        "attributes": "```\nx = a" + ".b" * (size * 2 // 5) + "\n```\n",
        "sums": "```\nx = 1" + " + 1" * (size // 5) + "\n```\n",
        "quotes": "```\n" + "'" * (size + 1) + "\n```\n",
        "tags": "<title>" * (size // 10),
        "line ends": "\r" * size,
    }


MEGABYTE = 1_000_000


@pytest.mark.long
@pytest.mark.parametrize("path", ["x.py", "x.js", "x.txt"])
@pytest.mark.parametrize("name", adversarial(1))
def test_a_hostile_answer_of_a_megabyte_is_read_soon(name, path):
    """No answer, however it is made, keeps the session busy or brings it down."""

    def effort(size: int) -> float:
        source = "x\n" * (size * 3 // 10) if path == "x.txt" else "x = 1\n"
        answer = adversarial(size)[name]
        began = time.process_time()
        assert isinstance(read(answer, path, source), Idea | Problem)
        return time.process_time() - began

    # In proportion it is four times a quarter's, and sixteen times where every line is held
    # against every other; what takes no time at all is in no proportion to anything.
    # A busy machine may slow one of them down, hardly the same one each time.
    assert any(effort(MEGABYTE) < 12 * max(effort(MEGABYTE // 4), 0.1) for _ in range(4))


def test_the_format_that_models_are_asked_for_is_read():
    """The example in the prompt is itself an answer of the format."""
    prompt = resources.files("autoresearch_ci.proposers.llm.prompt") / "answer_format.md"
    text = prompt.read_text(encoding="utf-8")
    source = "a\nlines of the file, exactly as they are\nb\n"
    outcome = read(text, "notes.txt", source)
    assert isinstance(outcome, Idea)
    assert outcome.text == "a\nthe lines that are to stand there instead\nb\n"
    assert outcome.title == "what you change, in at most 72 characters"
