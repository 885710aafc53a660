"""Cheap checks, before a run is spent, that the new content still reads as its language.

Each is only asked where the old content passes it, so a dialect that a check does not
know is left alone.
"""

from __future__ import annotations

import json
import re
import tomllib
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath

import yaml

from autoresearch_ci.source_code.syntax import Kind, spans

_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())
_FLOW = re.compile(r"[\[\]{}]")
_MOST_DEPTH, _MOST_DOTS = 200, 100
_TOO_DEEP = "it is nested too deeply to be read."
_BRACKETED = frozenset(
    """
    .c .h .cc .cpp .cxx .hpp .hh .hxx .cu .cuh .java .scala .kt .kts .js .mjs .cjs .ts .mts .cts
    .go .rs .dart .cs .swift .css .scss .less
    """.split()  # noqa: SIM905 - as a list this reads worse
)


def syntax_error(path: str, old: str, new: str) -> str | None:
    """The fault of `new` that `old` did not have, in a sentence; None when there is none."""
    check = _check(path)
    if check is None or (error := check(path, new)) is None or check(path, old) is not None:
        return None
    return error


def _check(path: str) -> Callable[[str, str], str | None] | None:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in {".py", ".pyi", ".pyw"}:
        return _python
    if suffix in {".yml", ".yaml"}:
        return _yaml
    return {".json": _json, ".toml": _toml}.get(suffix, _brackets if suffix in _BRACKETED else None)


def _python(path: str, text: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is not ours to report
            compile(text.removeprefix("\ufeff"), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        at = f"line {error.lineno}: " if error.lineno else ""
        shown = f" `{error.text.strip()[:100]}`" if error.text and error.text.strip() else ""
        return f"{at}{error.msg}.{shown}"
    except (RecursionError, MemoryError):
        return _TOO_DEEP
    except (ValueError, OverflowError) as error:
        return f"{error}."
    return None


def _json(path: str, text: str) -> str | None:
    del path
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}."
    except RecursionError:
        return _TOO_DEEP
    except ValueError as error:  # a number with more digits than Python reads
        return f"{error}."
    return None


def _toml(path: str, text: str) -> str | None:
    del path
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        return None  # a TOML reader takes time that grows with the square of a key's parts
    try:
        tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        return _TOO_DEEP
    except ValueError as error:  # TOMLDecodeError is one
        return f"{error}."
    return None


def _yaml(path: str, text: str) -> str | None:
    """By its events alone: nothing is built of it, so an alias costs nothing."""
    del path
    if _depth(text) > _MOST_DEPTH:
        return None  # a YAML reader takes time that grows with the square of it
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for _ in yaml.parse(text, Loader=loader):
            pass
    except yaml.MarkedYAMLError as error:
        at = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        return f"{at}{error.problem or error.context}."
    except (yaml.YAMLError, UnicodeError) as error:
        return f"{str(error).splitlines()[0]}."
    except RecursionError:
        return _TOO_DEEP
    return None


def _depth(text: str) -> int:
    """The depth of brackets, quoted or not."""
    deepest = depth = 0
    for bracket in _FLOW.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _brackets(path: str, text: str) -> str | None:
    """True if brackets pair up, outside strings and comments."""
    open_: list[tuple[str, int]] = []
    done = 0
    for kind, start, end in [*spans(path, text), (Kind.COMMENT, len(text), len(text))]:
        for at in range(done, start):
            character = text[at]
            if character in _OPENING:
                open_.append((character, at))
            elif character in _CLOSING:
                if not open_ or _OPENING[open_[-1][0]] != character:
                    return f"line {_line(text, at)}: a `{character}` that nothing opens."
                open_.pop()
        if kind is Kind.STRING and not _is_closed(text, start, end):
            return None  # this measure does not know the language well enough
        done = end
    if open_:
        character, at = open_[-1]
        return f"line {_line(text, at)}: a `{character}` that is never closed."
    return None


def _is_closed(text: str, start: int, end: int) -> bool:
    return text[start] not in "'\"" or (end - start > 1 and text[end - 1] in "'\"")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
