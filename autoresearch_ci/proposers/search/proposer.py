"""From the source and the ledger to the next proposal."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Importance, Proposal
from autoresearch_ci.core.text import one_line
from autoresearch_ci.proposers.search import kinds
from autoresearch_ci.proposers.search.batch import own_first
from autoresearch_ci.proposers.search.deletions import (
    find_cuts,
    is_about_size,
    is_telling,
    ranked_cuts,
)
from autoresearch_ci.proposers.search.edits import Cut
from autoresearch_ci.proposers.search.observations import Observations
from autoresearch_ci.proposers.search.one_thread import one_thread
from autoresearch_ci.proposers.search.parameters import Parameter, Spared, applied
from autoresearch_ci.proposers.search.protect import Protection, protect
from autoresearch_ci.proposers.search.source import Source, generated
from autoresearch_ci.proposers.search.steps import Step, Steps, can_move
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from autoresearch_ci.source_code.syntax import tokens
from autoresearch_ci.source_code.syntax.check import syntax_error

UNUSED = "unused"
"""In an experiment's `change`: whether what it deletes is private and provably unused."""

_TITLE = 72
_SWITCH = {"true", "false"}
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\w.]*(?:[eE][-+]?\d+)?")
# How much a deletion is worth trying against a number, before either has been.
_CUT_FOR_SIZE = 0.6
_CUT_ELSE = 0.12
# As many good parameters as this make a source worth tuning.
_ENOUGH = 3.0


@dataclass(slots=True)
class _Reading:
    """All that was derived from one source text; `spent` are ideas known to be tried."""

    source: FileSet
    protection: Protection
    parameters: list[Parameter]
    spared: list[Spared]
    frozen_lines: FrozenLines
    refused: str = ""
    cuts: list[Cut] | None = None
    spent: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        source: FileSet,
        metric_name: str,
        frozen_lines: FrozenLines,
        only: Collection[str] | None,
    ) -> _Reading:
        if length := generated(source.text):
            why = f"one line of {length:,} characters, which a program wrote"
            spared = [Spared(0, "", why, 0)]
            return cls(source, Protection(), [], spared, frozen_lines, refused=why, cuts=[])
        found = tokens(source.target, source.text)
        protection = protect(found, metric_name)
        for line, why in frozen_lines.lines(source.target, source.text).items():
            protection.freeze([line], why)
        seen = kinds.find(Source(source.target, source.text, found, protection))
        parameters = list(seen.parameters)
        for path, text in source.items():
            if path != source.target:
                parameters += _of_another(path, text, metric_name, frozen_lines)
        if only is not None:
            parameters = [
                parameter
                for parameter in parameters
                if _shape(_line(source[parameter.path or source.target], parameter.start)) in only
            ]
        return cls(source, protection, parameters, seen.spared, frozen_lines)

    def every_cut(self) -> list[Cut]:
        """All deletions that the source's own marks and imports allow."""
        if self.cuts is None:
            protection = self.protection
            untouchable = {*protection.frozen} - protection.imports | protection.marked
            untouchable.update(protection.tune)
            self.cuts = find_cuts(self.source.target, self.source.text, untouchable)
        return self.cuts


@dataclass(frozen=True, slots=True)
class Inventory:
    """The number of things that the search may change, whatever was tried of them.

    `deletions` are the blocks of code that may go, `spared` those that may not: they are in use
    elsewhere, frozen, or nothing would notice that they are gone. `refused` is why the source is
    not read at all.
    """

    numbers: int
    switches: int
    choices: int
    deletions: int
    spared: int
    refused: str = ""


class SearchProposer:
    """Tunes numbers and switches, and removes code, one experiment at a time.

    Nothing is remembered but what the history says: the proposal is a function
    of the source, the history (with its lane) and `seed`, the same in every process. What an
    instance keeps is only there so that nothing is worked out twice. With `only`,
    nothing but the numbers on lines like these is changed, whatever they are now.
    `frozen_lines` says what is frozen; without one that is what the metric's name says. `elsewhere`
    tells whether another file holds a name. Where the history says that nobody notices a broken
    target, only code goes that is private and that no file names.
    """

    name = "search"

    def __init__(
        self,
        *,
        metric_name: str,
        deletions: bool = True,
        seed: str = "",
        only: Collection[str] | None = None,
        frozen_lines: FrozenLines | None = None,
        elsewhere: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        self._metric_name = metric_name
        self._deletions = deletions and only is None
        self._only = None if only is None else frozenset(map(_shape, only))
        self._seed = seed
        self._frozen_lines = frozen_lines
        self._elsewhere = lru_cache(maxsize=None)(elsewhere)
        self._memory = Observations()
        self._reading: _Reading | None = None

    def propose(self, source: FileSet, history: History) -> Proposal | None:
        if not self._memory.follows(history):
            self._memory = Observations()
        self._memory.read(history)
        reading = self._read(source)
        busy = {each.candidate for each in history.under_way}
        busy.update(each.candidate for each in history.superseded)
        ways = [self._tunings(reading, history), self._deletings(reading, history)]
        if self._cutting(reading):
            ways.reverse()
        for way in ways:
            for key, title, files, change in way:
                if key not in reading.spent:
                    if files.digest in busy:
                        continue  # if it comes to nothing there, it may be wanted after all
                    if self._new(reading, history, files, change):
                        return Proposal(title, files, self.name, change)
                    reading.spent.add(key)
        return None

    def seen(self, source: FileSet) -> kinds.Seen:
        """Every place that can be set in this source, and what is left alone."""
        reading = self._read(source)
        return kinds.Seen(reading.parameters, reading.spared)

    def inventory(self, source: FileSet, history: History) -> Inventory:
        """All that it can work with in this source."""
        reading = self._read(source)
        movable = [parameter for parameter in reading.parameters if can_move(parameter)]
        words = [{option.lower() for option in parameter.options} for parameter in movable]
        switches, numbers = words.count(_SWITCH), words.count(set())
        cuts = reading.every_cut()
        going = [
            cut
            for cut in self._allowed(cuts, history)
            if not (cut.name and self._elsewhere(cut.name))
            and not reading.frozen_lines.broken(
                source, source | {source.target: cut.applied(source.text)}
            )
        ]
        return Inventory(
            numbers=numbers,
            switches=switches,
            choices=len(movable) - numbers - switches,
            deletions=len(going),
            spared=len(cuts) - len(going),
            refused=reading.refused,
        )

    def importances(self, source: FileSet, history: History) -> Sequence[Importance]:
        """The parameters of this source that the metric has depended on, the first the most."""
        from autoresearch_ci.proposers.search.importance import (  # noqa: PLC0415 - as for ranked
            importances,
        )

        observations = Observations()
        observations.read(history)
        if not any(each.moves for each in observations.lessons):
            return ()
        return importances(self._read(source).parameters, observations)

    def repair(
        self, _source: FileSet, _history: History, _failed: Proposal, _crash: str
    ) -> Proposal | None:
        return None

    def _read(self, source: FileSet) -> _Reading:
        if self._reading is None or self._reading.source != source:
            frozen_lines = self._frozen_lines or FrozenLines([self._metric_name])
            self._reading = _Reading.of(source, self._metric_name, frozen_lines, self._only)
        return self._reading

    def _allowed(self, cuts: list[Cut], history: History) -> list[Cut]:
        """Those that may go by what is known of who would notice."""
        if not self._deletions:
            return []
        unnoticed = history.mutations is not None and not history.mutations.noticed
        blind = unnoticed or not is_telling(history)
        return [cut for cut in cuts if cut.private] if blind else cuts

    def _cutting(self, reading: _Reading) -> bool:
        """True if it is a deletion's turn: by how numbers and deletions have fared so far."""
        if not self._deletions:
            return False
        promising = sum(parameter.weight for parameter in reading.parameters) / _ENOUGH
        weights = {
            "cut": _CUT_FOR_SIZE if is_about_size(self._metric_name) else _CUT_ELSE,
            "set": min(1.0, promising),
        }
        arms = {name: self._memory.arm(name) for name in weights}
        tried = {name: arm.tried + self._memory.going[name] for name, arm in arms.items()}
        worth = {
            name: weight * (arms[name].kept + 1) / (tried[name] + 3)
            for name, weight in weights.items()
        }
        share = worth["cut"] / (sum(worth.values()) or 1.0)
        return tried["cut"] + 0.5 < share * (sum(tried.values()) + 1)

    def _tunings(
        self, reading: _Reading, history: History
    ) -> Iterator[tuple[tuple[str, ...], str, FileSet, Mapping[str, Any]]]:
        with one_thread():
            from autoresearch_ci.proposers.search.tuning import (  # noqa: PLC0415 - numpy takes its time
                ranked,
            )

        seed = f"{self._seed}/{history.next_number}"
        lane = history.lane if history.lane and history.lane.count > 1 else None
        seed += f"/{lane.number}" if lane else ""
        for steps in ranked(reading.parameters, self._memory, random.Random(seed), lane):
            key = tuple(step.name for step in steps)
            if key not in reading.spent:
                yield key, _title(steps), _set(reading.source, steps), _note(steps)

    def _deletings(
        self, reading: _Reading, history: History
    ) -> Iterator[tuple[tuple[str, ...], str, FileSet, Mapping[str, Any]]]:
        if not self._deletions:
            return
        source, by_size = reading.source, is_about_size(self._metric_name)
        cuts = self._allowed(reading.every_cut(), history)
        ranked = ranked_cuts(cuts, source.text, self._memory, by_size=by_size)
        for cut in own_first(ranked, history.lane, lambda cut: cut.id):
            if (cut.id,) in reading.spent:
                continue
            if cut.name and self._elsewhere(cut.name):
                continue  # it is used
            gone = cut.gone(source.text)
            note = {"cut": cut.id, "kind": cut.kind, "gone": gone, UNUSED: cut.private}
            files = source | {source.target: cut.applied(source.text)}
            yield (cut.id,), _shortened(cut.title), files, note

    @staticmethod
    def _new(
        reading: _Reading, history: History, files: FileSet, change: Mapping[str, Any]
    ) -> bool:
        """Tell another program that was never tried, and can be read, from one that is not."""
        if files == reading.source or history.tried(files.digest) is not None:
            return False
        # What is frozen may be tuned where it is only a number, and not go.
        if "cut" in change and reading.frozen_lines.broken(reading.source, files):
            return False
        # A number for a number leaves the syntax as it was; other edits may not.
        plain = all(
            isinstance(new, float) for _, new in change.get("set", {"cut": (0, "")}).values()
        )
        source = reading.source
        return plain or not any(
            syntax_error(path, source[path], text)
            for path, text in files.items()
            if text != source[path]
        )


@lru_cache(maxsize=512)
def _of_another(
    path: str, text: str, metric_name: str, frozen_lines: FrozenLines
) -> tuple[Parameter, ...]:
    """The places to set in a file beside the target, under names that say whose they are."""
    if generated(text):
        return ()
    found = tokens(path, text)
    protection = protect(found, metric_name)
    for line, why in frozen_lines.lines(path, text).items():
        protection.freeze([line], why)
    seen = kinds.find(Source(path, text, found, protection))
    name = PurePosixPath(path).name
    return tuple(
        replace(
            each,
            id=f"{path}:{each.id}",
            label=f"{name} {each.label}",
            multiple_of=tuple(f"{path}:{other}" for other in each.multiple_of),
            at_most=tuple(f"{path}:{other}" for other in each.at_most),
            path=path,
        )
        for each in seen.parameters
    )


def _set(source: FileSet, steps: Steps) -> FileSet:
    """The files with each parameter at its new text."""
    files = source
    for path in dict.fromkeys(step.parameter.path for step in steps):
        here = path or source.target
        settings = ((s.parameter, s.text) for s in steps if s.parameter.path == path)
        files |= {here: applied(source[here], settings)}
    return files


def _shape(line: str) -> str:
    """A line whatever its numbers are: it stays the same line while they are tuned."""
    return _NUMBER.sub("0", line.strip())


def _line(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start:] if end < 0 else text[start:end]


def _title(steps: Steps) -> str:
    return _shortened(", ".join(map(_told, steps)))


def _told(step: Step) -> str:
    label, old, new = step.parameter.label, step.parameter.text, step.text
    if old:
        return f"{label} {old} -> {new}"
    return f"add {new.strip(' ,')}" + (f" to {label}" if label not in new else "")


def _shortened(title: str) -> str:
    title = one_line(title)
    return title if len(title) <= _TITLE else title[: _TITLE - 3] + "..."


def _note(steps: Steps) -> Mapping[str, Any]:
    return {"set": {step.parameter.id: [step.old, step.new] for step in steps}}
