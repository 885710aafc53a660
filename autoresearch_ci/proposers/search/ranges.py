"""Ranges of numbers in comments: `1..9`, `between 1 and 9`, `range: [0, 1]`, `at most 64`."""

from __future__ import annotations

import re

Range = tuple[float, float]
ANY: Range = (-float("inf"), float("inf"))

_NUMBER = r"(-?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\.?\w)"
_TO = r"\s*(?:\.\.\.?=?|-|to|and|,)\s*"
_PAIR = rf"[\[(]?\s*{_NUMBER}{_TO}{_NUMBER}\s*[\])]?"
_DOTS = rf"[\[(]?\s*{_NUMBER}\s*\.\.\.?=?\s*{_NUMBER}"
# A comment that is nothing else, and what follows a word that says that it is a range.
_WHOLE = re.compile(rf"\W*?{_PAIR}\W*")
_SAID = re.compile(
    r"\b(?:between|range|ranges|from|valid|allowed|in|within|values?|must\s+be|can\s+be|may\s+be)\b"
    rf"(?:\s+(?:is|are|the|range))*\s*[:=]?\s*{_PAIR}",
    re.IGNORECASE,
)
_DOTTED = re.compile(rf"(?<![\w.]){_DOTS}")
_LEAST = re.compile(
    rf"(?:>=|≥|\b(?:at\s+least|no\s+less\s+than|min(?:imum)?\b\.?)\s*[:=]?)\s*{_NUMBER}",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"(?:<=|≤|\b(?:at\s+most|no\s+more\s+than|up\s+to|max(?:imum)?\b\.?)\s*[:=]?)\s*{_NUMBER}",
    re.IGNORECASE,
)
_LONG = 200


def number(text: str) -> float:
    """The number that a text of digits is; they may be grouped by underscores."""
    return float(text.replace("_", ""))


def told(comment: str, value: float) -> Range:
    """The range that a comment states for a value; no bounds where it does not hold the value."""
    if len(comment) > _LONG:
        return ANY
    for form in (_WHOLE.fullmatch, _SAID.search, _DOTTED.search):
        if match := form(comment):
            low, high = map(number, match.groups())
            return (low, high) if low <= value <= high and low < high else ANY
    least, most = _LEAST.search(comment), _MOST.search(comment)
    low = number(least[1]) if least else ANY[0]
    high = number(most[1]) if most else ANY[1]
    return (low, high) if low <= value <= high and low < high else ANY
