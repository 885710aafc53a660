"""What holds for every place of every kind, whatever the text."""

from __future__ import annotations

import itertools

import hypothesis
import pytest
from hypothesis import strategies as st

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.proposers.search.kinds import KINDS
from autoresearch_ci.proposers.search.parameters import applied
from autoresearch_ci.proposers.search.steps import steps_of
from autoresearch_ci.source_code.syntax import Kind, spans
from autoresearch_ci.source_code.syntax.check import syntax_error
from tests.unit.proposers.search.reading import parameters, seen

PYTHON = [
    "import zlib, numpy as np, torch.nn.functional as F",
    "from scipy.optimize import minimize",
    "LR = 0.5",
    'mode = "fast"  # fast | slow',
    "SHARES = (0.5, -2, 30)",
    "é = zlib.compress(data, 6)",
    "r = minimize(f, x0)",
    "r = minimize(f, (yield))",
    "on = True",
    "def one(x, n=4):\n    return np.mean(x)",
    "def one_more(x, n=4):\n    return F.relu(x)",
    "y = one(x, 5) if gain > 3.5 else max(x)",
    'run(["gcc", "-O2", "a.c"])',
    'FLAGS = "-O2 -Xmx512m --width 20 --no-retry"',
    'db.execute("PRAGMA synchronous=2")',
    "T = {'a': one, 'b': one_more}\nz = T['a'](1)",
    "beta = 2.5  # autoresearch: freeze",
    "SEED = 7",
    'print("loss", 3.5)',
    '"""text = 0.5"""',
    "s = f'{0.5} -O2 {x!r:>{4}}'",
    "t = '''\n-O2\n'''",
    "lam = lambda a, b=0.5: a",
]
SETTINGS = [
    "lr: 0.5",
    "mode: fast  # fast | slow",
    "on: yes",
    "run: gcc -O2 a.c --width=20",
    "list: [1, 2.5, -3]",
    "items:",
    "  - 40  # 1..90",
    "- -0.5",
    'name: "x"',
    "port: 80",
    "# lr: 0.5",
    "deep:",
    "  depth: 40  # autoresearch: freeze",
]
LINES = {
    "a.py": PYTHON,
    "a.yaml": SETTINGS,
    "build.sh": [
        "MODE=fast  # fast | slow",
        "gcc -O2 -c a.c",
        "./a --width 20 --no-x -v",
        "N=4",
        "export A=5 B=${B:-6}",
    ],
    "a.js": [
        "const lr = 0.5;",
        'let m = "a"; // a | b',
        "f({ on: true, n: 4 });",
        "let s = `-O2 ${n}`;",
    ],
    "a.rs": [
        "enum Mode { Fast, Safe, Other(u32) }",
        "const MODE: Mode = Mode::Safe;",
        "static RATIOS: [f32; 3] = [0.1, 0.2, 0.7];",
        "fn f() { let b = [0u8; 4096]; }",
    ],
    "a.c": [
        "enum mode { FAST, SAFE = 4, AUTO };",
        "static enum mode MODE = SAFE; /* 1..9 */",
        "int f(int n) { return n > 40 ? n * 3 : 7; }",
    ],
    "a.sql": ["PRAGMA cache_size = 2000;", "SELECT 1.5 FROM a LIMIT 10;", "SET work_mem = '4MB';"],
    "Cargo.toml": ["[profile.release]", "opt-level = 2", "lto = false", 'x = "-O2"'],
}


def texts(path):
    return st.lists(st.sampled_from(LINES[path]), min_size=1, max_size=9).map(
        lambda lines: "\n".join(lines) + "\n"
    )


def sources():
    return st.sampled_from(sorted(LINES)).flatmap(
        lambda path: st.tuples(st.just(path), texts(path))
    )


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(sources())
def test_a_step_changes_its_own_characters_alone_and_can_be_read(source):
    """Every value of every place stands where its old one stood, and the text still parses."""
    path, text = source
    sound = syntax_error(path, "", text) is None
    for one in parameters(text, path):
        assert text[one.start : one.end] == one.text
        for step in steps_of(one):
            new = applied(text, [(one, step.text)])
            assert new == text[: one.start] + step.text + text[one.end :]
            assert new != text
            if sound:
                assert syntax_error(path, text, new) is None, (one, step.text)


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(sources(), st.randoms())
def test_places_are_apart_so_that_all_may_change_at_once(source, chance):
    """No two places overlap and no two have one id: any number of steps makes one readable text."""
    path, text = source
    found = parameters(text, path)
    assert len({one.id for one in found}) == len(found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    steps = [chance.choice(steps_of(one)) for one in found if steps_of(one)]
    new = applied(text, [(step.parameter, step.text) for step in steps])
    assert syntax_error(path, text, new) is None
    gone = sum(step.parameter.end - step.parameter.start for step in steps)
    assert len(new) == len(text) - gone + sum(len(step.text) for step in steps)


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(sources())
def test_frozen_lines_and_comments_hold_no_place(source):
    """Whatever the kind: a marked line, what speaks of the metric, and comments stay."""
    path, text = source
    comments = [(s, e) for kind, s, e in spans(path, text) if kind in (Kind.COMMENT, Kind.DOC)]
    for one in parameters(text, path):
        assert "freeze" not in text.split("\n")[one.line]
        assert "loss" not in text.split("\n")[one.line]
        assert not any(start <= one.start < end for start, end in comments)


@pytest.mark.parametrize("path", sorted(LINES))
def test_nothing_outside_of_an_evolve_block_is_a_place(path):
    """The blocks are heeded by every kind."""
    comment = {".js": "//", ".rs": "//", ".c": "//", ".sql": "--"}.get(path[1:], "#")
    before, inside = LINES[path], "knob = 0.5" if path != "a.yaml" else "knob: 0.5"
    text = "\n".join(
        [*before, f"{comment} EVOLVE-BLOCK-START", inside, f"{comment} EVOLVE-BLOCK-END", *before]
    )
    assert {one.label for one in parameters(text, path)} == {"knob"}
    assert any(one.why == "outside of the EVOLVE-BLOCK" for one in seen(text, path).spared)


def test_every_kind_is_met_here():
    """The texts above hold a place of each kind but those that only marks and names make."""
    met = {one.kind for path, lines in LINES.items() for one in parameters("\n".join(lines), path)}
    assert met == KINDS.keys() - {"mark"}


@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(texts("a.py"))
def test_every_proposal_parses(text):
    """Of what is proposed for Python that parses nothing does not."""
    hypothesis.assume(syntax_error("a.py", "", text) is None)
    source, history = FileSet({"a.py": text}), History(Direction.LOWER)
    proposal = SearchProposer(metric_name="loss", deletions=False).propose(source, history)
    if proposal is not None:
        assert syntax_error("a.py", text, proposal.files.text) is None
