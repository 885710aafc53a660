"""Blocks put into the target: exactly, or with white space tolerated, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from autoresearch_ci.proposers.llm.answer.blocks import Block
from autoresearch_ci.proposers.llm.answer.text import (
    Unusable,
    common_ends,
    is_blank,
    joined,
    lines,
    texts,
    without_blank_ends,
)

_SHOWN = 12  # lines of the file that a problem quotes at most
_LONGEST = 200  # characters of a line that a problem quotes
_MOST_PLACES = 1000
_WORD = re.compile(r"\w+")


def apply(found: list[Block], source: str) -> str:
    """The text with all blocks in their places, each found in it as it is; else Unusable.

    What a block begins and ends with in both of its parts stays as the file has it, white space
    and all.
    """
    old = lines(source)
    target = _Target(texts(source))
    places = sorted(((*_placed(block, target), block.name) for block in found), key=lambda p: p[:2])
    made: list[str] = []
    done, before = 0, ""
    for start, end, new, name in places:
        if start < done:
            raise Unusable(
                f"{name} changes lines that {before} changes too. Make one block of the two."
            )
        made += old[done:start]
        made += new
        done, before = end, name
    return joined([*made, *old[done:]], source)


def _placed(block: Block, target: _Target) -> tuple[int, int, list[str]]:
    """The lines that a block takes away, from and to, and those that come instead."""
    old, new = block.old, block.new
    if all(map(is_blank, old)):
        raise Unusable(
            f"{block.name} has nothing to search for. Quote the lines of the file that are to be"
            " replaced, or that the new ones stand beside."
        )
    start = target.find(block.name, old)
    if start is None:  # the blank lines around may be the answer's own
        old, new = without_blank_ends(old), without_blank_ends(new)
        start = target.find(block.name, old)
    surplus = missing = ""
    if start is None:
        start, missing, surplus = target.find_indented(block.name, old)
    head, tail = common_ends(old, new)
    moved = [_moved(block.name, text, missing, surplus) for text in new[head : len(new) - tail]]
    return start + head, start + len(old) - tail, moved


def _moved(name: str, text: str, missing: str, surplus: str) -> str:
    """A new line with the file's indentation; Unusable where it has not what the others have."""
    if is_blank(text) and (missing or surplus):
        return ""
    if not text.startswith(surplus):
        raise Unusable(
            f"{name} was found with another indentation than the file has, and its line"
            f" {text.strip()[:100]!r} cannot be moved along."
            " Send it again, indented exactly as in the file."
        )
    return missing + text.removeprefix(surplus)


class _Target:
    """The target's lines, to look for others in. Each look costs the length of the file."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @cached_property
    def _exact(self) -> str:
        return _stacked(self._texts)

    @cached_property
    def _trimmed(self) -> str:
        return _stacked(text.rstrip() for text in self._texts)

    @cached_property
    def _stripped(self) -> str:
        return _stacked(text.strip() for text in self._texts)

    def find(self, name: str, old: Sequence[str]) -> int | None:
        """The one place of these lines, or None; at most the white space at their ends differs."""
        for haystack, needle in (
            (self._exact, _stacked(old)),
            (self._trimmed, _stacked(text.rstrip() for text in old)),
        ):
            if (start := _only_place(name, haystack, needle)) is not None:
                return start
        return None

    def find_indented(self, name: str, old: Sequence[str]) -> tuple[int, str, str]:
        """The one place where all these lines are indented by less than there, or all by more.

        With it comes the indentation that they lack, and what they have too much. Unusable where
        there is no such place: it quotes what is most like it.
        """
        start = _only_place(name, self._stripped, _stacked(text.strip() for text in old))
        if start is None:
            raise Unusable(self._not_found(name, old))
        there = self._texts[start : start + len(old)]
        indents = [
            (_indent(file), _indent(here)) for file, here in zip(there, old, strict=True) if here
        ]
        first, here = indents[0]
        missing = first.removesuffix(here) if first.endswith(here) else ""
        surplus = here.removesuffix(first) if here.endswith(first) else ""
        if any(missing + here != surplus + file for file, here in indents):
            raise Unusable(
                f"{name} was found, but with another indentation than the file has."
                " Send it again, indented exactly as in the file."
            )
        return start, missing, surplus

    def _not_found(self, name: str, old: Sequence[str]) -> str:
        stripped = [text.strip() for text in self._texts]
        known = set(stripped)
        missing = next((t.strip() for t in old if t.strip() not in known), None)
        says = f"The search text of {name} is not in the file"
        says += (
            f": no line of the file is {_short(missing)!r}."
            if missing
            else ": its lines are there, but not one after the other as quoted."
        )
        if not stripped:
            return f"{says} The file is empty: send all of it in one fence."
        start = _nearest(stripped, [text.strip() for text in old])
        end = min(len(stripped), start + min(max(len(old), 3), _SHOWN))
        shown = "\n".join(map(_short, self._texts[start:end]))
        return (
            f"{says} Quote whole lines, exactly as they are.\n"
            f"The nearest lines of the file, {start + 1} to {end}, are:\n{shown}"
        )


def _stacked(texts: Iterable[str]) -> str:
    return "\n" + "\n".join(texts) + "\n"


def _only_place(name: str, haystack: str, needle: str) -> int | None:
    """The line at which the needle begins; None where it is nowhere, Unusable where at several."""
    found: list[int] = []
    line = done = 0
    position = haystack.find(needle)
    while position >= 0 and len(found) < _MOST_PLACES:
        line += haystack.count("\n", done, position)
        done = position
        found.append(line)
        position = haystack.find(needle, position + 1)
    if len(found) > 1:
        shown = ", ".join(str(line + 1) for line in found[:5])
        raise Unusable(
            f"{name} can be meant for {len(found)} places of the file: its search text occurs at"
            f" lines {shown}{' and more' if len(found) > len(found[:5]) else ''}."
            " Add lines around it until it occurs once."
        )
    return found[0] if found else None


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _nearest(file: Sequence[str], old: Sequence[str]) -> int:
    """The line of the file from which on it is most like what was looked for.

    The longest line that both have tells; where they have none, the words of the longest.
    """
    known = {text: at for at, text in reversed(list(enumerate(file)))}
    here, text = max(enumerate(old), key=lambda each: (each[1] in known, len(each[1])))
    if text in known:
        there = known[text]
    else:
        words = set(_WORD.findall(text[:_LONGEST]))
        alike = [len(words.intersection(_WORD.findall(each[:_LONGEST]))) for each in file]
        there = alike.index(max(alike))
    return min(max(0, there - here), len(file) - 1)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
