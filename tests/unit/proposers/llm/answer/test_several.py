"""Answers that change several files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.proposers.llm.answer import Change, Problem, read_several

FILES = FileSet(
    {"src/train.py": "A = 1\nB = 2\n", "src/model.py": "C = 3\n", "conf.toml": "d = 4\n"}
)
HEAD = "TITLE: a title\nHYPOTHESIS: it helps\n\n"


def block(old, new):
    return f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def told(text, may_add=lambda path, text: path.startswith("src/")):
    return read_several(HEAD + text, FILES, may_add)


@pytest.mark.parametrize(
    "answer",
    [
        f"src/model.py\n{block('C = 3', 'C = 5')}",
        f"`src/model.py`:\n\n{block('C = 3', 'C = 5')}",
        f"### File: src/model.py\n```python\n{block('C = 3', 'C = 5')}```\n",
        f"```python src/model.py\n{block('C = 3', 'C = 5')}```\n",
        f"model.py\n{block('C = 3', 'C = 5')}",
        "src/model.py\n```python\nC = 5\n```\n",
        '```python title="src/model.py"\nC = 5\n```\n',
    ],
)
def test_a_block_or_fence_is_of_the_path_before_it(answer):
    """The path on a line of its own, in a heading or in a label; a name is enough where it is one file's."""
    assert told(answer) == Change("a title", "it helps", {"src/model.py": "C = 5\n"})


def test_without_a_path_it_is_the_target_and_then_the_file_before():
    """Blocks follow each other; a path holds until another one comes."""
    answer = (
        f"{block('A = 1', 'A = 5')}\nconf.toml\n{block('d = 4', 'd = 5')}"
        f"\nsrc/train.py\n{block('B = 2', 'B = 5')}"
    )
    assert told(answer).files == {"src/train.py": "A = 5\nB = 5\n", "conf.toml": "d = 5\n"}


def test_a_new_file_is_sent_whole_and_only_where_it_may_be_added():
    """A fence with its path before it; anything else is a problem that says so."""
    assert told("src/new.py\n```python\nE = 1\n```\n").files == {"src/new.py": "E = 1\n"}
    refused = told("tests/new.py\n```python\nE = 1\n```\n")
    assert isinstance(refused, Problem)
    assert "tests/new.py" in refused.message
    assert "src/model.py" in refused.message
    searched = told(f"src/new.py\n{block('E = 0', 'E = 1')}")
    assert isinstance(searched, Problem)
    assert "new file" in searched.message


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("I would change the model.", "no change in it"),
        (f"src/model.py\n{block('C = 4', 'C = 5')}", "is not in the file"),
        ("src/model.py\n<<<<<<< SEARCH\nC = 3\n", "ends inside"),
        ("src/model.py\n```python\nC = 5\n", "ends inside"),
        (f"src/model.py\n{block('C = 3', 'C = (')}", "broken"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-A\n+B\n", "diff"),
    ],
)
def test_what_cannot_be_applied_exactly_is_a_problem(answer, says):
    """The whole answer comes to nothing: a part of an idea is none."""
    found = told(f"{answer}")
    assert isinstance(found, Problem)
    assert says in found.message


@given(st.text(max_size=300))
def test_any_text_is_a_change_or_a_problem(text):
    """The reader is total, whatever a model says."""
    for answer in (text, f"src/model.py\n{block(text, 'x')}", f"{text}\n```\n{text}\n```\n"):
        assert isinstance(told(answer), Change | Problem)
