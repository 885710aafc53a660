from pathlib import Path

import jsonschema
import pytest
import yaml

from autoresearch_ci import config
from autoresearch_ci.config.settings import NAMES, Settings
from autoresearch_ci.core.errors import SettingsError

ROOT = Path(__file__).parents[3]
BASE = "target_file: a.py\nrun_command: make\nmetric_name: acc\nmetric_parse: cat acc\n"

GOOD = [
    "",
    "time_budget: 60",
    "time_budget: 0.5",
    "time_budget: 5m",
    "time_budget: '60'",
    "kill_after: 1h30m",
    "kill_after:",
    "kill_after: null",
    "metric_direction: higher_is_better",
    "readonly_files: a.py, b/*.csv",
    "readonly_files: [a.py, 'b,c.py']",
    "readonly_files: []",
    "readonly_files:",
    "env: [A=1, B]",
    "env: A",
    "tag: mar17",
    "tag: 17",
    "tag: 1e3",
    "tag: on",
    "setup_command: true",
    "guard_command:",
    "guard_command: ''",
    "guard_command: |\n  a\n  b\n",
    "min_delta: 0.1",
    "min_delta: 0",
    "min_delta: 0.5%",
    "min_delta: '1e-3'",
    "metric_min: -1\nmetric_max: 1.5",
    "metric_min: 1e-3",
    "metric_max:",
    "proposer: search",
    "proposer: auto",
    "model: gpt-6.1-terra",
    "base_url: http://localhost:11434/v1",
    "base_url: https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
    "base_url:",
    "max_output_tokens: 8000",
    "max_tokens: '500000'",
    "max_cost_usd: 2.5\nprice_in: 3\nprice_out: '15'",
    "price_in: 0\nprice_out: 1e-1",
    "proposer_command: claude -p --permission-mode acceptEdits",
    "proposer_env: [A_KEY, B=1]",
    "proposer_budget: 10m",
    "artifacts: [dist, 'made/*.json']",
    "artifacts:",
    "isolation: copy",
    "isolation: required",
    "image: ghcr.io/astral-sh/uv:python3.13-bookworm",
    "image:",
    "gpus: all",
    "gpus: 0",
    "gpus: [0, 1]",
    "gpus: GPU-8f7c2b0a-1d3e-4f5a-9b6c-7d8e9f0a1b2c",
    "network: none",
    "sandbox_read: [/mnt/data, ~/tools]",
    "sandbox_write: /mnt/scratch",
    "memory_limit: 4GB",
    "memory_limit: 512 MB",
    "memory_limit: 2097152",
    "max_experiments: 10",
    "max_experiments: '10'",
    "time_limit: 300m",
    "time_limit: 300 min",
    "time_limit:",
    "patience: 5",
    "target_value: 0.5",
    "target_value: -1e-3",
]
BAD = [
    "- tag: a",
    "hello",
    "nonsense: 1",
    "time-budget: 1",
    "time_budget: 0",
    "time_budget: -1",
    "time_budget: soon",
    "time_budget:",
    "time_budget: [1]",
    "time_budget: .nan",
    "time_budget: 99999999999",
    "kill_after: 5x",
    "metric_name: two words",
    "metric_name: ''",
    "metric_name:",
    "target_file:",
    "run_command: [a]",
    "run_command: {a: b}",
    "metric_direction: lower",
    "metric_direction:",
    "readonly_files: [[a]]",
    "env: [A:]",
    "min_delta: -1",
    "min_delta: -5%",
    "min_delta:",
    "metric_min: low",
    "proposer: claude",
    "proposer:",
    "model: [a]",
    "base_url: localhost:11434/v1",
    "base_url: https://user:password@example.com/v1",
    "base_url: https://a b",
    "base_url: 7",
    "max_output_tokens: 0",
    "max_tokens: many",
    "max_cost_usd: -1",
    "price_in: -0.1",
    "price_out: free",
    "isolation: docker",
    "network: off",
    "image: python 3",
    "memory_limit: 4",
    "memory_limit: 4XB",
    "max_experiments: 0",
    "max_experiments: 1.5",
    "max_experiments: ten",
    "time_limit: 300",
    "time_limit: '300'",
    "patience: true",
    "target_value: good",
    'tag: "a\\x07b"',
]


def accepted_by_schema(text):
    # A .nan has no place in JSON; an editor reads it as text.
    data = yaml.safe_load(text.replace(".nan", "'.nan'"))
    return jsonschema.Draft202012Validator(config.json_schema()).is_valid(data)


def accepted_by_load(root, text):
    (root / ".github").mkdir(exist_ok=True)
    given = yaml.safe_load(text)
    base = BASE if given is None or isinstance(given, dict) else ""
    lines = [line for line in base.splitlines() if line.split(":")[0] not in (given or {})]
    (root / ".github/autoresearch.yml").write_text("\n".join([*lines, text]))
    try:
        config.load(root)
    except SettingsError:
        return False
    return True


@pytest.mark.parametrize("text", GOOD)
def test_good_files(tmp_path, text):
    """What an editor accepts with the schema, the program accepts."""
    assert accepted_by_schema(text)
    assert accepted_by_load(tmp_path, text)


@pytest.mark.parametrize("text", BAD)
def test_bad_files(tmp_path, text):
    """What the program refuses in a single setting, an editor already marks."""
    assert not accepted_by_schema(text)
    assert not accepted_by_load(tmp_path, text)


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_good(tmp_path, name):
    """Every default and example that an editor offers is a value that loads."""
    offered = config.json_schema()["properties"][name]
    values = offered.get("examples", []) + [offered[key] for key in ["default"] if key in offered]
    prices = {"price_in": "1", "price_out": "2"} if name.startswith("max_cost_usd") else {}
    for value in values:
        assert accepted_by_load(tmp_path, yaml.safe_dump(prices | {name: value}))


def test_schema_is_a_schema():
    """The schema is valid, closed, and describes every setting."""
    schema = config.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert tuple(schema["properties"]) == NAMES
    assert all(each["description"] for each in schema["properties"].values())


def test_settings_page_has_the_table():
    """The settings page holds the generated table."""
    assert config.settings_table() in (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def test_recipes_for_agents():
    """Each recipe on the agents page is a command and variables that the settings take."""
    page = (ROOT / "docs/agents.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(each.split("```")[0]) for each in page.split("\n```yaml\n")[1:]]
    recipes = [block for block in blocks if "jobs" not in block]
    assert len(recipes) > 5
    for recipe in recipes:
        written = {k: v for k, v in recipe.items() if k != "proposer"}
        Settings(**yaml.safe_load(BASE), **written)
        assert written["proposer_command"]


def test_settings_page_examples(tmp_path):
    """The examples on the settings page load."""
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("\n```markdown\n")[1:]]
    assert blocks
    for block in blocks:
        (tmp_path / "CLAUDE.md").write_text(block, encoding="utf-8")
        assert config.load(tmp_path).project_type == "custom"
    files = [block.split("```")[0] for block in page.split("\n```yaml\n")[1:]]
    assert files
    for block in files:
        assert accepted_by_schema(block)
        assert accepted_by_load(tmp_path, block)


def test_table():
    """The table has one row for every setting, with its meaning and its default."""
    rows = config.settings_table().splitlines()
    assert len(rows) == len(NAMES) + 2
    assert "| `kill_after` |" in config.settings_table()
    assert rows[2].endswith("| detected |")
    assert all(row.count("|") - row.count("\\|") == 4 for row in rows)


def test_every_setting_has_a_meaning():
    """No setting is without a description."""
    assert all(field.description for field in Settings.model_fields.values())
