"""Inputs: one table, and everything that repeats it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from autoresearch_ci.action import inputs, outputs
from autoresearch_ci.action.inputs import INPUTS, KEY_INPUTS, MOST, OF_THE_WORKFLOW, given
from autoresearch_ci.config.settings import NAMES
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.executors.users import lease

HERE = Path(__file__).parents[3]
DOCKER = yaml.safe_load((HERE / "action.yml").read_text())
PROCESS = yaml.safe_load((HERE / "process" / "action.yml").read_text())


@pytest.mark.parametrize("action", [DOCKER, PROCESS], ids=["docker", "process"])
def test_both_forms_have_these_inputs_and_outputs(action):
    """The two forms of the Action take and give the same, in the words of the code."""
    assert action["inputs"] == {
        name: {"description": each.description, "required": False, "default": each.default}
        for name, each in INPUTS.items()
    }
    found = {name: each["description"] for name, each in action["outputs"].items()}
    assert found == outputs.OUTPUTS


def test_the_process_form_hands_everything_on():
    """A composite action hands nothing on by itself: each input and output has its line."""
    step = next(step for step in PROCESS["runs"]["steps"] if step.get("id") == "session")
    assert step["env"] == {f"INPUT_{n.upper()}": f"${{{{ inputs.{n} }}}}" for n in INPUTS}
    values = {name: each["value"] for name, each in PROCESS["outputs"].items()}
    assert values == {n: f"${{{{ steps.session.outputs.{n} }}}}" for n in outputs.OUTPUTS}


def test_nothing_of_the_event_is_in_a_script():
    """No `run:` holds an expression: what people write could become a command there."""
    assert all("${{" not in step["run"] for step in PROCESS["runs"]["steps"])


def test_the_documentation_has_the_same_tables():
    """docs/settings.md shows each input and each output as the code has it."""
    text = (HERE / "docs" / "settings.md").read_text()
    assert inputs.table() in text
    assert outputs.table() in text


def test_the_names():
    """Without the keys they are at most 25; settings of that name in snake case, or they say so."""
    assert len(INPUTS.keys() - KEY_INPUTS - OF_THE_WORKFLOW) <= MOST
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in INPUTS)
    assert all(name in NAMES for name, each in INPUTS.items() if each.setting)
    others = {"new_campaign", "dry_run", "lanes", "open_pr", "continue_mode"}
    others |= {*KEY_INPUTS, *OF_THE_WORKFLOW} - {"image", "network", "setup_command"}
    assert {name for name, each in INPUTS.items() if not each.setting} == others


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root gives runs a user")
def test_the_image_has_the_users():
    """The users that runs of copies are given first have a name in the image."""
    ids = re.search(r'USER_IDS="([0-9 ]+)"', (HERE / "Dockerfile").read_text())[1]
    with lease() as first, lease() as second:
        assert ids.split() == [str(first), str(second)]


def test_what_is_given():
    """Inputs that are not empty become settings, keys by their variable, and a truth."""
    found = given(
        {
            "INPUT_TARGET_FILE": " train.py ",
            "INPUT_PATIENCE": "",
            "INPUT_ANTHROPIC_API_KEY": "k",
            "INPUT_NEW_CAMPAIGN": "TRUE",
            "INPUT_OPEN_PR": "true",
            "INPUT_CONTINUE_MODE": "dispatch",
            "INPUT_GITHUB_TOKEN": "ghs_secret",
            "INPUT_ARGS": "x",
            "PATH": "/bin",
        }
    )
    assert found.overrides == {"target_file": "train.py"}
    assert found.keys == {"ANTHROPIC_API_KEY": "k"}
    assert found.new_campaign
    assert found.open_pr
    assert found.goes_on
    assert found.here
    assert not given({}).goes_on
    assert given({}).here
    assert not given({"INPUT_HOLD_SESSIONS": "false"}).here
    assert found.token == "ghs_secret"
    assert "ghs_secret" not in repr(found)


def test_a_misspelt_input():
    """An input that there is not is an error that lists those there are."""
    with pytest.raises(SettingsError, match="There is no input 'target'"):
        given({"INPUT_TARGET": "train.py"})


def test_a_truth_that_is_none():
    """A truth is true or false and nothing else."""
    for name, remedy in (
        ("new_campaign", "Write true or false."),
        ("open_pr", "Write true or false."),
        ("continue_mode", "Write dispatch or off."),
        ("hold_sessions", "Write true or false."),
    ):
        with pytest.raises(SettingsError, match=name) as error:
            given({f"INPUT_{name.upper()}": "maybe"})
        assert error.value.remedy == remedy
