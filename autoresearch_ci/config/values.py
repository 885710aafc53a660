"""From what a user writes to a value.

Each reader takes text (or what a flag gives) and refuses with `BadValue`, which says what to
write instead. Nothing here knows a setting's name.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from autoresearch_ci.config.nearest import likeliest
from autoresearch_ci.core.model import Constraint, Direction, MinDelta

# Written so that Python and the editors that read the JSON schema understand them alike.
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
UNIT = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)"
DURATION = rf"([0-9]+(\.[0-9]+)? *{UNIT} *)+"
SIZE = r"([0-9]+(\.[0-9]+)?) *([kKmMgGtT]?([iI]?[bB])?)"
URL = r"https?://[!-.0-?A-~]+(/[!-~]*)?"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
GPU = r"[0-9]{1,4}(:[0-9]{1,4})?|(GPU|MIG)-[0-9A-Za-z/-]+"

YEAR = 365 * 24 * 3600.0
LEAST_MEMORY = 1024**2
MOST_MEMORY = 2**60
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_DIRECTION_WORDS = {
    Direction.LOWER: ("low", "min", "small", "less", "down", "decreas", "desc"),
    Direction.HIGHER: ("high", "max", "big", "large", "more", "up", "increas", "asc", "great"),
}


class BadValue(ValueError):  # noqa: N818 - it becomes a SettingsError once it knows its place
    """A value that cannot be; `remedy` says what to write. `settings` are those at odds."""

    def __init__(self, message: str, remedy: str, settings: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.settings = settings


def text(value: object) -> str:
    """A scalar as its user wrote it, without surrounding whitespace."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | PurePath):
        return str(value).strip()
    raise BadValue(
        f"{shown(value)} is a {type(value).__name__}, not one value.", "Write one value."
    )


def line(value: object) -> str:
    """One line of text without control characters; not empty."""
    return _clean(text(value), allowed="")


def script(value: object) -> str:
    """A shell command; line breaks and tabs are allowed, as a YAML block may hold them."""
    return _clean(text(value), allowed="\n\t")


def word(value: object) -> str:
    """One line without whitespace."""
    result = line(value)
    if re.search(r"\s", result):
        raise BadValue(
            f"{shown(result)} has a space in it; a name is a single word.",
            f"Write for example `{'_'.join(result.split())}`.",
        )
    return result


def path(value: object) -> str:
    """A file's path as git spells it: forward slashes, without a leading `./`."""
    return str(PurePosixPath(line(value)))


def number(value: object) -> float:
    """A finite number."""
    written = text(value)
    if not re.fullmatch(NUMBER, written) or not math.isfinite(float(written)):
        raise BadValue(
            f"{shown(written)} is not a finite number.", "Write a number such as 0.5 or 1e-3."
        )
    return float(written)


def amount(value: object) -> float:
    """A finite number that is not negative."""
    result = number(value)
    if result < 0:
        raise BadValue(
            f"{shown(text(value))} is negative.", "Write 0, or a number above it such as 2.5."
        )
    return result


def url(value: object) -> str:
    """A server's address. One with a user or a password in it is refused and not shown."""
    written = text(value)
    if re.match(r"[^/?#]*//[^/?#]*@", written):
        raise BadValue(
            "The address has a user name or a password in it.",
            "Take it out; a key is given by an environment variable.",
        )
    if not re.fullmatch(URL, written):
        raise BadValue(
            f"{shown(written)} is not the address of a server.",
            "Write one such as https://api.example.com/v1 or http://localhost:11434/v1.",
        )
    return written


def count(value: object) -> int:
    """A whole number of at least 1."""
    written = text(value)
    if not re.fullmatch(r"[0-9]{1,18}", written) or int(written) < 1:
        raise BadValue(
            f"{shown(written)} is not a whole number of at least 1.",
            "Write a whole number such as 10.",
        )
    return int(written)


def count_or_zero(value: object) -> int:
    """A whole number of at least 0."""
    return 0 if re.fullmatch(r"0{1,18}", text(value)) else count(value)


def count_or_auto(value: object) -> int | str:
    """A whole number of 1 or more, or `auto`."""
    return "auto" if text(value).lower() == "auto" else count(value)


def seconds(value: object) -> float:
    """A duration in seconds, more than 0; a bare number is seconds."""
    written = text(value)
    if re.fullmatch(NUMBER, written):
        return _at_most_a_year(float(written), written)
    return duration(written)


def duration(value: object) -> float:
    """A duration in seconds, more than 0, written with its unit."""
    written = text(value)
    if re.fullmatch(NUMBER, written):
        raise BadValue(
            f"{shown(written)} does not say which unit it is in.",
            f"Write {written}m for minutes or {written}s for seconds.",
        )
    if not re.fullmatch(DURATION, written):
        raise BadValue(
            f"{shown(written)} is not a duration.",
            "Write a number and a unit, such as 90s, 5m or 1h30m.",
        )
    parts = re.findall(r"([0-9.]+) *([smh])", written)
    return _at_most_a_year(sum(float(n) * _SECONDS[unit] for n, unit in parts), written)


def memory(value: object) -> int:
    """A size in bytes; K, M, G and T are powers of 1024, with or without B or iB."""
    written = text(value)
    match = re.fullmatch(SIZE, written)
    if not match:
        raise BadValue(
            f"{shown(written)} is not a memory size.",
            "Write a number and a unit, such as 4GB or 512MB.",
        )
    power = _POWERS[match[3][:1].lower().replace("b", "").replace("i", "")]
    size = float(match[1]) * 1024**power
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        raise BadValue(
            f"{shown(written)} is out of range: a memory limit is at least 1 MB.",
            "Write a number and a unit, such as 4GB or 512MB.",
        )
    return int(size)


def min_delta(value: object) -> MinDelta:
    """An absolute change, or with % a share of the incumbent's value; not negative."""
    if isinstance(value, MinDelta):
        return value
    written = text(value)
    relative = written.endswith("%")
    if share := re.fullmatch(rf"({NUMBER}) ?(?:percent|pct|per cent)", written):
        raise BadValue(f"{shown(written)} has a unit in words.", f"Write {share[1]}%.")
    if unit := re.fullmatch(rf"({NUMBER}) ?[^\W\d_]+", written):
        raise BadValue(
            f"{shown(written)} has a unit.",
            f"Write {unit[1]}: it is in the metric's own unit, or with % a share of it.",
        )
    amount = number(written.removesuffix("%").strip())
    if amount < 0:
        raise BadValue(
            f"{shown(written)} is negative; it is the size of a change.",
            f"Write {written.lstrip('+-')}.",
        )
    return MinDelta(amount / 100 if relative else amount, relative=relative)


def constraints(value: object) -> tuple[Constraint, ...]:
    """Bounds on numbers beside the metric, in order."""
    if isinstance(value, tuple) and all(isinstance(each, Constraint) for each in value):
        return value
    return tuple(_constraint(item) for item in _items(value))


def _constraint(item: str) -> Constraint:
    split = re.fullmatch(r"(\S+?)\s*(>=|<=|≥|≤)\s*(.+)", item)
    if split is None:
        raise BadValue(
            f"{shown(item)} is not a constraint.",
            "Write a name, >= or <=, and a number: `tests >= 100`, `p99_ms <= +5%`.",
        )
    name, sign, bound = split.groups()
    relative = bound.endswith("%")
    at_least, plain = sign in (">=", "≥"), bound.removesuffix("%").strip()
    if relative and bound[0] not in "+-":
        raise BadValue(
            f"{shown(item)} does not say what {bound} is of.",
            f"Write {'-' if at_least else '+'}{bound} for so much of the baseline's {name}, or "
            f"{plain} for a number of its own.",
        )
    amount = number(plain)
    return Constraint(name, at_least, amount / 100 if relative else amount, relative)


def one_of(names: Iterable[str]) -> Callable[[object], str]:
    """A reader that takes exactly these names."""
    known = tuple(names)

    def read(value: object) -> str:
        written = text(value)
        if written in known:
            return written
        raise BadValue(
            f"{shown(written)} is not one of {', '.join(known)}.",
            f"Did you mean `{likeliest(written, known)}`?",
        )

    return read


def direction(value: object) -> Direction:
    """Exactly one of the two directions; the error knows what people write instead."""
    written = text(value)
    if written in tuple(Direction):
        return Direction(written)
    begins = written.lower().startswith
    meant = next(
        (each for each, words in _DIRECTION_WORDS.items() if begins(words)),
        likeliest(written, tuple(Direction)),
    )
    raise BadValue(
        f"{shown(written)} is not a direction; the two are {' and '.join(Direction)}.",
        f"Did you mean `{meant}`?",
    )


def globs(value: object) -> tuple[str, ...]:
    """Paths or globs below the repository root, in order, each once."""
    return tuple(dict.fromkeys(_glob(item) for item in _items(value)))


def absolute_paths(value: object) -> tuple[str, ...]:
    """Absolute paths of this machine, in order, each once; `~` is this user's home."""
    return tuple(dict.fromkeys(_absolute(item) for item in _items(value)))


def gpus(value: object) -> tuple[str, ...]:
    """The word `all`, or numbers or ids of GPUs, in order, each once."""
    found = tuple(dict.fromkeys(_items(value)))
    for item in found:
        if item != "all" and not re.fullmatch(GPU, item):
            raise BadValue(
                f"{shown(item)} is no GPU.",
                "Write `all`, or numbers or ids as `nvidia-smi -L` lists them, such as 0, 1.",
            )
    if "all" in found and len(found) > 1:
        raise BadValue("`all` stands beside single GPUs.", "Write `all` alone, or these alone.")
    return found


def variables(value: object) -> tuple[str, ...]:
    """Environment variables as NAME (handed on) or NAME=value (set), each name once."""
    found: dict[str, str] = {}
    for item in _items(value):
        name, _, _ = item.partition("=")
        if not re.fullmatch(VARIABLE, name):
            raise BadValue(
                f"{shown(item)} is not an environment variable.",
                "Write NAME to hand a variable on or NAME=value to set it, separated by commas. "
                "A value with a comma in it can be written as a YAML list item in "
                ".github/autoresearch.yml.",
            )
        if name in found:
            raise BadValue(f"{name} is there twice.", "Keep one of the two.")
        found[name] = item
    return tuple(found.values())


def _items(value: object) -> list[str]:
    """A comma-separated text or a list; a trailing comma is forgiven, a gap is not."""
    if isinstance(value, list | tuple):
        return [line(item) for item in value]
    written = text(value)
    return [line(item) for item in written.rstrip().removesuffix(",").split(",")]


def _absolute(item: str) -> str:
    try:
        path = Path(item).expanduser()
    except RuntimeError:  # nobody knows the home of that user
        path = Path(item)
    if not path.is_absolute():
        raise BadValue(
            f"{shown(item)} is not an absolute path.",
            "Write it from the root of the machine, as /mnt/data, or from the home, as ~/data.",
        )
    return str(path)


def _glob(item: str) -> str:
    if PurePosixPath(item).is_absolute() or PureWindowsPath(item).drive:
        raise BadValue(
            f"{shown(item)} is an absolute path.",
            "Write a path from the root of the repository, such as data/*.csv.",
        )
    if "\\" in item:
        raise BadValue(
            f"{shown(item)} has a backslash in it; paths are written as git spells them.",
            f"Write it with forward slashes: {item.replace(chr(92), '/').lstrip('/')}",
        )
    if ".." in PurePosixPath(item).parts:
        raise BadValue(
            f"{shown(item)} leads out of the repository with `..`.",
            "Write a path from the root of the repository, such as data/*.csv.",
        )
    outside_classes = re.sub(r"\[!?.[^\]]*\]", "", item)
    if "[" in outside_classes:
        raise BadValue(
            f"{shown(item)} is not a glob: a `[` is never closed.",
            "Close it, as in data[0-9].csv, or write `[[]` for a bracket itself.",
        )
    folder = "/" if item.endswith("/") else ""
    return str(PurePosixPath(item)) + folder


def _clean(written: str, *, allowed: str) -> str:
    if not written:
        raise BadValue("The value is empty.", "Write a value.")
    for character in written:
        if character in allowed:
            continue
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise BadValue(
                f"{shown(written)} holds the control character U+{ord(character):04X}.",
                "Write the value on one line, without control characters.",
            )
    return written


def _at_most_a_year(amount: float, written: str) -> float:
    if not 0 < amount <= YEAR:
        raise BadValue(
            f"{shown(written)} is not more than 0 and at most a year.",
            "Write a duration such as 300, 90s or 5m.",
        )
    return amount


def shown(value: object) -> str:
    """Short, on one line, safe for a terminal."""
    most = 60
    shown = value if isinstance(value, str) else repr(value)
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown[: most + 1])
    return f"`{shown[:most]}...`" if len(shown) > most else f"`{shown}`"
