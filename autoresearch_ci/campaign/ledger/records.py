"""The records as JSON lines, and back. The format is documented in docs/formats.md.

A line's details are the fields of its record, in their order. Inside the program a value that
does not exist is None; the zeros that stand for it exist only in what this module writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    WrapSerializer,
    with_config,
)
from pydantic_core import from_json

from autoresearch_ci.core.model import (
    Confirmation,
    Diagnosis,
    Direction,
    Experiment,
    ExperimentStart,
    IdeaRequest,
    MutationCheck,
    PairMeasured,
    ProposalRejected,
    Record,
    SessionEnd,
    SessionStart,
    Side,
    Status,
    StopReason,
    StopRequest,
)

FORMAT = 1
"""Version of the format. Readers accept older ones and refuse newer ones."""

TOOL = "autoresearch"
LONGEST_IDEA = 2000
"""Characters of a queued idea that are read: it may come from anywhere."""

SHORT = 7
"""Characters of a commit that people see."""

Details = dict[str, Any]
Write = SerializerFunctionWrapHandler
A = TypeVar("A")
R = TypeVar("R")


class ForeignRecordError(ValueError):
    """The line is JSON, but not a record of ours."""


class NewerRecordError(ValueError):
    """The record was written by a version that knows a newer format."""


def encode(record: Record) -> dict[str, Any]:
    """The record as the JSON object that stands on its line."""
    line = _Line(_ACTIONS[type(record)], record)
    details: Details = _LINES.dump_python(line, by_alias=True)["details"]
    if not isinstance(record, Confirmation | Diagnosis):  # whose lines begin with these
        details |= {name: details.pop(name) for name in ("tag", "session", "timestamp")}
    return {
        "tool": TOOL,
        "action": line.action,
        "status": "fail" if details.get("status") == Status.CRASH else "success",
        "details": details,
        "local_time": _local(record.timestamp),
    }


def dumps(record: Record) -> bytes:
    """The record as its line, newline included."""
    text = json.dumps(encode(record), ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair, as in a file name that is no UTF-8, becomes JSON's escape for it.
    return f"{text}\n".encode(errors="backslashreplace")


def loads(line: bytes) -> Record | None:
    """The record on a line that somebody else may have written; None for anything else."""
    try:
        return decode(parse(line), 0)
    except (ValueError, AttributeError):
        return None


def parse(line: bytes) -> Any:
    """The JSON on a line. Raises ValueError."""
    try:
        return from_json(line, cache_strings="keys")
    except ValueError:
        return json.loads(line)  # knows half a surrogate pair, and says what is wrong


def decode(line: Mapping[str, Any], number: int) -> Record | None:
    """The record in a parsed line; None for an action that this version does not know.

    `number` is given to an experiment that has none: older records did not carry
    it. Raises ForeignRecordError or NewerRecordError.
    """
    action, details = line.get("action"), line.get("details")
    if line.get("tool") != TOOL or not isinstance(details, Mapping):
        raise ForeignRecordError
    if details.get("format", FORMAT) > FORMAT:
        raise NewerRecordError
    if action not in _FORMS:
        return None
    try:
        return _read(action, details)
    except ValidationError:
        try:
            return _read(action, _completed(action, details, number))
        except ValidationError as error:
            raise ForeignRecordError from error


def _read(action: str, details: Mapping[str, Any]) -> Record:
    record: Record = _LINES.validate_python({"action": action, "details": details}).details
    return record


def _completed(action: str, details: Mapping[str, Any], number: int) -> Details:
    """The details of an older record with what it lacks. Null is as good as nothing there."""
    known = {name: value for name, value in details.items() if value is not None}
    reason = StopReason.ERROR if action == "session_end" else None
    sha = known.get("commit", "")
    return _ABSENT | {"experiment": number, "reason": reason, "sha": sha} | known


_TEXTS = (
    "tag session timestamp metric target branch base machine version description parent "
    "candidate proposer error text"
)
_ABSENT: Details = {
    **dict.fromkeys(_TEXTS.split(), ""),
    **dict.fromkeys(("value", "prev", "best")),
    "direction": Direction.LOWER,
    "experiments": 0,
    "kept": 0,
    "findings": (),
}
"""What stands for a field that an older record does not have."""


def _local(timestamp: str) -> str:
    """The same instant as people on this machine read it on the wall."""
    moment = datetime.fromisoformat(timestamp)
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="seconds")


def _session_start(record: SessionStart, write: Write) -> Details:
    return {"format": FORMAT, **_without_empty(write(record), "goes_on")}


def _experiment_start(record: ExperimentStart, write: Write) -> Details:
    details: Details = write(record)
    if not record.tokens:  # half of a ledger are such records, and most ideas cost nothing
        del details["tokens"], details["cost_usd"]
    return details


def _experiment(record: Experiment, write: Write) -> Details:
    details: Details = {}
    for name, value in write(record).items():
        details[name] = value
        if name == "prev":
            details |= {"delta": _delta(record), "commit": record.commit[:SHORT]}
    if record.status is Status.CRASH:
        details["value"] = 0
    details["memory_gb"] = round(record.memory_gb, 3)
    details["seconds"] = round(record.seconds, 3)
    if record.holdout is None and not record.holdout_error:
        del details["holdout"]
    return _without_empty(details, "error", "jump", "held", "holdout_error")


def _delta(record: Experiment) -> float | None:
    """JSON has no infinity: a difference too large for a number is left out."""
    delta = None if record.status is Status.CRASH else record.delta
    return delta if delta is not None and math.isfinite(delta) else None


def _without_zero(record: Experiment) -> Experiment:
    return replace(record, value=None) if record.status is Status.CRASH else record


def _pair(record: PairMeasured) -> PairMeasured:
    if sorted(sample.side for sample in record.samples) != sorted(Side):
        raise ValueError("one run of either side makes a pair")
    return record


def _mutation_check(record: MutationCheck, write: Write) -> Details:
    details: Details = write(record)
    return details | {"noticed": record.noticed, "rules": details.pop("rules")}


def _session_end(record: SessionEnd, write: Write) -> Details:
    return _without_empty(write(record), "note")


def _idea(record: IdeaRequest) -> IdeaRequest:
    return replace(record, text=record.text[:LONGEST_IDEA])


def _without_empty(details: Details, *names: str) -> Details:
    return {name: value for name, value in details.items() if value or name not in names}


_FORMS: dict[str, Any] = {
    "session_start": Annotated[SessionStart, WrapSerializer(_session_start)],
    "experiment_start": Annotated[ExperimentStart, WrapSerializer(_experiment_start)],
    "proposal_rejected": ProposalRejected,
    "experiment_done": Annotated[
        Experiment, AfterValidator(_without_zero), WrapSerializer(_experiment)
    ],
    "pair_measured": Annotated[PairMeasured, AfterValidator(_pair)],
    "confirmed": Confirmation,
    "examined": Diagnosis,
    "mutants_checked": Annotated[MutationCheck, WrapSerializer(_mutation_check)],
    "session_end": Annotated[SessionEnd, WrapSerializer(_session_end)],
    "stop": StopRequest,
    "idea": Annotated[IdeaRequest, AfterValidator(_idea)],
}
"""Each action and its record, with what its line has otherwise than the record."""

_ACTIONS: dict[type, str] = {
    get_args(form)[0] if get_origin(form) is Annotated else form: action
    for action, form in _FORMS.items()
}
_NAMES = {"commit": "sha", "samples": "runs"}


@with_config(
    ConfigDict(alias_generator=lambda name: _NAMES.get(name, name), coerce_numbers_to_str=True)
)
@dataclass(frozen=True, slots=True)
class _Line(Generic[A, R]):
    """The part of a line that differs from record to record."""

    action: A
    details: R


_line: Any = _Line
_any_line: Any = reduce(or_, (_line[Literal[action], form] for action, form in _FORMS.items()))
_LINES: TypeAdapter[Any] = TypeAdapter(Annotated[_any_line, Field(discriminator="action")])
