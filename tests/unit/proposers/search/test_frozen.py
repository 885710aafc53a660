"""What the ruler freezes, the search does not spend experiments on removing."""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet, Reason, Status
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from tests.unit.conftest import BASELINE

TEXT = """\
import random

random.seed(1)
RATE = 0.02
STEPS = 8
spare = STEPS * 2
print("score:", (RATE - 0.05) ** 2 + STEPS / 1000)
"""


def test_no_idea_breaks_the_rules():
    """Of all that is proposed until nothing is left, nothing is a rule violation."""
    frozen_lines = FrozenLines(["score"])
    search = SearchProposer(metric_name="score", frozen_lines=frozen_lines)
    history, source, titles = History(Direction.LOWER), FileSet({"solve.py": TEXT}), []
    history.add(BASELINE)
    while len(titles) < 200 and (found := search.propose(source, history)):
        titles.append(found.title)
        assert not frozen_lines.broken(source, found.files), found.title
        history.add(
            replace(
                BASELINE, experiment=history.next_number, status=Status.DISCARD, value=2.0,
                prev=1.0, reason=Reason.WORSE, change=found.change, proposer="search",
                candidate=f"{history.next_number:040x}",
            )
        )  # fmt: skip
    assert any(title.startswith("remove") for title in titles)
    assert any("RATE" in title for title in titles)
