"""Which file an answer says it changes: the target, or another one."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from autoresearch_ci.proposers.llm.answer.result import Unusable

_LOOKED_AT = 300  # characters of a line
_DECORATION = "#*`_>-:;,()[]{}<>\"' \t"
_SAID_BEFORE = re.compile(
    r"(?:\d+[.)]\s*)?(?:in|update|edit|modify|create|add|delete)?\s*"
    r"(?:the\s+)?(?:file|filename|filepath|path)?\s*(?:\d+\s*)?[:=]?\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s:={}\"',]+")
_PATH = re.compile(r"[^\s:*?\"<>|]+")
_ENDINGS = frozenset(
    """
    py pyi js ts jsx tsx mjs cjs java kt kts go rs c h cc cpp cxx hpp cu cuh m cs rb php swift dart
    scala sh bash toml yaml yml json jsonc cfg ini txt md rst html css scss sql r jl lua ipynb xml
    gradle lock
    """.split()  # noqa: SIM905 - as a list this reads worse
)


def check_line(line: str, path: str) -> None:
    """Unusable where a line holds nothing but the name of a file that is not `path`."""
    said = line[:_LOOKED_AT].strip(_DECORATION)
    begin = _SAID_BEFORE.match(said)
    said = said[begin.end() :].strip(_DECORATION) if begin else said
    if _is_file(said, path):
        check_name(said, path)


def check_label(label: str, path: str) -> None:
    """The same for a fence's label, such as `python title="train.py"`."""
    for word in _BETWEEN.split(label[:_LOOKED_AT]):
        name = word.strip(_DECORATION)
        if _is_file(name, path):
            check_name(name, path)


def check_name(name: str, path: str) -> None:
    """Unusable unless `name` is a way to write `path`."""
    plain = name.replace("\\", "/").removeprefix("./").lstrip("/")
    if plain != path and not path.endswith(f"/{plain}") and not plain.endswith(f"/{path}"):
        raise Unusable(
            f"The answer changes {name[:100]}, but only {path} may be changed."
            f" Send the whole idea as a change of {path} alone."
        )


def _is_file(name: str, path: str) -> bool:
    if not _PATH.fullmatch(name):
        return False
    parsed = PurePosixPath(name.replace("\\", "/"))
    ending = parsed.suffix[1:].lower()
    return ending in _ENDINGS or (ending != "" and ending == PurePosixPath(path).suffix[1:])
