"""Help says what a verb takes, and the verb takes what its help says."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from autoresearch_ci.cli import confirm, main
from autoresearch_ci.cli.parser import Parser, add_globals
from autoresearch_ci.config.settings import NAMES, example


def flags(verb):
    parser = Parser(prog=verb)
    add_globals(parser)
    import_module(f"autoresearch_ci.cli.{verb}").add_arguments(parser)
    return parser, set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", parser.format_help()))


@pytest.mark.git
@pytest.mark.parametrize(
    "verb", ["run", "setup", "doctor", "calibrate", "confirm", "brief", "config", "explain", "init"]
)
def test_every_setting_of_the_help_is_accepted(verb, tmp_path, capsys):
    """What a verb's help names, the verb takes: in an empty folder none is a usage error."""
    _, shown = flags(verb)
    for name in NAMES:
        flag = f"--{name.replace('_', '-')}"
        if flag in shown:
            with pytest.raises(SystemExit) as ended:
                main(["--repo", str(tmp_path), verb, flag, example(name)])
            assert ended.value.code != 2, capsys.readouterr().err


def test_confirm_does_not_offer_what_it_refuses(capsys, tmp_path):
    """A setting that confirm rejects is not in its help, and is still explained."""
    _, shown = flags("confirm")
    for name in confirm._OF_A_SESSION:
        flag = f"--{name.replace('_', '-')}"
        assert flag not in shown
        with pytest.raises(SystemExit):
            main(["--repo", str(tmp_path), "confirm", f"{flag}=3"])
        assert "is for `run`" in capsys.readouterr().err


@pytest.mark.git
@pytest.mark.parametrize(("pairs", "accepted"), [("2", False), ("3", True), ("6", True)])
def test_confirm_takes_as_few_pairs_as_its_help_says(capsys, tmp_path, pairs, accepted):
    """Three pairs are enough to ask for, with a word on what they can show."""
    with pytest.raises(SystemExit) as ended:
        main(["--repo", str(tmp_path), "confirm", "--pairs", pairs])
    said = "".join(capsys.readouterr())
    assert (ended.value.code != 2) is accepted
    assert ("only if the metric repeats exactly" in said) is (pairs == "3")
