"""Messages while nobody looks: on a keep, an end, an error."""

from __future__ import annotations

from typing import Any, Protocol

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Event, Experiment, SessionEnd, Status, StopReason
from autoresearch_ci.core.text import clean, step
from autoresearch_ci.reports.sentence import sentence
from autoresearch_ci.reports.session import STOPPED


class _Messenger(Protocol):
    def tell(self, event: str, text: str, **fields: Any) -> None: ...


def tell(to: _Messenger, event: Event, history: History) -> None:
    """Send a message on an event that is worth one."""
    if isinstance(event, Experiment) and event.status is Status.KEEP and not event.is_baseline:
        value, prev = event.value, event.prev
        change = "" if value is None or prev is None else f", {step(prev, value)}"
        to.tell(
            "keep",
            f"{clean(event.tag)}: kept experiment {event.experiment}, "
            f"{clean(event.description)}: {clean(event.metric)}{change}",
            tag=event.tag,
            experiment=event.experiment,
            metric=event.metric,
            value=value,
            previous=prev,
        )
    elif isinstance(event, SessionEnd):
        failed = event.reason is StopReason.ERROR
        why = clean(event.note) if event.note else STOPPED[event.reason]
        to.tell(
            "error" if failed else "end",
            f"{clean(event.tag)} {'failed' if failed else 'ended'}: {why}. {sentence(history)}",
            tag=event.tag,
            reason=event.reason.value,
            experiments=event.experiments,
            kept=event.kept,
            best=event.best,
        )
