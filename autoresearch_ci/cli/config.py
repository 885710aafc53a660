"""`config`: every setting, its value, and which source won."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.place import repository_root
from autoresearch_ci.reports.terminal import Paint, clean, cut, has_colour


def add_arguments(parser: ArgumentParser) -> None:
    """What to show, and in which form."""
    parser.usage = f"{parser.prog} [--json | --schema] [--SETTING VALUE ...]"
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
    loaded = config.load(root, arguments.overrides)
    origins = {name: str(origin) for name, origin in loaded.origins.items()}
    if arguments.json:
        plain = loaded.settings.model_dump(mode="json")
        plain["min_delta"] = written(loaded.settings.min_delta)
        data = {name: {"value": plain[name], "source": source} for name, source in origins.items()}
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    paint = Paint(colour=has_colour(sys.stdout))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    shown = {name: written(getattr(loaded.settings, name)) for name in origins}
    for line in listing(shown, origins, width, paint):
        print(line)
    if not arguments.quiet:
        target = loaded.settings.target_file
        missing = [] if (root / target).exists() else [f"there is no file {target}."]
        kind = loaded.project_type or "not detected"
        print(f"\nproject type: {kind}")
        for note in (*missing, *loaded.notes):
            print(f"note: {clean(note)}")
    return 0


def written(value: Any) -> str:
    """A value as a user would write it."""
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(value)
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
