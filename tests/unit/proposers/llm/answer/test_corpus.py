"""Answers in every shape that models give them, each with the outcome that a person expects."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autoresearch_ci.proposers.llm.answer import Idea, Problem, read

CORPUS = Path(__file__).parents[4] / "corpus" / "answers"
SIGNS = str.maketrans(
    {
        **dict(zip("␍␉␣␀␂", "\r\t \0\ufeff", strict=True)),
        **dict(zip("␆␖⍽⎵", "\u202e\ufffd\xa0\u200b", strict=True)),
    }
)
CHANGE = re.compile(r"(\d+)([+-])(.*)")


@dataclass
class Case:
    name: str
    path: str
    source: str
    answer: str
    title: str | None = None
    hypothesis: str | None = None
    problem: str | None = None
    gone: dict[int, str] = field(default_factory=dict)
    come: dict[int, list[str]] = field(default_factory=dict)


VARIANTS = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "cr": lambda text: text.replace("\n", "\r"),
    "bom": lambda text: "\ufeff" + text,
    "no final newline": lambda text: text.removesuffix("\n"),
}


def source_of(words):
    path, *variants = (word.strip() for word in words.split(","))
    text = (CORPUS / "sources" / path).read_text(encoding="utf-8").translate(SIGNS)
    for variant in variants:
        text = VARIANTS[variant](text)
    return path, text


def cases_of(file):
    parts = re.split(r"^==== (.*)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        head, _, answer = body.partition("----\n")
        lines = head.splitlines()
        path, source = source_of(lines[0].removeprefix("source:"))
        case = Case(f"{file.stem}: {name}", path, source, answer.rstrip("\n").translate(SIGNS))
        for line in lines[1:]:
            if change := CHANGE.fullmatch(line):
                at, sign, text = int(change[1]), change[2], change[3].translate(SIGNS)
                if sign == "-":
                    case.gone[at] = text
                else:
                    case.come.setdefault(at, []).append(text)
            else:
                key, _, value = line.partition(":")
                assert key in {"title", "hypothesis", "problem"}, line
                setattr(case, key, value.removeprefix(" "))
        assert (case.problem is None) != (not case.gone and not case.come), name
        yield case


CASES = [case for file in sorted(CORPUS.glob("*.txt")) for case in cases_of(file)]


def expected_text(case):
    """The source with the lines of the case changed, by hand and not by the code under test."""
    bom = "\ufeff" if case.source.startswith("\ufeff") else ""
    pieces = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", case.source.removeprefix("\ufeff"))
    ends = Counter(re.findall(r"\r\n|\r|\n", case.source)).most_common(1)[0][0]
    out = [line + ends for line in case.come.get(0, [])]
    for number, piece in enumerate(pieces, start=1):
        text = piece.rstrip("\r\n")
        if number in case.gone:
            assert case.gone[number] == text, f"{case.name}: line {number} is {text!r}"
        else:
            out.append(text + (piece[len(text) :] or ends))
        out += [line + ends for line in case.come.get(number, [])]
    if not case.source.endswith(("\r", "\n")):
        out[-1] = out[-1].rstrip("\r\n")
    return bom + "".join(out)


def test_the_corpus_is_large():
    """There are enough cases to be worth the name, and no two of one name."""
    assert len(CASES) >= 200
    assert len({case.name for case in CASES}) == len(CASES)


def test_reading_touches_no_file(tmp_path, monkeypatch):
    """An answer, taken or refused, changes nothing on the disk: the target is only text here."""
    monkeypatch.chdir(tmp_path)
    for path, source in {(case.path, case.source) for case in CASES}:
        (tmp_path / path).write_text(source, newline="")
    before = {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()
    }
    for case in CASES:
        read(case.answer, case.path, case.source)
    assert before == {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(case):
    """Each answer of the corpus comes to what a person said it must."""
    outcome = read(case.answer, case.path, case.source)
    if case.problem is not None:
        assert isinstance(outcome, Problem), outcome
        assert case.problem in outcome.message
        return
    assert isinstance(outcome, Idea), outcome
    assert outcome.text == expected_text(case)
    assert case.title in (None, outcome.title)
    assert case.hypothesis in (None, outcome.hypothesis)
    assert 0 < len(outcome.title) <= 72
    assert outcome.title.isprintable()
    assert len(outcome.hypothesis) <= 300
