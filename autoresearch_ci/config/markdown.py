"""The `## autoresearch` section of CLAUDE.md or AGENTS.md: finding it, reading it, writing it.

The section is headed `autoresearch` or `autoresearch 설정`, in any case, at level 2 to 4 (a level 1
heading is a document's title), and ends at the next heading of its level or above. Only its list
items of the form `- key: value` count. Fenced code and HTML comments are not read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from autoresearch_ci.config import spans
from autoresearch_ci.config.nearest import nearest
from autoresearch_ci.config.origins import Entries, Origin, Written, twice, unknown
from autoresearch_ci.config.settings import NAMES, takes_list
from autoresearch_ci.config.values import BadValue, shown
from autoresearch_ci.core.errors import SettingsError

HEADINGS = ("autoresearch", "autoresearch 설정")
LEVELS = (2, 3, 4)

_HEADING = re.compile(r" {0,3}(#{1,6})(?![^ \t])(.*)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(`{3,}(?=[^`]*$)|~{3,})(.*)")
_ITEM = re.compile(r"([ \t]*)[-*+][ \t]+(.*)")
_LOOSE = re.compile(
    r"[\s\d.)*`_\"'\u2022\u2012-\u2015-]*([A-Za-z][A-Za-z_-]*)[*`_\"']*\s*[:=\uff1a]"
)
_PLAIN = re.compile(r"[A-Za-z0-9_.%+/-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a reader of the rendered page sees it; `heading` is its level, 0 for none."""

    number: int
    text: str
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """The section's lines, without its heading; `name` is the file it stands in.

    `start` is the number of the heading's line, `end` of the first line after the section.
    """

    name: str
    lines: tuple[Line, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        return "\n".join(line.text.strip() for line in self.lines).strip()

    def entries(self) -> Entries:
        """Every setting in it, as written; SettingsError for what cannot be one."""
        found: dict[str, tuple[Written, Origin]] = {}
        strict = any(_key(line.text) in NAMES for line in self.lines)
        indent, gap = -1, True
        for line in self.lines:
            origin = Origin(self.name, line.number)
            item = _ITEM.fullmatch(line.text)
            depth = len(re.match(r"[ \t]*", line.text)[0].expandtabs(4))  # type: ignore[index]
            if indent >= 0 and depth > indent and line.text.strip() and (item or not gap):
                raise SettingsError(
                    f"{origin}: the value of the setting above goes on here.",
                    remedy="Write a setting on one line, several values separated by commas.",
                )
            gap = not line.text.strip()
            pair = _pair(item[2], origin, strict=strict) if item else None
            if pair is None:
                _refuse_loose(line.text, origin, strict=strict)
                if not gap:
                    indent = -1
                continue
            key, value = pair
            if key in found:
                raise twice(key, found[key][1], origin)
            found[key] = (value, origin)
            indent = depth
        return found

    @property
    def is_prose(self) -> bool:
        """Tell whether it is about something else: there is text in it, and no setting."""
        try:
            return bool(self.text) and not self.entries()
        except SettingsError:
            return False


def find(text: str, name: str) -> Section | None:
    """The section in `text`, or None; SettingsError where there are two.

    One that only has prose counts where there is no other.
    """
    lines = tuple(_lines(text))
    starts = [at for at, line in enumerate(lines) if _is_ours(line)]
    sections = [_section(text, name, lines, start) for start in starts]
    proper = [each for each in sections if not each.is_prose]
    if len(proper) > 1:
        first, second = (Origin(name, each.start) for each in proper[:2])
        raise SettingsError(
            f"{second}: a second `## autoresearch` section; the first is at {first}.",
            remedy="Merge the two into one.",
        )
    return next(iter(proper or sections), None)


def _section(text: str, name: str, lines: tuple[Line, ...], start: int) -> Section:
    body = lines[start + 1 :]
    level = lines[start].heading
    end = next((at for at, line in enumerate(body) if 0 < line.heading <= level), len(body))
    after = body[end].number if end < len(body) else text.count("\n") + 2
    return Section(name, body[:end], lines[start].number, after)


def lookalikes(text: str, name: str) -> list[str]:
    """Sentences on headings that were perhaps meant to be the section's but are not read."""
    lines = tuple(_lines(text))
    notes = []
    for at, line in enumerate(lines):
        title = _heading(line)
        named = line.heading > 1 and title.startswith("autoresearch ")
        # A title of another level is a document's own, unless settings stand below it.
        about = re.search(r"\bautoresearch\b", title)
        meant = line.heading and about and _sets_something(lines[at + 1 :])
        if not _is_ours(line) and (named or meant):
            notes.append(
                f"{Origin(name, line.number)}: the heading {shown(line.text.strip())} is not read; "
                "if it holds settings, name it `## autoresearch`, with two to four `#`."
            )
    return notes


def without_settings(section: Section, text: str) -> str:
    """A sentence on a section that sets nothing, and why that may be."""
    lines = text.split("\n")[section.start : section.end - 1]
    read = {line.number for line in section.lines}
    fenced = any(
        _key(line) in NAMES or line.partition(":")[0].strip() in NAMES
        for number, line in enumerate(lines, section.start + 1)
        if number not in read
    )
    why = (
        "what stands in a code block or a comment is not read; take the settings out of it."
        if fenced
        else "write them as a list of `- setting: value`, or leave it as it is if it is about "
        "something else."
    )
    return f"{Origin(section.name, section.start)}: this section has no settings: {why}"


def _sets_something(lines: Sequence[Line]) -> bool:
    """Tell whether a setting stands before the next heading."""
    below = takewhile(lambda line: not line.heading, lines)
    return any(_key(line.text) in NAMES for line in below)


def _key(text: str) -> str | None:
    """The word before the colon of a list item, with underscores."""
    item = _ITEM.fullmatch(text)
    key = re.match(r"[*`_]*([A-Za-z][\w-]*?)[*`_]*\s*:", item[2]) if item else None
    return key[1].replace("-", "_") if key else None


def write(values: Mapping[str, str]) -> str:
    """A section that reads back as `values`; ValueError for what cannot be on one line."""
    items = []
    for key, value in values.items():
        if key not in NAMES:
            raise ValueError(f"no such setting: {key}")
        written = value.strip()
        if "\n" in written or "\r" in written:
            raise ValueError(f"{key} has more than one line")
        shown = written if not written or _PLAIN.fullmatch(written) else spans.quote(written)
        items.append(f"- {key}: {shown}".rstrip())
    return "\n".join(["## autoresearch", "", *items, ""])


def _lines(text: str) -> Iterator[Line]:
    """The lines outside code blocks, without HTML comments, headings recognised."""
    raw = text.split("\n")
    last_close = max((at for at, line in enumerate(raw) if "-->" in line), default=-1)
    fence = ""
    hidden = False
    previous = Line(0, "")
    for at, line in enumerate(raw):
        if fence:
            if re.fullmatch(rf"[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*", line):
                fence = ""
            continue
        visible, hidden = spans.without_comments(line, hidden, closes_later=at < last_close)
        opening = _FENCE.fullmatch(visible)
        if opening:
            fence = opening[1]
        heading = _HEADING.fullmatch(visible)
        level = len(heading[1]) if heading else 0
        underline = _UNDERLINE.fullmatch(visible)
        if underline and _is_paragraph(previous, at):
            yield Line(previous.number, previous.text, 1 if underline[1][0] == "=" else 2)
            previous = Line(0, "")
            continue
        if previous.number:
            yield previous
        previous = Line(at + 1, visible, level)
    if previous.number:
        yield previous


def _is_paragraph(line: Line, number: int) -> bool:
    plain = line.text.strip() and not line.heading and not _ITEM.fullmatch(line.text)
    return bool(plain) and line.number == number and not line.text.startswith(("    ", "\t"))


def _heading(line: Line) -> str:
    match = _HEADING.fullmatch(line.text)
    title = match[2] if match else line.text
    title = re.sub(r"(?<=[ \t])#+$", "", title.rstrip())
    return " ".join(unicodedata.normalize("NFC", title).casefold().split())


def _is_ours(line: Line) -> bool:
    return line.heading in LEVELS and _heading(line) in HEADINGS


def _pair(body: str, origin: Origin, *, strict: bool) -> tuple[str, Written] | None:
    """A list item's setting and value as written; None for prose.

    In a section that sets something (`strict`) every `- word: text` has to be a setting;
    in another one only what is like one.
    """
    match = re.match(r"([*`_]*)([^\W\d_][\w-]*)(.*)", body)
    if not match:
        return None
    marks, word, rest = match.groups()
    key = word.rstrip("_") if "_" in marks else word
    rest = word[len(key) :] + rest
    closing = marks[::-1]
    if rest.startswith(":" + closing):
        raw = rest.removeprefix(":" + closing)
    elif rest.removeprefix(closing).lstrip().startswith(":") and rest.startswith(closing):
        raw = rest.removeprefix(closing).lstrip()[1:]
    else:
        return None
    name = key.replace("-", "_")
    if name not in NAMES:
        if raw[:1].strip() and (raw[0] in "/:" or not nearest(name, NAMES)):
            return None
        if not strict and not (nearest(name, NAMES) and _looks_set(key, raw)):
            return None
        raise unknown(key, origin, " A note in the section is written as a plain paragraph.")
    try:
        return name, spans.value(raw, several=takes_list(name))
    except BadValue as error:
        raise SettingsError(f"{origin}: {name}: {error}", remedy=error.remedy) from error


def _looks_set(key: str, value: str) -> bool:
    """Tell whether it was written to set something: a name in parts, or one value after a word."""
    return bool(re.search(r"[a-z]_[a-z]|[a-z]-[a-z]", key.lower())) or (
        key.islower() and len(value.split()) <= 1
    )


def _refuse_loose(text: str, origin: Origin, *, strict: bool) -> None:
    """Prose is ignored, but not a line that sets a setting in a form that is not read."""
    match = _LOOSE.match(text)
    if match and match[1].strip("_-").lower().replace("-", "_") in NAMES:
        if not strict and not _looks_set(match[1].strip("_-"), text[match.end() :]):
            return
        raise SettingsError(
            f"{origin}: {shown(text.strip())} is not in the form of a setting.",
            remedy=f"Write it as a list item: `- {match[1].strip('_-')}: value`.",
        )
