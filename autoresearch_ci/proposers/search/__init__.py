"""The embedded proposer: no model, no network, only the source and the ledger."""

from __future__ import annotations

from autoresearch_ci.proposers.search.deletions import is_about_size, is_bytes
from autoresearch_ci.proposers.search.proposer import UNUSED, Inventory, SearchProposer

__all__ = ["UNUSED", "Inventory", "SearchProposer", "is_about_size", "is_bytes"]
