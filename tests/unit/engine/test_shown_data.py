"""Data of a run that measuring commands are shown: such as the unchanged project leaves, too."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Status
from autoresearch_ci.engine.run_trees import shape
from tests.projects import experiments, hold, make_repository

SETTINGS = {"target_file": "t.sh", "run_command": "sh t.sh", "metric_name": "score"}
SETTINGS["metric_parse"] = ""
PREDICT = "echo 5 > pred.txt\n"

CACHED = """\
import json, os
if not os.path.exists("reference.json"):
    json.dump(10, open("reference.json", "w"))
print("score:", abs(json.load(open("reference.json")) - float(open("pred.txt").read())))
"""
MEAN = """\
import glob
cases = [abs(float(open(f).read()) - float(open("pred.txt").read())) for f in glob.glob("data/*")]
print("score:", sum(cases) / len(cases))
"""
MAKEFILE = "score.txt: pred.txt\n\t@echo score: `cat pred.txt` > score.txt\n"


@pytest.mark.parametrize("isolation", ["auto", "copy"])
@pytest.mark.parametrize(
    ("measure", "deed", "first"),
    [
        ("python3 cached.py", "echo 5.5 > reference.json", 5),
        ("make -s score.txt && cat score.txt", "sleep 1.1; echo score: 1 > score.txt", 5),
        ("python3 mean.py", "echo 5.5 > data/hard.csv", 8),
        ("python3 mean.py", "rm data/hard.csv", 8),
        ("python3 mean.py", "for n in 1 2 3; do echo 5.5 > data/$n.csv; done", 8),
        ("python3 mean.py", "rm -r data; mkdir data; echo 5.5 > data/a.csv", 8),
    ],
    ids=["cache", "up-to-date", "overwritten", "deleted", "added", "replaced"],
)
def test_data_that_only_a_candidate_writes_measures_nothing(
    tmp_path, measure, deed, first, isolation
):
    """Neither what measures makes itself, nor the user's ignored data in another state."""
    files = {
        "t.sh": PREDICT,
        "cached.py": CACHED,
        "mean.py": MEAN,
        "Makefile": MAKEFILE,
        ".gitignore": "data/\n*.json\n*.txt\n",
    }
    project = make_repository(tmp_path / "p", files)
    (project / "data").mkdir()
    (project / "data/easy.csv").write_text("6\n")
    (project / "data/hard.csv").write_text("20\n")
    settings = {**SETTINGS, "measure_command": measure, "isolation": isolation}
    baseline, forged = experiments(hold(project, [("forge", f"{PREDICT}{deed}\n")], **settings))
    assert (baseline.value, forged.value) == (first, first)
    assert forged.status is Status.DISCARD


def test_the_guard_sees_the_users_data_as_it_is(tmp_path):
    """What a candidate has written over an expected output does not make its own right."""
    target = "V=5\necho $V > out.txt\n"
    files = {
        "t.sh": target,
        "run.sh": ". ./t.sh\necho score: $V\n",
        ".gitignore": "golden/\nout.txt\n",
    }
    project = make_repository(tmp_path / "p", files)
    (project / "golden").mkdir()
    (project / "golden/out.txt").write_text("5\n")
    forged = target.replace("5", "4") + "echo $V > golden/out.txt\n"
    settings = {
        **SETTINGS,
        "run_command": "sh run.sh",
        "guard_command": "cmp out.txt golden/out.txt",
    }
    _, found = experiments(hold(project, [("forge", forged)], **settings))
    assert (found.status, found.reason) == (Status.DISCARD, "guard_failed")


NUMBERED = """\
BEST=5
rm -rf out; mkdir -p out/$(date +%s%N)-$$
echo score: $BEST > out/$(ls out)/step-$BEST.txt
"""


def test_names_that_differ_in_their_numbers_are_the_same_data(tmp_path):
    """Checkpoints by step, folders by time: such as the unchanged project leaves."""
    project = make_repository(tmp_path / "p", {"t.sh": NUMBERED, ".gitignore": "out/\n"})
    ideas = [("better", NUMBERED.replace("BEST=5", "BEST=4"))]
    found = experiments(hold(project, ideas, **SETTINGS, measure_command="cat out/*/step-*.txt"))
    assert [e.value for e in found] == [5, 4]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("out/ckpt-7.json", "out/ckpt-12.json", True),
        ("runs/2024-05-01_12-30/a.txt", "runs/2025-11-30_01-02/a.txt", True),
        ("run-20240501-abc12xyz/a.csv", "run-20250501-zz9/a.csv", True),
        (
            "3fa85f64-5717-4562-abcd-2c963f66afa6.npy",
            "00000000-0000-0000-0000-000000000000.npy",
            True,
        ),
        ("pred.csv", "labels.csv", False),
        ("out/a.csv", "data/a.csv", False),
        ("a1.csv", "a1.json", False),
    ],
)
def test_the_shape_of_a_path_leaves_out_its_numbers(one, other, expected):
    """And all words that have a digit in them."""
    assert (shape(one) == shape(other)) is expected


def test_a_candidates_own_data_is_named_where_it_is_missed(tmp_path):
    """An honest one that writes to another name crashes, and the record says what would help."""
    files = {"t.sh": PREDICT, "m.sh": "cat pred.txt 2>/dev/null || cat best.csv\n"}
    project = make_repository(tmp_path / "p", {**files, ".gitignore": "*.txt\n*.csv\n"})
    settings = {**SETTINGS, "measure_command": "sh m.sh"}
    ideas = [("other name", "echo 4 > best.csv\n")]
    _, tried = experiments(hold(project, ideas, **settings))
    assert (tried.status, tried.reason) == (Status.CRASH, "no_metric")
    assert "The run wrote best.csv" in tried.error
    assert "Set `artifacts: best.csv`" in tried.error
    _, kept = experiments(hold(project, ideas, **settings, artifacts="*.txt, *.csv", tag="u"))
    assert (kept.status, kept.value) == (Status.KEEP, 4)


LINKED = "mkdir -p runs/7; echo 5 > runs/7/score.txt; ln -sfn 7 runs/latest; ln -sf 7/score.txt runs/last.txt\n"


@pytest.mark.parametrize("named", [{}, {"artifacts": "runs"}])
@pytest.mark.parametrize("path", ["runs/latest/score.txt", "runs/last.txt"])
def test_a_link_that_a_run_leaves_is_said_to_stay_behind(tmp_path, path, named):
    """What measures by way of one ends the baseline with what to do about it."""
    project = make_repository(tmp_path / "p", {"t.sh": LINKED, ".gitignore": "runs/\n"})
    with pytest.raises(BaselineError) as caught:
        hold(project, [], **SETTINGS, measure_command=f"cat {path}", **named)
    link = "runs/last.txt" if "last.txt" in path else "runs/latest"
    assert f"{link} is a link" in caught.value.remedy
    assert f"cp -rL {link}" in caught.value.remedy


def test_a_candidate_of_whose_data_only_a_part_is_shown_is_not_measured(tmp_path):
    """A size of less than all that it wrote is no smaller size."""
    target = "mkdir -p out; echo 12345678 > out/all.csv\n"
    project = make_repository(tmp_path / "p", {"t.sh": target, ".gitignore": "out/\n"})
    split = "mkdir -p out; echo 1 > out/all.csv; echo 2345678 > out/rest.csv\n"
    settings = {**SETTINGS, "measure_command": "cat out/*.csv | wc -c"}
    _, tried = experiments(hold(project, [("split", split)], **settings))
    assert (tried.status, tried.reason) == (Status.CRASH, "implausible")
    assert "not shown all that the run wrote there: out/rest.csv" in tried.error
    _, tried = experiments(hold(project, [("split", split)], **settings, artifacts="out", tag="u"))
    assert tried.value == 10


@pytest.mark.parametrize("isolation", ["auto", "copy"])
@pytest.mark.parametrize("named", [{}, {"artifacts": "pred.txt"}])
def test_a_run_that_writes_nothing_is_not_measured_by_an_older_one(tmp_path, isolation, named):
    """Neither by the incumbent's output nor by what the user has from last night."""
    project = make_repository(
        tmp_path / "p", {"t.sh": "# predict\n" + PREDICT, ".gitignore": "*.txt\n"}
    )
    (project / "pred.txt").write_text("1\n")
    settings = {**SETTINGS, "measure_command": "cat pred.txt", "isolation": isolation, **named}
    ideas = [("broken", "# predict\n"), ("better", "# predict\necho 4 > pred.txt\n")]
    _, broken, better = experiments(hold(project, ideas, **settings))
    assert (broken.status, broken.reason) == (Status.CRASH, "no_metric")
    assert better.value == 4
    assert (project / "pred.txt").read_text() == "1\n"


def test_an_older_folder_of_results_is_not_measured_either(tmp_path):
    """Where each run has a folder of its own, by its time."""
    target = "# one\nmkdir -p out/$(date +%s%N); echo 5 > $(ls -d out/* | tail -1)/score.txt\n"
    project = make_repository(tmp_path / "p", {"t.sh": target, ".gitignore": "out/\n"})
    measure = "cat $(ls -d out/*/score.txt | tail -1)"
    _, broken = experiments(
        hold(project, [("broken", "# one\n")], **SETTINGS, measure_command=measure)
    )
    assert (broken.status, broken.reason) == (Status.CRASH, "no_metric")


ONCE = "test -e features.csv || echo 5 > features.csv\nV=0\necho $V > pred.txt\n"


def test_what_the_project_makes_once_is_there_for_all(tmp_path):
    """A file that its first run made and later ones find, such as prepared data."""
    project = make_repository(tmp_path / "p", {"t.sh": ONCE, ".gitignore": "*.txt\n*.csv\n"})
    measure = "echo $(($(cat features.csv) + $(cat pred.txt)))"
    ideas = [("better", ONCE.replace("V=0", "V=-1"))]
    found = experiments(hold(project, ideas, **SETTINGS, measure_command=measure))
    assert [e.value for e in found] == [5, 4]
