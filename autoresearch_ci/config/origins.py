"""The places that settings come from: where a value was written, and reading the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.config import values
from autoresearch_ci.config.nearest import nearest
from autoresearch_ci.config.settings import NAMES
from autoresearch_ci.core.errors import SettingsError

# As written: text, a list of texts, or None for "explicitly none".
Written = object


@dataclass(frozen=True, slots=True)
class Origin:
    """Place where a value was written; `source` is a file or a phrase such as `command line`."""

    source: str
    line: int | None = None

    @property
    def is_chosen(self) -> bool:
        """Tell whether somebody or something has chosen the value: it is not the default."""
        return self != DEFAULT

    @property
    def is_detected(self) -> bool:
        """Tell whether the type of the project says it."""
        return self.source.startswith(_DETECTED)

    @classmethod
    def detected(cls, name: str) -> Origin:
        """The origin of what is known of a type of project."""
        return cls(f"{_DETECTED}{name}")

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


_DETECTED = "detected: "
COMMAND_LINE = Origin("command line")
DEFAULT = Origin("default")
RUNNER = Origin("default of the Action")

Entries = Mapping[str, tuple[Written, Origin]]


def read_text(root: Path, name: str, largest: int = 1024 * 1024) -> str | None:
    """The file's text, or None where there is no such file. Every line ends in a line feed.

    More than `largest` bytes are an error.
    """
    path = root / name
    try:
        if not path.exists() and not path.is_symlink():
            return None
        if not path.is_file():
            raise SettingsError(
                f"{name} is not a regular file.", remedy=f"Make {name} a text file, or remove it."
            )
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise SettingsError(
            f"{name} cannot be read: {error.strerror or error}.",
            remedy=f"Give yourself permission to read {name}, or remove it.",
        ) from error
    if len(data) > largest:
        raise SettingsError(
            f"{name} is larger than {largest // 1024} KiB.",
            remedy=f"Keep {name} short; move what is not settings or instructions elsewhere.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = Origin(name, data.count(b"\n", 0, error.start) + 1)
        raise SettingsError(
            f"{at}: the file is not UTF-8 text.", remedy=f"Save {name} as UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unknown(key: str, origin: Origin, extra: str = "") -> SettingsError:
    """The error for a key that is no setting, with the nearest one that is."""
    meant = nearest(key.replace("-", "_"), NAMES)
    remedy = (
        f"Did you mean `{meant}`?" if meant else f"The settings are: {', '.join(NAMES)}."
    ) + extra
    return SettingsError(f"{origin}: unknown setting {values.shown(key)}.", remedy=remedy)


def twice(key: str, first: Origin, second: Origin) -> SettingsError:
    """The error for a setting that one source gives two times."""
    return SettingsError(
        f"{second}: `{key}` is already set at {first}.", remedy="Keep one of the two lines."
    )
