"""`explain`: everything in the target that the search could set, and what it leaves alone."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import folder_in, repository_root, standing
from autoresearch_ci.reports.terminal import Paint, cut, has_colour, window

if TYPE_CHECKING:
    from autoresearch_ci.proposers.search.parameters import Parameter


def add_arguments(parser: ArgumentParser) -> None:
    """Add the file, whether to show all, and settings, which decide what is frozen."""
    parser.usage = f"{parser.prog} [FILE] [--all | --json] [--SETTING VALUE ...]"
    parser.add_argument("file", nargs="?", metavar="FILE", help="a file other than target_file")
    parser.add_argument(
        "--all", action="store_true", help="show every line that is left alone, too"
    )
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Show what could be set; nothing is run, and nothing is changed."""
    from autoresearch_ci import config  # noqa: PLC0415 - pydantic takes its time
    from autoresearch_ci.core.history import History  # noqa: PLC0415
    from autoresearch_ci.core.model import FileSet  # noqa: PLC0415
    from autoresearch_ci.doctor.explanation import (  # noqa: PLC0415
        deletions,
        left_alone,
        summary,
        table,
    )
    from autoresearch_ci.engine.assembly import choose_frozen_lines  # noqa: PLC0415
    from autoresearch_ci.proposers.search import SearchProposer  # noqa: PLC0415

    root = repository_root(arguments.repo)
    overrides = standing(arguments.repo, arguments.overrides)
    loaded = config.load(root, overrides, folder_in(root, arguments.repo))
    settings = loaded.settings
    path, text = _read(root, arguments.repo, arguments.file, settings.target_file)
    search = SearchProposer(
        metric_name=settings.metric_name,
        deletions=loaded.allow_deletions,
        frozen_lines=choose_frozen_lines(settings),
    )
    source = FileSet({path: text})
    seen = search.seen(source)
    found = search.inventory(source, History(settings.metric_direction))
    if arguments.json:
        data = {
            "target": path,
            "parameters": [_record(one) for one in seen.parameters],
            "left_alone": [
                {"line": one.line + 1, "text": one.text, "why": one.why} for one in seen.spared
            ],
            "deletable": found.deletions,
            "not_deletable": found.spared,
        }
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    width = window(sys.stdout)
    paint = Paint(colour=has_colour(sys.stdout))
    if arguments.quiet:
        print(summary(path, seen.parameters))
        return 0
    for line in (
        *table(seen.parameters, paint),
        *left_alone(seen.spared, whole=arguments.all, paint=paint),
    ):
        print(line if width is None else cut(line, width))
    print("", summary(path, seen.parameters), sep="\n")
    print(deletions(found, path, text, allowed=loaded.allow_deletions))
    return 0


def _read(root: Path, folder: Path, name: str | None, target: str) -> tuple[str, str]:
    """The file by its path in the repository, and its text as it stands in the checkout."""
    from autoresearch_ci.core.errors import TargetError  # noqa: PLC0415

    path = folder / name if name else root / target
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise TargetError(
            f"{name or target} cannot be read: {error.strerror}.",
            remedy="Name a file that is there: autoresearch-ci explain FILE, or set target_file.",
        ) from error
    inside = path.resolve().is_relative_to(root.resolve())
    shown = path.resolve().relative_to(root.resolve()).as_posix() if inside else path.name
    return shown, text


def _record(one: Parameter) -> dict[str, Any]:
    data: dict[str, Any] = {
        "line": one.line + 1,
        "kind": one.kind,
        "name": one.label,
        "value": one.text,
        "promise": round(one.weight, 3),
    }
    if one.scale is not None:
        low, high = (
            bound if isfinite(bound) else None for bound in (one.scale.low, one.scale.high)
        )
        data |= {"low": low, "high": high, "scale": one.scale.kind, "whole": one.scale.integer}
    else:
        data |= {"options": list(one.options), "ordered": one.ordered}
    return data | ({"evidence": one.evidence} if one.evidence else {})
