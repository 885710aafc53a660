"""An experiment as the message of its commit."""

from __future__ import annotations

import re

from autoresearch_ci.core.model import Experiment
from autoresearch_ci.core.text import BREAK, one_line, step

# What a forge obeys or makes links of in a commit: `@name`, `#1`, `GH-1`, `[skip ci]` and its like.
_OBEYED = re.compile(r"([@#](?=\w)|\bGH-(?=\d)|\[(?=(?:skip|ci|no|actions)\b))", re.IGNORECASE)


def message(experiment: Experiment, lane: int = 0) -> str:
    """Subject, what it did to the metric, and trailers that programs read.

    `lane` is the number of the lane that keeps it, and then the number is what that calls it.
    """
    title = _OBEYED.sub(rf"\1{BREAK}", one_line(experiment.description))
    parts = [f"experiment: {title}"]
    if experiment.value is not None and experiment.prev is not None:
        parts.append(f"{experiment.metric} {step(experiment.prev, experiment.value)}")
    runs = " ".join(f"{sample.side}={sample.value:.10g}" for sample in experiment.samples)
    trailers = [f"Autoresearch-Experiment: {experiment.experiment}"]
    if lane:
        trailers.append(f"Autoresearch-Lane: {lane}")
    if experiment.value is not None:
        trailers.append(f"Autoresearch-Metric: {experiment.metric}={experiment.value!r}")
    if experiment.jump:
        trailers.append("Autoresearch-Jump: far outside what was seen; it repeated")
    if runs:
        trailers.append(f"Autoresearch-Runs: {runs}")
    return "\n\n".join([*parts, "\n".join(trailers)]) + "\n"
