import re

import hypothesis
import pytest
from hypothesis import strategies as st

from autoresearch_ci.proposers.search.protect import protect
from autoresearch_ci.source_code.frozen_lines.marks import Tune, read_tune
from autoresearch_ci.source_code.syntax import tokens
from tests.unit.proposers.search import reading

COMMENTS = {
    "a.py": "# {}",
    "a.js": "// {}",
    "a.c": "/* {} */",
    "a.yml": "# {}",
    "a.css": "/* {} */",
    "a.html": "<!-- {} -->",
    "a.sql": "-- {}",
    "a.lua": "-- {}",
    "a.rs": "// {}",
    "a.toml": "# {}",
    "a.ini": "; {}",
    "Makefile": "# {}",
    "a.unknown": "% {}",
}


def names(text, path):
    return [parameter.label for parameter in reading.parameters(text, path)]


@pytest.mark.parametrize("path", COMMENTS)
def test_freeze_in_any_comment(path):
    """A line that is marked, or the one below a mark that stands alone, never changes."""
    mark = COMMENTS[path].format("autoresearch: freeze")
    if path not in ("a.html", "a.css"):
        assert names(f"alpha = 1.5 {mark}\n{mark}\nbeta_x = 2.5\ngain = 3.5\n", path)[-1:] == [
            "gain"
        ]
        assert "alpha" not in names(f"alpha = 1.5 {mark}\ngain = 3.5\n", path)
    else:
        assert protect(tokens(path, f"a\n{mark}\nb\n"), "loss").frozen == {2}


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.yml", "a.toml"])
def test_freeze_to_thaw(path):
    """Between a freeze and a thaw, each alone on its line, nothing changes."""
    line = COMMENTS[path]
    sign = ":" if path == "a.yml" else " ="
    text = (
        f"alpha{sign} 1.5\n{line.format('autoresearch: freeze')}\nbeta_x{sign} 2.5\nrho{sign} 3.5\n"
        f"{line.format('autoresearch: thaw')}\ngain{sign} 4.5\n"
    )
    assert names(text, path) == ["alpha", "gain"]


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.sql", "a.rs"])
def test_only_inside_of_evolve_blocks(path):
    """Where evolve blocks are marked, nothing outside of them changes."""
    start, end = (COMMENTS[path].format(f"EVOLVE-BLOCK-{w}") for w in ("START", "END"))
    text = f"a1 = 1.5\n{start}\nalpha = 2.5\n{end}\nb1 = 3.5\n{start}\ngain = 4.5\n{end}\n"
    assert names(text, path) == ["alpha", "gain"]


def test_a_statement_is_frozen_as_a_whole():
    """A mark on one line of a statement that spans several holds for all of them."""
    assert (
        names("# autoresearch: freeze\nCONFIG = dict(\n    lr=0.5,\n    depth=7,\n)\n", "a.py")
        == []
    )


@pytest.mark.parametrize(
    ("argument", "tune"),
    [
        ("1e-4..1e-1 log", Tune(1e-4, 1e-1, "log")),
        ("0 .. 1", Tune(0.0, 1.0)),
        ("8..1_024 int */", Tune(8.0, 1024.0, "int")),
        ("relu | gelu | silu -->", Tune(choices=("relu", "gelu", "silu"))),
        ("{a, b}", Tune(choices=("a", "b"))),
        ("", Tune()),
        ("as you like", Tune()),
    ],
)
def test_what_a_tune_mark_asks_for(argument, tune):
    """Bounds with a scale, or choices; what cannot be read asks for nothing special."""
    assert read_tune(argument) == tune


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    lines=st.lists(
        st.sampled_from(
            [
                "x = 0.5",
                "SEED = 7",
                "f(a=2.5)",
                'print("loss", 3.5)',
                "",
                "def g(n=4):",
                "    y = n * 1.5",
                "z = [1.5, 2.5]  # autoresearch: freeze",
                "loss = 9.5",
                "k = {'a': 5}",
            ]
        ),
        max_size=12,
    )
)
def test_frozen_lines_hold_no_knob(lines):
    """Whatever stands around them, seeds, marked lines and lines on the metric have no knob."""
    text = "\n".join(lines)
    for parameter in reading.parameters(text, "a.py"):
        line = text.split("\n")[parameter.line]
        assert not re.search(r"SEED|freeze|loss", line)
        assert text[parameter.start : parameter.end] == parameter.text
