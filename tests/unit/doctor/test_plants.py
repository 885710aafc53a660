"""What is planted, and where."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from autoresearch_ci.config import Settings
from autoresearch_ci.core.model import Experiment, Reason, Status
from autoresearch_ci.doctor.examination import harmless
from autoresearch_ci.doctor.faults import Seen
from autoresearch_ci.doctor.languages import codes, filled, language_of
from autoresearch_ci.doctor.probes import BETTER, PROBES, NotPossibleError, ProjectUnderTest

SETTINGS = Settings(
    target_file="train.py", run_command="r", metric_name="loss", metric_parse="grep ^loss: run.log"
)
LOG = "step 3 loss 9\nloss: 0.5000\ntotal_seconds: 3\n"


def project(text="print('loss:', 1)\n", value=0.5, **settings):
    chosen = SETTINGS.model_copy(update=settings)
    return ProjectUnderTest(
        chosen, text, value, seconds=1.0, log=LOG, bystander="a.txt", executed=True
    )


def probe(title, of):
    return next(p for p in PROBES if p.title == title).make(of)


@pytest.mark.parametrize(
    "head",
    [
        "", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", '"""One line."""\n', "'''Two\nlines.'''\n",
        'r"""Raw."""\n', '"""Doc."""\nfrom __future__ import annotations\n', "\n\n# comment\n",
    ],
)  # fmt: skip
def test_planted_python_is_python(head):
    """Below encodings, docstrings and imports from the future there is always a place."""
    text = f"{head}import math\nprint('loss:', math.pi)\n"
    for title in (
        "a crash",
        "an endless run",
        "a printed number",
        "a lie after the work",
        "a lie instead of work",
    ):
        planted = probe(title, project(text))
        assert planted != text
        assert ast.get_docstring(ast.parse(planted)) == ast.get_docstring(ast.parse(text))


def test_a_claim_looks_like_the_report():
    """The line of the log with another number, and one that is a little too good."""
    assert project().claim() == "loss: 0.4"
    assert project(metric_direction="higher_is_better").claim() == "loss: 0.6"
    assert project(metric_min=0.45).claim() == "loss: 0.475"
    assert project(value=0.0).claim() == "loss: -1"


def test_a_lie_cannot_be_read():
    """Neither the name nor the number of a lie stands in its code."""
    for title in ("a lie after the work", "a lie instead of work"):
        added = probe(title, project(text="x = 1\n"))
        assert "loss" not in added
        assert "0.4" not in added


def test_another_seed_is_one_more():
    """The first number of a seed is changed, and nothing else."""
    text = "width = 3\nrng = default_rng(42)\n"
    assert probe("another seed", project(text)) == text.replace("42", "43")
    with pytest.raises(NotPossibleError, match="sets no seed"):
        probe("another seed", project("width = 3\n"))


def test_what_cannot_be_planted_says_why():
    """A target that a run does not execute, or that has no beginning, is named as such."""
    with pytest.raises(NotPossibleError, match="no place where a program begins"):
        probe("a crash", project("int f(void);\n", target_file="a.rs"))
    with pytest.raises(NotPossibleError, match="does not know the language"):
        probe("a comment", project(target_file="a.zzz"))


def test_templates_keep_the_languages_own_braces():
    """Only named places are filled."""
    assert (
        filled("f({codes}) {x} {{seconds}}", codes=codes("hi"), seconds=2) == "f(104, 105) {x} {2}"
    )
    assert language_of("A.JAVA") is language_of("b.java") is not None


@pytest.mark.parametrize(
    ("tracked", "best"),
    [
        (["a.py", "LICENSE", "src/data.csv"], "LICENSE"),
        (["lib.py", "README.md", "CLAUDE.md"], "README.md"),
        (["CLAUDE.md", "lib.py"], "lib.py"),
        (["prepare.py", "b/other.py"], "b/other.py"),
        (["t.py"], None),
    ],
)
def test_the_file_that_is_edited_is_a_harmless_one(tracked, best):
    """A licence or a text for people first; what the settings name, or sessions read, comes last."""
    found = harmless([*tracked, "t.py"], ("t.py", "prepare.py"))
    assert found == best


@pytest.mark.parametrize(
    ("title", "status", "reason", "of", "wrong"),
    [
        ("a syntax error", "crash", "no_metric", {}, False),
        ("a syntax error", "discard", "guard_failed", {}, False),
        ("a syntax error", "keep", "improved", {}, True),
        ("a syntax error", "discard", "equal", {}, True),
        ("a syntax error", "discard", "worse", {"metric_name": "wheel_kb", "metric_parse": "du x"}, False),
        ("a syntax error", "discard", "within_noise", {"metric_parse": "echo $AUTORESEARCH_SECONDS"}, False),
        ("a crash", "keep", "simpler", {}, True),
        ("an edit of another file", "crash", "nonzero_exit", {}, False),
        ("an endless run", "crash", "no_metric", {}, True),
        ("a run that does nothing", "discard", "equal", {}, True),
        ("a faster or smaller one", "discard", "equal", {}, True),
    ],
)  # fmt: skip
def test_which_verdicts_are_right(title, status, reason, of, wrong):
    """A broken target is wrong where it is kept, or where an old number is read."""
    parse = {"metric_parse": "cut -d: -f2 run.log"} | of
    seen = Seen(experiment_with(status, reason))
    found = next(p for p in (*PROBES, BETTER) if p.title == title)
    assert bool(found.fault(seen, project(**parse))) is wrong


def test_a_verdict_may_say_nothing():
    """A run that ends though it was told not to shows nothing where nothing shows that it began."""
    seen = Seen(experiment_with("discard", "equal"))
    endless = next(p for p in PROBES if p.title == "an endless run")
    with pytest.raises(NotPossibleError, match="does not get to the planted code"):
        endless.fault(seen, project())
    assert "not stopped" in endless.fault(seen, replace(project(), proven=True))


def experiment_with(status, reason):
    return Experiment(
        tag="t", session="s", timestamp="", experiment=1, status=Status(status),
        reason=Reason(reason), metric="loss", value=0.6, prev=0.5, description="", commit="",
        parent="", candidate="", proposer="doctor",
    )  # fmt: skip


def test_a_lie_that_only_noise_stopped_is_found():
    """A lie whose number counted is told, though it was not kept: a larger one would be."""
    of = project(metric_parse="cut -d: -f2 run.log")
    lie = next(p for p in PROBES if p.title == "a lie instead of work")
    hidden = replace(experiment_with("discard", "within_noise"), value=of.too_good)
    assert "Set measure_command" in lie.fault(Seen(hidden), of)
    assert not lie.fault(Seen(hidden, refused=True), of)
    assert not lie.fault(Seen(replace(hidden, value=0.5)), of)
