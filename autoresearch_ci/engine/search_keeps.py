"""Keeps of the search that the numbers speak for and the text does not.

Of code that is never run, run and guard know nothing: before a deletion is kept, each block
that it takes is seen to run, by a crash that is planted there. And where the metric is the size
of what is written, a number with a digit less wins that digit, whatever it does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from autoresearch_ci.core.model import Proposal, Reason, Status, Verdict
from autoresearch_ci.core.text import plural
from autoresearch_ci.engine.experiment import OUT_OF_TIME, Outcome, decide
from autoresearch_ci.engine.mutation import deletes_code, objected
from autoresearch_ci.engine.session import Session
from autoresearch_ci.proposers.search import is_bytes
from autoresearch_ci.source_code import reached

_UNITS = (1.0, 1000.0, 1024.0)
_SMALL = 0.01
"""The part of a size up to which a gain may be the shorter writing of a value."""


def examined(session: Session, proposal: Proposal, outcome: Outcome) -> Outcome:
    """Take back a keep of code that nobody was seen to run, or of what is only shorter to write."""
    if decide(outcome).status is not Status.KEEP:
        return outcome
    if deletes_code(proposal):
        return _seen_to_run(session, proposal, outcome)
    if "set" in proposal.change and is_bytes(session.settings.metric_name):
        return _more_than_spelling(session, proposal, outcome)
    return outcome


def _seen_to_run(session: Session, proposal: Proposal, outcome: Outcome) -> Outcome:
    source = session.campaign.source()
    texts = reached.crashes(source.target, source.text, proposal.files.text)
    so = ", so nobody knows whether it is needed"
    if not texts:
        return outcome.untested(f"a crash cannot be planted in all that it deletes{so}")
    for text in texts:
        _, by, _ = objected(session, text)
        if by is None:
            return outcome.undecided(OUT_OF_TIME)
        if not by:
            return outcome.untested(
                f"a crash planted in what it deletes was noticed by neither run nor guard{so}. "
                "To allow it, let guard_command be tests that run this code"
            )
    return outcome


def _more_than_spelling(session: Session, proposal: Proposal, outcome: Outcome) -> Outcome:
    before, after = (_size(files) for files in (session.campaign.source(), proposal.files))
    if outcome.value is None or outcome.prev is None or after >= before:
        return outcome
    gain = abs(outcome.prev - outcome.value)
    same = any(math.isclose(gain * unit, before - after, abs_tol=1e-6) for unit in _UNITS)
    if not same or gain > _SMALL * abs(outcome.prev):
        return outcome
    shorter = plural(before - after, "byte")
    return replace(
        outcome,
        judged=Verdict(Status.DISCARD, Reason.EQUAL),
        error=f"the new value is {shorter} shorter to write, and no more was gained",
        jump=False,
    )


def _size(files: Mapping[str, str]) -> int:
    return sum(len(text.encode()) for text in files.values())
