"""The check run on the commit that a session works on."""

import pytest

from autoresearch_ci.forge import Annotation, CheckOutput, Conclusion

SHA = "b" * 40
PAGE = CheckOutput("val_bpb 1.0 → 0.9", "# summary\n", "the table\n")


def remarks(count):
    return [Annotation("train.py", n + 1, n + 1, f"remark {n}", "kept") for n in range(count)]


def test_from_begin_to_end(forge, lab):
    """A check is under way on the head, then ends; one check run, two writes."""
    forge.begin_check(
        SHA, CheckOutput("at work", "begun"), details_url="https://github.com/o/r/runs/1"
    )
    (check,) = lab.checks.values()
    assert (check.name, check.head_sha, check.status) == ("autoresearch", SHA, "in_progress")
    address = forge.end_check(SHA, Conclusion.SUCCESS, PAGE, remarks(3))
    assert (check.status, check.conclusion) == ("completed", "success")
    assert check.output == {"title": PAGE.title, "summary": PAGE.summary, "text": PAGE.text}
    assert check.saved["details_url"] == "https://github.com/o/r/runs/1"
    assert [a["start_line"] for a in check.annotations] == [1, 2, 3]
    assert address.endswith(f"/runs/{check.id}")
    assert check.requests == 2


def test_a_later_job_ends_what_an_earlier_one_began(connect, lab):
    """Jobs of one run show one check run; another run's, and one that has ended, stay as they are."""
    at_work, run = CheckOutput("at work", "begun"), "https://github.com/o/r/runs/1"
    for address in ("https://github.com/o/r/runs/2", run):
        connect().begin_check(SHA, at_work, details_url=address)
    later = connect()
    later.begin_check(SHA, CheckOutput("combining", "s"), details_url=run, again=True)
    later.end_check(SHA, Conclusion.SUCCESS, PAGE)
    other, ours = lab.checks.values()
    assert (other.status, other.output["title"]) == ("in_progress", "at work")
    assert (ours.conclusion, ours.output["title"], ours.requests) == ("success", PAGE.title, 2)
    connect().begin_check(SHA, at_work, details_url=run, again=True)
    assert [check.status for check in lab.checks.values()] == [
        "in_progress", "completed", "in_progress",
    ]  # fmt: skip


@pytest.mark.parametrize("conclusion", Conclusion)
def test_conclusions(forge, lab, conclusion):
    """Each conclusion is shown, also where the check was never begun."""
    assert forge.end_check(SHA, conclusion, CheckOutput("t", "s"))
    (check,) = lab.checks.values()
    assert check.conclusion == conclusion.value


def test_annotations_go_in_batches(forge, lab):
    """More than fifty annotations take more requests, each shown once, 250 at most."""
    forge.end_check(SHA, Conclusion.SUCCESS, PAGE, remarks(120))
    forge.end_check("c" * 40, Conclusion.SUCCESS, PAGE, remarks(400))
    first, second = lab.checks.values()
    assert [a["message"] for a in first.annotations] == [f"remark {n}" for n in range(120)]
    assert first.requests == 3
    assert len(second.annotations) == 250
    assert not forge.missed


def test_the_verdict_is_first(forge, hub, lab):
    """When GitHub fails after the first fifty annotations, the conclusion is there all the same."""
    hub.fault("PATCH .*/check-runs", status=422, times=None)
    assert forge.end_check(SHA, Conclusion.SUCCESS, PAGE, remarks(60))
    (check,) = lab.checks.values()
    assert check.conclusion == "success"
    assert [missed.what for missed in forge.missed] == ["some annotations"]


@pytest.mark.parametrize("letter", ["x", "é", "🔬"])
def test_long_texts_are_cut(forge, lab, letter):
    """Summary, text, title and remarks over their limits are cut and accepted."""
    long = f"{letter * 99}\n" * 3000
    remark = Annotation("train.py", 1, 1, long, long)
    forge.end_check(SHA, Conclusion.NEUTRAL, CheckOutput(long, long, long), [remark])
    assert not forge.missed
    (check,) = lab.checks.values()
    for key in ("summary", "text"):
        assert 60_000 < len(check.output[key].encode()) <= 65_535
        assert check.output[key].rstrip().endswith("no more room here.*")
    assert len(check.output["title"]) == len(check.annotations[0]["title"]) == 255


def test_a_check_that_could_not_begin_ends(forge, hub, lab):
    """When the beginning got lost, the end makes the check run."""
    hub.fault("POST .*/check-runs", status=422)
    forge.begin_check(SHA, CheckOutput("at work", "begun"))
    assert [missed.what for missed in forge.missed] == ["the check run"]
    assert forge.end_check(SHA, Conclusion.FAILURE, PAGE)
    assert not forge.missed
    assert [check.conclusion for check in lab.checks.values()] == ["failure"]


def test_a_check_that_is_gone_is_made_again(forge, lab):
    """When GitHub knows the check run no more, the end makes a new one."""
    forge.begin_check(SHA, CheckOutput("at work", "begun"))
    lab.checks.clear()
    assert forge.end_check(SHA, Conclusion.SUCCESS, PAGE)
    assert not forge.missed


def test_a_second_check_run_by_its_name(forge, lab):
    """One with a name of its own stands beside the session's, and does not end it."""
    forge.begin_check(SHA, CheckOutput("t", "s"))
    assert forge.end_check(
        SHA, Conclusion.NEUTRAL, CheckOutput("t", "s"), name="autoresearch/confirmed"
    )
    assert forge.end_check(SHA, Conclusion.SUCCESS, CheckOutput("t", "s"))
    found = {check.name: check.saved["conclusion"] for check in lab.checks.values()}
    assert found == {"autoresearch": "success", "autoresearch/confirmed": "neutral"}
