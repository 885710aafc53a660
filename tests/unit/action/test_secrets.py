"""Our own environment at the start."""

from __future__ import annotations

import io

import pytest

from autoresearch_ci import config
from autoresearch_ci.action.inputs import given
from autoresearch_ci.action.secrets import needed, take_secrets
from autoresearch_ci.action.workflow_commands import WorkflowCommands
from tests.projects import SETTINGS, make_project

KEY = "sk-ant-api03-0123456789abcdefghij"


def test_what_is_taken():
    """Credentials, inputs and what is the runner's are gone from the environment; the rest stays."""
    variables = {
        "PATH": "/bin",
        "GITHUB_TOKEN": "ghs_0123456789abcdefghijklmnop",
        "INPUT_TARGET_FILE": "train.py",
        "ACTIONS_RUNTIME_URL": "https://example.org",
        "DB_PASSWORD": "abc",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraheader",
        "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic abcdef",
    }
    stream = io.StringIO()
    taken = take_secrets(variables, WorkflowCommands(stream))
    assert set(variables) == {"PATH", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"}
    assert taken["INPUT_TARGET_FILE"] == "train.py"
    assert stream.getvalue().splitlines() == [
        "::add-mask::ghs_0123456789abcdefghijklmnop",
        "::add-mask::AUTHORIZATION: basic abcdef",
    ]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"proposer": "search"}, set()),
        ({}, {"ANTHROPIC_API_KEY"}),
        ({"proposer": "openai"}, {"OPENAI_API_KEY"}),
        ({"proposer_command": "agent", "proposer_env": "AGENT_TOKEN, HOME"}, {"AGENT_TOKEN"}),
    ],
)
def test_what_comes_back(tmp_path, settings, names):
    """Only the key of who has the ideas comes back into our environment, and for search none."""
    repository = make_project(tmp_path / "p")
    lines = "".join(f"{name}: {value!r}\n" for name, value in {**SETTINGS, **settings}.items())
    (repository / ".github").mkdir()
    (repository / ".github" / "autoresearch.yml").write_text(lines)
    taken = {"OPENAI_API_KEY": "k", "AGENT_TOKEN": "t", "INPUT_ANTHROPIC_API_KEY": KEY}
    settings = config.load(repository, given(taken).overrides).settings
    assert set(needed(settings, given(taken), taken)) == names
