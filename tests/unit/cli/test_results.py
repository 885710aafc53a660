"""`results` from a log that is there, or not yet."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from rich.cells import cell_len

from autoresearch_ci.campaign import select
from autoresearch_ci.cli import main
from autoresearch_ci.cli import results as results_verb
from autoresearch_ci.core.errors import BaselineError, LedgerError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Confirmation,
    Direction,
    ExperimentStart,
    Finding,
    Importance,
    Reason,
    Sample,
    Side,
)
from autoresearch_ci.workspace import Workspace
from tests.projects import PARSED, experiments, git, hold, look, make_project
from tests.unit.conftest import BASELINE

OUTCOMES = (
    (0.98, Reason.IMPROVED),
    (1.2, Reason.WORSE),
    (None, Reason.TIMEOUT),
    (0.97, Reason.IMPROVED),
)


@pytest.fixture
def view(monkeypatch, session_start, make_history):
    """What is read of the campaign; `asked` are the tags that were asked for."""
    made = SimpleNamespace(
        tag="mar17", history=make_history(*OUTCOMES), sessions=[session_start], running=None,
        asked=[], branch="autoresearch/mar17", base="a" * 40, under_way=(), grows=(),
    )  # fmt: skip

    def look(_repo, tag):
        made.asked.append(tag)
        return made

    monkeypatch.setattr(results_verb, "look", look)
    found = [Importance("LR", "0.04", 0.75, 12)]
    monkeypatch.setattr(results_verb.importance, "of_campaign", lambda _repo, _view: found)
    return made


@pytest.fixture
def results(view, capsys):
    def call(*words):
        with pytest.raises(SystemExit) as exit_:
            main(["results", *words])
        assert exit_.value.code == 0
        return capsys.readouterr().out.splitlines()

    return call


def numbers(lines):
    """The experiments in a printed table."""
    return [int(line.split()[0]) for line in lines if line[:4].strip().isdigit()]


def test_the_table_is_chronological_below_a_headline(results):
    """Where it stands first, then every experiment in order."""
    lines = results()
    assert lines[0] == "mar17  val_bpb of train.py, lower is better"
    assert lines[1] == "1.000000 -> 0.970000 (-3.00%), experiment 4"
    assert numbers(lines) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--status", "keep"], [0, 1, 4]),
        (["--status", "discard,crash"], [2, 3]),
        (["--status", "discard", "--status", "crash"], [2, 3]),
        (["--last", "2"], [3, 4]),
        (["--status", "keep", "--last", "1"], [4]),
        (["--last", "99"], [0, 1, 2, 3, 4]),
    ],
)
def test_filters(results, words, shown):
    """By verdict, the last few, or the last few with a verdict; the rest is counted."""
    lines = results(*words)
    assert numbers(lines) == shown
    assert (lines[-1] == f"{len(shown)} of 5 shown") == (len(shown) < 5)


def test_json_is_the_ledgers_own_records(results, view):
    """One object a line, exactly as in the log, so that the known jq filters work on it."""
    from autoresearch_ci.campaign.ledger import encode

    records = [json.loads(line) for line in results("--json", "--status", "keep")]
    assert records == json.loads(json.dumps([encode(e) for e in view.history.kept]))


SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schema/results.schema.json").read_text(encoding="utf-8")
)


def test_one_json_document_by_its_schema(results, view):
    """The campaign as a whole and the chosen experiments, as the committed schema says."""
    view.history.confirmation = Confirmation(
        "mar17", "s1", "2026-03-17T15:00:00Z", "val_bpb", "a" * 40, view.history.incumbent.commit,
        1.0, 0.95, 0.05, 0.03, None, 8, "confirmed", (Finding(4, "idea 4", holds=True),), "a machine",
    )  # fmt: skip
    view.running = ExperimentStart("mar17", "s1", "now", 5, "idea 5", "a", "b", "search")
    found = json.loads("\n".join(results("--format", "json", "--status", "keep")))
    jsonschema.validate(found, SCHEMA)
    assert found["version"] == 1
    assert [each["experiment"] for each in found["experiments"]] == [0, 1, 4]
    assert found["kinds"] == {"kept": 2, "not better": 1, "broke a rule": 0, "crashed": 1}
    assert found["experiments"][1]["gain"] == pytest.approx(0.02)
    assert found["confirmation"]["verdict"] == "confirmed"
    (important,) = found["importance"]
    assert important == {
        "parameter": "LR", "now": "0.04", "share": 0.75, "tried": 12, "began": "",
    }  # fmt: skip
    (search,) = found["proposers"]
    assert (search["name"], search["experiments"], search["kept"]) == ("search", 4, 2)


def test_what_each_lane_is_trying(results, view, session_start):
    """Below the table is a line for each lane that is at work on an idea."""
    view.sessions = [replace(session_start, session=f"s{n}", lane=n, lanes=2) for n in (1, 2)]
    view.under_way = [
        ExperimentStart("mar17", f"s{n}", "now", 5, f"idea\x1b[2J {n}", "a", "b", "search")
        for n in (1, 2)
    ]
    assert results()[-2:] == [f"lane {n} tries: idea {n}" for n in (1, 2)]


def test_lanes_in_the_document(results, view, session_start):
    """Each lane summed up in its order, then what was tried in none; without lanes there is none."""
    assert json.loads("\n".join(results("--format", "json")))["by_lane"] == []
    view.sessions = [
        replace(session_start, session="s0"),
        *(replace(session_start, session=f"s{n}", lane=n, lanes=12) for n in (10, 2)),
    ]
    view.history._experiments[1:4] = [
        replace(e, session=session)
        for e, session in zip(view.history.experiments[1:4], ("s10", "s2", "s10"), strict=True)
    ]
    found = json.loads("\n".join(results("--format", "json")))
    jsonschema.validate(found, SCHEMA)
    told = [(each["name"], each["experiments"]) for each in found["by_lane"]]
    assert told == [("lane 2", 1), ("lane 10", 2), ("none", 1)]
    assert [each["lane"] for each in found["sessions"]] == [0, 10, 2]


def test_the_document_of_an_empty_campaign(results, view, make_history):
    """Before the baseline there is one, too."""
    view.history = History(Direction.HIGHER)
    found = json.loads("\n".join(results("--format", "json")))
    jsonschema.validate(found, SCHEMA)
    assert found["experiments"] == []


def test_tsv_is_results_tsv(results, view):
    """Header and rows are those of results.tsv, filtered or not."""
    from autoresearch_ci.campaign.ledger import table

    whole = table(view.history).splitlines()
    assert results("--tsv") == whole
    assert results("--tsv", "--status", "crash") == [whole[0], whole[4]]


def test_every_format_by_its_name(results, view):
    """`--json` and `--tsv` are names of two of them; the table is what comes without one."""
    assert results("--format", "jsonl", "--last", "2") == results("--json", "--last", "2")
    assert results("--format", "tsv") == results("--tsv")
    assert results("--format", "table") == results()


@pytest.mark.long
def test_the_page_and_the_picture_of_the_logs_branch(results, view):
    """What the logs branch shows can be had without one."""
    assert results("--format", "markdown")[0] == "# autoresearch campaign `mar17`"
    pytest.importorskip("matplotlib")
    assert results("--format", "chart")[-1] == "</svg>"


def test_a_picture_in_a_file(results, view, tmp_path, capsys):
    """A PNG, light or dark, where it was asked for; an SVG in the colours that were asked for."""
    pytest.importorskip("matplotlib")
    for theme in ("light", "dark"):
        file = tmp_path / f"{theme}.png"
        assert results("--format", "png", "--theme", theme, "--output", str(file)) == []
        assert file.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "dark.png").read_bytes()
    assert not any("@media" in line for line in results("--format", "chart", "--theme", "dark"))


def test_a_file_that_cannot_be_written(view, tmp_path, capsys):
    """Why, and what to give instead."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", "--format", "tsv", "--output", str(tmp_path / "none" / "x")])
    assert exit_.value.code == 1
    assert "a folder that is there" in capsys.readouterr().err


def test_a_chart_without_matplotlib(view, monkeypatch, capsys):
    """What is missing is said, with how to install it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as exit_:
        main(["results", "--format", "chart"])
    assert exit_.value.code == 1
    assert "pip install 'autoresearch-ci[chart]'" in capsys.readouterr().err


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("direction", Direction)
def test_no_line_is_broken(
    results, view, monkeypatch, make_history, session_start, width, direction
):
    """In a window of any usual width each line of the table, of one experiment, of nothing fits."""
    long = "학습률을 두 배로 늘린다 and more words than a window has cells for " * 4
    view.sessions = [replace(session_start, metric=long, target=long, machine=long)]
    view.history = make_history(*OUTCOMES, direction=direction)
    view.history._experiments[1:] = [
        replace(e, description=long, error=long, proposer=long, tokens=9, machine=long, jump=True,
                change={"hypothesis": long}, samples=BASELINE.samples * 3)
        for e in view.history.experiments[1:]
    ]  # fmt: skip
    view.running = ExperimentStart("mar17", "s1", "now", 5, long, "a", "b", "search")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(select, "archive_of", lambda *_: lambda _n, _s: f"+{long}\n\t{long}")
    monkeypatch.setattr(Workspace, "open", lambda _repo: None)
    for words in ((), ("--last", "2"), ("show", "2"), ("show", "0")):
        assert max(map(cell_len, results(*words))) <= width, words
    view.history = History(direction)
    view.running = None
    assert max(map(cell_len, results())) <= width


def test_one_experiment_kept_or_not(results, view, monkeypatch, tmp_path):
    """`show N`: verdict, numbers, runs of both sides, why, the change and the end of its log."""
    head = "diff --git a/x b/x\nindex 5e09a3e..9a11902 100644\n--- a/x\n+++ b/x\n"
    text = {
        "patch": f"{head}@@ -1,2 +1,2 @@\n-LR = 1\n+LR = 2\n index = 3\n",
        "log": "step 1\n\x1b[2Jdone\n",
    }
    monkeypatch.setattr(select, "archive_of", lambda *_: lambda _n, suffix: text[suffix])
    monkeypatch.setattr(Workspace, "open", lambda _repo: None)
    view.history._experiments[2] = replace(
        view.history.experiments[2],
        change={"hypothesis": "since it is slow"},
        samples=(Sample(Side.INCUMBENT, 1.0), Sample(Side.CANDIDATE, 1.2)),
    )
    lines = results("show", "2")
    assert lines[0] == "Experiment 2: not better (worse)"
    said = "\n".join(lines)
    for part in ("1.200000", "+22.45% against 0.980000", "since it is slow", "+LR = 2", "done"):
        assert part in said
    assert "\x1b" not in said
    assert "9a11902" not in said
    assert " index = 3" in lines
    assert [line.split()[0] for line in lines if "•" in line] == ["incumbent", "candidate"]
    record = json.loads(results("show", "2", "--json")[0])
    assert record["details"]["experiment"] == 2
    assert record["patch"] == text["patch"]


@pytest.mark.parametrize("words", [["show"], ["show", "x"], ["list", "1"], ["show", "1", "--tsv"]])
def test_what_show_does_not_take(view, words, capsys):
    """A usage error that says what it takes."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", *words])
    assert exit_.value.code == 2
    assert re.search("show N|the number of an experiment", capsys.readouterr().err)


@pytest.mark.parametrize(
    "words", [["--theme", "dark"], ["--watch", "--output", "x"], ["show", "1", "--output", "x"]]
)
def test_nothing_is_taken_that_would_do_nothing(view, words):
    """An option without a meaning beside another is a usage error."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", *words])
    assert exit_.value.code == 2


def test_an_experiment_that_is_not_there(view, capsys):
    """The numbers that there are."""
    with pytest.raises(SystemExit) as exit_:
        main(["results", "show", "9"])
    assert exit_.value.code == 1
    assert "from 0 to 4" in capsys.readouterr().err


def test_the_best_so_far_is_a_line_of_bars(results, view):
    """One look tells when it went down; where nothing changed there is none."""
    assert results()[3] == "█▃▃▃▁"
    view.history._experiments[1:] = []
    view.history._kept[1:] = []
    assert results()[3] == ""


def test_quiet_is_one_line(results):
    """With --quiet only the outcome."""
    assert results("--quiet") == ["mar17: val_bpb 1.000000 -> 0.970000 (-3.00%), experiment 4"]


def test_the_campaign_can_be_chosen(results, view):
    """`--tag` says which one; without it, the one worked on last."""
    results("--tag", "mar16")
    results()
    assert view.asked == ["mar16", None]


def test_what_is_under_way_is_said(results, view):
    """A running experiment stands below the table."""
    view.running = ExperimentStart(
        "mar17", "s1", "2026-03-17T14:35:00Z", 5, "LR \x1b[2Jup", "a" * 40, "b" * 40, "search"
    )
    assert results()[-1] == "#5 is running: LR up"


def test_a_title_of_the_log_is_harmless(results, view):
    """Escape sequences in somebody else's ledger do not reach the terminal."""
    view.history._experiments[2] = replace(
        view.history.experiments[2], description="\x1b]0;owned\x07bad\nidea"
    )
    assert any(line.endswith("  bad idea") for line in results())


def test_no_campaign_yet(view, monkeypatch, capsys):
    """Without one it is an error that says how to begin."""
    monkeypatch.setattr(results_verb, "look", _raiser("There is no campaign yet."))
    with pytest.raises(SystemExit) as exit_:
        main(["results"])
    assert exit_.value.code == 1
    assert "Begin one" in capsys.readouterr().err


def test_watch_waits_for_a_campaign_and_shows_it_as_it_grows(view, monkeypatch, capsys, tmp_path):
    """It may be started first; the log is read again only when it has changed; Ctrl-C ends it."""
    view.log_path = tmp_path / "log"
    view.log_path.write_text("one")
    there = results_verb.look
    naps = iter(
        [
            lambda: None,
            lambda: monkeypatch.setattr(results_verb, "look", there),
            lambda: None,
            lambda: None,
            lambda: None,
            lambda: _grow(view),
            lambda: None,
        ]
    )

    def sleep(_seconds):
        nap = next(naps, None)
        if nap is None:
            raise KeyboardInterrupt
        nap()

    monkeypatch.setattr(results_verb, "look", _raiser("There is no campaign yet."))
    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(SystemExit) as exit_:
        main(["results", "--watch"])
    assert exit_.value.code == 130
    out = capsys.readouterr().out
    assert out.startswith("There is no campaign yet. Waiting for one to begin.\n\nmar17 ")
    assert out.count("mar17 ") == 2
    assert len(view.asked) == 3  # when it was there, when its log was known, when that had grown


def _grow(view):
    view.log_path.write_text("more")
    view.history.add(replace(view.history.experiments[1], experiment=5))


def _raiser(message):
    def look(_repo, _tag):
        raise LedgerError(message, remedy="Begin one: autoresearch-ci run")

    return look


def test_a_failed_baseline_is_explained(tmp_path, capsys):
    """Without an experiment `results` says what failed and how to go on, also beside data."""
    project = make_project(tmp_path / "p", **{"target.txt": "exit 3\n"})
    with pytest.raises(BaselineError):
        hold(project, [])
    assert shown(capsys, project) == (0, True, "")
    code, _, errors = shown(capsys, project, "--json")
    assert code == 0
    assert "exit code 3" in errors


def shown(capsys, project, *words):
    """Exit code, whether standard output says what failed and what to do, standard error."""
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(project), "results", *words])
    out, err = capsys.readouterr()
    said = "exit code 3" in out and "autoresearch-ci run --tag t" in out
    return exit_.value.code, said, err


def test_a_campaign_without_a_number_takes_another_metric(tmp_path):
    """A first baseline that failed ties the campaign to nothing."""
    project = make_project(tmp_path / "p", **{"target.txt": "exit 3\n"})
    with pytest.raises(BaselineError):
        hold(project, [])
    (project / "target.txt").write_text("echo metric: 4\n")
    git(project, "commit", "-qam", "mended")
    other = {"metric_name": "other", "metric_direction": "higher_is_better", **PARSED}
    events = hold(project, [], **other)
    assert [e.value for e in experiments(events)] == [4]
    assert look(project, "t").history.direction is Direction.HIGHER


def test_the_log_of_another_tool_is_shown_and_never_written(tmp_path, capsys):
    """Where there is no campaign it is what there is; every form takes it, and no byte changes."""
    log = '{"type":"config","metricName":"ms","bestDirection":"lower"}\n' + "".join(
        f'{{"run":{n},"metric":{10 - n},"status":"keep","description":"idea {n}"}}\n'
        for n in range(3)
    )
    project = make_project(tmp_path / "p", **{"autoresearch.jsonl": log, "results.tsv": "mine\n"})
    before = {path: path.read_bytes() for path in project.iterdir() if path.is_file()}

    def results(*words):
        with pytest.raises(SystemExit) as ended:
            main(["--repo", str(project), "results", *words])
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
        return out, err

    out, err = results()
    assert "ms of autoresearch.jsonl, lower is better" in out
    assert "idea 2" in out
    assert "it is only read" in err
    for form in ("html", "markdown", "json", "jsonl", "tsv"):
        assert "idea 2" in results("--format", form, "--log", f"{project}/autoresearch.jsonl")[0]
    assert "idea 1" in results("show", "1")[0]
    assert before == {path: path.read_bytes() for path in project.iterdir() if path.is_file()}
    with pytest.raises(SystemExit):
        main(["--repo", str(project), "results", "--tag", "mar17"])
