"""What waits for the logs branch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.campaign.archive import INTERVAL, Archive, archived, recall, waiting
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.core.model import Direction, Reason, Status
from autoresearch_ci.engine.assembly import readme


class Published:
    def __init__(self):
        self.writes = []

    def __call__(self, files, message):
        self.writes.append((files, message))


@pytest.fixture
def book(tmp_path, session_start, baseline):
    log = tmp_path / ".claude" / "logs" / "autoresearch.jsonl"
    book = Ledger(log, tmp_path / "results.tsv", "mar17", Direction.LOWER)
    book.append(session_start)
    book.append(baseline)
    return book


def test_slow_experiments_are_written_each_and_quick_ones_together(tmp_path, book):
    """The cost of an experiment does not grow with the campaign, and nothing waits long."""
    now, published = [0.0], Published()
    archive = Archive(book, published, tmp_path / "pending", readme, clock=lambda: now[0])
    for number in range(10):
        archive.add(f"{number:04}", "patch", "log")
        archive.write()
        now[0] += INTERVAL / 4
    assert len(published.writes) == 3
    archive.write(now=True)
    sent = [name for files, _ in published.writes for name in files if name.endswith(".patch")]
    assert sent == [archived(f"{number:04}.patch") for number in range(10)]


def test_the_picture_is_drawn_once_a_minute_and_at_the_end(tmp_path, book):
    """Drawing does not slow down quick experiments, and the last picture shows the last state."""
    now, published = [0.0], Published()
    archive = Archive(
        book,
        published,
        tmp_path / "pending",
        readme,
        lambda: now[0],
        lambda history: b"%d" % len(history.experiments),
    )
    for _ in range(50):
        archive.write()
        now[0] += INTERVAL
    archive.write(now=True)
    drawn = [files.get("progress.svg") for files, _ in published.writes]
    assert [picture is not None for picture in drawn].count(True) == 3
    assert drawn[-1] == b"1"
    assert all(b"(progress.svg)" in files["README.md"] for files, _ in published.writes)


def test_what_a_kill_left_waiting_is_written_by_the_next_session(tmp_path, book):
    """Patches and logs are on the disk while they wait."""
    dead = Archive(book, Published(), tmp_path / "pending", readme, clock=lambda: 0.0)
    dead.add("0007", "the patch", "the log")
    published = Published()
    Archive(book, published, tmp_path / "pending", readme, clock=lambda: 0.0).write(now=True)
    (files, _message) = published.writes[0]
    assert files["experiments/0000-0099/0007.patch"] == b"the patch\n"
    assert files["experiments/0000-0099/0007.log"] == b"the log\n"


def test_what_could_not_be_published_still_waits(tmp_path, book):
    """A failed write loses nothing."""

    def fail(_files, _message):
        raise OSError

    archive = Archive(book, fail, tmp_path / "pending", readme, clock=lambda: 0.0)
    archive.add("0001", "patch", "log")
    with pytest.raises(OSError):
        archive.write(now=True)
    published = Published()
    Archive(book, published, tmp_path / "pending", readme).write(now=True)
    assert "experiments/0000-0099/0001.patch" in published.writes[0][0]


def test_the_ledger_goes_out_whole(tmp_path, book, baseline):
    """The branch has the very lines and rows of the working tree."""
    book.append(
        replace(baseline, experiment=1, status=Status.DISCARD, reason=Reason.WORSE, prev=1.0)
    )
    published = Published()
    Archive(book, published, tmp_path / "pending", readme).write(now=True)
    files, message = published.writes[0]
    assert files[".claude/logs/autoresearch.jsonl"] == book.log.read_bytes()
    assert files["results.tsv"] == book.results.read_bytes()
    assert message == "autoresearch: 1 experiment of mar17"


def test_no_folder_grows_without_end():
    """A hundred experiments a folder."""
    assert archived("0007.log") == "experiments/0000-0099/0007.log"
    assert archived("12345.patch") == "experiments/12300-12399/12345.patch"


def test_what_an_experiment_plants_among_the_waiting_is_not_published(tmp_path, book):
    """Only what the session put there goes to the logs branch, whatever lies there now."""
    pending, published = tmp_path / "pending", Published()
    archive = Archive(book, published, pending, readme, clock=lambda: 0.0)
    archive.add("0001", "patch", "log")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (pending / "0009.log").symlink_to(secret)
    (pending / "evil.txt").write_text("evil")
    (pending / "0001.patch").unlink()
    (pending / "0001.patch").mkdir()
    archive.write(now=True)
    (files, _message) = published.writes[0]
    ideas = {name: data for name, data in files.items() if name.startswith("experiments/")}
    assert ideas == {
        "experiments/0000-0099/0001.patch": b"patch\n",
        "experiments/0000-0099/0001.log": b"log\n",
    }
    assert secret.exists()
    after = Archive(book, published, pending, readme, clock=lambda: 0.0)
    after.write(now=True)
    assert not [name for name in published.writes[1][0] if name.startswith("experiments/")]


def test_an_idea_can_be_read_back_before_and_after_it_is_written(tmp_path, book):
    """From what waits, else from the logs branch; never from what lies in the folder later."""
    published = Published()
    archive = Archive(book, published, tmp_path / "pending", readme, clock=lambda: 0.0)
    written = {archived("0001.patch"): b"old\n"}
    archive.add("0002", "new", "end")
    assert archive.recall(1, "patch", written.get) == "old\n"
    assert archive.recall(2, "patch", written.get) == "new\n"
    assert archive.recall(2, "log", written.get) == "end\n"
    assert recall("0002", "log", waiting(tmp_path / "pending"), written.get) == "end\n"
    assert archive.recall(3, "patch", written.get) == ""
    (tmp_path / "pending" / "0003.patch").write_text("planted")
    assert archive.recall(3, "patch", written.get) == ""
