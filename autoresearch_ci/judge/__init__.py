"""Samples in, decision out. Pure: no clock, no I/O, no randomness.

A judge is a function from a comparison to a verdict, or to the side that it wants
run next. The loop asks again after every run, so a judge decides how many runs
an experiment is worth.
"""

from autoresearch_ci.judge.comparison import Comparison, Judge, ending_on_candidate
from autoresearch_ci.judge.noise_model import NoiseModel, responds
from autoresearch_ci.judge.paired import paired
from autoresearch_ci.judge.sequential import sequential
from autoresearch_ci.judge.single_run import single_run

__all__ = [
    "Comparison",
    "Judge",
    "NoiseModel",
    "ending_on_candidate",
    "paired",
    "responds",
    "sequential",
    "single_run",
]
