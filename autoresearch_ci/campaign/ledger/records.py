"""The records as JSON lines, and back. The format is documented in docs/formats.md.

Inside the program a value that does not exist is None; the zeros that stand for
it exist only in what this module writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from autoresearch_ci.campaign.ledger.confirmations import (
    decode_confirmation,
    decode_pair,
    encode_confirmation,
    encode_pair,
)
from autoresearch_ci.campaign.ledger.diagnoses import decode_diagnosis, encode_diagnosis
from autoresearch_ci.campaign.ledger.mutations import decode_check, encode_check
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
    Reason,
    Record,
    Sample,
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


class ForeignRecordError(ValueError):
    """The line is JSON, but not a record of ours."""


class NewerRecordError(ValueError):
    """The record was written by a version that knows a newer format."""


def encode(record: Record) -> dict[str, Any]:
    """The record as the JSON object that stands on its line."""
    action, details = _ENCODERS[type(record)](record)
    failed = details.get("status") == Status.CRASH
    return {
        "tool": TOOL,
        "action": action,
        "status": "fail" if failed else "success",
        "details": details
        | {"tag": record.tag, "session": record.session, "timestamp": record.timestamp},
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
        return decode(json.loads(line), 0)
    except (ValueError, AttributeError):
        return None


def decode(line: Mapping[str, Any], number: int) -> Record | None:
    """The record in a parsed line; None for an action that this version does not know.

    `number` is given to an experiment that has none: older records did not carry
    it. Raises ForeignRecordError or NewerRecordError.
    """
    details = line.get("details")
    if line.get("tool") != TOOL or not isinstance(details, Mapping):
        raise ForeignRecordError
    if details.get("format", FORMAT) > FORMAT:
        raise NewerRecordError
    decoder = _DECODERS.get(str(line.get("action")))
    try:
        return decoder(details, number) if decoder else None
    except (KeyError, TypeError, ValueError) as error:
        raise ForeignRecordError from error


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: a difference too large for a number is left out."""
    return value if value is not None and math.isfinite(value) else None


def _local(timestamp: str) -> str:
    """The same instant as people on this machine read it on the wall."""
    moment = datetime.fromisoformat(timestamp)
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="seconds")


def _encode_session_start(record: SessionStart) -> tuple[str, dict[str, Any]]:
    return "session_start", {
        "format": FORMAT,
        "metric": record.metric,
        "direction": record.direction,
        "target": record.target,
        "branch": record.branch,
        "base": record.base,
        "base_branch": record.base_branch,
        "machine": record.machine,
        "version": record.version,
        **({"goes_on": True} if record.goes_on else {}),
    }


def _encode_experiment_start(record: ExperimentStart) -> tuple[str, dict[str, Any]]:
    return "experiment_start", {
        "experiment": record.experiment,
        "description": record.description,
        "parent": record.parent,
        "candidate": record.candidate,
        "proposer": record.proposer,
        **_cost(record),
    }


def _cost(record: ExperimentStart) -> dict[str, Any]:
    """Half of a ledger are such records, and most ideas cost nothing."""
    return {"tokens": record.tokens, "cost_usd": record.cost_usd} if record.tokens else {}


def _encode_rejected(record: ProposalRejected) -> tuple[str, dict[str, Any]]:
    return "proposal_rejected", {
        "experiment": record.experiment,
        "description": record.description,
        "error": record.error,
        "proposer": record.proposer,
        "tokens": record.tokens,
        "cost_usd": record.cost_usd,
    }


def _encode_experiment(record: Experiment) -> tuple[str, dict[str, Any]]:
    crashed = record.status is Status.CRASH
    details: dict[str, Any] = {
        "experiment": record.experiment,
        "status": record.status,
        "reason": record.reason,
        "metric": record.metric,
        "value": 0 if crashed else record.value,
        "prev": record.prev,
        "delta": None if crashed else _finite(record.delta),
        "commit": record.commit[:SHORT],
        "description": record.description,
        "memory_gb": round(record.memory_gb, 3),
        "seconds": round(record.seconds, 3),
        "runs": [[sample.side, sample.value] for sample in record.samples],
        "sha": record.commit,
        "parent": record.parent,
        "candidate": record.candidate,
        "proposer": record.proposer,
        "change": dict(record.change),
        "machine": record.machine,
        "tokens": record.tokens,
        "cost_usd": record.cost_usd,
    }
    if record.error:
        details["error"] = record.error
    if record.jump:
        details["jump"] = True
    if record.held:
        details["held"] = True
    if record.holdout is not None or record.holdout_error:
        details["holdout"] = record.holdout
    if record.holdout_error:
        details["holdout_error"] = record.holdout_error
    return "experiment_done", details


def _encode_session_end(record: SessionEnd) -> tuple[str, dict[str, Any]]:
    details = {
        "reason": record.reason,
        "experiments": record.experiments,
        "kept": record.kept,
        "best": record.best,
    }
    return "session_end", details | ({"note": record.note} if record.note else {})


def _encode_stop(record: StopRequest) -> tuple[str, dict[str, Any]]:
    return "stop", {"now": record.now, "by": record.by}


def _encode_idea(record: IdeaRequest) -> tuple[str, dict[str, Any]]:
    return "idea", {"text": record.text, "by": record.by}


_ENCODERS: dict[type, Any] = {
    SessionStart: _encode_session_start,
    ExperimentStart: _encode_experiment_start,
    ProposalRejected: _encode_rejected,
    Experiment: _encode_experiment,
    PairMeasured: encode_pair,
    Confirmation: encode_confirmation,
    Diagnosis: encode_diagnosis,
    MutationCheck: encode_check,
    SessionEnd: _encode_session_end,
    StopRequest: _encode_stop,
    IdeaRequest: _encode_idea,
}


def _common(details: Mapping[str, Any]) -> dict[str, str]:
    return {
        "tag": str(details.get("tag", "")),
        "session": str(details.get("session", "")),
        "timestamp": str(details.get("timestamp", "")),
    }


def _decode_session_start(details: Mapping[str, Any], _number: int) -> SessionStart:
    return SessionStart(
        **_common(details),
        metric=str(details.get("metric", "")),
        direction=Direction(details.get("direction", Direction.LOWER)),
        target=str(details.get("target", "")),
        branch=str(details.get("branch", "")),
        base=str(details.get("base", "")),
        machine=str(details.get("machine", "")),
        version=str(details.get("version", "")),
        base_branch=str(details.get("base_branch", "")),
        goes_on=details.get("goes_on") is True,
    )


def _decode_experiment_start(details: Mapping[str, Any], number: int) -> ExperimentStart:
    return ExperimentStart(
        **_common(details),
        experiment=int(details.get("experiment", number)),
        description=str(details.get("description", "")),
        parent=str(details.get("parent", "")),
        candidate=str(details.get("candidate", "")),
        proposer=str(details.get("proposer", "")),
        tokens=int(details.get("tokens") or 0),
        cost_usd=float(details.get("cost_usd") or 0),
    )


def _decode_rejected(details: Mapping[str, Any], number: int) -> ProposalRejected:
    return ProposalRejected(
        **_common(details),
        experiment=int(details.get("experiment", number)),
        description=str(details.get("description", "")),
        error=str(details.get("error", "")),
        proposer=str(details.get("proposer", "")),
        tokens=int(details.get("tokens") or 0),
        cost_usd=float(details.get("cost_usd") or 0),
    )


def _decode_experiment(details: Mapping[str, Any], number: int) -> Experiment:
    status = Status(details["status"])
    reason, value, prev = details.get("reason"), details.get("value"), details.get("prev")
    change, holdout = details.get("change"), details.get("holdout")
    return Experiment(
        **_common(details),
        experiment=int(details.get("experiment", number)),
        status=status,
        reason=Reason(reason) if reason else None,
        metric=str(details.get("metric", "")),
        value=None if status is Status.CRASH or value is None else float(value),
        prev=None if prev is None else float(prev),
        description=str(details.get("description", "")),
        commit=str(details.get("sha") or details.get("commit", "")),
        parent=str(details.get("parent", "")),
        candidate=str(details.get("candidate", "")),
        proposer=str(details.get("proposer", "")),
        change=change if isinstance(change, dict) else {},
        samples=tuple(Sample(Side(side), float(value)) for side, value in details.get("runs", ())),
        seconds=float(details.get("seconds") or 0),
        memory_gb=float(details.get("memory_gb") or 0),
        machine=str(details.get("machine", "")),
        tokens=int(details.get("tokens") or 0),
        cost_usd=float(details.get("cost_usd") or 0),
        error=str(details.get("error", "")),
        jump=details.get("jump") is True,
        held=details.get("held") is True,
        holdout=None if holdout is None else float(holdout),
        holdout_error=str(details.get("holdout_error", "")),
    )


def _decode_session_end(details: Mapping[str, Any], _number: int) -> SessionEnd:
    best = details.get("best")
    return SessionEnd(
        **_common(details),
        reason=StopReason(details.get("reason", StopReason.ERROR)),
        experiments=int(details.get("experiments", 0)),
        kept=int(details.get("kept", 0)),
        best=None if best is None else float(best),
        note=str(details.get("note", "")),
    )


def _decode_stop(details: Mapping[str, Any], _number: int) -> StopRequest:
    by = str(details.get("by", ""))
    return StopRequest(**_common(details), now=bool(details.get("now")), by=by)


def _decode_idea(details: Mapping[str, Any], _number: int) -> IdeaRequest:
    text, by = str(details.get("text", "")), str(details.get("by", ""))
    return IdeaRequest(**_common(details), text=text[:LONGEST_IDEA], by=by)


_DECODERS: dict[str, Callable[[Mapping[str, Any], int], Record]] = {
    "session_start": _decode_session_start,
    "experiment_start": _decode_experiment_start,
    "proposal_rejected": _decode_rejected,
    "experiment_done": _decode_experiment,
    "pair_measured": lambda details, _number: decode_pair(details, _common(details)),
    "confirmed": lambda details, _number: decode_confirmation(details, _common(details)),
    "examined": lambda details, _number: decode_diagnosis(details, _common(details)),
    "mutants_checked": lambda details, _number: decode_check(details, _common(details)),
    "session_end": _decode_session_end,
    "stop": _decode_stop,
    "idea": _decode_idea,
}
