"""Metrics in the forms in which programs print them. Pure.

    METRIC name=value       the metric, and any other number that is to be on record
    name: value             at a line's start
    name=value
    {"name": value}         a JSON object on a line of its own; `latency.p99` is a path in it

The file that `AUTORESEARCH_RESULT` names holds such an object too, and wins: nothing else writes
to it. A value is one number. Where it could be read in two ways, or there are two of them, there
is none.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autoresearch_ci.core.text import visible
from autoresearch_ci.engine.metric import LARGEST, MINUS, is_lost

RESULT = "AUTORESEARCH_RESULT"
"""The variable that names the file for a run's JSON."""

MOST_METRICS = 100
"""Numbers of a run that are recorded beside those that were asked for."""

_SHOWN = 200
_LONGEST_NAME = 80
_DEEPEST = 8

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(
    r"(?P<whole>[+-]?[1-9][0-9]{0,2}(?:(?P<mark>[,.'\u2019_\u00a0\u2009\u202f])[0-9]{3})"
    r"(?:(?P=mark)[0-9]{3})*)(?:(?P<point>[.,])(?P<part>[0-9]+))?"
)
_UNIT = re.compile(r"(?:%|[^\W\d_]{1,12})(?:/[^\W\d_]{1,12})?")
_QUANTITY = re.compile(rf"(?P<number>.*?[0-9.])(?P<gap>[ \u00a0\u202f]?)(?P<unit>{_UNIT.pattern})")
_NAMED = re.compile(r"^[ \t]*([^\W\d][\w./%-]*)[ \t]*[:=][ \t]*[-+.]?\d", re.MULTILINE)
_METRIC = re.compile(r"^[ \t]*METRIC[ \t]+([^\s=]+)[ \t]*=[ \t]*(.*)$", re.MULTILINE)
_OBJECT = re.compile(r"^[ \t]*\{.*\}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit, empty where it has none."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The quantity that was looked for, or what is wrong, and what to do about that."""

    quantity: Quantity | None
    error: str = ""
    advice: str = ""


def quantity(text: str) -> Quantity | None:
    """The one number that a text is; None where it is none, or could be read in two ways.

    `1,234.5` and `1 234 567` are read, `1,234` is not: it may be a decimal comma.
    """
    text = text.strip()
    value = _number(text)
    if value is not None:
        return Quantity(value)
    split = _QUANTITY.fullmatch(text)
    if split is None:
        return None
    exponent, hexadecimal = split["unit"] in ("e", "E"), split["unit"][0] in "xX"
    if not split["gap"] and (exponent or hexadecimal):
        return None
    value = _number(split["number"])
    return None if value is None else Quantity(value, canonical(split["unit"]))


def canonical(name: str) -> str:
    """A name as it is compared: accents composed, and one micro sign of the two that there are."""
    return unicodedata.normalize("NFC", name).replace("μ", "µ")


class Printed:
    """The output of a run, and the `result` that it left in its file, to be asked for metrics."""

    def __init__(self, output: str, result: str = "") -> None:
        self._raw, self._output = output, visible(_typed_over(output))
        self._result, self._problem = _result(result)
        self._objects: list[tuple[str, dict[str, Any]]] | None = None

    def metric(self, name: str) -> Found:
        """The quantity of this name."""
        if self._problem:
            return Found(None, self._problem, f"Write one JSON object to the file in ${RESULT}.")
        wanted = canonical(name)
        if wanted in self._result:
            return _decided(name, [(json.dumps(self._result[wanted]), self._result[wanted])])
        explicit = list(self._explicit(wanted))
        others = [*self._plain(name), *self._in_objects(wanted)]
        if not (explicit or others) and (near := self._nearly(wanted)):
            return Found(
                None,
                f"printed nothing where {name} should be, but {near}",
                f"Set metric_name to {near}, or let the run print {name}.",
            )
        if not (explicit or others) and (found := self._within(name)):
            return found
        if explicit:  # then what is no number is a sentence for people
            others = [each for each in others if _quantity_of(each[1]) is not None]
        return _decided(name, [*explicit, *others])

    def metrics(self) -> dict[str, Quantity]:
        """All that `METRIC` lines and JSON say, by name; none that has two values."""
        names = dict.fromkeys(canonical(found[1]) for found in _METRIC.finditer(self._output))
        names |= dict.fromkeys(path for _, flat in self._parsed() for path in flat)
        names |= dict.fromkeys(self._result)
        known = ((name, self._known(name)) for name in names if len(name) <= _LONGEST_NAME)
        every = [(name, found) for name, found in known if found is not None]
        return dict(every[:MOST_METRICS])

    def _nearly(self, wanted: str) -> str:
        """The name of a printed number that may be meant: spelt otherwise, or within an object."""
        plain = _NAMED.findall(self._output)
        names = {canonical(name).casefold(): name for name in (*plain, *self.metrics())}
        word = wanted.casefold()
        below = [name for name in names if name.endswith(f".{word}")]
        alike = difflib.get_close_matches(word, names, n=1, cutoff=0.8)
        return next((names[key] for key in (word, *below, *alike) if key in names), "")

    def _within(self, name: str) -> Found | None:
        """Advice where the metric stands within a line, and not at its beginning."""
        before = rf"(?<![\w.-]){re.escape(name)}[\"'`*]*[ \t]*(?:[:=|]|->)[ \t]*[\"'`*]*"
        found = re.search(
            rf"^(?P<line>.*?(?P<before>{before})[-+.]?[0-9].*)$", self._output, re.MULTILINE
        )
        if found is None or found["before"] not in self._raw:
            return None
        return Found(
            None,
            f"printed nothing where {name} should be, but within a line: {_short(found['line'])}",
            f"Let it begin a line of its own; or set metric_parse: {_reading(found['before'])}",
        )

    def _known(self, name: str) -> Quantity | None:
        if name in self._result:
            return _quantity_of(self._result[name])
        told = [*self._explicit(name), *self._in_objects(name)]
        return _decided(name, told).quantity

    def _explicit(self, wanted: str) -> Iterator[tuple[str, object]]:
        for found in _METRIC.finditer(self._output):
            if canonical(found[1]) == wanted:
                yield found[0], found[2]

    def _plain(self, name: str) -> Iterator[tuple[str, object]]:
        spellings = {name, canonical(name), unicodedata.normalize("NFD", name)}
        spellings |= {each.replace("µ", "μ") for each in spellings}
        words = "|".join(map(re.escape, sorted(spellings)))
        line = rf"^[ \t]*(?:{words})[ \t]*[:=](?![:=])[ \t]*(.*)$"
        for found in re.finditer(line, self._output, re.MULTILINE):
            yield found[0], found[1]

    def _in_objects(self, wanted: str) -> Iterator[tuple[str, object]]:
        for line, flat in self._parsed():
            if wanted in flat:
                yield line, flat[wanted]

    def _parsed(self) -> list[tuple[str, dict[str, Any]]]:
        if self._objects is None:
            lines = (found[0] for found in _OBJECT.finditer(self._output))
            parsed = ((line, _object(line)) for line in lines)
            self._objects = [(line, flat) for line, flat in parsed if flat is not None]
        return self._objects


class MetricReader:
    """Reads the metric of one run after the other, always in the same unit.

    `units` are those of the unchanged project, by name; what is read first adds to them.
    """

    def __init__(self, name: str, units: Mapping[str, str]) -> None:
        self._name = name
        self.units = dict(units)

    @property
    def known_units(self) -> dict[str, str]:
        """The units that there are."""
        return {name: unit for name, unit in self.units.items() if unit}

    def metric(self, printed: Printed) -> Found:
        """The metric. A value in another unit than before is an error."""
        found = printed.metric(self._name)
        name = canonical(self._name)
        if found.quantity is None or self._agrees(name, found.quantity):
            return found
        was, now = (each or "no unit" for each in (self.units[name], found.quantity.unit))
        return Found(
            None,
            f"{self._name} is in {now}, and was in {was} before",
            "Let the program print it in the same unit at all times.",
        )

    def others(self, printed: Printed, wanted: Iterable[str] = ()) -> dict[str, float]:
        """The other numbers of a run, and those that are `wanted` in whatever form.

        One in another unit than before is left out.
        """
        found = printed.metrics()
        for name in wanted:
            known = printed.metric(name).quantity
            found.pop(canonical(name), None)
            if known is not None:
                found[canonical(name)] = known
        found.pop(canonical(self._name), None)
        return {name: each.value for name, each in found.items() if self._agrees(name, each)}

    def _agrees(self, name: str, found: Quantity) -> bool:
        return self.units.setdefault(name, found.unit) == found.unit


_HINTS = {
    re.compile(
        r"\d,\d"
    ): "A comma in it can be the decimal point or a separator: print 12.5 or 1234 "
    "(env: LC_ALL=C where the language of the machine makes it).",
    re.compile(rf"[{MINUS[1:]}]\d"): "Its minus is not the one of the keyboard: print `-` (env: "
    "LC_ALL=C where the language of the machine makes it).",
    re.compile(r"\b0[xX][0-9a-fA-F]"): "It is hexadecimal: print it in decimal.",
    re.compile(r"(?i)\b(?:nan|inf|infinity)\b"): "What is not finite is no metric: let the program "
    "stop with an error where that comes out, and mend what makes it.",
    re.compile(
        r"\d[eE][+-]?\d{3}|\d{150}"
    ): f"At most {LARGEST:g} can be judged, and nothing that is "
    "too small to be told from 0: print its logarithm.",
}
"""Signs of why a value is no number, each with what to do."""


def _decided(name: str, told: list[tuple[str, object]]) -> Found:
    """The one value that lines agree on."""
    if not told:
        return Found(
            None,
            f"printed nothing where {name} should be",
            f"Let the run print it on a line of its own: `METRIC {name}=1.5`, or `{name}: 1.5`. Or "
            "set metric_parse to a command that prints the number; for the run's wall time that is "
            '`echo "$AUTORESEARCH_SECONDS"`.',
        )
    read = [(line, _quantity_of(value)) for line, value in told]
    for line, found in read:
        if found is None:
            return Found(
                None,
                f"printed what is not one finite number: {_short(line)}",
                "Let the line hold the name and the number and nothing else; or set metric_parse "
                "to a command that prints the number."
                + "".join(f" {hint}" for seen, hint in _HINTS.items() if seen.search(line)),
            )
    line, first = read[0]
    for other, found in read[1:]:
        if found != first:
            return Found(
                None,
                f"printed two values of {name}: {_short(line)} / {_short(other)}",
                "Let it print one, at the end. Or set metric_parse to choose one, the last by: "
                f"grep '^{name}' run.log | tail -1 | grep -oE '[-+0-9.eE]+$'",
            )
    return Found(first)


def _quantity_of(value: object) -> Quantity | None:
    """The quantity of a text, or of a value in JSON, which has to be a number."""
    if isinstance(value, str) and not isinstance(value, _Text):
        return quantity(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Quantity(float(value)) if abs(value) <= LARGEST else None  # no NaN is


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        grouped = _GROUPED.fullmatch(text)
        if grouped is None:
            return None
        whole, mark, point = grouped["whole"], grouped["mark"], grouped["point"]
        if point == mark or (mark in ",." and not point and whole.count(mark) == 1):
            return None
        text = whole.replace(mark, "") + (f".{grouped['part']}" if point else "")
    value = float(text)
    if is_lost(text, value):
        return None
    return value if math.isfinite(value) and abs(value) <= LARGEST else None


class _Text(str):
    """A text in JSON, which is no number whatever it says."""

    __slots__ = ()


def _object(line: str) -> dict[str, Any] | None:
    """The content of an object in JSON, by path; None where it is none, or says a thing twice."""
    try:
        parsed = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    found: dict[str, Any] = {}
    for path, value in _flat(parsed, "", 0):
        found[path] = None if path in found else value  # `a.b` may be a name and a place
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_MOVES = re.compile(r"\x1b\[(\d{0,3})([CDGK])|\x08|[^\x08\x1b]+|\x1b(?:\[[0-?]*[ -/]*[@-~])?")


def _typed_over(output: str) -> str:
    """The output as a terminal shows lines in which the cursor went back, as spinners have it."""
    if "\b" not in output and not re.search(r"\x1b\[\d*[CDG]", output):
        return output
    return "".join(map(_shown, re.split("([\r\n])", output)))


def _shown(line: str) -> str:
    if "\b" not in line and "\x1b" not in line:
        return line
    cells: list[str] = []
    at = 0
    for found in _MOVES.finditer(_COLOURS.sub("", line)):
        count, move = int(found[1] or 1), "D" if found[0] == "\b" else found[2]
        if move == "D":
            at = max(0, at - count)
        elif move in ("C", "G"):
            at = at + count if move == "C" else max(0, count - 1)
        elif move == "K":
            cells = [] if found[1] == "2" else cells[:at]
        elif not found[0].startswith("\x1b"):
            cells += " " * (at - len(cells))
            cells[at : at + len(found[0])] = found[0]
            at += len(found[0])
    return "".join(cells)


def _flat(value: object, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Numbers with their paths, and what else stands there."""
    if isinstance(value, dict | list) and value and depth < _DEEPEST:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif path and not re.search(r"\s", path):
        yield canonical(path), _Text(value) if isinstance(value, str) else value


def _result(text: str) -> tuple[dict[str, Any], str]:
    """The file's object, or what is wrong with it; a file that is empty says nothing."""
    if not text.strip():
        return {}, ""
    found = _object(text)
    if found is None:
        return {}, f"wrote no JSON object to the file in {RESULT}: {_short(text)}"
    return found, ""


def _reading(before: str) -> str:
    """A command that prints the last number behind a text."""
    number = r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?"
    pattern = re.sub(r"([][\\.*+?(){}|^$])", r"\\\1", before) + number
    return f"grep -oE -e {shlex.quote(pattern)} run.log | tail -1 | grep -oE -e '{number}$'"


def _short(line: str) -> str:
    return " ".join(line.split())[:_SHOWN]
