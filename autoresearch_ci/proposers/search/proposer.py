"""From the source and the ledger to the next proposal."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autoresearch_ci.history import History
from autoresearch_ci.model import Proposal
from autoresearch_ci.proposers import Source
from autoresearch_ci.proposers.search.knobs import Knob, find_knobs
from autoresearch_ci.proposers.search.memory import Memory
from autoresearch_ci.proposers.search.protect import Protection, protect
from autoresearch_ci.proposers.search.tuning import Step, Steps, ranked
from autoresearch_ci.source import tokens

_TITLE = 72


@dataclass(slots=True)
class _Reading:
    """What was derived from one source text; `spent` are contents known to be tried."""

    source: Source
    protection: Protection
    knobs: list[Knob]
    spent: set[tuple[str, ...]] = field(default_factory=set)


class SearchProposer:
    """Tunes numbers and switches, and removes code, one experiment at a time.

    Nothing is remembered but what the history says: the proposal is a function
    of the source, the history and `seed`, the same in every process. What an
    instance keeps is only there so that nothing is worked out twice.
    """

    name = "search"

    def __init__(self, *, metric_name: str, deletions: bool = True, seed: str = "") -> None:
        self._metric_name = metric_name
        self._deletions = deletions
        self._seed = seed
        self._memory = Memory()
        self._reading: _Reading | None = None

    def propose(self, source: Source, history: History) -> Proposal | None:
        if not self._memory.follows(history):
            self._memory = Memory()
        self._memory.read(history)
        reading = self._read(source)
        rng = random.Random(f"{self._seed}/{history.next_number}")
        return self._tune(reading, history, rng)

    def _read(self, source: Source) -> _Reading:
        if self._reading is None or self._reading.source != source:
            found = tokens(source.path, source.text)
            protection = protect(found, self._metric_name)
            self._reading = _Reading(source, protection, find_knobs(found, protection))
        return self._reading

    def _tune(self, reading: _Reading, history: History, rng: random.Random) -> Proposal | None:
        for steps in ranked(reading.knobs, self._memory, rng):
            key = tuple(f"{step.knob.id}={step.text}" for step in steps)
            if key in reading.spent:
                continue
            text = _applied(reading.source.text, steps)
            if text == reading.source.text or history.tried(blob_id(text)) is not None:
                reading.spent.add(key)
                continue
            return Proposal(_title(steps), text, self.name, _note(steps))
        return None


def blob_id(text: str) -> str:
    """The git blob id of a text."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _applied(text: str, steps: Iterable[Step]) -> str:
    for step in sorted(steps, key=lambda step: -step.knob.start):
        text = text[: step.knob.start] + step.text + text[step.knob.end :]
    return text


def _title(steps: Steps) -> str:
    parts = [f"{step.knob.label} {step.knob.text} -> {step.text}" for step in steps]
    title = ", ".join(parts)
    return title if len(title) <= _TITLE else title[: _TITLE - 3] + "..."


def _note(steps: Steps) -> Mapping[str, object]:
    return {"set": {step.knob.id: [step.old, step.setting] for step in steps}}
