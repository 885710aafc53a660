"""Diagnoses as parts of JSON lines, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoresearch_ci.core.model import Check, Diagnosis


def encode_diagnosis(record: Diagnosis) -> tuple[str, dict[str, Any]]:
    """The action's name and its details."""
    return "examined", asdict(record)


def decode_diagnosis(details: Mapping[str, Any], common: Mapping[str, str]) -> Diagnosis:
    """The same from a parsed line; KeyError, TypeError or ValueError where it is none."""
    return Diagnosis(
        tag=common["tag"],
        session=common["session"],
        timestamp=common["timestamp"],
        checks=tuple(_check(each) for each in details["checks"]),
        weaknesses=tuple(map(str, details.get("weaknesses", ()))),
        unseen=tuple(map(str, details.get("unseen", ()))),
        note=str(details.get("note", "")),
    )


def _check(details: Mapping[str, Any]) -> Check:
    title, right = str(details["title"]), details.get("right")
    return Check(
        title=title,
        right=None if right is None else bool(right),
        verdict=str(details.get("verdict", "")),
        note=str(details.get("note", "")),
    )
