"""Write what other files repeat of the code, in place: `make schema`. A test holds them equal.

What is between two marks of a document is a table of the code's; what GitHub wants as a literal
file is written as a whole, or section by section.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from autoresearch_ci.action import inputs, outputs
from autoresearch_ci.cli.workflow import HERE, Choices
from autoresearch_ci.cli.workflow import PATH as WORKFLOW
from autoresearch_ci.cli.workflow import texts as workflows
from autoresearch_ci.config import render_schema, settings_table
from autoresearch_ci.providers import PROVIDERS
from autoresearch_ci.reports import document

ROOT = Path(__file__).parents[1]


def with_table(name: str, table: Callable[[], str], text: str) -> str:
    """The document with the table between its marks; unchanged where it has none."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    return f"{before}{begin}\n\n{table()}\n\n{end}{after}" if found and closed else text


def providers_table() -> str:
    """Each provider's own service in a Markdown table."""
    rows = ["| to use | `proposer` | key | `model` where none is set |", "|---|---|---|---|"]
    for name, row in PROVIDERS.items():
        rows.append(f"| {row.vendor} | `{name}` | `{row.key}` | `{row.model}` |")
    return "\n".join(rows)


def with_all_settings(text: str) -> str:
    """The page of the settings with its table, and those of the Action's inputs and outputs."""
    tables = {"settings": settings_table, "inputs": inputs.table, "outputs": outputs.table}
    for name, table in tables.items():
        text = with_table(name, table, text)
    return text


def with_inputs(text: str) -> str:
    """An `action.yml` with its section `inputs`, and each handed on where a step wants that."""
    section = "".join(
        f'  {name}:\n    description: "{each.description}"\n    required: false\n'
        f"    default: {_scalar(each.default)}\n"
        for name, each in inputs.INPUTS.items()
    )
    text = re.sub(r"(?<=\ninputs:\n)(?:  .*\n)+", lambda _: section, text)
    handed_on = "".join(
        f"        {inputs.PREFIX}{name.upper()}: ${{{{ inputs.{name} }}}}\n"
        for name in inputs.INPUTS
    )
    return re.sub(rf"(?: {{8}}{inputs.PREFIX}\w+: .*\n)+", lambda _: handed_on, text)


def _scalar(default: str) -> str:
    return default if default.startswith("${{") else f'"{default}"'


GENERATED: dict[str, Callable[[str], str]] = {
    "schema/autoresearch.schema.json": lambda _: render_schema(),
    "schema/results.schema.json": lambda _: document.render_schema(),
    "docs/settings.md": with_all_settings,
    "docs/models.md": partial(with_table, "providers", providers_table),
    "action.yml": with_inputs,
    "process/action.yml": with_inputs,
    WORKFLOW: lambda _: workflows(Choices(action=HERE))[WORKFLOW],
}
"""Each file, and how its text is made of what it says now."""


def main() -> None:
    """Rewrite each of them."""
    for name, generate in GENERATED.items():
        path = ROOT / name
        path.write_text(generate(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
