"""Sections that are about something else, and those that nearly are ours."""

from __future__ import annotations

import pytest

from autoresearch_ci.config import load
from autoresearch_ci.core.errors import SettingsError

PROSE = (
    "- Note: see docs/research.md\n- Goal: a lower loss\n- we log everything\n"
    "- Model: a small transformer\n- Target: 0.95 by March\n- Metric: bits per byte\n\n"
    "Model: the small one.\n"
)


@pytest.fixture
def ml(tmp_path):
    for name in ("train.py", "prepare.py"):
        (tmp_path / name).write_text("x = 1\n")
    return tmp_path


@pytest.mark.parametrize("name", ["CLAUDE.md", "AGENTS.md"])
@pytest.mark.parametrize("heading", ["## Autoresearch", "#### autoresearch"])
def test_a_section_of_prose_stops_nobody(ml, name, heading):
    """An unrelated section with the same heading is a note, and the detected project starts."""
    (ml / name).write_text(f"# Us\n\n{heading}\n\n{PROSE}")
    loaded = load(ml)
    assert loaded.project_type == "ml"
    assert loaded.notes[0].startswith(f"{name}:3: this section has no settings")


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("- traget_file: train.py", "target_file"),
        ("- time_buget: 5m", "time_budget"),
        ("- tag: a\n- Note: see docs", "The settings are"),
        ("- tag: a\n- time_limt: 5m", "time_limit"),
    ],
)
def test_a_typo_stays_an_error(ml, line, nearest):
    """What is like a setting, or stands beside one, is refused with its place and the nearest."""
    (ml / "CLAUDE.md").write_text(f"## autoresearch\n{line}\n")
    with pytest.raises(SettingsError, match="unknown setting") as caught:
        load(ml)
    assert caught.value.message.startswith("CLAUDE.md:")
    assert nearest in caught.value.remedy


def test_the_section_with_settings_counts(ml):
    """Beside an unrelated section, in the same file or the other, the real one is read."""
    (ml / "CLAUDE.md").write_text(f"## Autoresearch\n{PROSE}\n## autoresearch\n- patience: 3\n")
    assert load(ml).settings.patience == 3
    (ml / "CLAUDE.md").write_text(f"## Autoresearch\n{PROSE}")
    (ml / "AGENTS.md").write_text("## autoresearch\n- patience: 4\n")
    loaded = load(ml)
    assert loaded.settings.patience == 4
    assert "CLAUDE.md:1: this section has no settings" in loaded.notes[0]


@pytest.mark.parametrize("hashes", ["#", "#####"])
def test_settings_below_a_heading_of_another_level(ml, hashes):
    """Settings that are not read because of the heading's level are pointed out."""
    (ml / "CLAUDE.md").write_text(f"{hashes} autoresearch\n\n- patience: 3\n")
    assert "two to four `#`" in load(ml).notes[0]
    (ml / "CLAUDE.md").write_text(f"{hashes} autoresearch\n\nA project about research.\n")
    assert load(ml).notes == ()


def test_settings_in_a_code_block(ml):
    """Settings that are not read because they are fenced are pointed out."""
    (ml / "CLAUDE.md").write_text("## autoresearch\n\n```yaml\npatience: 3\n```\n")
    loaded = load(ml)
    assert loaded.settings.patience is None
    assert "code block" in loaded.notes[0]
