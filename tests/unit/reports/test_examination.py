"""What the doctor says, and on which pages."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from autoresearch_ci.core.model import Check, Diagnosis, Reason
from autoresearch_ci.reports.examination import closing, section, warning
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.table import headline
from autoresearch_ci.reports.terminal import Paint

PLAIN = Paint(colour=False)
LIE = Check("a lie after the work", False, "keep: improved", "Set measure_command.")
FOUND = Diagnosis(
    tag="mar17",
    session="s1",
    timestamp="2026-03-17T14:35:00Z",
    checks=(
        Check("no change", True, "discard: duplicate"),
        Check("another seed", None, note="there is none"),
        LIE,
        replace(LIE, title="a lie instead of work"),
    ),
    weaknesses=("There is no guard_command: *@everybody*.",),
)
SOUND = replace(FOUND, checks=FOUND.checks[:2], weaknesses=())
CUT = replace(SOUND, unseen=("a crash",), note="It was cut short. By hand: autoresearch-ci doctor")
NOTHING = replace(CUT, checks=())


def test_a_section():
    """How many verdicts are wrong, what to do about each once, and what is weak; nothing is markup."""
    text = "\n\n".join(section(FOUND))
    assert "**2 verdicts of 3 wrong: the loop cannot be trusted here yet.**" in text
    assert "- **a lie after the work, a lie instead of work**: Set measure\\_command." in text
    assert "- There is no guard\\_command: \\*@\u200beverybody\\*." in text


def test_what_was_not_kept_is_told_apart():
    """A wrong verdict that kept nothing does not say that the loop keeps what it must not."""
    lost = replace(LIE, title="a faster or smaller one", verdict="discard: equal")
    text = "\n".join(section(replace(FOUND, checks=(lost,))))
    assert "1 verdict of 1 wrong, though nothing was kept that must not be." in text
    assert "cannot be trusted" not in text


def test_a_clean_bill_of_few_plants():
    """Where most changes could not be planted, nobody is told that the loop can be trusted."""
    few = replace(SOUND, checks=(SOUND.checks[0], *[SOUND.checks[1]] * 2))
    text = "\n".join(section(few))
    assert "of the few changes that could be planted" in text
    assert "can be trusted" not in text


def test_other_sections():
    """What is sound, what was not looked at, and that nothing was, are told apart."""
    assert "Every verdict was right" in "\n".join(section(SOUND))
    cut = "\n".join(section(CUT))
    assert "Every verdict was right" in cut
    assert "> It was cut short." in cut
    assert "> Not looked at: a crash." in cut
    nothing = "\n".join(section(NOTHING))
    assert "No verdict was looked at." in nothing
    assert "a crash" not in nothing


def test_a_section_is_short():
    """Whoever writes into a log cannot make a page too long."""
    many = [replace(LIE, title=f"{n}", note=f"*{n}" * 300) for n in range(100)]
    huge = Diagnosis(
        "t", "s", "", tuple(many), tuple(check.note for check in many), ("x" * 9999,), "*" * 9999
    )
    text = "\n\n".join(section(huge))
    assert len(text) <= 8_000
    assert "more" in text


def test_every_page_shows_it(make_history, session_start):
    """The summary and the logs branch show it for as long as the campaign lasts."""
    history = make_history((0.9, Reason.IMPROVED))
    page = Page("mar17", history, session_start)
    assert "## Doctor" not in page.report(60_000) + page.readme()
    history.judged(FOUND)
    for text in (page.report(60_000), page.readme()):
        assert "## Doctor\n\n**2 verdicts of 3 wrong" in text
    assert len(page.readme()) <= 20_000


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (FOUND, ("doctor: 2 verdicts of 3 wrong: the loop cannot be trusted here yet. "
                "Wrong: a lie after the work, a lie instead of work")),
        (CUT, "doctor: It was cut short. By hand: autoresearch-ci doctor Not looked at: a crash."),
        (NOTHING, "doctor: It was cut short. By hand: autoresearch-ci doctor"),
        (SOUND, ""),
    ],
)  # fmt: skip
def test_a_warning(make_history, session_start, found, line):
    """`results` has a line on it where the loop cannot be trusted, or nobody could look."""
    history = make_history()
    history.judged(found)
    assert warning(found) == line
    assert (line in headline(session_start, history, PLAIN)) == bool(line)


@pytest.mark.parametrize("live", [False, True])
def test_as_it_happens(live):
    """Each check is a line when it is known; then comes what is weak, and the conclusion."""
    out = io.StringIO()
    with Progress(out, live=live) as shown:
        for check in FOUND.checks:
            shown.show(check)
        shown.show(replace(FOUND, unseen=("a crash",), note="It was cut short."))
    text = out.getvalue()
    parts = ("no change", "not tried, because there is none", "WRONG  a lie after the work",
             "What could still be made safer", "2 verdicts of 3 wrong", "It was cut short.",
             "Not looked at: a crash.")  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_end_of_a_terminal(make_history):
    """What was seen and right is not called trusted beyond that."""
    lines = [*closing(NOTHING, PLAIN)]
    assert "No verdict was looked at." in lines[0]
    assert "Not looked at" not in "\n".join(lines)
