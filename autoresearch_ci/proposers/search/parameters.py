"""The numbers and switches of a source that can be tuned, and how promising each is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.literals_in_context import KEYWORDS, Site, sites
from autoresearch_ci.proposers.search.protect import Protection
from autoresearch_ci.proposers.search.scales import Scale
from autoresearch_ci.source_code.frozen_lines.marks import Tune
from autoresearch_ci.source_code.syntax import Kind, Token

_INFINITE = float("inf")
_SENTINEL = 1e6
# A number without a telling name is taken for a fraction from here on: 0.9, 0.999.
_NEARLY = 0.8
_WIDE = 10
_FIRST = 1.3
_LIMIT = 60
_FEW = 3
_YEARS = (1900, 2100)
# Conversions between units, rather than settings.
_UNITS = frozenset({10, 60, 100, 255, 256, 1000, 1024, 3600, 86400, 1e6, 1e9, 8, 16, 32, 64})
_FLAGS = {"True": "False", "False": "True", "true": "false", "false": "true"}
_WEIGHTS = {
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
_NAMED = frozenset({"constant", "option", "key", "keyword", "directive", "local"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be set: `text` at `start` to `end` of the source.

    `id` is the same after edits elsewhere; `kind` is the name of what found it. A number has a
    `scale`; anything else has `options`, its own text among them: texts to put in its place,
    and where they are `ordered`, neighbours are alike (`-O1`, `-O2`, `-O3`). `weight` is how
    promising it looks: up to 1, and more for a learning rate. A text may be empty: what is not
    there yet and can be put there.
    """

    id: str
    label: str
    start: int
    end: int
    text: str
    weight: float
    literal: Literal | None = None
    value: float = 0.0
    scale: Scale | None = None
    options: tuple[str, ...] = ()
    line: int = 0
    kind: str = "number"
    ordered: bool = False

    def written(self, value: float) -> str:
        """The source text for a new value, sign included."""
        assert self.literal is not None
        text = self.literal.write(abs(value))
        zero = not re.search(r"[1-9]", text.split("e")[0].split("E")[0])
        return f"-{text}" if value < 0 and not zero else text

    def read(self, text: str) -> float | None:
        """The value that a written text stands for."""
        literal = Literal.read(text.removeprefix("-"))
        if literal is None:
            return None
        return -literal.value if text.startswith("-") else literal.value


def find_parameters(tokens: list[Token], protection: Protection) -> list[Parameter]:
    """Every number and flag that may be changed, in the order of the text."""
    found: list[Parameter] = []
    seen: Counter[str] = Counter()
    shares = _taken_from_one(tokens)
    for site in sites(tokens):
        parameter = _parameter(tokens, site, protection, shares)
        if parameter is None:
            continue
        seen[parameter.id] += 1
        count = seen[parameter.id]
        found.append(replace(parameter, id=f"{parameter.id}#{count}") if count > 1 else parameter)
    return _told_apart(found)


def _told_apart(parameters: list[Parameter]) -> list[Parameter]:
    """Labels that say which one, where several parameters have the same name."""
    count = Counter(parameter.label for parameter in parameters)
    return [
        replace(parameter, label=parameter.id[-40:]) if count[parameter.label] > 1 else parameter
        for parameter in parameters
    ]


def _taken_from_one(tokens: list[Token]) -> frozenset[str]:
    """Names that the source takes from one (`1 - MIX`): they are shares of a whole."""
    plain = [token for token in tokens if token.kind is not Kind.SPACE]
    return frozenset(
        name.text
        for one, minus, name in zip(plain, plain[1:], plain[2:], strict=False)
        if one.text in ("1", "1.0") and minus.text == "-" and name.kind is Kind.NAME
    )


def _parameter(
    tokens: list[Token], site: Site, protection: Protection, shares: frozenset[str]
) -> Parameter | None:
    token = tokens[site.index]
    tune = protection.tune.get(site.line)
    if site.line in protection.frozen:
        return None
    if token.kind is Kind.NUMBER:
        printing = site.line in protection.printing
        return _number(tokens, site, tune, printing=printing, share=site.name in shares)
    if token.kind is Kind.NAME and token.text in _FLAGS and _is_value(tokens, site):
        return _flag(token, site, tune)
    return None


def identity(site: Site) -> str:
    """The name that stays while the code around it changes."""
    name = site.name or site.callee or "value"
    return ".".join([*site.scope[-3:], name])[-_LIMIT:]


def _is_value(tokens: list[Token], site: Site) -> bool:
    after = tokens[site.index + 1].text if site.index + 1 < len(tokens) else ""
    return site.role in _NAMED and after not in ("(", "[", ".", "=")


def _flag(token: Token, site: Site, tune: Tune | None) -> Parameter | None:
    if not site.name or (tune is None and names.is_frozen(site.name)):
        return None
    weight = 0.5 * _WEIGHTS[site.role] * (0.3 if site.role == "local" else 1.0)
    if site.role == "keyword" and site.scope:
        weight *= 0.4
    words = names.split_name(site.name)
    if any(word in names.DULL for word in words):
        weight *= 0.3
    options = (token.text, _FLAGS[token.text])
    text = token.text
    return Parameter(
        identity(site), site.name, token.start, token.end, text,
        1.0 if tune else weight, options=options, line=site.line, kind="switch",
    )  # fmt: skip


def _number(
    tokens: list[Token], site: Site, tune: Tune | None, *, printing: bool, share: bool
) -> Parameter | None:
    token = tokens[site.index]
    literal = Literal.read(token.text)
    if literal is None or _glued(tokens, site.index):
        return None
    value = -literal.value if site.sign >= 0 else literal.value
    weight = 1.0 if tune else _weight(site, literal, value, printing=printing)
    if weight <= 0:
        return None
    start = tokens[site.sign].start if site.sign >= 0 else token.start
    if site.sign >= 0 and site.sign != site.index - 1:
        return None
    text = "-" + token.text if site.sign >= 0 else token.text
    scale = _scale(site, literal, value, tune, share=share)
    label = site.name or site.callee or "value"
    return Parameter(
        identity(site), label, start, token.end, text, weight, literal, value, scale,
        line=site.line,
    )  # fmt: skip


def _glued(tokens: list[Token], index: int) -> bool:
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


def _weight(site: Site, literal: Literal, value: float, *, printing: bool) -> float:
    """The promise of a number, 0 for what is structure and no setting."""
    last = site.scope[-1] if site.scope else ""
    untold = not site.name or (len(site.name) == 1 and site.callee == "for")
    if printing or untold or any(map(names.is_frozen, (site.name, site.callee, last))):
        return 0.0
    weight = _WEIGHTS[site.role]
    if site.role in _NAMED:
        weight *= _named(site, literal, value)
    else:
        weight *= _nameless(site, literal, value)
    words = names.split_name(site.name)
    if words[-1:] and words[-1] in names.SHAPES and literal.integer and abs(value) <= _FEW:
        return 0.0
    if any(word in names.DULL for word in words):
        return weight * 0.25
    if names.is_first(site.name) and site.role in _NAMED:
        return _FIRST
    return min(1.0, weight * 1.2) if any(word in names.TUNABLE for word in words) else weight


def _named(site: Site, literal: Literal, value: float) -> float:
    """A factor for a number that is given to a name."""
    if site.role == "local" and (abs(value) >= _SENTINEL or not value):
        return 0.0  # where a sum or a search for the best begins
    if not value or (abs(value) == 1 and literal.integer):
        if site.role == "local":
            return 0.12
        tunable = any(word in names.TUNABLE for word in names.split_name(site.name))
        return (0.8 if tunable else 0.45) if value else 0.3
    return 1.0


def _nameless(site: Site, literal: Literal, value: float) -> float:
    """A factor for a number inside an expression or a call."""
    structural = site.callee in names.STRUCTURAL
    if structural and site.role in ("argument", "element"):
        return 0.0
    if literal.integer and abs(value) < _FEW:
        return 0.0
    factor = 0.5 if structural else 1.0
    if site.operator in ("%", "<<", ">>", "//", "&", "|", "^"):
        factor *= 0.3
    year = literal.integer and _YEARS[0] <= value <= _YEARS[1]
    unit = site.role == "expression" and value in _UNITS
    return factor * 0.2 if year or unit else factor


def _scale(site: Site, literal: Literal, value: float, tune: Tune | None, *, share: bool) -> Scale:
    if tune is not None and tune.low is not None and tune.high is not None:
        return _told(literal, tune.low, tune.high, tune.scale)
    if literal.integer:
        return _counting(site, literal, value)
    if literal.suffix == "%":
        return Scale("log", False, 0.0, 100.0)
    if 0 <= value <= 1 and (share or names.is_fraction(site.name) or _NEARLY <= value < 1):
        return Scale("odds", False, 0.0, 1.0)
    return Scale("log", False, -_INFINITE if value else 0.0, _INFINITE)


def _told(literal: Literal, low: float, high: float, kind: str) -> Scale:
    """The scale that a tune mark asks for; wide ranges of one sign are logarithmic."""
    whole = literal.integer or kind == "int"
    if low > 0 and (kind == "log" or (not kind and high / low >= _WIDE)):
        return Scale("log", whole, low, high)
    unit = (high - low) / 6
    return Scale("linear", whole, low, high, max(1.0, round(unit)) if whole else unit or 1.0)


def _counting(site: Site, literal: Literal, value: float) -> Scale:
    high = 100.0 if literal.suffix == "%" else _INFINITE
    if site.operator == "**":
        return Scale("linear", True, 0.0, high)
    if value < 0:
        return Scale("log", True, -_INFINITE, -1.0)
    first = 32.0 if names.is_size(site.name) else 1.0
    return Scale("log", True, 1.0 if value else 0.0, high, first)
