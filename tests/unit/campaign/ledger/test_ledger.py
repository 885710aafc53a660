"""The log that must never lose a line."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.campaign import ledger
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.core.errors import LedgerError, MachineError
from autoresearch_ci.core.model import (
    Direction,
    ExperimentStart,
    ProposalRejected,
    Reason,
    Sample,
    SessionEnd,
    Side,
    Status,
    StopReason,
    StopRequest,
)

DATE = "2026-03-17T15:00:00Z"
FIXTURES = Path(__file__).parents[3] / "fixtures"


def open_ledger(folder: Path, tag: str = "mar17", published: bytes = b"") -> Ledger:
    log = folder / ".claude" / "logs" / "autoresearch.jsonl"
    return Ledger(log, folder / "results.tsv", tag, Direction.LOWER, published=published)


@pytest.fixture
def crash(baseline):
    return replace(
        baseline,
        experiment=1,
        status=Status.CRASH,
        reason=Reason.TIMEOUT,
        value=None,
        prev=1.0,
        description="a\tb\nc",
        error="killed after 2 seconds",
        commit="b" * 40,
    )


@pytest.fixture
def filled(tmp_path, session_start, baseline, crash):
    book = open_ledger(tmp_path)
    for record in (session_start, baseline, crash):
        book.append(record)
    return book


def test_the_value_to_reach_is_on_record(tmp_path, session_start):
    """Where one was set; a log of a campaign without one says nothing of it."""
    book = open_ledger(tmp_path)
    for value in (0.5, None):
        start = book.append(replace(session_start, target_value=value))
        assert (b"target_value" in book.campaign.lines[-1]) == (value is not None)
        assert open_ledger(tmp_path).campaign.start == start


def test_a_session_that_goes_on(tmp_path, session_start):
    """That the next session is to be started is on the record, and nothing where it is not."""
    book = open_ledger(tmp_path)
    for goes_on in (True, False):
        start = book.append(replace(session_start, goes_on=goes_on))
        assert (b"goes_on" in book.campaign.lines[-1]) == goes_on
        again = open_ledger(tmp_path)
        assert again.campaign.start == start


@pytest.mark.parametrize(
    ("ends", "begun", "expected"),
    [
        ([("a", "max_experiments")], False, True),
        ([("a", "time_limit"), ("b", "stopped")], False, True),
        ([("a", "patience")], False, False),
        ([("b", "time_limit")], False, False),
        ([("a", "time_limit")], True, False),
        ([], False, False),
    ],
)
def test_a_stop_waits_for_the_session_on_its_way(tmp_path, session_start, ends, begun, expected):
    """A limit has ended one that goes on, and none has begun since; the next one takes it."""
    book = open_ledger(tmp_path)
    book.append(replace(session_start, session="a", goes_on=True))
    book.append(replace(session_start, session="b"))
    for name, reason in ends:
        book.append(SessionEnd("mar17", name, DATE, StopReason(reason), 1, 0, None))
    if begun:
        book.append(replace(session_start, session="c"))
    stop = book.append(StopRequest("mar17", "s", DATE))
    assert open_ledger(tmp_path).campaign.waiting == ((stop,) if expected else ())
    book.append(replace(session_start, session="d"))
    assert book.campaign.waiting == ()


def test_what_was_appended_is_read_back_the_same(tmp_path, filled, session_start, baseline, crash):
    """A session on another day sees exactly what this one wrote."""
    again = open_ledger(tmp_path)
    assert list(again.history.experiments) == [baseline, crash]
    assert again.campaign.start == session_start


@given(
    value=st.floats(allow_nan=False, allow_infinity=False),
    description=st.text(),
    samples=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    change=st.dictionaries(st.text(), st.none() | st.integers() | st.text(), max_size=3),
)
def test_any_experiment_survives_its_line(value, description, samples, change):
    """Whatever text and numbers an experiment holds, its line gives back the same experiment."""
    from tests.unit.conftest import BASELINE

    record = replace(
        BASELINE,
        value=value,
        description=description,
        change=change,
        samples=tuple(Sample(Side.CANDIDATE, sample) for sample in samples),
    )
    line = ledger.records.dumps(record)
    assert line.count(b"\n") == 1
    assert ledger.records.decode(json.loads(line), 0) == record


def test_an_answer_that_came_to_nothing_is_read_back(tmp_path, filled):
    """What it cost is known to later sessions, and it takes no experiment's number."""
    rejected = ProposalRejected(
        "mar17", "s1", "2026-03-17T14:36:00Z", 2, "an idea", "does not apply", "openai", 900, 0.02
    )
    filled.append(rejected)
    again = open_ledger(tmp_path).history
    assert again.rejected == [rejected]
    assert (again.next_number, again.rejected_now) == (2, 1)


def test_what_an_idea_cost_outlives_a_kill(tmp_path, filled, baseline):
    """The record of an experiment's beginning carries its cost: it is spent, whatever comes."""
    filled.append(
        ExperimentStart(
            "mar17", "s1", baseline.timestamp, 2, "idea", "a" * 40, "b" * 40, "openai", 900, 0.02
        )
    )
    cut = open_ledger(tmp_path).campaign.unfinished
    assert (cut.tokens, cut.cost_usd) == (900, 0.02)


def test_a_crash_is_zero_in_the_files_and_nothing_inside(filled, tmp_path):
    """Scripts that people have find `fail`, 0 and the error; the program finds no number."""
    line = json.loads(filled.log.read_text().splitlines()[-1])
    assert line["status"] == "fail"
    assert line["details"]["value"] == 0
    assert line["details"]["error"] == "killed after 2 seconds"
    assert open_ledger(tmp_path).history.experiments[1].value is None


def test_the_table_is_what_people_know(filled):
    """Seven characters of the commit, six decimals, zeros for a crash, one line an experiment."""
    assert filled.results.read_text() == (
        "commit\tmetric\tvalue\tstatus\tdescription\n"
        "aaaaaaa\tval_bpb\t1.000000\tkeep\tbaseline\n"
        "bbbbbbb\tval_bpb\t0.000000\tcrash\ta b c\n"
    )


def test_the_known_commands_work(filled):
    """The grep that the documentation shows finds the finished experiments."""
    found = subprocess.run(
        f"grep experiment_done {filled.log} | tail -10", shell=True, capture_output=True, check=True
    )
    keys = json.loads(found.stdout.splitlines()[0])["details"].keys()
    known = "status metric value prev delta commit description memory_gb tag timestamp"
    assert set(known.split()) <= set(keys)


@given(cut=st.integers(min_value=0))
def test_a_tear_anywhere_in_the_last_line_costs_that_line_at_most(tmp_path_factory, cut):
    """Cut a log at any byte: the whole lines before are there, and the next append is clean."""
    from tests.unit.conftest import BASELINE

    tmp_path = tmp_path_factory.mktemp("torn")
    book = open_ledger(tmp_path)
    for number in range(3):
        book.append(replace(BASELINE, experiment=number))
    data = book.log.read_bytes()
    kept = cut % (len(data) + 1)
    book.log.write_bytes(data[:kept])
    book.results.unlink()
    again = open_ledger(tmp_path)
    # A line that lost nothing but its newline is whole.
    ends = [i for i, byte in enumerate(data) if byte == ord("\n")]
    assert again.history.next_number == sum(end <= kept for end in ends)
    again.append(replace(BASELINE, experiment=again.history.next_number))
    final = open_ledger(tmp_path)
    assert list(final.history.experiments) == list(again.history.experiments)
    assert all(json.loads(line) for line in final.log.read_text().splitlines())


def test_zero_bytes_after_a_power_cut_are_dropped(filled, tmp_path):
    """A file system that leaves zeros behind the last line does not stop the campaign."""
    with filled.log.open("ab") as file:
        file.write(b"\0" * 512)
    assert open_ledger(tmp_path).history.next_number == 2
    assert b"\0" not in filled.log.read_bytes()


def test_campaigns_share_the_file_and_not_their_numbers(filled, tmp_path, baseline):
    """A second campaign begins at 0 and leaves the first one's lines alone."""
    before = filled.log.read_bytes()
    other = open_ledger(tmp_path, tag="mar18")
    other.append(replace(baseline, tag="mar18"))
    assert other.history.next_number == 1
    assert filled.log.read_bytes().startswith(before)
    assert other.results.read_text().count("\n") == 2
    assert open_ledger(tmp_path).history.next_number == 2


def test_records_that_only_the_logs_branch_has_come_back(filled, tmp_path, baseline, crash):
    """A cleaned working tree, or another machine, goes on from what was published."""
    published = filled.log.read_bytes()
    fresh = tmp_path / "other"
    fresh.mkdir()
    book = open_ledger(fresh, published=published)
    assert list(book.history.experiments) == [baseline, crash]
    assert book.log.read_bytes() == published
    assert len(open_ledger(fresh, published=published).history.experiments) == 2
    assert book.log.read_bytes() == published


def test_the_file_may_be_ahead_of_the_logs_branch_and_the_branch_of_the_file(
    filled, tmp_path, baseline, crash
):
    """Each experiment is there once, whichever of the two knew it."""
    lines = filled.log.read_bytes().splitlines(keepends=True)
    assert open_ledger(tmp_path, published=b"".join(lines[:2])).history.next_number == 2
    more = ledger.records.dumps(replace(crash, experiment=2))
    book = open_ledger(tmp_path, published=b"".join([*lines, more]))
    assert [e.experiment for e in book.history.experiments] == [0, 1, 2]


def test_an_unfinished_experiment_is_known(filled, tmp_path):
    """After a kill the next session knows which experiment was under way."""
    start = ExperimentStart("mar17", "s1", "2026-03-17T14:36:00Z", 2, "x", "p", "c", "search")
    filled.append(start)
    assert open_ledger(tmp_path).campaign.unfinished == start


def test_a_session_that_ended_says_why(filled, tmp_path):
    """The last session's end is read back."""
    end = SessionEnd("mar17", "s1", "2026-03-17T15:00:00Z", StopReason.PATIENCE, 1, 0, 1.0)
    filled.append(end)
    assert open_ledger(tmp_path).campaign.ended == end


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"tool":"other","action":"x","details":{}}', "not a record of autoresearch-ci"),
        ("[1, 2]", "not a record of autoresearch-ci"),
        ("not json", "damaged"),
        (
            '{"tool":"autoresearch","action":"session_start","details":{"format":99}}',
            "newer version",
        ),
        (
            '{"tool":"autoresearch","action":"experiment_done","details":{"status":"great"}}',
            "not a record",
        ),
    ],
)
def test_a_ledger_that_cannot_be_trusted_is_refused_with_file_and_line(tmp_path, line, says):
    """Foreign, damaged and newer ledgers are named with the line and what to do."""
    log = tmp_path / ".claude" / "logs" / "autoresearch.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(line + "\n")
    with pytest.raises(LedgerError, match=says) as error:
        open_ledger(tmp_path)
    assert "autoresearch.jsonl:1" in error.value.message
    assert error.value.remedy
    assert log.read_text() == line + "\n"


def test_an_empty_ledger_is_a_new_campaign(tmp_path):
    """A file of no bytes is no error."""
    log = tmp_path / ".claude" / "logs" / "autoresearch.jsonl"
    log.parent.mkdir(parents=True)
    log.touch()
    assert open_ledger(tmp_path).history.next_number == 0


def test_a_table_of_somebody_else_is_never_overwritten(tmp_path):
    """A results.tsv with rows that no ledger knows is refused, and stays as it is."""
    table = tmp_path / "results.tsv"
    table.write_text("commit\tmetric\tvalue\tstatus\tdescription\nabc\tx\t1.0\tkeep\tby hand\n")
    with pytest.raises(LedgerError, match="by hand") as error:
        open_ledger(tmp_path)
    assert "mv results.tsv" in error.value.remedy
    assert "by hand" in table.read_text()


def test_a_full_device_leaves_no_half_line(tmp_path, filled, baseline, monkeypatch):
    """No space left: an error with the remedy, and the log ends in a whole line."""
    before = filled.log.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MachineError, match="No space left"):
        filled.append(replace(baseline, experiment=2))
    assert filled.log.read_bytes() == before


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("*.jsonl")), ids=lambda path: path.name)
def test_logs_of_old_releases_stay_readable(tmp_path, fixture):
    """A log written by any release, and by the tools before it, opens and goes on."""
    published = fixture.read_bytes()
    tag = next(iter(ledger.read(published, fixture.name)))
    book = open_ledger(tmp_path, tag=tag, published=published)
    expected = json.loads(fixture.with_suffix(".expected.json").read_text())
    assert [
        [e.experiment, e.status, e.value, e.description] for e in book.history.experiments
    ] == expected


def test_a_name_that_is_no_text_survives_the_log(tmp_path, filled, baseline):
    """Half a surrogate pair, which stands for a byte of a file name, is written as JSON can."""
    odd = "a \udcff b"
    filled.append(replace(baseline, experiment=2, metric="m", description="x", error=odd))
    assert open_ledger(tmp_path).history.experiments[2].error == odd
    subprocess.run(["jq", "."], input=filled.log.read_bytes(), check=True, capture_output=True)


def test_a_kill_while_the_log_is_put_back_costs_nothing(filled, baseline, monkeypatch):
    """It is replaced in one step: there is no instant without a whole log."""
    filled.log.write_bytes(b"")

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    before = filled.log.read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        filled.append(replace(baseline, experiment=2, metric="m"))
    assert filled.log.read_bytes() == before


def test_what_a_kill_leaves_beside_the_log_goes_with_the_next_session(tmp_path, filled):
    """No stray file stays in the working tree."""
    stray = filled.log.with_name(".autoresearch.jsonl.new")
    stray.write_text("half")
    open_ledger(tmp_path)
    assert not stray.exists()
