"""`python -m autoresearch_ci.config` writes what is generated from the settings, in place."""

from __future__ import annotations

from pathlib import Path

from autoresearch_ci.config import render_schema, settings_table

BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"
SCHEMA = Path("schema/autoresearch.schema.json")
DOCUMENTS = (Path("docs/settings.md"), Path("README.md"))


def with_table(text: str) -> str:
    """`text` with the table between the markers; unchanged where there are none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return text
    return f"{before}{BEGIN}\n\n{settings_table()}\n\n{END}{after}"


def main() -> None:
    """Rewrite the schema and the tables of the checkout that is the working directory."""
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(render_schema(), encoding="utf-8")
    for path in DOCUMENTS:
        if path.exists():
            path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
