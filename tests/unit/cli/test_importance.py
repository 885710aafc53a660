"""`results --importance` at a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from autoresearch_ci.cli import main
from autoresearch_ci.core.model import Importance
from autoresearch_ci.reports.importance import table


def test_other_selections_are_refused(capsys):
    """It is about the whole campaign: a selection of rows has no meaning beside it."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", "--importance", "--last", "3"])
    assert exit_.value.code == 2
    assert "--importance" in capsys.readouterr().err


def test_lines_line_up():
    """The name, its share, a bar of that, its value now; nothing that a terminal would obey."""
    found = [Importance("LR", "0.1", 0.75, 5), Importance("DEPTH", "4", 0.25, 1)]
    assert list(table(found)) == [
        "LR      75%  ###############       now 0.1, moved in 5 experiments",
        "DEPTH   25%  #####                 now 4, moved in 1 experiment",
    ]
    assert "\x1b" not in next(table([Importance("LR\x1b[2J", "\x1b[0m", 1.0, 1)]))


def test_what_went_far_one_way_is_told():
    """A number that every keep took further is named: a hole in a metric looks like that."""
    found = [Importance("POWER", "-4.0", 1.0, 9, "0.0"), Importance("LR", "0.1", 0.0, 2)]
    *_, far, advice = table(found)
    assert far == "POWER went far one way and found no end: 0.0 to -4.0."
    assert "Look whether the metric still means what you want" in advice


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_window(width):
    """Names, bars and values give way, in any script."""
    found = [
        Importance("학습률을 두 배로 늘린다, 그리고 더 많은 단어", "x" * 60, 0.9, 12),
        Importance("bottom + height > HEIGHT and something longer still", "1", 0.1, 1, "0"),
    ]
    lines = list(table(found, width))
    assert all(cell_len(line) <= width for line in lines)
    assert "90%" in lines[0]
