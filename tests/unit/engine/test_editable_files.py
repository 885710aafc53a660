"""Candidates of several files: what may change, and what becomes of it."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.core.errors import TargetError
from autoresearch_ci.core.model import Proposal, Reason
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.confirm import confirm
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, experiments, git, look, make_repository

FILES = {
    "target.txt": "one=5\n",
    "lib/two.txt": "two=5\n",
    "lib/frozen.txt": "three=0 # autoresearch: freeze\n",
    "lib/data.bin": "a\0b\n",
    "experiment.sh": "set -e\n. ./target.txt\nfor each in lib/*.txt; do . ./$each; done\n"
    "echo metric: $((one + two + ${four:-0}))\n",
    ".gitignore": "lib/ignored*\n",
}
EDITABLE = "lib/*.txt"


class Ideas:
    """Proposes these changes, path to text, one after the other."""

    name = "ideas"

    def __init__(self, *changes):
        self.changes, self.seen = list(changes), []

    def propose(self, source, history):
        self.seen.append(dict(source))
        position = history.next_number - 1
        if position >= len(self.changes):
            return None
        change = self.changes[position]
        return Proposal(f"idea {position + 1}", source | change, self.name)

    def repair(self, *_):
        return None


@pytest.fixture
def project(tmp_path):
    return make_repository(tmp_path / "project", FILES)


def held(project, ideas, *, tag="t", **settings):
    overrides = {**SETTINGS, "tag": tag, "editable_files": EDITABLE, **settings}
    with open_session(SessionRequest(project, overrides, proposer=ideas)) as session:
        return list(research(session))


def verdicts(events):
    return [(e.reason, e.value) for e in experiments(events)[1:]]


def test_files_that_are_named_change_together(project):
    """One commit a keep, touching those files alone; the record names them."""
    ideas = Ideas({"target.txt": "one=4\n", "lib/two.txt": "two=4\n"}, {"lib/two.txt": "two=3\n"})
    events = held(project, ideas)
    assert verdicts(events) == [(Reason.IMPROVED, 8), (Reason.IMPROVED, 7)]
    assert list(ideas.seen[0]) == ["target.txt", "lib/frozen.txt", "lib/two.txt"]
    assert ideas.seen[2]["lib/two.txt"] == "two=3\n"
    both, one = experiments(events)[1:]
    assert (both.files, one.files) == (("target.txt", "lib/two.txt"), ("lib/two.txt",))
    touched = git(project, "show", "--format=", "--name-only", f"{both.commit}")
    assert touched.split() == ["lib/two.txt", "target.txt"]
    assert (project / "lib/two.txt").read_text() == "two=5\n"


def test_a_new_file_comes_where_a_pattern_allows_it(project):
    """It is committed with the keep and is editable from then on; elsewhere it is a violation."""
    events = held(
        project,
        Ideas(
            {"lib/four.txt": "four=-3\n"},
            {"lib/four.txt": "four=-4\n"},
            {"other.txt": "four=-9\n"},
            {"lib/ignored.txt": "four=-9\n"},
            {"lib/two.txt/deep.txt": "four=-9\n"},
            {"lib/data.bin": "text"},
            {".github/workflows/a.txt": "x\n"},
        ),
        editable_files="lib/*.txt, lib/*.bin, lib/two.txt/*, .github/**",
    )
    assert verdicts(events)[:2] == [(Reason.IMPROVED, 7), (Reason.IMPROVED, 6)]
    assert [reason for reason, _ in verdicts(events)[2:]] == [Reason.RULE_VIOLATION] * 5
    assert "no pattern of editable_files" in experiments(events)[3].error
    assert "git ignores" in experiments(events)[4].error
    branch = "autoresearch/t"
    assert git(project, "show", f"{branch}:lib/four.txt") == "four=-4"
    assert git(project, "ls-tree", branch, "lib/four.txt").startswith("100644")


def test_what_experiments_never_change_is_not_editable(project):
    """Read-only, binary, linked and oversized files that a pattern names stay out of it."""
    (project / "lib/link.txt").symlink_to("two.txt")
    (project / "lib/large.txt").write_text("# large\n" * 200_000)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "more")
    ideas = Ideas()
    held(project, ideas, editable_files="lib/*", readonly_files="lib/frozen.txt")
    assert list(ideas.seen[0]) == ["target.txt", "lib/two.txt"]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("lib/none.txt", "is no file"),
        ("lib/data.bin", "binary"),
        (".github/workflows/ci.yml", "workflow"),
        ("experiment.sh", "readonly_files"),
    ],
)
def test_a_file_that_is_named_and_cannot_be_changed_is_an_error(project, named, says):
    """Before anything is run; the remedy names the setting."""
    with pytest.raises(TargetError, match=says) as caught:
        held(project, Ideas(), editable_files=named, readonly_files="experiment.sh")
    assert "The editable file" in caught.value.message
    assert "editable_files" in caught.value.remedy


def test_frozen_lines_and_duplicates_count_in_every_file(project):
    """A marked line of any file stays; the same set of files is the same candidate."""
    events = held(
        project,
        Ideas(
            {"lib/frozen.txt": "three=1 # autoresearch: freeze\n", "target.txt": "one=1\n"},
            {"target.txt": "one=6\n", "lib/two.txt": "two=6\n"},
            {"target.txt": "one=6\n", "lib/two.txt": "two=6\n"},
        ),
    )
    assert [reason for reason, _ in verdicts(events)] == [
        Reason.RULE_VIOLATION, Reason.WORSE, Reason.DUPLICATE,
    ]  # fmt: skip
    assert experiments(events)[1].error.startswith("lib/frozen.txt:")


def test_patches_of_the_archive_apply_to_all_files(project):
    """`git apply` takes the patch of an idea, a new file in it too."""
    change = {"target.txt": "one=4\n", "lib/four.txt": "four=-2\n"}
    held(project, Ideas(change))
    patch = git(project, "show", "autoresearch-logs/t:experiments/0000-0099/0001.patch")
    (project / "idea.patch").write_text(f"{patch}\n")
    git(project, "apply", "idea.patch")
    assert (project / "target.txt").read_text() == "one=4\n"
    assert (project / "lib/four.txt").read_text() == "four=-2\n"


def test_a_run_that_writes_to_an_editable_file_breaks_the_rules(project):
    """Only proposals change them."""
    events = held(project, Ideas({"target.txt": "one=1; echo two=1 > lib/two.txt\n"}))
    assert verdicts(events)[0][0] is Reason.RULE_VIOLATION


def test_simpler_counts_the_lines_of_all_files(project):
    """Equal with fewer lines over all of them is a keep; lines that only move are none."""
    events = held(
        project,
        Ideas(
            {"target.txt": "one=4\n", "lib/two.txt": "two=5\ntwo=5\n"},
            {"target.txt": "one=4\ntwo=1\n", "lib/two.txt": "two=5\n"},
            {"lib/two.txt": "two=5\n"},
        ),
    )
    assert [reason for reason, _ in verdicts(events)] == [
        Reason.IMPROVED, Reason.EQUAL, Reason.SIMPLER,
    ]  # fmt: skip


def test_confirm_takes_a_change_of_several_files_out_again(project):
    """`confirm --drop` leaves out what a keep did to each of its files."""
    first = {"target.txt": "one=4\n", "lib/two.txt": "two=4\n"}
    overrides = {**SETTINGS, "tag": "t", "editable_files": EDITABLE}
    held(project, Ideas(first))
    with open_session(SessionRequest(project, overrides)) as session:
        found = [event for event in confirm(session) if hasattr(event, "holds")]
    assert [each.holds for each in found] == [True]


def test_a_later_session_goes_on_with_the_files_of_the_branch(project):
    """What was added is there, and what is changed then rests on it."""
    held(project, Ideas({"lib/four.txt": "four=-3\n"}))
    ideas = Ideas({}, {"lib/four.txt": "four=-5\n", "lib/two.txt": "two=4\n"})
    events = held(project, ideas)
    assert ideas.seen[0]["lib/four.txt"] == "four=-3\n"
    assert experiments(events)[-1].value == 4
    log = git(project, "show", "autoresearch-logs/t:.claude/logs/autoresearch.jsonl")
    done = [json.loads(line)["details"] for line in log.splitlines() if "experiment_done" in line]
    assert done[-1]["files"] == ["lib/four.txt", "lib/two.txt"]
    assert look(project, "t").history.experiments[-1].files == ("lib/four.txt", "lib/two.txt")
