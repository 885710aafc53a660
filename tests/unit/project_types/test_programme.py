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
    """Then no file is taken for the target: those that could be are there to choose from."""
    text = MARKDOWN.replace("- `src/parser.rs` — the hot loop\n", "").split("- `src/tree/`:")[0]
    root = project(text + "- `tests/*.{rs,ts}`\n\n## Off Limits\n")
    found = programme(root)
    assert "target_file" not in found.settings
    assert found.scope == ("src/lexer/a.rs", "tests/all.rs")
    assert found.settings["editable_files"] == "src/lexer/**, tests/*.rs"
    chosen = programme(root, target="tests/all.rs")
    assert chosen.scope == ()
    assert chosen.settings["target_file"] == "tests/all.rs"


def test_a_target_that_somebody_says(project):
    """It is the target, and all else that is in scope may change with it."""
    settings = programme(project(), target="src/tree/node.rs").settings
    assert settings["target_file"] == "src/tree/node.rs"
    assert settings["editable_files"] == "src/parser.rs, src/lexer/**, src/tree/walk*.rs"


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ("- `tests >= 18,329`", "tests >= 18329"),
        ("- **peak_kb** ≤ 900.5, always", "peak_kb <= 900.5"),
        ("- `tests` <= +5% and `peak_kb >= -0.5%`", "tests <= +5%, peak_kb >= -0.5%"),
        ("- `tests >= 90%` of what there is", ""),  # of another number than the baseline's
        ("- `peak_kb <= 1.5x`\n- `peak_kb <= 4 MB`", ""),  # in another unit, perhaps
        ("- `others >= 3` and `total_µs <= 12`", ""),  # nothing prints it; the metric itself
    ],
)
def test_constraints_that_are_numbers(project, words, bounds):
    """A bound on a number that is named is a setting; the rest stays in words, and is said."""
    text = MARKDOWN.replace("- **All tests** must pass (`cargo test`)", words)
    found = programme(project(text))
    assert found.settings.get("constraints", "") == bounds
    assert ("nobody checks" in " ".join(found.remarks)) or bounds
    assert words.split()[1].strip("`*") in " ".join(found.remarks) or bounds


def test_in_scope_and_off_limits(project):
    """What stands in both lists is editable, and that is said."""
    limits = "- `src/lexer/`, `autoresearch.checks.sh` and"
    found = programme(project(MARKDOWN.replace("- `tests/` and", limits)))
    assert found.settings["readonly_files"].count("checks.sh") == 1
    assert "src/lexer/**" in found.settings["editable_files"]
    assert any("src/lexer/** is in scope and off limits" in each for each in found.remarks)


def test_headings_within_a_section(project):
    """They belong to it, as what comes below them does; the programme's own files never change."""
    text = MARKDOWN.replace("- `src/parser.rs`", "\n### The core\n- `src/parser.rs`")
    text = text.replace("- `src/tree/`:", "### The rest\n- `autoresearch.sh`\n- `src/tree/`:")
    assert programme(project(text)).settings == programme(project()).settings


def test_a_script_without_words(tmp_path):
    """Then the command and its metric are known, and the rest is to be filled in."""
    (tmp_path / "autoresearch.sh").write_text('echo "METRIC rate=12"\n')
    found = programme(tmp_path)
    assert found.file == "autoresearch.sh"
    assert found.settings["run_command"] == "bash autoresearch.sh"
    assert found.settings["metric_name"] == "rate"
    assert "program_file" not in found.settings


def test_a_script_that_names_files(tmp_path):
    """They are there to choose the target from, and the one that prints has the metric's name."""
    for name in ("src/linal.c", "tests/bench_norm.c", "src/other.c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("int x;\n")
    (tmp_path / "tests/bench_norm.c").write_text('printf("METRIC norm_us=%.1f\\n", t);\n')
    build = "gcc -I include -o /tmp/b tests/bench_norm.c ./src/linal.c -lm && /tmp/b\n"
    (tmp_path / "autoresearch.sh").write_text(build)
    found = programme(tmp_path)
    assert found.settings["metric_name"] == "norm_us"
    assert found.scope == ("src/linal.c", "tests/bench_norm.c")
    assert "target_file" not in found.settings


def test_a_configuration_beside_patterns(project):
    """A file that tools read is not taken for the target where sources are in scope by patterns."""
    text = MARKDOWN.replace("- `src/parser.rs` — the hot loop", "- `vitest.config.ts`")
    text = text.replace("  - `node.rs` — below it\n", "")
    root = project(text)
    (root / "vitest.config.ts").write_text("export default {}\n")
    found = programme(root)
    assert "target_file" not in found.settings
    assert "vitest.config.ts" in found.settings["editable_files"]
    assert "src/lexer/a.rs" in found.scope


@pytest.mark.parametrize(
    "name", ["bun.lock", "pnpm-lock.yaml", "Cargo.lock", "go.sum", ".gitignore"]
)
def test_a_lock_file_is_no_target(project, name):
    """What tools write, or git reads, may change with the rest, and is never what is improved."""
    text = MARKDOWN.replace("- `src/parser.rs` — the hot loop", f"- `{name}`")
    root = project(text.replace("  - `node.rs` — below it\n", ""))
    (root / name).write_text("x\n")
    found = programme(root)
    assert found.settings.get("target_file", "") != name
    assert name in found.settings["editable_files"]


def test_the_document_with_the_settings_is_not_editable(project):
    """Whoever could change the section could change what is measured; a remark says so."""
    text = MARKDOWN.replace("- `src/parser.rs` — the hot loop", "- `src/parser.rs`, `CLAUDE.md`")
    root = project(text)
    (root / "CLAUDE.md").write_text("x\n")
    found = programme(root)
    assert "CLAUDE.md" not in found.settings["editable_files"]
    assert any("CLAUDE.md is in scope, and settings stand in it" in each for each in found.remarks)


def test_words_with_patterns_are_shown_whole(project):
    """Emphasis goes, and the stars of a path stay."""
    words = "- **All** of `src/**/*.{ts,tsx}` must *pass*"
    found = programme(project(MARKDOWN.replace("- **All tests** must pass (`cargo test`)", words)))
    assert "All of src/**/*.{ts,tsx} must pass" in " ".join(found.remarks)


def test_names_that_are_put_together(project):
    """A script that builds the names of what it prints is not said to print another one."""
    root = project()
    (root / "autoresearch.sh").write_text('print(f"METRIC {name}={value}")\n')
    assert not any("prints METRIC" in each for each in programme(root).remarks)


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
