"""`results.tsv`: the view of a campaign that opens in anything."""

from __future__ import annotations

import re

from autoresearch_ci.campaign.ledger.records import SHORT
from autoresearch_ci.core.model import Experiment

HEADER = "commit\tmetric\tvalue\tstatus\tdescription\n"


def row(experiment: Experiment) -> str:
    """One line: a 7-character commit, six decimals, zero where there is no value."""
    description = re.sub(r"\s+", " ", experiment.description).strip()
    return (
        f"{experiment.commit[:SHORT]}\t{experiment.metric}\t{experiment.value or 0:.6f}\t"
        f"{experiment.status}\t{description}\n"
    )
