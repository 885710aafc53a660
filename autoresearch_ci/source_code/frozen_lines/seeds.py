"""Statements of a program that set random seeds.

Not the whole line counts but the place alone: in `forest(trees=100, random_state=7)`
the trees may change. A name that the program gives more than one value is a
variable of its own and no seed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from autoresearch_ci.source_code.frozen_lines.statements import Statement, content
from autoresearch_ci.source_code.frozen_lines.written import ASSIGNING
from autoresearch_ci.source_code.syntax import Kind, Token

WORDS = frozenset({"seed", "seeds", "random_state", "randomstate", "manual_seed", "srand"})
"""Parts of the names of seeds, in lower case; the search leaves such names alone too."""

CALLS = frozenset(
    """
    seed srand srandom srand48 setseed set_seed rand_seed manual_seed manual_seed_all
    set_random_seed seed_everything seed_all seed_from_u64 from_seed seedrandom
    default_rng randomstate splittablerandom prngkey seedsequence
    newsource newpcg newchacha8 mt19937 mt19937_64 minstd_rand minstd_rand0
    default_random_engine philox pcg64 xoshiro
    """.split()  # noqa: SIM905 - a table of words
)
"""Calls that seed a generator, in lower case; besides them `Random`, which `random` is not."""

_SEED_NAME = re.compile(
    r"(?:\A|_|(?<=[a-z]))(?:[Ss]eeds?|SEEDS?)(?:\Z|_|(?=[A-Z\d]))|random_?state"
)
_CHANGES = {"+=", "-=", "*=", "/=", "++", "--"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def sites(code: Sequence[Statement]) -> Iterator[tuple[Statement, tuple[str, ...]]]:
    """Each place that sets a seed: its statement, and the tokens that set it."""
    variable = _variables(code)
    for statement in code:
        for site in _in(statement.code, variable):
            yield statement, site


def is_seed(name: str) -> bool:
    """True if a variable of this name holds a seed."""
    # Most names are none, and a word is found sooner than a pattern.
    return ("eed" in name or "EED" in name or "andom" in name) and bool(_SEED_NAME.search(name))


def _variables(code: Sequence[Statement]) -> set[str]:
    """Seed-like names that get more than one value."""
    values: Counter[str] = Counter()
    for statement in code:
        values.update(name for name in statement.assigned if is_seed(name))
        texts = statement.texts
        for at, text in enumerate(texts[:-1]):
            if is_seed(text) and (texts[at + 1] in _CHANGES or texts[at + 1 : at + 3] in _STEPS):
                values[text] += 2
    return {name for name, count in values.items() if count > 1}


_STEPS = {("+", "+"), ("-", "-"), ("+", "="), ("-", "=")}


def _in(code: tuple[Token, ...], variable: set[str]) -> Iterator[tuple[str, ...]]:
    depth = 0
    for at, token in enumerate(code):
        text = token.text
        if token.kind is Kind.MARK:
            depth += (text in "([{") - (text in ")]}")
            continue
        name = content(text) if token.kind is Kind.STRING else text
        if token.kind is Kind.NAME and (name == "Random" or name.lower() in CALLS):
            site = _call(code, at)
            if site:
                yield site
                continue
        if token.kind in (Kind.NAME, Kind.STRING) and name not in variable and is_seed(name):
            yield from _given(code, at, depth)


def _call(code: tuple[Token, ...], at: int) -> tuple[str, ...]:
    """`default_rng(7)`, `mt19937 g(7)`, `mt19937 g{7}`: with its arguments, none without any."""
    start = at + 1
    if start < len(code) and code[start].text == "!":
        start += 1
    if start + 1 < len(code) and code[start].kind is Kind.NAME:
        start += 1
    if start >= len(code) or code[start].text not in ("(", "{"):
        return ()
    end = _closing(code, start)
    inside = code[start + 1 : end]
    return (code[at].text, *(token.text for token in inside)) if inside else ()


def _given(code: tuple[Token, ...], at: int, depth: int) -> Iterator[tuple[str, ...]]:
    """`SEED = 7`, `seed=7` among arguments, `"seed": 7`, `config["seed"] = 7`, `seed: 7`."""
    then = at + 1
    if code[at].kind is Kind.STRING and then < len(code) and code[then].text == "]":
        then += 1
    if then >= len(code):
        return
    mark = code[then].text
    if mark == ":":  # a value at once, or a type and then a value
        value = code[then + 1 : then + 2]
        if value and value[0].kind is Kind.NUMBER:
            yield code[at].text, ":", value[0].text
            return
        equals = next((i for i in range(then, min(then + 6, len(code))) if code[i].text == "="), 0)
        then, mark = (equals, "=") if equals else (then, mark)
    if mark not in ASSIGNING - _CHANGES:
        return
    value = code[then + 1 : _end_of_value(code, then + 1)]
    if depth or any(token.kind is Kind.NUMBER for token in value):
        yield (code[at].text, "=", *(token.text for token in value))


def _end_of_value(code: tuple[Token, ...], start: int) -> int:
    depth = 0
    for at in range(start, len(code)):
        text = code[at].text
        depth += (text in "([{") - (text in ")]}") if code[at].kind is Kind.MARK else 0
        if depth < 0 or (depth == 0 and text == ","):
            return at
    return len(code)


def _closing(code: tuple[Token, ...], start: int) -> int:
    opening = code[start].text
    depth = 0
    for at in range(start, len(code)):
        text = code[at].text
        depth += (text == opening) - (text == _CLOSING[opening])
        if depth == 0:
            return at
    return len(code)
