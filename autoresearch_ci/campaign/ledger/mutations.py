"""Mutation checks as parts of JSON lines, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoresearch_ci.core.model import Mutant, MutationCheck


def encode_check(record: MutationCheck) -> tuple[str, dict[str, Any]]:
    """The action's name and its details."""
    return "mutants_checked", {
        "mutants": [asdict(mutant) for mutant in record.mutants],
        "noticed": record.noticed,
        "rules": record.rules,
    }


def decode_check(details: Mapping[str, Any], common: Mapping[str, str]) -> MutationCheck:
    """The same from a parsed line; KeyError, TypeError or ValueError where it is none."""
    return MutationCheck(
        tag=common["tag"],
        session=common["session"],
        timestamp=common["timestamp"],
        mutants=tuple(
            Mutant(str(each["title"]), str(each.get("by", "")), str(each.get("note", "")))
            for each in details["mutants"]
        ),
        rules=str(details.get("rules", "")),
    )
