"""Large targets are read in a moment, and what a program wrote is not read at all."""

from __future__ import annotations

import inspect
import time

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet
from autoresearch_ci.proposers.search import SearchProposer


def read(path, text):
    """The inventory, the first idea, and the processor's seconds for both."""
    proposer, history = (
        SearchProposer(metric_name="loss", deletions=False),
        History(Direction.LOWER),
    )
    source = FileSet({path: text})
    began = time.process_time()
    found = proposer.inventory(source, history), proposer.propose(source, history)
    return *found, time.process_time() - began


def test_a_bundle_of_one_line_is_refused_at_once():
    """A megabyte on one line was written by a program: it is not tuned, and that is said."""
    line = "var a=0.5,b={lr:0.25,mode:'fast'};function f(n){return n*1.5};"
    found, idea, seconds = read("bundle.min.js", line * (1_000_000 // len(line)))
    assert idea is None
    assert "a program wrote" in found.refused
    assert found.numbers == 0
    assert seconds < 0.2


@pytest.mark.long
def test_a_long_line_of_data_in_a_program_is_no_bundle():
    """A program that holds data on one line is read as ever, and no slower for its length."""
    code = "RATE = 0.5\n" + "use(RATE)\n" * 10_000
    found, idea, seconds = read("a.py", f'DATA = "{"x" * 30_000}"\n{code}')
    assert found.numbers
    assert idea is not None
    assert seconds < 5


@pytest.mark.long
def test_a_large_program_is_read_in_a_moment():
    """200 KB of Python are read in a fraction of a second; here with much to spare for slow days."""
    text = inspect.getsource(inspect)
    *_, seconds = read("a.py", text * (200_000 // len(text) + 1))
    assert seconds < 3
