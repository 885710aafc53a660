"""The texts that a model is given, one file each; only numbers are ever put into them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template


def prompt(name: str, **numbers: float) -> str:
    """The text `name`.md, each `$word` in it replaced by the number of that name."""
    shown = {word: f"{number:.8g}" for word, number in numbers.items()}
    return Template(_read(name)).substitute(shown)


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
