"""Frozen data that every part speaks. Imports nothing of ours, does nothing.

Failure is never a number here: a value that does not exist is None.
"""

from __future__ import annotations

from autoresearch_ci.model.records import (
    BASELINE,
    DROP,
    Check,
    Confirmation,
    Diagnosis,
    Event,
    Experiment,
    ExperimentStart,
    Finding,
    IdeaRequest,
    IncumbentMeasured,
    Note,
    PairMeasured,
    ProposalRejected,
    Record,
    Request,
    SessionEnd,
    SessionStart,
    StopRequest,
)
from autoresearch_ci.model.values import (
    Direction,
    MinDelta,
    Proposal,
    Reason,
    Rejected,
    Run,
    Sample,
    Side,
    Status,
    StopReason,
    Verdict,
)

__all__ = [
    "BASELINE",
    "DROP",
    "Check",
    "Confirmation",
    "Diagnosis",
    "Direction",
    "Event",
    "Experiment",
    "ExperimentStart",
    "Finding",
    "IdeaRequest",
    "IncumbentMeasured",
    "MinDelta",
    "Note",
    "PairMeasured",
    "Proposal",
    "ProposalRejected",
    "Reason",
    "Record",
    "Rejected",
    "Request",
    "Run",
    "Sample",
    "SessionEnd",
    "SessionStart",
    "Side",
    "Status",
    "StopReason",
    "StopRequest",
    "Verdict",
]
