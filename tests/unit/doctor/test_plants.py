"""What is planted, and where."""

from __future__ import annotations

import ast

import pytest

from autoresearch_ci.config import Settings
from autoresearch_ci.doctor.languages import codes, filled, language_of
from autoresearch_ci.doctor.plants import PLANTS, NotPossibleError, Patient

SETTINGS = Settings(
    target_file="train.py", run_command="r", metric_name="loss", metric_parse="grep ^loss: run.log"
)
LOG = "step 3 loss 9\nloss: 0.5000\ntotal_seconds: 3\n"


def patient(text="print('loss:', 1)\n", value=0.5, **settings):
    chosen = SETTINGS.model_copy(update=settings)
    return Patient(chosen, text, value, seconds=1.0, log=LOG, bystander="a.txt", executed=True)


def plant(title, of):
    return next(p for p in PLANTS if p.title == title).make(of)


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
        planted = plant(title, patient(text))
        assert planted != text
        assert ast.get_docstring(ast.parse(planted)) == ast.get_docstring(ast.parse(text))


def test_a_claim_looks_like_the_report():
    """The line of the log with another number, and one that is a little too good."""
    assert patient().claim() == "loss: 0.4"
    assert patient(metric_direction="higher_is_better").claim() == "loss: 0.6"
    assert patient(metric_min=0.45).claim() == "loss: 0.475"
    assert patient(value=0.0).claim() == "loss: -1"


def test_a_lie_cannot_be_read():
    """Neither the name nor the number of a lie stands in its code."""
    for title in ("a lie after the work", "a lie instead of work"):
        added = plant(title, patient(text="x = 1\n"))
        assert "loss" not in added
        assert "0.4" not in added


def test_another_seed_is_one_more():
    """The first number of a seed is changed, and nothing else."""
    text = "width = 3\nrng = default_rng(42)\n"
    assert plant("another seed", patient(text)) == text.replace("42", "43")
    with pytest.raises(NotPossibleError, match="sets no seed"):
        plant("another seed", patient("width = 3\n"))


def test_what_cannot_be_planted_says_why():
    """A target that a run does not execute, or that has no beginning, is named as such."""
    with pytest.raises(NotPossibleError, match="no place where a program begins"):
        plant("a crash", patient("int f(void);\n", target_file="a.rs"))
    with pytest.raises(NotPossibleError, match="does not know the language"):
        plant("a comment", patient(target_file="a.zzz"))


def test_templates_keep_the_languages_own_braces():
    """Only named places are filled."""
    assert (
        filled("f({codes}) {x} {{seconds}}", codes=codes("hi"), seconds=2) == "f(104, 105) {x} {2}"
    )
    assert language_of("A.JAVA") is language_of("b.java") is not None
