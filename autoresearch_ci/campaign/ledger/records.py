"""The records as JSON lines, and back. The format is documented in docs/formats.md.

A line's details are the fields of its record, in their order; `_FORMS` says what differs. Inside
the program a value that does not exist is None; the zeros that stand for it exist only in what
this module writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import (
    ValidationError,
    from_json,
)

from autoresearch_ci.campaign.ledger.schema import read, write
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


class ForeignRecordError(ValueError):
    """The line is JSON, but not a record of ours."""


class NewerRecordError(ValueError):
    """The record was written by a version that knows a newer format."""


def encode(record: Record) -> dict[str, Any]:
    """The record as the JSON object that stands on its line."""
    action = _ACTIONS[type(record)]
    details: Details = write(record)
    details = _FORMS[action].write(record, details)
    if not isinstance(record, Confirmation | Diagnosis):  # whose lines begin with these
        details |= {name: details.pop(name) for name in ("tag", "session", "timestamp")}
    return {
        "tool": TOOL,
        "action": action,
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
        return from_json(line, cache_strings="all")
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
    form = _FORMS[action]
    record: Record = form.read(read(form.kind, details))
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
"""Values of fields that an older record does not have."""


def _local(timestamp: str) -> str:
    """The same instant as people on this machine read it on the wall."""
    moment = datetime.fromisoformat(timestamp)
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="seconds")


def _write_session_start(_record: SessionStart, details: Details) -> Details:
    if details["target_value"] is None:
        del details["target_value"]
    optional = ("goes_on", "isolation", "lane", "lanes", "head", "goal", "rules", "group")
    return {"format": FORMAT, **_without_empty(details, *optional)}


def _write_experiment_start(record: ExperimentStart, details: Details) -> Details:
    if not record.tokens:  # half of a ledger are such records, and most ideas cost nothing
        del details["tokens"], details["cost_usd"]
    return _without_empty(details, "change")


def _write_experiment(record: Experiment, details: Details) -> Details:
    line: Details = {}
    for name, value in details.items():
        line[name] = value
        if name == "prev":
            line |= {"delta": _delta(record), "commit": record.commit[:SHORT]}
    if record.status is Status.CRASH:
        line["value"] = 0
    line["memory_gb"] = round(record.memory_gb, 3)
    line["seconds"] = round(record.seconds, 3)
    if record.holdout is None and not record.holdout_error:
        del line["holdout"]
    return _without_empty(
        line, "error", "jump", "held", "holdout_error", "files", "metrics", "units"
    )


def _delta(record: Experiment) -> float | None:
    """JSON has no infinity: a difference too large for a number is left out."""
    delta = None if record.status is Status.CRASH else record.delta
    return delta if delta is not None and math.isfinite(delta) else None


def _read_experiment(record: Experiment) -> Experiment:
    return replace(record, value=None) if record.status is Status.CRASH else record


def _read_pair(record: PairMeasured) -> PairMeasured:
    if sorted(sample.side for sample in record.samples) != sorted(Side):
        raise ValueError("one run of either side makes a pair")
    return record


def _write_confirmation(_record: Confirmation, details: Details) -> Details:
    findings = [_without_empty(each, "sha") for each in details["findings"]]
    return details | {"findings": findings}


def _write_mutation_check(record: MutationCheck, details: Details) -> Details:
    return details | {"noticed": record.noticed, "rules": details.pop("rules")}


def _write_session_end(_record: SessionEnd, details: Details) -> Details:
    return _without_empty(details, "note")


def _read_idea(record: IdeaRequest) -> IdeaRequest:
    return replace(record, text=record.text[:LONGEST_IDEA])


def _without_empty(details: Details, *names: str) -> Details:
    for name in names:
        if not details[name]:
            del details[name]
    return details


class _Form(NamedTuple):
    """Form of a record on its line, where that is not just its fields."""

    kind: type
    write: Callable[[Any, Details], Details] = lambda _record, details: details
    read: Callable[[Any], Any] = lambda record: record


_FORMS = {
    "session_start": _Form(SessionStart, write=_write_session_start),
    "experiment_start": _Form(ExperimentStart, write=_write_experiment_start),
    "proposal_rejected": _Form(ProposalRejected),
    "experiment_done": _Form(Experiment, write=_write_experiment, read=_read_experiment),
    "pair_measured": _Form(PairMeasured, read=_read_pair),
    "confirmed": _Form(Confirmation, write=_write_confirmation),
    "examined": _Form(Diagnosis),
    "mutants_checked": _Form(MutationCheck, write=_write_mutation_check),
    "session_end": _Form(SessionEnd, write=_write_session_end),
    "stop": _Form(StopRequest),
    "idea": _Form(IdeaRequest, read=_read_idea),
}
_ACTIONS = {form.kind: action for action, form in _FORMS.items()}
