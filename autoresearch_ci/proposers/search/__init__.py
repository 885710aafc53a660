"""The embedded proposer: no model, no network, only the source and the ledger."""

from __future__ import annotations

from autoresearch_ci.proposers.search.proposer import SearchProposer

__all__ = ["SearchProposer"]
