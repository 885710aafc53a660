"""Refusals of whatever form: another file, lines left out, content that is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from autoresearch_ci.core.redaction import COMMENT, REDACTED
from autoresearch_ci.proposers.llm.answer.text import Unusable, is_blank, texts
from autoresearch_ci.source_code.syntax.check import syntax_error

_LOOKED_AT = 300  # characters of a line
_DECORATION = "#*`_>-:;,()[]{}<>\"' \t"
_MOST_WORDS = 3  # of a line that only says which file it is about
_ENDINGS = frozenset(
    ".py .js .ts .go .rs .java .c .h .cpp .cu .toml .yaml .yml .json .md .txt .cfg .sh".split()  # noqa: SIM905
)
_BETWEEN = re.compile(r"[\s:={}\"',]+")

_LONGEST = 160  # characters of a line that only stands for others
_COMMENT = re.compile(r"(?:#|//|/\*|\*|<!--|--|;|%|\{/\*|\"\"\"|'''|\.\.\.|…|\[|\()")
_AROUND = " \t#/*<!->;%{}()[]\"'"
_DOTS = re.compile(r"\.{3,}|…")
_STANDS = re.compile(
    r"\b(?:rest|remain\w*|unchanged|existing|same|omitted|previous|original|as before|as above"
    r"|other (?:code|functions?|methods?|imports?|parts?)|keep|snip(?:ped)?|truncated|etc)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"\W*(?:(?:the )?(?:rest|remainder) of .*(?:same|unchanged|is|here|follows|continues)"
    r"|(?:existing|remaining|unchanged|same) (?:code|imports?|functions?)(?: .*)?)\W*",
    re.IGNORECASE,
)

# Control characters but tab, line ends and form feed; what cannot be seen or makes text read
# otherwise than it is; surrogates, and what a decoder puts for broken bytes.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f"
    "\ud800-\udfff\ufffd-\uffff]"
)


def check_heading(line: str, path: str) -> None:
    """Unusable where a line that heads a change is the name of a file that is not `path`."""
    words = line[:_LOOKED_AT].strip(_DECORATION).split()
    if words and len(words) <= _MOST_WORDS:
        _check_name(words[-1], path)


def check_label(label: str, path: str) -> None:
    """The same for a fence's label, such as `python title="train.py"`."""
    for word in _BETWEEN.split(label[:_LOOKED_AT]):
        _check_name(word, path)


def named(word: str) -> str:
    """A word as the path that it may be, without what Markdown puts around it."""
    return word.strip(_DECORATION).replace("\\", "/").removeprefix("./").lstrip("/")


def _check_name(word: str, path: str) -> None:
    """Unusable where a word names another file."""
    name = named(word)
    if PurePosixPath(name).suffix not in {*_ENDINGS, PurePosixPath(path).suffix} - {""}:
        return
    if name != path and not path.endswith(f"/{name}") and not name.endswith(f"/{path}"):
        raise Unusable(
            f"The answer changes {name[:100]}, but only {path} may be changed."
            f" Send the whole idea as a change of {path} alone."
        )


def elided(new: Iterable[str], source: Iterable[str], path: str) -> str | None:
    """The first new line that only stands for other lines; None when all are meant as they are.

    A line that the source has is always meant.
    """
    known = {line.strip() for line in source}
    python = path.endswith((".py", ".pyi"))
    for line in new:
        if len(line) <= _LONGEST and _stands_for_others(line, python) and line.strip() not in known:
            return line.strip()
    return None


def _stands_for_others(line: str, python: bool) -> bool:
    bare = line.strip()
    inside = bare.strip(_AROUND)
    dots = _DOTS.search(line)
    if dots and not inside.strip(".… "):  # nothing but dots, in Python's bodies a statement
        return not (python and bare == "..." and line != bare)
    if not _COMMENT.match(bare):
        return False
    if dots:
        at_an_end = _DOTS.match(inside) or _DOTS.search(inside[-4:])
        return bool(at_an_end and _STANDS.search(inside))
    return _SAYS_SO.fullmatch(inside) is not None


def objection(path: str, old: str, new: str) -> str | None:
    """The reason why the content `new` cannot take the place of `old`; None when it can."""
    if is_blank(new):
        return f"The change leaves {path} empty."
    if [text.rstrip() for text in texts(old)] == [text.rstrip() for text in texts(new)]:
        return f"The change is none: {path} stays as it is, but for white space at most."
    for sign in (REDACTED, COMMENT):
        if new.count(sign) > old.count(sign):
            return (
                f"The new {path} has {sign} in it, which stands for what you were not shown."
                " Leave those lines as they are: change others with SEARCH/REPLACE blocks."
            )
    known = set(_UNFIT.findall(old))
    for character in _UNFIT.finditer(new):
        if character.group() not in known:
            line = new.count("\n", 0, character.start()) + 1
            return (
                f"Line {line} of the new {path} has the character"
                f" U+{ord(character.group()):04X}, which no source text should have."
            )
    if error := syntax_error(path, old, new):
        return f"With the change {path} is broken: {error}"
    return None
