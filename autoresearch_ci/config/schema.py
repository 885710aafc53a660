"""Texts generated from the settings: the schema for editors, the table for people."""

from __future__ import annotations

import json
from typing import Any

from autoresearch_ci.config.settings import NAMES, Settings, Shown, takes_none

TITLE = "autoresearch-ci settings"
DESCRIPTION = "Settings of autoresearch-ci, in .github/autoresearch.yml. All are optional."


def json_schema() -> dict[str, Any]:
    """A JSON schema of `.github/autoresearch.yml`: what it accepts, the file may hold."""
    made = Settings.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": DESCRIPTION,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: _property(name, made["properties"][name]) for name in NAMES},
    }


def render_schema() -> str:
    """The schema as it is committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def settings_table() -> str:
    """Every setting in a Markdown table: name, meaning, default."""
    rows = ["| setting | meaning | default |", "|---|---|---|"]
    for name in NAMES:
        meaning = (Settings.model_fields[name].description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | {meaning} | {default_of(name)} |")
    return "\n".join(rows)


def _property(name: str, made: dict[str, Any]) -> dict[str, Any]:
    accepts: list[dict[str, Any]] = []
    for choice in made.get("anyOf", [made]):
        accepts += choice.get("anyOf", [choice])
    accepts = [
        {
            key: part
            for key, part in choice.items()
            if key not in {"title", "description", "default", "examples"}
        }
        for choice in accepts
    ]
    if takes_none(name):
        accepts = [choice for choice in accepts if choice != {"type": "null"}]
        accepts.append({"enum": [None, ""]})
    what = accepts[0] if len(accepts) == 1 else {"anyOf": accepts}
    about: dict[str, Any] = {"description": made["description"]}
    if isinstance(made.get("default"), str | int | float):
        default = made["default"]
        about["default"] = int(default) if isinstance(default, float) else default
    if "examples" in made:
        about["examples"] = made["examples"]
    return about | what


def default_of(name: str) -> str:
    """The default as tables and help show it, in Markdown."""
    field = Settings.model_fields[name]
    for note in field.metadata:
        if isinstance(note, Shown):
            return note.default
    if field.default is None or field.default == ():
        return "none"
    shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return f"`{shown}`"
