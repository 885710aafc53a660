"""docs/action.md and the code say the same."""

import re
from pathlib import Path

from autoresearch_ci.action.command_syntax import COMMANDS, LONGEST_IDEA
from autoresearch_ci.forge import Conclusion, size_limits
from autoresearch_ci.forge.github.checks import MOST_ANNOTATIONS
from autoresearch_ci.forge.github.rate_limit import Manners

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs/action.md").read_text()
WORDS = " ".join(DOCS.split())


def test_the_commands():
    """The table of commands in the documents is the one that `help` shows."""
    rows = [f"| `{written}` | {does} |" for _, written, does in COMMANDS]
    assert "\n".join(rows) in DOCS
    assert f"at most {LONGEST_IDEA} characters" in WORDS


def test_the_permissions():
    """Every permission that a refusal can name is in the table of permissions."""
    code = "".join(path.read_text() for path in (ROOT / "autoresearch_ci/forge").rglob("*.py"))
    scopes = ("contents", "checks", "issues", "pull-requests", "actions", "metadata")
    named = {
        f"{s}: {level}" for s in scopes for level in ("read", "write") if f'"{s}: {level}"' in code
    }
    assert len(named) == 7
    rows = re.findall(r"^\| `([a-z-]+: (?:read|write))` \|", DOCS, re.MULTILINE)
    assert sorted(rows) == sorted(named)


def test_the_limits():
    """The limits in the documents are those that texts are cut to."""
    for number in (
        size_limits.COMMENT.most,
        size_limits.CHECK_TEXT.most,
        size_limits.PULL_REQUEST_TITLE.most,
    ):
        assert f"{number:,}" in WORDS
    assert size_limits.STEP_SUMMARY.most == 1024**2
    assert f"| {MOST_ANNOTATIONS}, sent {size_limits.ANNOTATIONS_A_REQUEST} at a time |" in DOCS
    assert all(f"`{conclusion}`" in DOCS for conclusion in Conclusion)


def test_the_manners():
    """The documents tell how a session behaves towards GitHub as it does."""
    manners = Manners()
    assert manners == Manners(1.0, 60.0, 15, 60.0, 180.0, 1.0, 3)
    for told in (
        "one write a second",
        "once a minute",
        "within 15 seconds",
        "a minute at most",
        "three minutes at most",
        "tries three times",
    ):
        assert told in WORDS
