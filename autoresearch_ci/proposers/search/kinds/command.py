"""Options of programs, in scripts and in strings that are commands: `-O2`, `-Xmx512m`, `-j 4`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.alternatives import MOST, Alternatives
from autoresearch_ci.proposers.search.known import flags
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.literals_in_context import Site
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.proposers.search.scales import Scale
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind, Token

_SCRIPTS = names.word_set(
    ".sh .bash .zsh .ksh .mk .mak .yml .yaml .dockerfile .bat .cmd .ps1 .properties"
)
_NAMED_SCRIPTS = re.compile(r"(?:GNU)?[Mm]akefile|(?:Docker|Container|Just|Proc)file|justfile")
# The call or the name that a command is given to.
_CALLS = re.compile(
    r"run|call|check_call|check_output|popen|system|spawn\w*|exec\w*|command|cmd|args?|shell|sh"
    r"|getoutput|ProcessBuilder|start",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"flags?$|opts$|options$|args$|arguments$|cmd|command|^(?:build|compile|run)$", re.IGNORECASE
)
_SPEAKS = re.compile(r"help|usage|description|epilog|doc|prog|title|message|error", re.IGNORECASE)
_DECLARES = re.compile(r"add_argument|add_option|option|flag|getenv|startswith|endswith|print\w*")
_ROLES = frozenset(
    {"constant", "local", "key", "keyword", "element", "argument", "return", "expression"}
)
_NUMBER = r"\d+(?:\.\d+)?(?:e-?\d+)?"
_LONG_OPTION = re.compile(
    rf"(?<![\w-])--(?P<name>[a-zA-Z][\w-]*)(?:=|\s+)(?P<value>{_NUMBER}[kKmMgG]?)(?![\w.])"
)
_LONG_WORD = re.compile(
    r"(?<![\w-])--(?P<name>[a-zA-Z][\w-]*)(?:=|\s+)(?P<value>[A-Za-z][\w.]*)(?![\w.])"
)
_SWITCH = re.compile(r"(?<!\S)--(?:no|enable|disable)-(?P<name>[a-z][\w-]*)(?=\s+-|\s*\Z)")
_JOBS = re.compile(r"(?<![\w-])-j\s*(?P<value>\d+)(?!\w)")
_OPTION = re.compile(r"--?[a-zA-Z][\w-]*")
_VALUE = re.compile(rf"-?{_NUMBER}[kKmMgG]?")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Characters that are a command or a part of one.

    `quote` is set where it is one element of a list, `closed` its end with the quote.
    """

    text: str
    start: int
    line: int
    scope: str
    quote: str = ""
    closed: int = 0
    compiles: bool = False


def find(source: Source) -> Iterator[Parameter | Spared]:
    """Every known option in a command, and in a string every number after `--name`."""
    known = Alternatives(source)
    if source.suffix in _SCRIPTS or _NAMED_SCRIPTS.fullmatch(source.name):
        for stretch in _code_lines(source):
            yield from _known(stretch)
            yield from _given(stretch, known)
        return
    for site in source.sites:
        token = source.tokens[site.index]
        if token.kind is not Kind.STRING or "-" not in token.text:
            if token.kind is Kind.STRING:
                yield from _second(source, site, token)
            continue
        command = _stretch(source, site, token)
        if command is not None:
            yield from _known(command)
            yield from _given(command, known)


def _code_lines(source: Source) -> Iterator[_Stretch]:
    for line, text in enumerate(source.lines):
        comment = source.comments.get(line)
        code = text[: text.find(comment)] if comment and comment in text else text
        if "-" in code:
            compiles = bool(flags.COMPILERS.search(code))
            yield _Stretch(code, source.starts[line], line, "", compiles=compiles)


def _stretch(source: Source, site: Site, token: Token) -> _Stretch | None:
    """The content of a string that is a command; None for any other string."""
    text = token.text
    opening = re.match(r"[rbuf]{0,2}(\"\"\"|'''|[\"'`])", text, re.IGNORECASE)
    if opening is None or site.role not in _ROLES or site.line in source.protection.printing:
        return None
    if _DECLARES.fullmatch(site.callee) or _SPEAKS.search(site.name):
        return None
    content = text[opening.end() : -len(opening[1])]
    given = _NAMES.search(re.sub(r"[(\[]\d+[)\]]$", "", site.name)) is not None
    called = site.role in ("argument", "element") and _CALLS.fullmatch(site.callee) is not None
    starts = content.lstrip().startswith("-")
    if not (starts or given or called or flags.PROGRAMS.match(content)):
        return None
    before = _listed_before(source, site) if " " not in content else None
    compiles = flags.COMPILERS.search(" ".join([content, site.name, *(before or ())])) is not None
    return _Stretch(
        content, token.start + opening.end(), source.line_of(token.start), site.identity,
        opening[1] if before is not None else "", token.end, compiles,
    )  # fmt: skip


def _listed_before(source: Source, site: Site) -> list[str] | None:
    """The strings before this one in its list, the nearest first; None where it is in none."""
    found: list[str] = []
    for token in reversed(source.tokens[max(0, site.index - 60) : site.index]):
        if token.text == "[":
            return found
        if token.kind is Kind.STRING:
            found.append(token.text.strip("'\"`"))
        elif token.kind not in (Kind.SPACE, Kind.NEWLINE, Kind.COMMENT) and token.text != ",":
            return None
    return None


def _known(stretch: _Stretch) -> Iterator[Parameter | Spared]:
    """The options of compilers, virtual machines and compressors that are there."""
    for row in flags.CHOICES:
        for match in row.pattern.finditer(stretch.text):
            start = stretch.start + match.start("value")
            text = match["value"]
            options = tuple(dict.fromkeys([text, *row.options(text)]))
            yield Parameter(
                _id(stretch, row.name or match["name"]), row.name or match["name"], start,
                start + len(text), text, row.weight, options=options, line=stretch.line,
                ordered=row.ordered, evidence=f"what {row.whose} knows",
            )  # fmt: skip
    for number in flags.NUMBERS:
        for match in number.pattern.finditer(stretch.text):
            scale = Scale("log", True, number.low, number.high)
            yield _number(stretch, match["name"], match["value"], match.start("value"), scale, 0.6)
    level = flags.LEVEL.search(stretch.text)
    if level and stretch.compiles:
        yield from _additions(stretch, level.end())


def _additions(stretch: _Stretch, end: int) -> Iterator[Parameter]:
    """Options that a compiler could be given after its level."""
    place = stretch.closed if stretch.quote else stretch.start + end
    for flag in flags.ADDED:
        name = flag.partition("=")[0]
        if name not in stretch.text and not (stretch.quote and flag == "-flto"):
            new = f", {stretch.quote}{flag}{stretch.quote}" if stretch.quote else f" {flag}"
            yield Parameter(
                _id(stretch, f"{name}+"), name, place, place, "", 0.3,
                options=("", new), line=stretch.line, evidence="an option that is not there yet",
            )  # fmt: skip


def _given(stretch: _Stretch, known: Alternatives) -> Iterator[Parameter | Spared]:
    """Numbers after `--name`, words after it whose alternatives are known, `-j 4`, `--no-name`."""
    for match in _LONG_OPTION.finditer(stretch.text):
        yield _number(stretch, match["name"], match["value"], match.start("value"), None, 0.6)
    for match in _JOBS.finditer(stretch.text):
        yield _number(stretch, "jobs", match["value"], match.start("value"), None, 0.6)
    for match in _LONG_WORD.finditer(stretch.text):
        name, word, at = match["name"], match["value"], stretch.start + match.start("value")
        if found := known.of(name, word, stretch.line, own=False):
            options = tuple(dict.fromkeys([word, *found.words]))[:MOST]
            yield Parameter(
                _id(stretch, name), name, at, at + len(word), word, found.weight,
                options=options, line=stretch.line, evidence=found.evidence,
            )  # fmt: skip
    for match in _SWITCH.finditer(stretch.text) if not stretch.quote else ():
        at = stretch.start + match.start()
        yield Parameter(
            _id(stretch, match["name"]), match["name"], at, at + len(match[0]), match[0], 0.25,
            options=(match[0], ""), line=stretch.line, evidence="an option that can be left out",
        )  # fmt: skip


def _second(source: Source, site: Site, token: Token) -> Iterator[Parameter | Spared]:
    """`["--level", "3"]`: a number in quotes after its option; `"OMP_NUM_THREADS": "4"`."""
    content = token.text.strip("'\"`")
    if not _VALUE.fullmatch(content) or len(token.text) != len(content) + 2:
        return
    stretch = _Stretch(content, token.start + 1, site.line, site.identity)
    before = _listed_before(source, site)
    if before and _OPTION.fullmatch(before[0]):
        yield _number(stretch, before[0].lstrip("-"), content, 0, None, 0.6)
    elif site.name in flags.VARIABLES:
        scale = Scale("log", True, 1.0, float("inf"))
        yield _number(stretch, site.name, content, 0, scale, 0.5)


def _number(
    stretch: _Stretch, name: str, text: str, start: int, scale: Scale | None, weight: float
) -> Parameter | Spared:
    at = stretch.start + start
    literal = Literal.read(text.removeprefix("-"))
    if names.is_frozen(name):
        return Spared(stretch.line, text, names.FROZEN_WHY, at)
    if literal is None:
        return Spared(stretch.line, text, "no plain decimal number", at)
    value = -literal.value if text.startswith("-") else literal.value
    if scale is None and literal.integer:
        scale = Scale("log", True, 1.0 if value else 0.0, float("inf"))
    if scale is None:
        fraction = 0 <= value <= 1 and names.is_fraction(name)
        scale = Scale("odds", False, 0.0, 1.0) if fraction else None
    if scale is None:
        scale = Scale("log", False, 0.0 if value >= 0 else -float("inf"), float("inf"))
    if any(word in names.DULL for word in names.split_name(name)):
        weight *= 0.25
    return Parameter(
        _id(stretch, name)[:-1], name, at, at + len(text), text, weight, literal, value, scale,
        line=stretch.line,
    )  # fmt: skip


def _id(stretch: _Stretch, name: str) -> str:
    return f"{stretch.scope}.{name}~"[-60:].lstrip(".")
