"""What the search has tried is not tried again under another look."""

from __future__ import annotations

import time

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.proposers.search.deletions import find_cuts
from autoresearch_ci.proposers.search.observations import Observations

GO = "package a\n\nfunc big(n int) {\n\tgo1(7)\n\tgo2()\n}\n\nfunc use() {\n\tbig(1)\n\tbig(2)\n}\n"


def cut(text, title):
    return next(c for c in find_cuts("a.go", text, set()) if title in c.title).gone(text)


@pytest.mark.parametrize("later", [GO, GO.replace("7", "9"), GO.replace("\tgo2()\n", "")])
def test_a_deletion_is_remembered_by_what_it_removes(later):
    """Numbers that were tuned and lines that went meanwhile make no new idea of an old one."""
    observations = Observations()
    observations._note_gone(cut(GO, "func big"))
    assert observations.was_cut(cut(later, "func big"))
    assert not observations.was_cut(cut(later, "use()"))


@pytest.mark.parametrize(
    ("path", "text", "unused"),
    [
        ("a.c", "int shared(int a) {\n  return a;\n}\n", False),
        ("a.c", "static int own(int a) {\n  return a;\n}\n", True),
        ("a.h", "static int inlined(int a) {\n  return a;\n}\n", False),
        ("a.go", "package a\n\nfunc Shared() {\n}\n", False),
        ("a.go", "package a\n\nfunc own() {\n}\n", True),
        ("a.js", "export function shared() {\n}\n", False),
        ("a.js", "function own() {\n}\n", True),
        ("A.java", "class A {\n  void shared() {\n  }\n}\n", False),
        ("A.java", "class A {\n  private void own() {\n  }\n}\n", True),
        ("a.rs", "pub fn shared() {\n}\n", False),
        ("a.rs", "fn own() {\n}\n", True),
        ("a.py", "def shared():\n    return 1\n", False),
        ("a.py", "def _own():\n    return 1\n", True),
        ("a.py", "@register\ndef _own():\n    return 1\n", False),
        ("a.py", "_own = make()\n", False),
    ],
)
def test_what_is_exported_is_used(path, text, unused):
    """Only what the language keeps from others counts as provably unused."""
    assert any(cut.private for cut in find_cuts(path, text, set())) is unused


def test_what_another_file_names_is_used():
    """A private name that stands in another tracked file is no idea."""
    source = FileSet({"a.go": "package a\n\nfunc own() {\n}\n"})
    found = []
    for elsewhere in (True, False):
        search = SearchProposer(metric_name="binary_kb", elsewhere=lambda _name, e=elsewhere: e)
        found.append(search.propose(source, History(Direction.LOWER)))
    assert found[0] is None
    assert found[1].title == "remove unused own()"


def _seconds(size):
    unit = "function f%d(a){var c=a*%d+3;return c>10?c-3:c}var v%d=%d;"
    text, number = "", 0
    parts = []
    while number * 60 < size:
        parts.append(unit % (number, number + 2, number, number % 90 + 3))
        number += 1
    text = "".join(parts)
    began = time.process_time()
    SearchProposer(metric_name="bundle_kb").propose(
        FileSet({"a.js": text}), History(Direction.LOWER)
    )
    return time.process_time() - began


def test_a_long_line_costs_in_proportion_to_its_length():
    """A one-line bundle eight times as large takes about eight times as long, not sixty."""
    _seconds(10_000)
    assert _seconds(160_000) < 20 * _seconds(20_000)
