"""The files that may change with the target: the most relevant whole, the rest as an outline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from autoresearch_ci.proposers.llm.prompt.pieces import (
    GAP,
    CampaignState,
    Fences,
    joined,
    prompt,
    size,
)

_FROZEN = 4000
_OUTLINES = 0.25
_SIGNATURE = re.compile(
    r"^[ \t]*(?:(?:export|default|pub(?:\([a-z]+\))?|public|private|protected|static|async|abstract"
    r"|final)\s+)*"
    r"(?:def|class|func|fn|function|interface|struct|impl|trait|enum|type|module|const fn)\b.*$",
    re.MULTILINE,
)


def editable(state: CampaignState, fences: Fences, room: int) -> str:
    """The files whole while there is room, outlines of the rest, and what may be added."""
    if not state.others and not state.adds:
        return ""
    adds = [prompt("adds"), fences.whole("\n".join(state.adds))] if state.adds else []
    parts, rest = [prompt("editable")], []
    room -= size(parts[0]) + sum(map(size, adds)) + 4 * len(GAP)
    whole = room - int(room * _OUTLINES) if len(state.others) > 1 else room
    for path in by_relevance(state):
        text, frozen = state.others[path], state.others_frozen.get(path, frozenset())
        shown = joined(
            prompt("file"),
            fences.whole(path),
            fences.whole(text),
            *frozen_lines(text, frozen, fences),
        )
        if size(shown) + len(GAP) > whole:
            rest.append(path)
            continue
        whole, room = whole - size(shown) - len(GAP), room - size(shown) - len(GAP)
        parts.append(shown)
    if rest:
        outlines = "\n".join(line for path in rest for line in _outline(path, state.others[path]))
        parts.append(joined(prompt("outlines"), fences.head(outlines, room - 200)))
    return joined(*parts, *adds)


def by_relevance(state: CampaignState) -> list[str]:
    """Those that the target names first, then its neighbours, then the short ones."""
    folder = PurePosixPath(state.settings.target_file).parent
    words = set(re.findall(r"\w+", state.source))

    def order(path: str) -> tuple[bool, bool, int, str]:
        at = PurePosixPath(path)
        return at.stem not in words, at.parent != folder, len(state.others[path]), path

    return sorted(state.others, key=order)


def frozen_lines(text: str, frozen: frozenset[int], fences: Fences) -> list[str]:
    """The lines that must stay: an idea that touches one costs an experiment."""
    source = enumerate(re.split("\r\n?|\n", text), start=1)
    lines = [f"{number}: {line}" for number, line in source if number in frozen]
    shown = fences.head("\n".join(lines), _FROZEN) if lines else ""
    return [prompt("frozen"), shown] if shown else []


def _outline(path: str, text: str) -> Iterator[str]:
    yield f"{path} ({text.count(chr(10))} lines)"
    for found in _SIGNATURE.finditer(text):
        yield f"    {found[0].strip()}"
