"""`results --importance` at a terminal."""

from __future__ import annotations

import pytest

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
