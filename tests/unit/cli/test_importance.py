"""`results --importance` at a terminal."""

from __future__ import annotations

import pytest

from autoresearch_ci.cli import main


def test_other_selections_are_refused(capsys):
    """It is about the whole campaign: a selection of rows has no meaning beside it."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", "--importance", "--last", "3"])
    assert exit_.value.code == 2
    assert "--importance" in capsys.readouterr().err
