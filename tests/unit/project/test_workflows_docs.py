"""docs/action.md, docs/security.md and the workflow that they tell of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from autoresearch_ci.action.command_syntax import Verb
from autoresearch_ci.action.event import SESSIONS
from autoresearch_ci.cli.workflow import PATH, Choices, texts

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs/action.md").read_text()
WORKFLOW = yaml.safe_load(texts(Choices())[PATH])
ON = WORKFLOW[True]  # YAML's own idea of the word `on`


def test_the_permissions():
    """The table gives each job the permissions that it has in the workflow, and no other."""
    rows = re.findall(r"^\| `([a-z-]+): (write)` \| (yes)? ?\| (yes)? ?\|", DOCS, re.MULTILINE)
    told = {
        job: {scope: level for scope, level, *has in rows if has[at]}
        for at, job in enumerate(("commands", "loop"))
    }
    assert told == {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}


def test_the_events():
    """Every event that starts something is in the table, and no other one."""
    table = DOCS.split("## What starts what")[1].split("\n\n")[2]
    named = {word for word in re.findall(r"`(\w+)`", table) if word in SESSIONS}
    assert named | {"issue_comment"} == set(ON)
    assert {
        verb for verb in Verb if f"`{verb}`" in table or f"/autoresearch {verb}`" in table
    } == set(Verb)


def test_the_inputs():
    """The inputs of a dispatch are those that are named."""
    said = re.search(r"The inputs of a dispatch are (.*?);", DOCS, re.DOTALL)[1]
    assert re.findall(r"`(\w+)`", said) == list(ON["workflow_dispatch"]["inputs"])


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_links(path):
    """Where one document sends its reader there is a document, and the heading that is named."""
    for name, heading in re.findall(r"\]\((?!https?:)([\w./-]*)#?([\w-]*)\)", path.read_text()):
        there = (path.parent / name) if name else path
        assert there.exists(), name
        if heading:
            headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            slugs = {
                re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings
            }
            assert heading in slugs, heading
