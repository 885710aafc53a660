"""Choices: words that stand for one of a closed set which the source itself names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.alternatives import MOST, WORD, Alternatives, Listed
from autoresearch_ci.proposers.search.kinds.number import NAMED
from autoresearch_ci.proposers.search.kinds.switch import OPPOSITE
from autoresearch_ci.proposers.search.literals_in_context import Site
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind, Token

_ROLES = NAMED | {"element", "argument"}
_POSITION = re.compile(r"[(\[](\d+)[)\]]$")
_UNTOLD = "nothing says what else it could be; a comment `# one of: a, b` would"


def find(source: Source) -> Iterator[Parameter | Spared]:
    """Every string, bare word and member of an enumeration whose alternatives are known."""
    known = Alternatives(source)
    signatures = _signatures(source)
    for site in source.sites:
        token = source.tokens[site.index]
        if site.role not in _ROLES or not site.name or site.line in source.protection.printing:
            continue
        if token.kind is Kind.STRING:
            if _is_type(source, site):
                continue
            match = WORD.match(token.text)
            found = _word(site, known, match[3], signatures) if match else None
            quoted = (f"{match[1]}{match[2]}", match[2]) if match else ("", "")
        elif source.is_bare and _is_bare(source, site, token):
            found, quoted = _word(site, known, token.text, {}), ("", "")
        elif token.kind is Kind.NAME and (member := _member(source, site, known)):
            yield member
            continue
        else:
            continue
        if found is None:
            if token.kind is Kind.STRING and match and site.role in NAMED:
                yield Spared(site.line, token.text, _UNTOLD, token.start)
        elif names.is_frozen(site.name) and site.line not in source.protection.tune:
            yield Spared(site.line, token.text, names.FROZEN_WHY, token.start)
        else:
            texts = [f"{quoted[0]}{word}{quoted[1]}" for word in found.words]
            yield _choice(site, token.start, token.text, texts, found)
    yield from _keys_of_tables(source, known)


def _choice(site: Site, start: int, text: str, options: list[str], found: Listed) -> Parameter:
    weight = found.weight * (0.7 if site.role in ("element", "argument") else 1.0)
    return Parameter(
        f"{site.identity}~", site.name, start, start + len(text), text, weight,
        options=tuple(dict.fromkeys([text, *options]))[:MOST], line=site.line,
        evidence=found.evidence,
    )  # fmt: skip


def _word(
    site: Site, known: Alternatives, word: str, signatures: Mapping[str, list[str]]
) -> Listed | None:
    name, own = site.name, site.role in ("constant", "local", "key")
    if site.role in ("element", "argument"):
        position = _POSITION.search(name)
        name = _POSITION.sub("", name)
        if site.role == "argument":
            arguments = signatures.get(name, [])
            at = int(position[1]) if position else 0
            name = arguments[at] if at < len(arguments) else ""
    found = known.of(name, word, site.line, own=own) if name else None
    return found if found and len(set(found.words)) > 1 else None


def _signatures(source: Source) -> dict[str, list[str]]:
    """The positional parameters of each function that the source defines."""
    found: dict[str, list[str]] = {}
    for _, node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            found[node.name] = arguments[1:] if arguments[:1] in (["self"], ["cls"]) else arguments
    return found


def _is_type(source: Source, site: Site) -> bool:
    """True for a part of `"a" | "b"`, which is a type."""
    before = source.tokens[max(0, site.index - 2) : site.index]
    after = source.tokens[site.index + 1 : site.index + 3]
    near = [
        next((t.text for t in side if t.kind is not Kind.SPACE), "")
        for side in (before[::-1], after)
    ]
    return "|" in near


def _is_bare(source: Source, site: Site, token: Token) -> bool:
    """True if an unquoted word is all of a value: `policy: lru  # lru | lfu`."""
    if token.kind is not Kind.NAME or token.text in OPPOSITE or site.role not in NAMED:
        return False
    return source.value_at(site.line, token.start) == token.text


def _member(source: Source, site: Site, known: Alternatives) -> Parameter | None:
    """`Policy.LRU`, `Policy::Lru`, and in C and Go `LRU`, where others of its kind are named.

    What a function sets as it goes on is hardly a setting, but where it is shouted.
    """
    if site.role not in NAMED or names.is_frozen(site.name):
        return None
    token, *after = source.tokens[site.index : site.index + 5]
    owner, mark = token.text, _mark(after)
    if mark:
        members = known.members.get(owner, ())
        token, *after = after[len(mark) :] or [token]
    else:
        owner, members = known.plain_members.get(owner, ("", ()))
    if token.text not in members or len(members) < 2 or not _ends(after, mark):  # noqa: PLR2004 - itself and one other
        return None
    if site.role == "local" and not (mark == "." and token.text.isupper()):
        return None
    found = Listed(list(members), f"members of {owner}" if owner else "its enumeration", 0.5)
    return _choice(site, token.start, token.text, found.words, found)


def _mark(after: Sequence[Token]) -> str:
    """The mark between an enumeration and its member; "" where there is none."""
    texts = [each.text for each in after[:2]]
    return "." if texts[:1] == ["."] else "::" if texts == [":", ":"] else ""


def _ends(after: Sequence[Token], mark: str) -> bool:
    """True if a member is not called or gone on from; one without an owner is the whole value."""
    if mark:
        return not after or after[0].text not in ("(", ".")
    rest = [each for each in after if each.kind not in (Kind.SPACE, Kind.COMMENT)]
    return not rest or rest[0].kind is Kind.NEWLINE or rest[0].text in (",", ";", ")", "}")


def _keys_of_tables(source: Source, known: Alternatives) -> Iterator[Parameter]:
    """`ACTIVATIONS["relu"]`, where ACTIVATIONS is a dictionary of functions."""
    plain = known.plain
    for at, token in enumerate(plain[:-4]):
        table = known.tables.get(token.text)
        if table is None or not table.functions or plain[at + 1].text != "[":
            continue
        string = plain[at + 2]
        match = WORD.match(string.text) if string.kind is Kind.STRING else None
        read = plain[at + 3].text == "]" and plain[at + 4].text != "="
        if read and match and match[3] in table.keys:
            yield Parameter(
                f"{token.text}[]~", token.text, string.start, string.end, string.text, 0.4,
                options=tuple(f"{match[1]}{match[2]}{key}{match[2]}" for key in table.keys)[:MOST],
                line=source.line_of(string.start), evidence=f"the keys of {token.text}",
            )  # fmt: skip
