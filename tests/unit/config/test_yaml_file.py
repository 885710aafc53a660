import pytest

from autoresearch_ci.config import yaml_file
from autoresearch_ci.core.errors import SettingsError


def read(text):
    return {name: value for name, (value, _) in yaml_file.entries(text).items()}


@pytest.mark.parametrize(
    "written",
    [
        "mar17",
        "1e3",
        "on",
        "0o17",
        "017",
        "12:30",
        "2026-03-17",
        "yes",
        "0x1F",
        "1_000",
        ".5",
        "true",
    ],
)
def test_text_as_written(written):
    """A value is its text as the file has it, whatever YAML would make of it."""
    assert read(f"tag: {written} # a comment\n") == {"tag": written}


@pytest.mark.parametrize("written", ["", "~", "null", "Null", '""', "''", "# comment"])
def test_empty_is_none(written):
    """An empty value or null says explicitly none."""
    assert read(f"guard_command: {written}\n") == {"guard_command": None}


def test_quoted_null_is_text():
    """A quoted null is the word."""
    assert read("tag: 'null'") == {"tag": "null"}


@pytest.mark.parametrize(
    "text", ["readonly_files: [a.py, 'b, c.py', 5]", "readonly_files:\n- a.py\n- 'b, c.py'\n- 5"]
)
def test_list(text):
    """A setting with several values takes a YAML list, whose items may hold commas."""
    assert read(text) == {"readonly_files": ("a.py", "b, c.py", "5")}


def test_block():
    """A command may be a block of several lines."""
    assert read("run_command: |\n  a\n  b\n") == {"run_command": "a\nb\n"}


def test_anchor():
    """An alias stands for its value."""
    assert read("run_command: &x make\nguard_command: *x\n")["guard_command"] == "make"


@pytest.mark.parametrize("text", ["", "\n# only a comment\n", "---\n", "{}"])
def test_empty_file(text):
    """A file without settings sets nothing."""
    assert read(text) == {}


def test_lines():
    """Every value knows the line it stands on."""
    found = yaml_file.entries("# x\ntag: a\n\nenv:\n  - A\n")
    assert [str(origin) for _, origin in found.values()] == [
        ".github/autoresearch.yml:2",
        ".github/autoresearch.yml:4",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("tag: a\ntag: b", 2, "`tag` is already set at .github/autoresearch.yml:1", "Keep one"),
        ("tag: a\ntarget: b", 2, "unknown setting `target`", "`target_file`"),
        ("metric-name: b", 1, "unknown setting", "`metric_name`"),
        ("1: b", 1, "unknown setting", "target_file"),
        ("? [a]\n: b", 1, "a word", "setting: value"),
        ("<<: {tag: a}", 1, "unknown setting", "in no groups"),
        ("autoresearch:\n  time_budget: 5m", 1, "unknown setting", "in no groups"),
        ("metric:\n  name: score", 1, "unknown setting", "`metric_name: score`"),
        ("run_command: [python3, t.py]", 1, "not a list", "`run_command: python3 t.py`"),
        ("env:\n  A: 1\n  B: 2", 1, "not a mapping", "`env: [A=1, B=2]`"),
        ("constraints:\n  tests: '>= 3'", 1, "not a mapping", "`constraints: [tests >= 3]`"),
        ("time_budget:\t5m", 1, "not valid YAML", "spaces, not tabs"),
        ("- tag: a", 1, "not a mapping", "setting: value"),
        ("hello", 1, "not a mapping", "setting: value"),
        ("tag: [a]", 1, "takes one value, not a list", "`tag: value`"),
        ("tag:\n  a: b", 1, "takes one value, not a mapping", "`tag: value`"),
        ("env:\n- A\n- [B]", 3, "not a list", ""),
        ("env:\n- A\n-", 3, "empty item", "Remove"),
        ("tag: !!python/object:os.system x", 1, "YAML tag", "without a tag"),
        ("tag: !x y", 1, "YAML tag", "without a tag"),
        ("tag: !!binary eA==", 1, "YAML tag", "without a tag"),
        ("tag: a\n\tenv: b", 2, "valid YAML", "not tabs"),
        ("tag: [a", 1, "valid YAML", "quotes"),
        ("tag: a: b", 1, "valid YAML", "quotes"),
        ("guard_command: *x", 1, "valid YAML", "quotes"),
        ("tag: a\n---\ntag: b", 2, "valid YAML", ""),
        ("tag: a\nenv: \x07", 2, "does not allow", ""),
        ('tag: "\\UFFFFFFFF"', None, "cannot be parsed", ""),
        ("tag: " + "[" * 700, None, "cannot be parsed", ""),
    ],
)
def test_refused(text, line, message, remedy):
    """What cannot be a setting is an error with its line and what to write instead."""
    with pytest.raises(SettingsError) as caught:
        read(text)
    place = ".github/autoresearch.yml" + (f":{line}: " if line else ": ")
    assert caught.value.message.startswith(place)
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.remedy


def test_a_workflow_is_told_where_it_belongs():
    """A workflow in the place of the settings is no list of misspelt settings."""
    with pytest.raises(SettingsError) as caught:
        read("name: x\non: push\njobs: {}\n")
    assert "git mv .github/autoresearch.yml .github/workflows/" in caught.value.remedy


def test_a_comment_that_cuts_a_quoted_piece_is_said(project):
    """YAML ends a bare value at ` #` also within quotes; that is an error with the way to write it."""
    project.yaml("tag: a\nrun_command: python -c \"a = 'x # y'\"\n")
    with pytest.raises(SettingsError) as caught:
        project.load(**{k: v for k, v in project.BASE.items() if k != "run_command"})
    assert caught.value.message.startswith(".github/autoresearch.yml:2: run_command ends within")
    whole = caught.value.remedy.split("`")[1]
    project.yaml(whole + "\n")
    loaded = project.load(**{k: v for k, v in project.BASE.items() if k != "run_command"})
    assert loaded.settings.run_command == "python -c \"a = 'x # y'\""
    project.yaml("run_command: echo it # it's\n")
    assert project.load(target_file="a", metric_name="b", metric_parse="c")
