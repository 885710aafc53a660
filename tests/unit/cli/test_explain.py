"""`explain`: what the search sees, before anything is run."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.cli import main

TRAIN = """\
import zlib

SEED = 1
LR = 0.03
DROPOUT = 0.1
mode = "fast"  # one of: fast, slow
data = zlib.compress(b"x", 6)
FIXED = 2.5  # autoresearch: freeze
print("score:", LR)
"""
SECTION = """## autoresearch

- target_file: train.py
- run_command: python train.py > run.log
- metric_name: score
- metric_parse: grep "^score:" run.log
"""


@pytest.fixture
def explain(tmp_path, capsys):
    (tmp_path / "CLAUDE.md").write_text(SECTION)
    (tmp_path / "train.py").write_text(TRAIN)

    def call(*words, code=0):
        with pytest.raises(SystemExit) as ended:
            main(["--repo", str(tmp_path), "explain", *words])
        assert ended.value.code == code
        return "".join(capsys.readouterr())

    return call


def test_every_place_has_line_kind_value_and_reach(explain):
    """Each place that can be set is a row: where it is, its kind, its value and what it may become."""
    rows = {
        line.split()[2]: line.split(None, 4)
        for line in explain().splitlines()
        if line[:1].isdigit()
    }
    assert rows["LR"] == ["4", "number", "LR", "0.03", "above 0"]
    assert rows["DROPOUT"][4] == "0 to 1"
    assert rows["mode"][:4] == ["6", "choice", "mode", '"fast"']
    assert '"slow" (its comment)' in rows["mode"][4]
    assert rows["level"][:4] == ["7", "library", "level", "6"]
    assert "whole, 1 to 9" in rows["level"][4]


def test_what_is_left_alone_is_listed_by_its_reason(explain):
    """Seeds and frozen lines are named with their lines; so is what may be deleted, and when."""
    said = explain()
    assert "by its name a seed, a version, a port, a date or a time limit: line 3" in said
    assert "marked to stay: line 8" in said
    assert "train.py: 4 places to set, on 4 lines" in said
    assert "Only code that is private and provably unused is deleted" in said


def test_json_has_the_same(explain):
    """`--json` gives ranges and alternatives as data."""
    data = json.loads(explain("--json"))
    by_name = {one["name"]: one for one in data["parameters"]}
    assert data["target"] == "train.py"
    assert by_name["DROPOUT"] == {
        "line": 5, "kind": "number", "name": "DROPOUT", "value": "0.1", "promise": 1.0,
        "low": 0.0, "high": 1.0, "scale": "odds", "whole": False,
    }  # fmt: skip
    assert by_name["mode"]["options"] == ['"fast"', '"slow"']
    assert {"line": 8, "text": "2.5", "why": "marked to stay"} in data["left_alone"]


def test_another_file_may_be_named(explain, tmp_path):
    """Any file can be looked at, so that the better target is found before a campaign."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.yaml").write_text("cache: on\nsize: 40\n")
    assert "conf/a.yaml: 2 places to set" in explain("conf/a.yaml")


def test_a_file_that_is_not_there_is_an_error_with_a_remedy(explain):
    """The error says what to name."""
    assert "explain FILE" in explain("nothing.py", code=1)


def test_a_bundle_is_refused_with_the_reason(explain, tmp_path):
    """What a program wrote is not read, and that is said."""
    (tmp_path / "b.js").write_text("var a=1.5;" * 5_000)
    assert "a program wrote" in explain("b.js")
