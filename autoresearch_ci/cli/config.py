"""`config`: every setting, its value, and which source won."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import folder_in, repository_root
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.terminal import Paint, cut, has_colour, window

if TYPE_CHECKING:
    from autoresearch_ci.config import Loaded


PROGRAM = "program.md"
"""The program_file that is used where none is set and this one is there."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what to show, and in which form."""
    parser.usage = f"{parser.prog} [--all | --json | --schema] [--SETTING VALUE ...]"
    parser.add_argument(
        "--all", action="store_true", help="show the settings that are at their defaults, too"
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON schema of .github/autoresearch.yml"
    )
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Show the settings, or their schema."""
    from autoresearch_ci import config  # noqa: PLC0415 - pydantic takes its time

    if arguments.schema:
        sys.stdout.write(config.render_schema())
        return 0
    root = repository_root(arguments.repo)
    loaded = config.load(root, arguments.overrides, folder_in(root, arguments.repo))
    origins = {name: str(origin) for name, origin in loaded.origins.items()}
    if arguments.json:
        plain = loaded.settings.model_dump(mode="json")
        plain["min_delta"] = written(loaded.settings.min_delta)
        plain["constraints"] = [str(each) for each in loaded.settings.constraints]
        data = {name: {"value": plain[name], "source": source} for name, source in origins.items()}
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    values = {name: written(getattr(loaded.settings, name)) for name in origins}
    if loaded.settings.program_file is None and (root / PROGRAM).is_file():
        values["program_file"] = PROGRAM
    said = [name for name in origins if origins[name] != "default" or values[name] == PROGRAM]
    rest = [name for name in origins if name not in said]
    shown = [*said, *rest] if arguments.all else said
    lines = listing(
        {name: values[name] for name in shown},
        {name: origins[name] for name in shown},
        window(sys.stdout),
        Paint(colour=has_colour(sys.stdout)),
    )
    for line in lines:
        print(line)
    if not arguments.quiet:
        _remarks(root, loaded, 0 if arguments.all else len(rest))
    return 0


def _remarks(root: Path, loaded: Loaded, folded: int) -> None:
    """List what else there is to know: what is not shown, the type, other targets, notes."""
    if folded:
        print(f"\n{folded} more are at their defaults; --all shows them.")
    print(f"\nproject type: {loaded.project_type}")
    if loaded.others:
        print(f"other targets: {clean(', '.join(loaded.others))} (choose with --target-file)")
    target = loaded.settings.target_file
    missing = [] if (root / target).exists() else [f"there is no file {target}."]
    for note in (*missing, *loaded.notes):
        print(f"note: {clean(note)}")


def written(value: Any) -> str:
    """A value as a user would write it."""
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    amount = getattr(value, "amount", None)
    if amount is not None:
        return f"{amount * 100:g}%" if value.relative else f"{amount:g}"
    return str(value)


def listing(
    values: dict[str, str], origins: dict[str, str], width: int | None, paint: Paint
) -> list[str]:
    """Setting, value and source; what the user set stands out, the defaults are dim."""
    names = max(map(len, values))
    sources = max(map(len, origins.values()))
    lines = []
    for name, value in values.items():
        source = origins[name]
        line = f"{name:<{names}}  {source:<{sources}}  {clean(value)}"
        lines.append(
            paint(line if width is None else cut(line, width), "dim" if source == "default" else "")
        )
    return lines
