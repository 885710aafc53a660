import itertools

import pytest

from autoresearch_ci import config
from autoresearch_ci.config.settings import NAMES, takes_none
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Constraint, Direction, MinDelta
from autoresearch_ci.project_types import Detected

# Per setting: three ways to write it, and what they come to.
WRITTEN = {
    "target_file": [("a.py", "a.py"), ("b/c.py", "b/c.py"), ("d.py", "d.py")],
    "editable_files": [("a, b/*", ("a", "b/*")), ("c", ("c",)), ("d", ("d",))],
    "run_command": [("make", "make"), ("echo '#' `id`", "echo '#' `id`"), ("c: d", "c: d")],
    "metric_name": [("acc", "acc"), ("f1", "f1"), ("loss", "loss")],
    "metric_parse": [("cat a", "cat a"), ("tail -1 run.log | cut -f2", None), ("c", "c")],
    "metric_direction": [
        ("higher_is_better", Direction.HIGHER),
        ("lower_is_better", Direction.LOWER),
        ("higher_is_better", Direction.HIGHER),
    ],
    "time_budget": [("60", 60), ("2m", 120), ("0.5", 0.5)],
    "kill_after": [("10m", 600), ("301", 301), ("1h", 3600)],
    "readonly_files": [("a, b/*", ("a", "b/*")), ("c", ("c",)), ("d", ("d",))],
    "tag": [("mar17", "mar17"), ("1e3", "1e3"), ("on", "on")],
    "setup_command": [("npm ci", "npm ci"), ("make deps", "make deps"), ("true", "true")],
    "guard_command": [("npm test", "npm test"), ("make check", "make check"), ("true", "true")],
    "guard_budget": [("60", 60), ("5m", 300), ("1h", 3600)],
    "artifacts": [("dist, a/*.json", ("dist", "a/*.json")), ("b", ("b",)), ("c/", ("c/",))],
    "isolation": [("copy", "copy"), ("required", "required"), ("container", "container")],
    "image": [("python:3.13", "python:3.13"), ("a.b/c/d@sha256:0", "a.b/c/d@sha256:0"), ("e", "e")],
    "gpus": [("all", ("all",)), ("0, 1", ("0", "1")), ("MIG-4d4f", ("MIG-4d4f",))],
    "network": [("none", "none"), ("host", "host"), ("none", "none")],
    "sandbox_read": [("/mnt/a, /b", ("/mnt/a", "/b")), ("/c", ("/c",)), ("/d e", ("/d e",))],
    "sandbox_write": [("/mnt/a, /b", ("/mnt/a", "/b")), ("/c", ("/c",)), ("/d e", ("/d e",))],
    "measure_command": [("./measure", "./measure"), ("a | b", "a | b"), ("wc -c a", "wc -c a")],
    "holdout_command": [("./hold", "./hold"), ("a | b", "a | b"), ("wc -c b", "wc -c b")],
    "evidence_command": [("prof a", "prof a"), ("prof b", "prof b")],
    "constraints": [
        ("tests >= 18329", (Constraint("tests", at_least=True, amount=18329),)),
        ("p99_ms <= +5%", None),
        (
            "a >= 1, b <= 2",
            (Constraint("a", at_least=True, amount=1), Constraint("b", at_least=False, amount=2)),
        ),
    ],
    "min_delta": [("0.1", MinDelta(0.1)), ("5%", MinDelta(0.05, relative=True)), ("1e-3", None)],
    "max_repeats": [("3", 3), ("1", 1), ("10", 10)],
    "metric_min": [("0", 0), ("-1e3", -1000), (".5", 0.5)],
    "metric_max": [("100", 100), ("1e3", 1000), ("7", 7)],
    "proposer": [("search", "search"), ("auto", "auto"), ("openai", "openai")],
    "max_fixes": [("2", 2), ("0", 0), ("1", 1)],
    "goal": [("be quick", "be quick"), ("be small", "be small")],
    "program_file": [("a.md", "a.md"), ("b/c.md", "b/c.md"), ("d.md", "d.md")],
    "context_files": [("a, b/*", ("a", "b/*")), ("c", ("c",)), ("d", ("d",))],
    "brief_tokens": [("8000", 8000), ("1", 1), ("24000", 24000)],
    "model": [("claude-sonnet-5-5", "claude-sonnet-5-5"), ("a/b:c", "a/b:c"), ("m 1", "m 1")],
    "base_url": [
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("https://api.example.com", "https://api.example.com"),
        ("https://a.b/c?d=e", "https://a.b/c?d=e"),
    ],
    "max_output_tokens": [("8000", 8000), ("1", 1), ("16384", 16384)],
    "max_tokens": [("500000", 500000), ("1", 1), ("20", 20)],
    "max_cost_usd": [("2.50", 2.5), ("0", 0), ("1e-3", 0.001)],
    "max_cost_usd_per_day": [("10", 10), ("0.5", 0.5), ("0", 0)],
    "price_in": [("3", 3), ("0", 0), (".25", 0.25)],
    "price_out": [("15", 15), ("0", 0), ("1e1", 10)],
    "proposer_command": [("agent", "agent"), ("a -p < b", "a -p < b"), ("true", "true")],
    "proposer_env": [("A_KEY, B=x", ("A_KEY", "B=x")), ("C", ("C",)), ("D=1", ("D=1",))],
    "proposer_proxy": [("off", "off"), ("auto", "auto"), ("off", "off")],
    "proposer_budget": [("60", 60), ("5m", 300), ("1h", 3600)],
    "memory_limit": [("4GB", 4 * 1024**3), ("512 MB", 512 * 1024**2), ("2097152", 2097152)],
    "env": [("A, B=x", ("A", "B=x")), ("C", ("C",)), ("D=1", ("D=1",))],
    "doctor": [("off", "off"), ("require", "require"), ("report", "report")],
    "parallel": [("4", 4), ("auto", "auto"), ("16", 16)],
    "max_experiments": [("10", 10), ("1", 1), ("100", 100)],
    "time_limit": [("300m", 18000), ("5s", 5), ("1h", 3600)],
    "patience": [("10", 10), ("1", 1), ("100", 100)],
    "target_value": [("0.9", 0.9), ("-1", -1), ("1e2", 100)],
}
# What a setting cannot be without.
NEEDED = {
    name: {"price_in": "1", "price_out": "2"} for name in ("max_cost_usd", "max_cost_usd_per_day")
}
SOURCES = ("command line", ".github/autoresearch.yml", "CLAUDE.md", "AGENTS.md", "detected: web")


def test_every_setting_is_tested():
    """The table of this test knows every setting there is."""
    assert tuple(WRITTEN) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_precedence(project, name):
    """Of any two sources that give a setting, the stronger one wins and is named as its origin."""
    strong, weak = WRITTEN[name][:2]
    base = {**project.BASE, **NEEDED.get(name, {})}
    others = {key: value for key, value in base.items() if key != name}
    for high, low in itertools.combinations(SOURCES, 2):
        if {high, low} == {"CLAUDE.md", "AGENTS.md"}:
            continue  # the second is not read where the first has a section
        for path in project.root.rglob("*.*"):
            if path.is_file():
                path.unlink()
        project.detect(None)
        flags = project.give(low, {name: weak[0]}) | project.give(high, {name: strong[0]})
        loaded = project.load(**{**others, **flags})
        assert getattr(loaded.settings, name) == strong[1], (high, low)
        assert loaded.origins[name].source == high


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", NAMES)
def test_every_setting_from_every_source(project, name, source):
    """A setting means the same whichever source it is written in."""
    for written, meant in WRITTEN[name]:
        flags = project.give(source, {**project.BASE, **NEEDED.get(name, {}), name: written})
        loaded = project.load(**flags)
        if meant is not None:
            assert getattr(loaded.settings, name) == meant
        assert loaded.origins[name].source == source
        assert (loaded.origins[name].line is not None) == ("." in source)


@pytest.mark.parametrize("source", SOURCES[:4])
@pytest.mark.parametrize("name", NAMES)
def test_empty(project, detected, name, source):
    """An empty value turns an optional setting off, over detection, and is an error elsewhere."""
    detected(Detected("web", {**project.DETECTED, name: WRITTEN[name][0][0]}))
    rest = {"guard_budget": "60"} if name != "guard_budget" else {}
    rest |= {"measure_command": "./measure"} if name == "metric_parse" else {}  # one of the two
    flags = project.give(source, {name: "", **rest})
    if takes_none(name):
        loaded = project.load(**flags)
        bare = config.Settings(
            **{**project.BASE, **rest, "metric_parse": None, "measure_command": "m"}
        )
        expected = 600 if name == "kill_after" else getattr(bare, name)
        expected = None if name == "measure_command" else expected
        assert getattr(loaded.settings, name) == expected
        assert loaded.origins[name].source == source
    else:
        with pytest.raises(SettingsError, match=f"{name} has no value"):
            project.load(**flags)
