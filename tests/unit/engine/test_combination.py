"""Keeps of several lanes, tried together on one tip."""

from __future__ import annotations

from autoresearch_ci.core.history import AGAIN, History
from autoresearch_ci.core.model import Direction, Experiment, FileSet, Reason, Status
from autoresearch_ci.engine.combination import by_evidence, fit, together

SOURCE = FileSet({"f": "a=1\nb=1\nc=1\nd=1\n"})


def experiment(number: int, title: str, value: float = 9.0, **more) -> Experiment:
    details = {
        "status": Status.DISCARD,
        "reason": Reason.SUPERSEDED,
        "commit": "p",
        "parent": "p",
        "candidate": f"c{number}",
        "proposer": "search",
        "change": {},
        **more,
    }
    return Experiment(
        tag="t", session="s", timestamp="2026-03-17T14:35:00Z", experiment=number, metric="m",
        value=value, prev=10.0, description=title, **details,
    )  # fmt: skip


def history(*experiments: Experiment) -> History:
    made = History(Direction.LOWER)
    made.add(experiment(0, "baseline", status=Status.KEEP, reason=None))
    for each in experiments:
        made.add(each, f"s-{each.experiment:04}")
    return made


def applied(idea: Experiment, files: FileSet) -> FileSet | None:
    """`a 1 -> 2` changes that line, where it is as it was."""
    name, _, rest = idea.description.partition(" ")
    before, _, after = rest.partition(" -> ")
    line = f"{name}={before}\n"
    if line not in files["f"]:
        return None
    return files | {"f": files["f"].replace(line, f"{name}={after}\n")}


def test_what_changes_different_lines_is_one_candidate():
    """It names all of them, the largest gain first."""
    found = together(
        history(experiment(1, "a 1 -> 2", 9.0), experiment(2, "b 1 -> 2", 8.0)), SOURCE, applied
    )
    assert found.files["f"] == "a=2\nb=2\nc=1\nd=1\n"
    assert found.change == {AGAIN: ["s-0002", "s-0001"]}
    assert found.title == "together: b 1 -> 2; a 1 -> 2"


def test_of_those_that_change_the_same_line_the_larger_gain_is_taken():
    """The other one is left for a comparison with the tip."""
    ideas = [experiment(1, "a 1 -> 2", 9.0), experiment(2, "a 1 -> 3", 8.0)]
    found = together(history(*ideas), SOURCE, applied)
    assert found.change == {AGAIN: ["s-0002"]}


def test_what_rests_on_another_one_follows_it():
    """Whatever gained more."""
    ideas = [experiment(1, "a 2 -> 3", 5.0), experiment(2, "a 1 -> 2", 9.0)]
    fitting, files = fit(by_evidence(history(*ideas)), SOURCE, applied)
    assert [each.experiment for each in fitting] == [2, 1]
    assert files["f"].startswith("a=3\n")


def test_what_failed_together_is_tried_in_halves():
    """Down to one at a time."""
    ideas = [experiment(n, f"{name} 1 -> 2", 10.0 - n) for n, name in enumerate("abcd", start=1)]
    tried, made = [], history(*ideas)
    while (found := together(made, SOURCE, applied)) is not None and len(tried) < 10:
        tried.append(found.change[AGAIN])
        number = made.next_number
        made.add(experiment(number, "x", reason=Reason.WORSE, change=found.change))
    assert tried[:3] == [
        ["s-0004", "s-0003", "s-0002", "s-0001"],
        ["s-0004", "s-0003"],
        ["s-0004"],
    ]
    assert not made.superseded, "each was tried by itself in the end"
    assert len(tried) == 9


def test_an_interrupted_attempt_is_made_again():
    """It says nothing of what it tried."""
    ideas = [experiment(1, "a 1 -> 2"), experiment(2, "b 1 -> 2")]
    made = history(*ideas)
    again = {AGAIN: ["s-0001", "s-0002"]}
    cut = {"status": Status.CRASH, "reason": Reason.INTERRUPTED, "change": again}
    made.add(experiment(3, "x", **cut))
    assert together(made, SOURCE, applied).change == again


def test_nothing_that_fits_is_no_candidate():
    """Nor is what the tip has already."""
    assert together(history(experiment(1, "z 1 -> 2")), SOURCE, applied) is None
    assert together(history(), SOURCE, applied) is None
