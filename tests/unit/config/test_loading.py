import pytest
from pydantic import ValidationError

from autoresearch_ci import config
from autoresearch_ci.config.settings import NAMES, REQUIRED
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Direction, MinDelta
from autoresearch_ci.project_types import Detected


def test_agents_is_read_without_claude(project):
    """AGENTS.md's section is read where CLAUDE.md has none, and without a note."""
    (project.root / "CLAUDE.md").write_text("# Notes\n")
    project.give("AGENTS.md", project.BASE)
    loaded = project.load()
    assert str(loaded.origins["target_file"]) == "AGENTS.md:5"
    assert loaded.notes == ()


def test_two_sections(project):
    """With a section in both, CLAUDE.md's counts alone, and a difference is a note."""
    project.give("CLAUDE.md", project.BASE)
    project.give("AGENTS.md", project.BASE)
    assert project.load().notes == ()
    project.give("AGENTS.md", {**project.BASE, "tag": "other"})
    loaded = project.load()
    assert loaded.settings.tag is None
    assert "different sections" in loaded.notes[0]


def test_defaults(project):
    """What nobody sets has the documented default and says so."""
    loaded = project.load(**project.BASE)
    assert {name: value for name, value in loaded.settings if name not in REQUIRED} == {
        "metric_parse": "cat acc",
        "editable_files": (),
        "constraints": (),
        "measure_command": None,
        "holdout_command": None,
        "metric_direction": Direction.LOWER,
        "time_budget": 300,
        "kill_after": 600,
        "readonly_files": (),
        "tag": None,
        "setup_command": None,
        "guard_command": None,
        "guard_budget": 300,
        "artifacts": (),
        "isolation": "auto",
        "image": None,
        "gpus": (),
        "network": "host",
        "sandbox_read": (),
        "sandbox_write": (),
        "min_delta": MinDelta(),
        "max_repeats": 6,
        "parallel": 1,
        "metric_min": None,
        "metric_max": None,
        "proposer": "auto",
        "max_fixes": 1,
        "model": None,
        "base_url": None,
        "max_output_tokens": 16384,
        "max_tokens": None,
        "max_cost_usd": None,
        "max_cost_usd_per_day": None,
        "price_in": None,
        "price_out": None,
        "proposer_command": None,
        "proposer_env": (),
        "proposer_proxy": "auto",
        "proposer_budget": 600,
        "program_file": None,
        "goal": None,
        "evidence_command": None,
        "context_files": (),
        "brief_tokens": 24_000,
        "memory_limit": None,
        "env": (),
        "doctor": "auto",
        "max_experiments": None,
        "time_limit": None,
        "patience": None,
        "target_value": None,
    }
    assert {str(loaded.origins[n]) for n in NAMES if n not in project.BASE} == {"default"}
    assert {str(loaded.origins[n]) for n in REQUIRED} == {"command line"}


def test_frozen(project):
    """Loaded settings cannot be changed, nor given a name that does not exist."""
    loaded = project.load(**project.BASE)
    with pytest.raises(ValidationError):
        loaded.settings.tag = "x"
    with pytest.raises(ValidationError):
        config.Settings(**project.BASE, nonsense="x")


def test_kill_after_follows_the_budget(project):
    """Where nobody sets kill_after, it is twice the time budget, wherever that was set."""
    project.give("CLAUDE.md", {**project.BASE, "time_budget": "1m"})
    assert project.load().settings.kill_after == 120
    assert project.load(time_budget=10).settings.kill_after == 20
    assert project.load(kill_after="", time_budget=10).settings.kill_after == 20
    assert project.load(kill_after="5m").settings.kill_after == 300


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"kill_after": 10}, "kill_after (10 s) is less than time_budget (300 s)"),
        ({"metric_min": 2, "metric_max": 2}, "metric_min (2) is not less than metric_max (2)"),
        ({"max_cost_usd": 1}, "max_cost_usd is a limit in dollars and needs prices; not set: p"),
        (
            {"max_cost_usd_per_day": 1, "price_in": 1},
            "max_cost_usd_per_day is a limit in dollars and needs prices; not set: price_out.",
        ),
    ],
)
def test_at_odds(project, overrides, message):
    """Two settings that cannot both hold are refused, naming both and where they came from."""
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE, **overrides)
    assert caught.value.message.startswith(message)
    assert "from command line" in caught.value.detail
    assert caught.value.remedy


def test_bad_value_has_a_place(project):
    """A bad value is an error with file, line, setting and what to write."""
    project.give("CLAUDE.md", {**project.BASE, "time_limit": "300"})
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert caught.value.message.startswith("CLAUDE.md:9: time_limit: `300`")
    assert "300m" in caught.value.remedy


def test_flag_of_the_wrong_kind(project):
    """A list where one value belongs is refused like any other bad value."""
    with pytest.raises(SettingsError, match="command line: tag:"):
        project.load(**project.BASE, tag=["a"])


def test_unknown_flag(project):
    """A flag that is no setting is refused with the nearest one."""
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE, metric="x")
    assert caught.value.message == "command line: unknown setting `metric`."


@pytest.mark.parametrize("name", REQUIRED)
def test_one_missing(project, name):
    """A missing setting is named, with what was looked at and a section that can be pasted."""
    with pytest.raises(SettingsError) as caught:
        project.load(**{**project.BASE, name: None})
    error = caught.value
    assert error.message == f"{name} is not set, and not detected."
    for place in (".github/autoresearch.yml", "CLAUDE.md", "AGENTS.md", "project type"):
        assert place in error.detail
    assert "`autoresearch-ci init`" in error.remedy


def test_pasted_remedy_works(project):
    """The section that the error offers is itself a valid one."""
    with pytest.raises(SettingsError) as caught:
        project.load()
    section = caught.value.remedy.partition("\n\n")[2]
    (project.root / "CLAUDE.md").write_text(section)
    assert project.load().settings.metric_name == "val_bpb"


def test_examples_are_of_the_project(tmp_path):
    """Nobody with a program in C or a Go library is told of train.py, or of a binary."""
    (tmp_path / "sort.c").write_text("int main() {}\n")
    with pytest.raises(SettingsError) as caught:
        config.load(tmp_path)
    assert "- target_file: sort.c" in caught.value.remedy
    assert "train.py" not in caught.value.remedy
    (tmp_path / "go.mod").write_text("module a\n")
    (tmp_path / "lib.go").write_text("package a\n")
    with pytest.raises(SettingsError) as caught:
        config.load(tmp_path)
    assert "- target_file: lib.go" in caught.value.remedy
    assert "-bench" in caught.value.remedy
    (tmp_path / "CLAUDE.md").write_text(caught.value.remedy.partition("\n\n")[2])
    assert config.load(tmp_path).settings.metric_name == "ns_per_op"


def test_lookalike_heading_is_pointed_out(project):
    """Where settings are missing, a heading that was nearly the section's is pointed out."""
    (project.root / "CLAUDE.md").write_text("## autoresearch settings\n- tag: a\n")
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert "CLAUDE.md:1: the heading" in caught.value.detail


def test_detected(project, detected):
    """Without a word of configuration, the detected project's defaults hold."""
    detected(Detected("web", project.DETECTED, notes=("A note.",), deletable_without_guard=False))
    loaded = project.load()
    assert loaded.project_type == "web"
    assert str(loaded.origins["metric_parse"]) == "detected: web"
    assert loaded.notes[0] == "A note."


def test_real_detection(tmp_path):
    """train.py beside prepare.py needs no configuration."""
    (tmp_path / "train.py").write_text("LR = 1\n")
    (tmp_path / "prepare.py").write_text("\n")
    loaded = config.load(tmp_path)
    assert loaded.project_type == "ml"
    assert loaded.settings.target_file == "train.py"
    assert loaded.allow_deletions


def test_override_one_detected_setting(project, detected):
    """Configuring one setting of a detected project leaves the others detected."""
    detected(Detected("web", project.DETECTED))
    loaded = project.load(run_command="npm run build:prod", metric_direction="higher_is_better")
    assert loaded.settings.metric_parse == "du -k dist"
    assert loaded.settings.setup_command == "npm ci"
    assert loaded.settings.metric_direction is Direction.HIGHER


def test_other_metric_is_not_mixed(project, detected):
    """Nothing detected about one metric is used for another one."""
    detected(Detected("web", {**project.DETECTED, "metric_direction": "higher_is_better"}))
    assert project.load(metric_name="gzip_kb").settings.metric_parse is None
    loaded = project.load(metric_name="gzip_kb", metric_parse="cat size")
    assert loaded.settings.metric_direction is Direction.LOWER
    assert loaded.settings.setup_command == "npm ci"
    assert loaded.project_type == "web"
    assert project.load(metric_name="bundle_kb").settings.metric_parse == "du -k dist"


def test_measure_command_takes_the_place_of_metric_parse(project, detected):
    """One of the two is enough, and neither is needed: then the metric is read from the output."""
    base = {name: value for name, value in project.BASE.items() if name != "metric_parse"}
    loaded = project.load(**base, measure_command="python measure.py")
    assert loaded.settings.metric_parse is None
    assert loaded.settings.measure_command == "python measure.py"
    for none in ({}, {"metric_parse": ""}):
        settings = project.load(**base, **none).settings
        assert settings.metric_parse is settings.measure_command is None


def test_a_detected_metric_that_is_counted_needs_its_command(project, detected):
    """No run prints the size of a bundle: where detection found no way to count it, that is said."""
    half = {name: value for name, value in project.DETECTED.items() if name != "metric_parse"}
    detected(Detected("web", half, parse_counts_output=True))
    with pytest.raises(SettingsError, match="metric_parse is not set") as caught:
        project.load()
    assert "whose metric is bundle_kb" in caught.value.detail
    assert "measure_command" in caught.value.remedy


def test_custom_project_beside_another(project, detected):
    """Complete settings about a metric of their own take no set-up or guard from detection."""
    detected(Detected("web", {**project.DETECTED, "guard_command": "npm test"}))
    project.give("CLAUDE.md", project.BASE)
    loaded = project.load()
    assert loaded.project_type == "custom"
    assert loaded.settings.setup_command is None
    assert loaded.settings.guard_command is None
    assert "detected web project" in loaded.notes[0]
    same = project.load(metric_name="bundle_kb")
    assert same.settings.guard_command == "npm test"


@pytest.mark.parametrize(
    ("deletable", "overrides", "allowed"),
    [
        (False, {}, False),
        (False, {"guard_command": "npm test"}, True),
        (True, {}, True),
        (False, {"metric_name": "acc", "metric_parse": "cat acc"}, True),
    ],
)
def test_deletions(project, detected, deletable, overrides, allowed):
    """Where an empty file would win, search makes no deletions until there is a guard."""
    detected(Detected("web", project.DETECTED, deletable_without_guard=deletable))
    loaded = project.load(**overrides)
    assert loaded.allow_deletions is allowed
    assert any("deletes no code" in note for note in loaded.notes) is not allowed


def test_guard_turned_off(project, detected):
    """Turning a detected guard off turns deletions off with it, and the note says so."""
    found = {**project.DETECTED, "guard_command": "npm test"}
    detected(Detected("web", found, deletable_without_guard=False))
    assert project.load().allow_deletions
    project.give("CLAUDE.md", {"guard_command": ""})
    assert not project.load().allow_deletions


@pytest.mark.parametrize("name", ["CLAUDE.md", "AGENTS.md", ".github/autoresearch.yml"])
def test_unreadable_files(project, name):
    """A settings file that cannot be read as text is an error that names it, never a traceback."""
    path = project.root / name
    path.write_bytes(b"# fine\n\xff\xfe\n")
    with pytest.raises(SettingsError, match=f"{name}:2: the file is not UTF-8") as caught:
        project.load(**project.BASE)
    assert "UTF-8" in caught.value.remedy
    path.write_bytes(b"#" * (1024**2 + 1))
    with pytest.raises(SettingsError, match=f"{name} is larger than"):
        project.load(**project.BASE)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match=f"{name} is not a regular file"):
        project.load(**project.BASE)
    path.rmdir()
    path.symlink_to("nowhere")
    with pytest.raises(SettingsError, match=f"{name} is not a regular file"):
        project.load(**project.BASE)
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(SettingsError, match=name):
        project.load(**project.BASE)


def test_windows_files(project):
    """A byte order mark and carriage returns change nothing."""
    text = "\ufeff## autoresearch\r\n- tag: a\r\n\r\n- env: B\r\n"
    (project.root / "CLAUDE.md").write_bytes(text.encode())
    loaded = project.load(**project.BASE)
    assert (loaded.settings.tag, loaded.settings.env) == ("a", ("B",))
    assert str(loaded.origins["env"]) == "CLAUDE.md:4"


def test_misnamed_yaml(project):
    """A file that would silently not be read is an error with the command that renames it."""
    (project.root / ".github/autoresearch.yaml").write_text("tag: a\n")
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE)
    assert "git mv" in caught.value.remedy


def test_a_guard_of_the_users_own_silences_the_note_on_missing_tests(tmp_path):
    """Whether deletions are allowed is said once, and only while they are not."""
    (tmp_path / "pubspec.yaml").write_text("name: x\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "main.dart").write_text("void main() {}\n")

    def said(**flags):
        return [n for n in config.load(tmp_path, flags).notes if "deletes no code" in n]

    assert len(said()) == len(said(guard_command="")) == 1
    assert not said(guard_command="true")


@pytest.mark.parametrize("name", ["claude.md", "Agents.MD", ".claude/CLAUDE.md"])
def test_misnamed_documents(project, name):
    """A section that nobody reads is told, with the command that gives its file the name."""
    (project.root / ".claude").mkdir()
    project.give(name, project.BASE)
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert f"{name} has a section and is not read: `git mv {name}" in caught.value.detail


@pytest.mark.parametrize("name", ["README.md", "GEMINI.md", "CLAUDE.local.md"])
def test_sections_in_other_documents(project, name):
    """A section in a document that is not read is told where settings are missing."""
    project.give(name, project.BASE)
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert f"{name} has a section and is not read" in caught.value.detail


def test_settings_in_a_file_at_the_root(project):
    """The YAML file is looked for in one place, and one elsewhere is told how to come there."""
    (project.root / "autoresearch.yml").write_text("target_file: a.py\n")
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert "git mv autoresearch.yml .github/autoresearch.yml" in caught.value.detail


def test_a_smallest_change_has_no_unit(project):
    """It is in the metric's own; the message says what to write."""
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE, min_delta="5 ms")
    assert "Write 5: it is in the metric's own unit" in caught.value.remedy
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE, min_delta="1 percent")
    assert caught.value.remedy == "Write 1%."


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("isolation", "docker", "container"),
        ("isolation", "Container", "container"),
        ("proposer", "claude", "anthropic"),
        ("proposer", "gpt", "openai"),
    ],
)
def test_the_word_that_was_meant(project, name, written, meant):
    """A choice by a name that people know it by is told the setting's own word."""
    with pytest.raises(SettingsError) as caught:
        project.load(**project.BASE, **{name: written})
    assert caught.value.remedy == f"Did you mean `{meant}`?"
