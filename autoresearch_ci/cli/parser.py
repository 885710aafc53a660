"""Parsing the command line: global options, and every setting as a flag."""

from __future__ import annotations

import re
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn


class Parser(ArgumentParser):
    """An argument parser whose errors end in what to do next."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\nSee {self.prog} --help.\n")

    def unknown(self, what: str, word: str, known: Iterable[str]) -> NoReturn:
        """End with the nearest word that there is."""
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        near = get_close_matches(word, known, n=1)
        self.error(f"there is no {what} {word!r}" + (f"; did you mean {near[0]}?" if near else "."))

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        arguments, left = self.parse_known_args(_joined(args), namespace)
        for word in left:
            if word.startswith("-"):
                flag = word.split("=")[0]
                self.unknown("option", flag, self._option_string_actions)
            self.error(f"unexpected argument {word!r}.")
        return arguments


def _joined(words: Iterable[str]) -> list[str]:
    """`--metric-min -1e-3` as `--metric-min=-1e-3`, which argparse would take for an option."""
    joined: list[str] = []
    for word in words:
        if re.match(r"-\.?\d", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def add_globals(parser: ArgumentParser, given: Namespace | None = None) -> None:
    """`--repo`, `--quiet` and `--json`, which may stand before or after the verb."""
    given = given or Namespace(repo=".", quiet=False, json=False)
    parser.add_argument(
        "--repo", type=directory, default=given.repo, metavar="PATH",
        help="the repository to work in (default: the current directory)",
    )  # fmt: skip
    parser.add_argument(
        "--quiet", action="store_true", default=given.quiet, help="only the last line, and errors"
    )
    parser.add_argument(
        "--json", action="store_true", default=given.json, help="data on standard output, as JSON"
    )


def directory(text: str) -> Path:
    """An existing directory; anything else is a usage error."""
    from argparse import ArgumentTypeError  # noqa: PLC0415

    path = Path(text).expanduser()
    try:
        if path.is_dir():
            return path.resolve()
    except OSError:
        pass  # such as the current directory, after somebody removed it
    raise ArgumentTypeError(f"{text!r} is not a directory")


def positive(text: str) -> int:
    """A count of one or more."""
    from argparse import ArgumentTypeError  # noqa: PLC0415

    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def port(text: str) -> int:
    """A TCP port; 0 is a free one."""
    from argparse import ArgumentTypeError  # noqa: PLC0415

    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the last there is
        raise ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


class _Setting(Action):
    """Collects the flags that were given into one mapping, `overrides`."""

    def __call__(
        self, _parser: Any, namespace: Namespace, values: Any, _option: Any = None
    ) -> None:
        namespace.overrides[self.dest] = values


def refuse(verb: str, overrides: Mapping[str, object], names: Iterable[str], why: str) -> None:
    """End with a usage error where a setting was given that means nothing to a verb."""
    for name in names:
        if name in overrides:
            flag = f"--{name.replace('_', '-')}"
            Parser(prog=f"autoresearch-ci {verb}").error(f"{flag} is for `run`: {why}")


def add_settings(parser: ArgumentParser, refused: Collection[str] = ()) -> None:
    """One flag for every setting there is: `--max-experiments` for `max_experiments`.

    What a verb has `refused` is read, so that it can say why, and is not in its help.

    They come from the settings model itself, so there is no second list to keep;
    the values stay text and are read like those from any other source.
    """
    from autoresearch_ci.config import Settings  # noqa: PLC0415 - pydantic takes its time
    from autoresearch_ci.config.schema import default_of  # noqa: PLC0415

    parser.set_defaults(overrides={})
    group = parser.add_argument_group("settings, stronger here than in any file")
    for name, field in Settings.model_fields.items():
        meaning = f"{field.description} (default: {default_of(name)})"
        group.add_argument(
            f"--{name.replace('_', '-')}", action=_Setting, dest=name, default=SUPPRESS,
            metavar="VALUE",
            help=SUPPRESS if name in refused else meaning.replace("`", "").replace("%", "%%"),
        )  # fmt: skip
