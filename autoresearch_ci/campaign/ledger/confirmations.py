"""Confirmations, and the pairs of runs they rest on, as parts of JSON lines, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autoresearch_ci.core.model import Confirmation, Finding, PairMeasured, Sample, Side


def encode_confirmation(record: Confirmation) -> tuple[str, dict[str, Any]]:
    """The action's name and its details."""
    details = asdict(record) | {"findings": [asdict(each) for each in record.findings]}
    return "confirmed", details


def decode_confirmation(details: Mapping[str, Any], common: Mapping[str, str]) -> Confirmation:
    """The same from a parsed line; KeyError, TypeError or ValueError where it is none."""
    return Confirmation(
        tag=common["tag"],
        session=common["session"],
        timestamp=common["timestamp"],
        metric=str(details["metric"]),
        base=str(details["base"]),
        head=str(details["head"]),
        base_value=float(details["base_value"]),
        value=float(details["value"]),
        gain=float(details["gain"]),
        low=_number(details.get("low")),
        high=_number(details.get("high")),
        pairs=int(details["pairs"]),
        verdict=str(details["verdict"]),
        findings=tuple(_finding(each) for each in details.get("findings", ())),
        machine=str(details.get("machine", "")),
    )


def encode_pair(record: PairMeasured) -> tuple[str, dict[str, Any]]:
    """The action's name and its details."""
    return "pair_measured", {
        "metric": record.metric,
        "head": record.head,
        "candidate": record.candidate,
        "runs": [[sample.side, sample.value] for sample in record.samples],
        "machine": record.machine,
        "rules": record.rules,
    }


def decode_pair(details: Mapping[str, Any], common: Mapping[str, str]) -> PairMeasured:
    """The same from a parsed line; KeyError, TypeError or ValueError where it is none."""
    samples = tuple(Sample(Side(side), float(value)) for side, value in details["runs"])
    if sorted(sample.side for sample in samples) != sorted(Side):
        raise ValueError("one run of either side makes a pair")
    return PairMeasured(
        tag=common["tag"],
        session=common["session"],
        timestamp=common["timestamp"],
        metric=str(details["metric"]),
        head=str(details["head"]),
        candidate=str(details["candidate"]),
        samples=samples,
        machine=str(details["machine"]),
        rules=str(details["rules"]),
    )


def _finding(details: Mapping[str, Any]) -> Finding:
    holds = details.get("holds")
    return Finding(
        experiment=int(details["experiment"]),
        description=str(details.get("description", "")),
        holds=None if holds is None else bool(holds),
        gain=_number(details.get("gain")),
        low=_number(details.get("low")),
        high=_number(details.get("high")),
        note=str(details.get("note", "")),
        dropped=bool(details.get("dropped", False)),
        group=tuple(int(number) for number in details.get("group", ())),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
