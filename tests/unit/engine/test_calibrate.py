"""How noisy a metric is, measured on real runs."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

from autoresearch_ci.cli.advice import findings
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.calibrate import calibration, deviation, measured
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, git, make_project


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A session; a sixth of the made-up comparisons tells the same."""
    monkeypatch.setattr("autoresearch_ci.engine.calibrate._COMPARISONS", 50)
    with open_session(
        SessionRequest(make_project(tmp_path / "project"), {**SETTINGS, "tag": "t"})
    ) as lab:
        yield lab


def gaussian(count, sigma, seed=0, level=100.0):
    rng = random.Random(seed)
    return [level + rng.gauss(0, sigma) for _ in range(count)]


def said(found, max_repeats=6):
    return "\n".join(findings(found, "loss", max_repeats))


def test_a_metric_that_repeats_costs_one_run_and_three_a_keep(lab):
    """No noise is found, and any improvement can be told."""
    values, seconds = zip(*measured(lab, 3), strict=True)
    found = calibration(lab, list(values), list(seconds))
    assert (found.exact, found.noise, found.smallest, found.runs_a_keep) == (True, 0, 0, 3)
    assert found.runs_a_discard == 1
    assert "repeats exactly" in said(found)
    assert "An idea that is no better costs one run" in said(found)


def test_noise_is_told_and_what_it_costs(lab):
    """The noise is about right, and the improvement that can be told is in proportion to it."""
    one = calibration(lab, gaussian(20, 1.0), [5.0])
    ten = calibration(lab, gaussian(20, 10.0, level=1000.0), [5.0])
    assert one.noise == pytest.approx(1.0, rel=0.5)
    assert one.smallest is not None
    assert 0 < one.smallest < 8
    assert ten.smallest == pytest.approx(10 * one.smallest, rel=0.01)
    assert one.runs_a_keep > 1
    assert "is kept four times out of five" in said(one)


def test_drift_is_not_taken_for_noise_and_is_told(lab):
    """A machine that warms up is named; the noise is that of neighbouring runs."""
    drifting = [value + number for number, value in enumerate(gaussian(20, 0.3))]
    found = calibration(lab, drifting, [5.0])
    assert found.noise < 1.5
    assert found.drift > 2
    assert "warm" in said(found)


def test_advice_fits_the_runs(lab):
    """Short noisy runs are to be longer, long ones to average more; little noise needs nothing."""
    assert "do more work" in said(calibration(lab, gaussian(20, 10), [0.1]))
    assert "average over more" in said(calibration(lab, gaussian(20, 10), [60.0]))
    assert "advice" not in said(calibration(lab, gaussian(20, 0.01), [60.0]))


def test_one_wild_run_is_not_noise():
    """A single outlier does not change what is usual."""
    assert deviation([*gaussian(20, 1.0), 1e9]) < 3


def test_the_verb_changes_nothing_but_the_branch(tmp_path):
    """It runs the unchanged project, says what it found, and records no experiment."""
    project = make_project(tmp_path / "project")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "calibrate"]
    done = subprocess.run(
        [*command, "--runs=3", *flags], capture_output=True, text=True, check=True
    )
    assert "metric is 10.000000 in all of 3 runs" in done.stdout
    done = subprocess.run(
        [*command, "--runs=1", "--json", *flags], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["values"] == [10.0, 10.0]
    assert "one run shows no noise: two are made" in done.stderr
    assert git(project, "status", "--porcelain") == ""
    log = project / ".claude" / "logs" / "autoresearch.jsonl"
    assert not log.exists() or not log.read_text()
