"""A programme that was written for pi-autoresearch is read as far as it is stated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autoresearch_ci.project_types import programme

MARKDOWN = """\
# Autoresearch: parse faster

## Objective
Parse the sample in less time.

## Metrics
- **Primary**: `total_µs` (µs, lower is better) — the median of five
- **Secondary**: `peak_kb`, `tests`

## How to Run
`./autoresearch.sh` prints `METRIC total_µs=...`.

## Files in Scope
- `src/parser.rs` — the hot loop
- `src/lexer/` — all of it:
- `src/tree/`:
  - `node.rs` — below it
  - `walk*.rs`
- `src/gone.rs` — is no more

## Off Limits
- `tests/` and `bench/run.py` must stay.
- `~/data`, `/etc/passwd`, `cargo test`

## Constraints
- **All tests** must pass (`cargo test`)
- No new dependencies
  whatever the reason

## What's Been Tried
- `src/other.rs` — nothing came of it
"""
FILES = (
    "src/parser.rs",
    "src/lexer/a.rs",
    "src/tree/node.rs",
    "src/tree/walk_up.rs",
    "src/other.rs",
    "tests/all.rs",
    "bench/run.py",
)


@pytest.fixture
def project(tmp_path):
    """A project with such a programme; `layout` says under which names."""

    def make(text: str = MARKDOWN, *, hidden: bool = False, log: str = "") -> Path:
        names = ("prompt.md", "measure.sh", "checks.sh", "log.jsonl") if hidden else (
            "autoresearch.md", "autoresearch.sh", "autoresearch.checks.sh", "autoresearch.jsonl"
        )  # fmt: skip
        folder = tmp_path / ".auto" if hidden else tmp_path
        script = 'echo "METRIC total_µs=12"\necho "METRIC peak_kb=9"\n'
        contents = dict(zip(names, (text, script, "exit 0\n", log), strict=True))
        for path in FILES:
            contents[str(tmp_path / path)] = "fn main() {}\n"
        for name, content in contents.items():
            if content:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        (folder / names[1]).chmod(0o755)
        (folder / names[2]).chmod(0o644)
        return tmp_path

    return make


def test_what_is_stated(project):
    """Target, command, metric, direction, guard and what is off limits are as the author wrote."""
    found = programme(project())
    assert found.settings == {
        "target_file": "src/parser.rs",
        "editable_files": "src/lexer/**, src/tree/node.rs, src/tree/walk*.rs",
        "run_command": "./autoresearch.sh",
        "metric_name": "total_µs",
        "metric_direction": "lower_is_better",
        "guard_command": "bash autoresearch.checks.sh",
        "readonly_files": "autoresearch.sh, tests/**, bench/run.py, autoresearch.checks.sh",
        "program_file": "autoresearch.md",
    }
    (words,) = found.remarks
    assert words.endswith("All tests must pass (cargo test); No new dependencies")


def test_the_hidden_layout(project):
    """The same in the newer folder `.auto`."""
    found = programme(project(hidden=True))
    assert found.file == ".auto/prompt.md"
    assert found.settings["run_command"] == "./.auto/measure.sh"
    assert found.settings["target_file"] == "src/parser.rs"


@pytest.mark.parametrize(
    ("line", "name", "direction"),
    [
        ("- **Primary**: latency_ms (ms, lower is better)", "latency_ms", "lower"),
        ("- **Primary metric**: `score` — higher is better", "score", "higher"),
        ("* Primary: `neg_recall` (unitless, **lower is better** — it's `-recall`)", "neg_recall", "lower"),
        ("**Primary:** `rate` ↑", "rate", "higher"),
        ("- Primary: minimize `bytes`", "bytes", "lower"),
    ],
)  # fmt: skip
def test_forms_of_the_metric(project, line, name, direction):
    """The primary metric is found in the ways that people write it."""
    text = MARKDOWN.replace(
        "- **Primary**: `total_µs` (µs, lower is better) — the median of five", line
    )
    found = programme(project(text)).settings
    assert (found["metric_name"], found["metric_direction"]) == (name, f"{direction}_is_better")


def test_a_direction_that_nobody_states(project):
    """It is lower, and that is said."""
    found = programme(project(MARKDOWN.replace(", lower is better", "")))
    assert found.settings["metric_direction"] == "lower_is_better"
    assert "Whether lower or higher is better is not stated: lower is taken." in found.remarks


def test_the_log_knows_best(project):
    """The newest head of a log names metric and direction; broken lines are passed over."""
    heads = [
        {"type": "config", "metricName": "old", "bestDirection": "lower"},
        {"run": 1, "metric": 3},
        {"type": "config", "metricName": "rate", "bestDirection": "higher"},
    ]
    log = "\n".join([*map(json.dumps, heads), '{"type": "config", "metricN'])
    found = programme(project(log=log))
    assert found.settings["metric_name"] == "rate"
    assert found.settings["metric_direction"] == "higher_is_better"
    assert "autoresearch.sh prints METRIC total_µs, peak_kb, and not rate." in found.remarks


def test_a_scope_of_folders_alone(project):
    """Then no file is taken for the target, and the user is asked for it."""
    text = MARKDOWN.replace("- `src/parser.rs` — the hot loop\n", "").split("- `src/tree/`:")[0]
    found = programme(project(text + "\n## Off Limits\n"))
    assert "target_file" not in found.settings
    assert any("--target-file" in remark for remark in found.remarks)
    assert "editable_files" not in found.settings


@pytest.mark.parametrize(
    "text", ["", "x", "#" * 4000, "## Metrics\n- **Primary**: `\n## Files in Scope\n`" * 9]
)
def test_odd_programmes(project, text):
    """Whatever stands in one, reading it raises nothing and states nothing."""
    found = programme(project(text or " "))
    assert found.settings["run_command"] == "./autoresearch.sh"
    assert "target_file" not in found.settings


def test_no_programme(tmp_path):
    """A Markdown file without its script is none."""
    (tmp_path / "autoresearch.md").write_text(MARKDOWN)
    assert programme(tmp_path) is None
