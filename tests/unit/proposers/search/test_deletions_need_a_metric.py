"""Code is deleted only where the metric could tell, the surest and largest first."""

from __future__ import annotations

TEXT = """\
def _small():
    return 5


def _large(values):
    total = 0
    for value in values:
        total += value * value
    return total


def work(x):
    if x > 3:
        x += 1
    log(x)
    return x


print(work(4))
"""


def deleted(run):
    return [one.title for one in run.proposals if "cut" in one.change]


def test_what_nobody_uses_goes_first_and_the_largest_of_it(campaign):
    """A proof comes before a try, and what saves more before what saves less."""
    run = campaign(TEXT, lambda text: float(len(text)), deletions=True).run(3)
    assert deleted(run)[:2] == ["remove unused _large()", "remove unused _small()"]


def test_nothing_that_is_used_is_deleted_where_the_metric_stands_at_nothing(campaign):
    """At 0 a program that does nothing is as good as any: only what nobody uses may go."""
    run = campaign(TEXT, lambda _text: 0.0, deletions=True).run(12)
    assert set(deleted(run)) == {"remove unused _large()", "remove unused _small()"}


def test_nothing_that_is_used_is_deleted_where_the_metric_never_moved(campaign):
    """A metric that is the same whatever was changed says of no deletion that it does no harm."""
    settings = "".join(f"knob_{letter} = 0.5\n" for letter in "abcdefgh")
    run = campaign(settings + TEXT, lambda _text: 7.0, deletions=True).run(40)
    late = [one.title for one in run.proposals[5:] if "cut" in one.change]
    assert set(late) <= {"remove unused _large()", "remove unused _small()"}


def test_code_that_is_used_may_go_where_the_metric_tells(campaign):
    """Where values differ from change to change a deletion is as good a try as any."""
    size = {"metric_name": "size_bytes", "deletions": True}
    run = campaign(TEXT, lambda text: float(len(text)), **size).run(8)
    assert any("log(x)" in title or "if x > 3" in title for title in deleted(run))
