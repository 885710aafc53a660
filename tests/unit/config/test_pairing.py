"""A command and what reads its result are overridden together or not at all."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.config import load
from autoresearch_ci.core.errors import SettingsError

PROJECTS = {
    "web": {
        "package.json": json.dumps({"scripts": {"build": "node b.mjs"}, "main": "a.js"}),
        "a.js": "let a = 1;\n",
    },
    "rust": {"Cargo.toml": '[package]\nname = "a"\n', "src/main.rs": "fn main() {}\n"},
    "go": {"go.mod": "module a\n", "main.go": "package main\n\nfunc main() {\n}\n"},
    "flutter": {"pubspec.yaml": "name: a\n", "lib/main.dart": "void main() {}\n"},
}
FREE = {
    "java": {"pom.xml": "<project/>", "src/main/java/A.java": "class A {}"},
    "ml": {"train.py": "x = 1\n", "prepare.py": "\n"},
}


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.mark.parametrize("kind", PROJECTS)
def test_another_command_needs_its_own_parse(tmp_path, kind):
    """A detected count of what the detected command makes is never used after another command."""
    write(tmp_path, PROJECTS[kind])
    with pytest.raises(SettingsError, match="run_command is another one") as caught:
        load(tmp_path, {"run_command": "make all"})
    assert "metric_parse" in caught.value.remedy
    assert "measure_command" in caught.value.remedy
    assert load(tmp_path, {"run_command": "make", "metric_parse": "wc -c < a"})
    assert load(tmp_path, {"run_command": "make", "measure_command": "wc -c < a"})


@pytest.mark.parametrize("kind", PROJECTS)
def test_a_written_pair_is_overridden_as_a_whole(tmp_path, kind):
    """Also where the section holds the detected pair, a flag that replaces half of it is refused."""
    write(tmp_path, PROJECTS[kind])
    found = load(tmp_path).settings
    pair = f"- run_command: `{found.run_command}`\n- metric_parse: `{found.metric_parse}`\n"
    (tmp_path / "CLAUDE.md").write_text(f"## autoresearch\n{pair}")
    assert load(tmp_path).settings == found
    with pytest.raises(SettingsError, match="run_command is another one"):
        load(tmp_path, {"run_command": "make all"})


def test_whoever_writes_both_has_said_that_they_fit(tmp_path):
    """The remedy can be followed: the same parse beside one's own command is accepted."""
    write(tmp_path, PROJECTS["rust"])
    parse = load(tmp_path).settings.metric_parse
    (tmp_path / "CLAUDE.md").write_text(
        f"## autoresearch\n- run_command: cargo build -r --locked\n- metric_parse: `{parse}`\n"
    )
    assert load(tmp_path).settings.metric_parse == parse


@pytest.mark.parametrize("kind", FREE)
def test_a_parse_that_stands_by_itself(tmp_path, kind):
    """What reads the log or the time is right after any command."""
    write(tmp_path, FREE[kind])
    assert load(tmp_path, {"run_command": "make"}).settings.run_command == "make"


def test_a_parse_of_ones_own_after_the_detected_command(tmp_path):
    """The user's own reading of the detected build is used, and a note says what it relies on."""
    write(tmp_path, PROJECTS["rust"])
    loaded = load(tmp_path, {"metric_parse": "wc -c < target/release/a"})
    assert "Write run_command beside it" in " ".join(loaded.notes)
