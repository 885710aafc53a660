"""Numbers: literals whose name or place says that they are settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.literals_in_context import KEYWORDS, Site
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.proposers.search.ranges import ANY, told
from autoresearch_ci.proposers.search.scales import Scale
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.proposers.search.usage import Usage
from autoresearch_ci.source_code.frozen_lines.marks import Tune
from autoresearch_ci.source_code.syntax import Kind, Token

_INFINITE = float("inf")
_SENTINEL = 1e6
# A number without a telling name is taken for a fraction from here on: 0.9, 0.999.
_NEARLY = 0.8
_WIDE = 10
_FIRST = 1.3
_FEW = 3
# A bound that is near to nothing is a tolerance, and stays above it.
_LEAST_BOUND = 0.1
# A step of what may be above or below 0, and is about one.
_SIGNED = 0.5
_YEARS = (1900, 2100)
# Conversions between units, rather than settings.
_UNITS = frozenset({10, 60, 100, 255, 256, 1000, 1024, 3600, 86400, 1e6, 1e9, 8, 16, 32, 64})
# What makes a number of a string, and the variable that it is the default of.
_CONVERTS = re.compile(
    r"\b(?:int|float|Number|parse(?:Int|Float|Double|Long)|valueOf|Atoi|Parse(?:Int|Float))\s*\("
)
_VARIABLE = re.compile(r"""\benv(?:\.(\w+)|\[['"](\w+)['"]\])\s*(?:\?\?|\|\||or)\s*$""")
_SHOWN = re.compile(r"\b(?:head|tail)\s+-[nc]?\s*$")
_STATEMENT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+)", re.DOTALL)
_QUERIES = names.word_set("SELECT INSERT UPDATE DELETE WITH VALUES MERGE REPLACE EXPLAIN")
WEIGHTS = {
    "constant": 0.9,
    "option": 0.85,
    "key": 0.8,
    "keyword": 0.7,
    "directive": 0.7,
    "element": 0.5,
    "local": 0.55,
    "argument": 0.3,
    "return": 0.2,
    "compare": 0.25,
    "expression": 0.2,
}
"""The promise of a number by its part in the code."""

NAMED = frozenset({"constant", "option", "key", "keyword", "directive", "local"})
"""Parts in the code where a value is given to a name."""


def find(source: Source) -> Iterator[Parameter | Spared]:
    """Every number that may be changed."""
    used = Usage.of(source.plain, source.lines)
    for site in source.sites:
        kind = source.tokens[site.index].kind
        if kind is Kind.NUMBER:
            yield _number(source, site, used)
        elif kind is Kind.STRING and (found := _default(source, site, used)):
            yield found


def _default(source: Source, site: Site, used: Usage) -> Parameter | None:
    """The 4 in its quotes in `int(os.environ.get("JOBS", "4"))`, `Number(env.JOBS || "4")`."""
    token = source.tokens[site.index]
    literal = Literal.read(token.text[1:-1]) if len(token.text) > 2 else None  # noqa: PLR2004 - quotes
    before = source.text[source.starts[site.line] : token.start]
    if literal is None or not _CONVERTS.search(before):
        return None
    if site.role != "option":
        variable = _VARIABLE.search(before)
        if variable is None:
            return None
        site = replace(site, name=variable[1] or variable[2], role="option")
    weight, _ = _weight(source, site, literal, literal.value)
    scale = _scale(source, site, literal, literal.value, None, used)
    text, start = token.text[1:-1], token.start + 1
    return Parameter(
        site.identity, site.name, start, start + len(text), text, weight, literal, literal.value,
        scale, line=site.line,
    ) if weight > 0 else None  # fmt: skip


def _number(source: Source, site: Site, used: Usage) -> Parameter | Spared:
    tokens, token = source.tokens, source.tokens[site.index]
    tune = source.protection.tune.get(site.line)

    def spared(why: str) -> Spared:
        return Spared(site.line, token.text, why, token.start)

    literal = Literal.read(token.text)
    if literal is None:
        return spared("no plain decimal number")
    if _glued(tokens, site.index):
        return spared("part of a name, a place or a power")
    value = -literal.value if site.sign >= 0 else literal.value
    weight, why = (1.0, "") if tune else _weight(source, site, literal, value)
    if weight <= 0:
        return spared(why)
    start = tokens[site.sign].start if site.sign >= 0 else token.start
    if site.sign >= 0 and site.sign != site.index - 1:
        return spared("its sign stands apart from it")
    text = "-" + token.text if site.sign >= 0 else token.text
    scale = _scale(source, site, literal, value, tune, used)
    label = site.name or site.callee or "value"
    return Parameter(
        site.identity, label, start, token.end, text, weight, literal, value, scale, line=site.line
    )


def _glued(tokens: Sequence[Token], index: int) -> bool:
    """True if the number touches what changes its meaning (1.real, 2 ** 16)."""
    before = tokens[index - 1] if index else None
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    later = next((t for t in tokens[index + 1 : index + 3] if t.kind is not Kind.SPACE), None)
    if later is not None and later.text == "**":
        return True
    earlier = next(
        (t for t in reversed(tokens[max(0, index - 2) : index]) if t.kind is not Kind.SPACE), None
    )
    if tokens[index].text.startswith(".") and earlier is not None:
        if earlier.kind in (Kind.NAME, Kind.NUMBER) and earlier.text not in KEYWORDS:
            return True
        if earlier.text in (")", "]"):
            return True  # a place in a tuple: pair().0
    solid = (Kind.STRING, Kind.NUMBER, Kind.NAME)
    return (before is not None and (before.kind in solid or before.text == ".")) or (
        after is not None and (after.kind in solid or after.text == ".")
    )


def _weight(source: Source, site: Site, literal: Literal, value: float) -> tuple[float, str]:
    """The promise of a number; 0, and why, for what is structure and no setting."""
    if why := _no_setting(source, site):
        return 0.0, why
    weight = WEIGHTS[site.role]
    factor, why = (
        _named(site, literal, value) if site.role in NAMED else _nameless(site, literal, value)
    )
    weight *= factor
    words = names.split_name(site.name)
    if words[-1:] and words[-1] in names.SHAPES and literal.integer and abs(value) <= _FEW:
        return 0.0, "the shape of something"
    if any(word in names.DULL for word in words):
        return weight * 0.25, why
    if names.is_first(site.name) and site.role in NAMED:
        return _FIRST, ""
    tunable = any(word in names.TUNABLE for word in words)
    return min(1.0, weight * 1.2) if tunable else weight, why


def _no_setting(source: Source, site: Site) -> str:
    last = site.scope[-1] if site.scope else ""
    if site.line in source.protection.printing:
        return "printed text"
    if why := _structure(source, site, source.tokens[site.index].start):
        return why
    if not site.name or (len(site.name) == 1 and site.callee == "for"):
        return "nothing names it"
    frozen = any(map(names.is_frozen, (site.name, site.callee, last)))
    return names.FROZEN_WHY if frozen else ""


def _structure(source: Source, site: Site, start: int) -> str:
    """Why a number is part of the program's structure in its language; "" where it is not."""
    if site.role in NAMED and any(one.start <= start < one.end for one in source.enumerations):
        return "it tells the members of an enumeration apart"
    if _is_length(source, site):
        return "the length in a type"
    if source.is_bare and _SHOWN.search(source.text, source.starts[site.line], start):
        return "how much is shown"
    if source.suffix == ".sql" and (site.role not in NAMED or _is_query(source.text, start)):
        return "part of a query"
    return ""


def _is_length(source: Source, site: Site) -> bool:
    """True for the 3 in Rust's `[f32; 3]` and in Go's `[3]int`."""
    tokens, at = source.tokens, site.index
    before = [token for token in tokens[max(0, at - 4) : at] if token.kind is not Kind.SPACE]
    after = [token.text for token in tokens[at + 1 : at + 2]]
    if after != ["]"]:
        return False
    if source.suffix == ".rs" and [token.text for token in before[-1:]] == [";"]:
        return len(before) > 1 and before[-2].kind is Kind.NAME
    follows = tokens[at + 2 : at + 3]
    is_type = bool(follows) and (follows[0].kind is Kind.NAME or follows[0].text in ("[", "*"))
    return source.suffix == ".go" and [token.text for token in before[-1:]] == ["["] and is_type


def _is_query(text: str, start: int) -> bool:
    """True if the statement of SQL that this place is in asks for rows or changes them."""
    first = _STATEMENT.match(text, text.rfind(";", 0, start) + 1)
    return first is not None and first[1].upper() in _QUERIES


def _named(site: Site, literal: Literal, value: float) -> tuple[float, str]:
    """A factor for a number that is given to a name."""
    if site.role == "local" and (abs(value) >= _SENTINEL or not value):
        return 0.0, "where a sum or a search for the best begins"
    if not value or (abs(value) == 1 and literal.integer):
        if site.role == "local":
            return 0.12, ""
        tunable = any(word in names.TUNABLE for word in names.split_name(site.name))
        return ((0.8 if tunable else 0.45) if value else 0.3), ""
    return 1.0, ""


def _nameless(site: Site, literal: Literal, value: float) -> tuple[float, str]:
    """A factor for a number inside an expression or a call."""
    structural = site.callee in names.STRUCTURAL
    if structural and site.role in ("argument", "element"):
        return 0.0, f"an argument of {site.callee}(), which is structure"
    if abs(value) < _FEW and (literal.integer or value in (-1, 0, 1)):
        return 0.0, "a small whole number in an expression"
    factor = 0.5 if structural else 1.0
    if site.operator in ("%", "<<", ">>", "//", "&", "|", "^"):
        factor *= 0.3
    year = literal.integer and _YEARS[0] <= value <= _YEARS[1]
    unit = site.role == "expression" and value in _UNITS
    return (factor * 0.2 if year or unit else factor), ""


def _scale(
    source: Source, site: Site, literal: Literal, value: float, tune: Tune | None, used: Usage
) -> Scale:
    if tune is not None and tune.low is not None and tune.high is not None:
        return _told(literal, tune.low, tune.high, tune.scale)
    scale = _by_its_name(site, literal, value, used)
    low, high = told(source.comments.get(site.line, ""), value)
    low = scale.low if low == ANY[0] else max(low, used.within(site.name, value)[0])
    return replace(scale, low=low, high=min(scale.high, high))


def _by_its_name(site: Site, literal: Literal, value: float, used: Usage) -> Scale:
    """The scale by what a number is called, and by what the source does with it."""
    least, most = used.within(site.name, value)
    if literal.integer:
        scale = _counting(site, literal, value)
        listed = used.members.get(site.name, ())
        only = listed if value in listed else ()
        return replace(scale, low=max(scale.low, least), high=min(scale.high, most), only=only)
    if literal.suffix == "%":
        return Scale("log", False, 0.0, 100.0)
    share = used.is_share(site.name, value) or names.is_fraction(site.name)
    if 0 <= value <= 1 and (share or _NEARLY <= value < 1):
        return Scale("odds", False, 0.0, 1.0)
    exponent = site.name in used.exponents and value < 1
    bound = site.name in used.bounds and (value < 0 or _LEAST_BOUND <= value <= 1)
    if site.role in NAMED and (exponent or bound):
        return Scale("linear", False, least, most, _SIGNED)
    low, high = (0.0, _INFINITE) if value >= 0 else (-_INFINITE, 0.0)
    return Scale("log", False, max(low, least), min(high, most))


def _told(literal: Literal, low: float, high: float, kind: str) -> Scale:
    """The scale that a tune mark asks for; wide ranges of one sign are logarithmic."""
    whole = literal.integer or kind == "int"
    if low > 0 and (kind == "log" or (not kind and high / low >= _WIDE)):
        return Scale("log", whole, low, high)
    unit = (high - low) / 6
    return Scale("linear", whole, low, high, max(1.0, round(unit)) if whole else unit or 1.0)


def _counting(site: Site, literal: Literal, value: float) -> Scale:
    of_hundred = literal.suffix == "%" or names.is_percentage(site.name)
    high = 100.0 if of_hundred and value <= 100 else _INFINITE  # noqa: PLR2004
    if site.operator == "**":
        return Scale("linear", True, 0.0, high)
    if value < 0:
        return Scale("log", True, -_INFINITE, -1.0)
    first = 32.0 if names.is_size(site.name) else 1.0
    return Scale("log", True, 1.0 if value else 0.0, high, first)
