"""Costs of ideas and what came of them, by who had them."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, ProposalRejected, Status
from autoresearch_ci.core.text import clean, plural

_THOUSAND = 1000


def costs(history: History) -> Iterator[str]:
    """One line for each proposer whose ideas cost anything; rejected answers count."""
    answers: list[Experiment | ProposalRejected] = [*history.experiments, *history.rejected]
    for name in dict.fromkeys(each.proposer for each in answers if each.tokens):
        tried = [e for e in history.experiments if e.proposer == name]
        kept = sum(e.status is Status.KEEP for e in tried)
        tokens = sum(each.tokens for each in answers if each.proposer == name)
        dollars = sum(each.cost_usd for each in answers if each.proposer == name)
        line = (
            f"{clean(name)}: {plural(len(tried), 'idea')} tried, {kept} kept, {tokens:,} tokens"
            f" ({kept / tokens * _THOUSAND:.2g} keeps per thousand)"
        )
        if dollars:
            line += f", {dollars:.4f} USD ({kept / dollars:.3g} keeps per dollar)"
        yield line
