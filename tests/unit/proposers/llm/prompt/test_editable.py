"""The files that may change with the target, as a model is shown them."""

from __future__ import annotations

import re
from dataclasses import replace

from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.proposers.llm.prompt import brief
from autoresearch_ci.proposers.llm.prompt.editable import by_relevance

OTHERS = {
    "lib/far.py": "def far():\n    return 1\n",
    "near.py": "WIDTH = 3\n",
    "lib/long.py": "def long_one(a):\n" + "    a += 1\n" * 3000 + "\nclass Large:\n    pass\n",
}


def test_what_the_target_names_comes_first_and_the_rest_is_an_outline(make_state):
    """Whole files while there is room, then paths and signatures; and how to answer for several."""
    state = replace(make_state(), source="import near\n", others=OTHERS, adds=("lib/*.py",))
    assert by_relevance(state)[0] == "near.py"
    text = brief(state, Redactor()).text
    assert "WIDTH = 3" in text
    assert "def far():\n    return 1" in text
    assert "a += 1" not in text
    assert re.search(r"lib/long.py \(\d+ lines\)\n    def long_one\(a\):\n    class Large:", text)
    assert "lib/*.py" in text
    assert "Write the path of" in text
    assert "Only the target file can be changed" not in text


def test_with_the_target_alone_nothing_is_said_of_other_files(make_state):
    """The form of an answer is the simple one."""
    text = brief(make_state(), Redactor()).text
    assert "Only the target file can be changed" in text
    assert "Write the path of" not in text
