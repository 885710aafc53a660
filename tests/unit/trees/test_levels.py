"""Which level of isolation is used, and why."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Obstacle
from autoresearch_ci.trees.levels import LEVELS, Choice, Found, choose, look, order

WHOLE = Found()
WEAK = Found(weaknesses=("the network",))
NONE = Found(Obstacle("no namespaces can be made here", "Start as root."))


def test_the_strongest_that_there_is():
    """What stands against a stronger one is said."""
    assert choose("auto", {"overlay": WHOLE, "copy": WEAK}) == Choice("overlay")
    assert choose("auto", {"overlay": NONE, "copy": WEAK}) == Choice(
        "copy", ("overlay: no namespaces can be made here",), ("the network",)
    )


def test_one_that_is_named():
    """It is used, or nothing is."""
    assert order("copy", image_is_asked_for=True, has_tools=False) == ("copy",)
    assert choose("copy", {"copy": WEAK}).level == "copy"
    with pytest.raises(MachineError, match="isolation: overlay"):
        choose("overlay", {"overlay": NONE})


@pytest.mark.parametrize(
    ("asked", "tools", "first", "last"),
    [
        (False, True, "overlay", "container"),
        (True, True, "container", "copy"),
        (False, False, "container", "copy"),
    ],
)
def test_where_containers_come(asked, tools, first, last):
    """First for whoever asks for an image, and where the machine has no tools; else at the end."""
    names = order("auto", image_is_asked_for=asked, has_tools=tools)
    assert (names[0], names[-1]) == (first, last)
    assert set(names) == set(LEVELS)


def test_no_place_for_one():
    """Then the next one is tried, with a place of its own."""

    @contextmanager
    def at(name):
        if name == "overlay":
            raise MachineError("There is no folder.", remedy="Make one.")
        yield SimpleNamespace(place=Path("/var/tmp/layers"))

    found = look(at, ("overlay", "copy"))
    assert found["overlay"].obstacle == Obstacle("There is no folder", "Make one.")
    assert found["copy"].obstacle is None


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
