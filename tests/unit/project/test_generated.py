"""What other files repeat of the code is what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from autoresearch_ci.providers import PROVIDERS

ROOT = Path(__file__).parents[3]
GENERATOR = runpy.run_path(str(ROOT / ".ci/generate.py"))


@pytest.mark.parametrize("name", GENERATOR["GENERATED"])
def test_committed_files(name):
    """The schema, the tables and the Action's inputs are this version's; `make schema` writes them."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert GENERATOR["GENERATED"][name](text) == text


def test_a_table_is_put_between_its_marks():
    """What is around the marks stays, and a document without marks stays as it is."""
    begin, end = "<!-- x:begin -->", "<!-- x:end -->"
    text = f"before\n{begin}\nold\n{end}\nafter\n"
    made = GENERATOR["with_table"]("x", lambda: "| new |", text)
    assert made == f"before\n{begin}\n\n| new |\n\n{end}\nafter\n"
    assert GENERATOR["with_table"]("y", lambda: "| new |", text) == text


def test_the_action_gets_what_is_missing():
    """An input that either form does not have yet, or has otherwise, is written as the code has it."""
    for name in ("action.yml", "process/action.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        old = text.replace("openai_api_key", "another").replace("OPENAI_API_KEY", "ANOTHER")
        assert old != text
        assert GENERATOR["with_inputs"](old) == text


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_wherever_people_choose_one(name):
    """Models page, Action and workflow offer every provider of the registry."""
    for path in ("docs/models.md", "action.yml", "process/action.yml"):
        assert name in (ROOT / path).read_text(encoding="utf-8")
    workflow = (ROOT / ".github/workflows/autoresearch.yml").read_text(encoding="utf-8")
    assert f"{name}_api_key: ${{{{ secrets.{PROVIDERS[name].key} }}}}" in workflow
