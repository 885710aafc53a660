"""Remarks on the lines that a campaign changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.action.annotations import Step, annotate, remarks
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import FileSet, Reason

LINES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8)


@given(LINES, LINES)
def test_remarks(before, after):
    """Every remark is on lines that the file has, and there is none where nothing changed."""
    found = annotate("f.py", "\n".join(before), "\n".join(after))
    assert bool(found) == (before != after)
    for each in found:
        assert 1 <= each.start_line <= each.end_line <= max(len(before), 1)
        assert each.message


def test_what_a_remark_says():
    """It shows what the campaign has in place of the lines, and no control characters."""
    [remark] = annotate("f.py", "a\nb\nc", "a\nB\x1b[2J\nc")
    assert (remark.start_line, remark.end_line) == (2, 2)
    assert remark.message.startswith("The campaign has here:\nB")
    assert "\x1b" not in remark.message


@given(LINES, LINES)
def test_the_one_change_is_named_everywhere(before, after):
    """Where one change was kept, every place that differs is that change's."""
    texts = "\n".join(before), "\n".join(after)
    found = annotate("f.py", *texts, [Step("gained", "Experiment 1", texts[1])])
    assert bool(found) == (before != after)
    assert all(each.title == "gained" for each in found)
    assert all(each.message.startswith("Experiment 1\n") for each in found)


class Campaign:
    """A file as it is at each commit; the first one is the base, the last one the tip."""

    def __init__(self, texts):
        self.texts = texts

    def at_base(self):
        return self.at(next(iter(self.texts)))

    def source(self):
        return self.at(list(self.texts)[-1])

    def at(self, commit):
        return FileSet({"train.py": self.texts[commit]})


def test_lines_say_what_they_gained(make_history):
    """Each place names the kept change that it is of, and all of them where there were several."""
    history = make_history((0.9, Reason.IMPROVED), (1.2, Reason.WORSE), (0.8, Reason.IMPROVED))
    one, two = (each.commit for each in history.kept_changes)
    campaign = Campaign({"base": "a\nb\nc\nd\n", one: "A\nb\nc\nd\n", two: "AA\nb\nd\nnew\n"})
    first, gone, added = remarks(campaign, history)
    assert (first.start_line, first.title) == (1, "2 kept changes")
    assert first.message.startswith("Experiment 1, ")
    assert "val_bpb 1.000000 -> 0.900000 (-10.00%)\nExperiment 3, " in first.message
    assert first.message.endswith("The campaign has here:\nAA")
    assert (gone.start_line, gone.title) == (3, "val_bpb -11.11%")
    assert gone.message.endswith("Left out by the campaign.")
    assert (added.start_line, added.title) == (4, "val_bpb -11.11%")


def test_a_commit_that_is_not_here(make_history, monkeypatch):
    """Then the lines are shown as they are, and nobody is named."""

    def missing(_commit):
        raise WorkspaceError("It is not here.", remedy="Fetch it.")

    campaign = Campaign({})
    monkeypatch.setattr(campaign, "at", missing)
    monkeypatch.setattr(campaign, "at_base", lambda: FileSet({"train.py": "a\n"}))
    monkeypatch.setattr(campaign, "source", lambda: FileSet({"train.py": "b\n"}))
    [remark] = remarks(campaign, make_history((0.9, Reason.IMPROVED)))
    assert remark.message == "The campaign has here:\nb"
    assert not remark.title
