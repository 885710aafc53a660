"""What no new content of the target may be, whoever made it."""

from __future__ import annotations

import re

from autoresearch_ci.core.redaction import COMMENT, REDACTED
from autoresearch_ci.proposers.llm.answer.lines import is_blank, texts
from autoresearch_ci.source_code.syntax.check import syntax_error

# Control characters but tab, line ends and form feed; what cannot be seen or makes text read
# otherwise than it is; surrogates, and what a decoder puts for broken bytes.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f"
    "\ud800-\udfff\ufffd-\uffff]"
)


def objection(path: str, old: str, new: str) -> str | None:
    """Why the content `new` cannot take the place of `old`; None when it can."""
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
