"""A metric that stands within a line."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.engine.metric_forms import Printed


@pytest.mark.parametrize(
    "line",
    [
        "INFO:root:score: 1.5",
        "2026-11-30 12:00:00 score = 1.5",
        "epoch 3 score: 1.5 loss: 2.5",
        "- score: 1.5",
        "**score**: 1.5",
        "| score | 1.5 |",
        '  "score": 1.5,',
        "loss=2.5 (score=1.5).",
        "100%|####| 10/10 score: 1.5.",
        "it's score: 1.5",
        "score -> 1.5",
    ],
)
def test_advice_that_can_be_pasted(tmp_path, line):
    """The line is shown, with a metric_parse that reads the number from it."""
    found = Printed(f"score of all\n{line}\n").metric("score")
    assert found.quantity is None
    assert "1.5" in found.error
    (tmp_path / "run.log").write_text(f"{line}\n")
    command = found.advice.partition("metric_parse: ")[2]
    printed = subprocess.run(
        command, shell=True, cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert printed == "1.5\n"


def test_another_name_is_not_taken_for_it():
    """`best_score` and `score_total` are other numbers."""
    for line in ("a best_score: 1.5", "a score_total: 1.5", "a x.score: 1.5", "the score is high"):
        assert "within" not in Printed(line).metric("score").error
