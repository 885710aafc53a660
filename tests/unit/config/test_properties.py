import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci import config
from autoresearch_ci.config.settings import NAMES, REQUIRED
from autoresearch_ci.core.errors import SettingsError

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(
    str.strip
)


@settings(max_examples=60)
@given(
    run=TEXT,
    parse=TEXT,
    guard=TEXT,
    target=TEXT,
    name=TEXT.map(lambda text: "".join(text.split())).filter(bool),
    tag=TEXT,
)
def test_section_round_trip(run, parse, guard, target, name, tag):
    """What init writes into a section loads as the settings it was written from."""
    values = {
        "target_file": target,
        "run_command": run,
        "metric_name": name,
        "metric_parse": parse,
        "guard_command": guard,
        "tag": tag,
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        from_flags = config.load(root, values).settings
        (root / "CLAUDE.md").write_text(f"# Notes\n\n{config.section(values)}", encoding="utf-8")
        loaded = config.load(root)
    assert loaded.settings == from_flags
    assert {loaded.origins[name].source for name in values} == {"CLAUDE.md"}


TOKENS = """1 ` # nan [ { ' " , &a *a !!x lower_is_better 5m - \\ % null <!-- ``` :"""
GARBAGE = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(
            [
                "## autoresearch\n",
                *(f"- {name}: " for name in NAMES),
                *(f"{name}: " for name in NAMES),
                *TOKENS.split(),
                *("\n", "|\n", "\t", " ", "  "),
            ]
        )
    ).map(lambda parts: "".join(parts).encode()),
)


@pytest.mark.long
@settings(max_examples=200)
@given(claude=GARBAGE, agents=GARBAGE, yml=GARBAGE)
def test_garbage(claude, agents, yml):
    """Whatever the files hold, loading gives settings or an error that says what to do next."""
    values = dict.fromkeys(REQUIRED, "x")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".github").mkdir()
        (root / "CLAUDE.md").write_bytes(claude)
        (root / "AGENTS.md").write_bytes(agents)
        (root / ".github/autoresearch.yml").write_bytes(yml)
        try:
            loaded = config.load(root, values)
        except SettingsError as error:
            outcome = (error.message, error.remedy)
        else:
            outcome = (loaded.settings.target_file, "x")
    assert all(outcome)
