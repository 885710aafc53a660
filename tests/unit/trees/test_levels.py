"""Which level of isolation is used, and why."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Obstacle, levels
from autoresearch_ci.trees.levels import Choice, Found, choose

WHOLE = Found()
WEAK = Found(weaknesses=("the network",))
NONE = Found(Obstacle("no namespaces can be made here", "Start as root."))


@pytest.fixture(autouse=True)
def _levels(monkeypatch):
    monkeypatch.setattr(levels, "LEVELS", ("overlay", "container", "copy"))


def test_the_strongest_that_there_is():
    """What stands against a stronger one is said."""
    assert choose("auto", {"overlay": WHOLE, "copy": WEAK}) == Choice("overlay")
    assert choose("auto", {"overlay": NONE, "copy": WEAK}) == Choice(
        "copy", ("overlay: no namespaces can be made here",), ("the network",)
    )


def test_one_that_is_named():
    """It is used whatever else there is, or nothing is."""
    assert choose("copy", {"overlay": WHOLE, "copy": WEAK}).level == "copy"
    with pytest.raises(MachineError, match="isolation: overlay"):
        choose("overlay", {"overlay": NONE, "copy": WEAK})


def test_required():
    """Nothing that leaves anything open will do, and the error says what would have to change."""
    assert choose("required", {"overlay": NONE, "container": WHOLE}).level == "container"
    with pytest.raises(MachineError) as caught:
        choose("required", {"overlay": NONE, "copy": WEAK})
    assert "copy leaves open the network" in caught.value.detail
    assert caught.value.remedy == "Start as root."
    with pytest.raises(MachineError, match="required") as caught:
        choose("required", {"copy": WEAK})
    assert "isolation: auto" in caught.value.remedy
