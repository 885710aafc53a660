"""`init` writes the section, and nothing but the section."""

from __future__ import annotations

import sys

import pytest

from autoresearch_ci.config import load
from autoresearch_ci.core.errors import SettingsError
from tests.projects import git

OWN = (
    "--target-file", "solve.py", "--run-command", "python solve.py | tee out",
    "--metric-name", "score", "--metric-parse", "tail -1 run.log",
)  # fmt: skip


@pytest.fixture
def ml(tmp_path):
    for name in ("train.py", "prepare.py"):
        (tmp_path / name).write_text("print('val_bpb: 1')\n")
    return tmp_path


def test_a_known_project_gets_its_section(ml, init):
    """The detected settings are written, load, and the user is told what to do next."""
    before = load(ml).settings
    said = init()
    assert "for this ml project" in said
    assert "autoresearch-ci run" in said
    loaded = load(ml)
    assert loaded.settings == before
    assert str(loaded.origins["target_file"]).startswith("CLAUDE.md")


@pytest.mark.git
def test_a_section_that_no_clone_has(ml, init):
    """Where git ignores the file, that is said with what to do."""
    git(ml, "init", "--quiet")
    who = ("-c", "user.name=u", "-c", "user.email=u@example.com")
    git(ml, *who, "commit", "--quiet", "--allow-empty", "--message", "empty")
    (ml / ".gitignore").write_text("CLAUDE.md\n")
    assert "Git ignores CLAUDE.md" in init()
    assert "Git ignores" not in init("--force", "--quiet")


def test_dry_run_writes_nothing(ml, init):
    """The section is printed, and no file appears."""
    assert init("--dry-run").startswith("## autoresearch\n")
    assert not (ml / "CLAUDE.md").exists()


def test_flags_go_into_the_section(tmp_path, init):
    """A project of no known type is described by flags."""
    init(*OWN, "--max-experiments", "5")
    assert load(tmp_path).settings.run_command == "python solve.py | tee out"
    assert load(tmp_path).settings.max_experiments == 5


def test_an_unknown_project_gets_a_template(tmp_path, init):
    """What has to be filled in says TODO, what is known is there, and the next step is said."""
    said = init("--metric-name", "points")
    text = (tmp_path / "CLAUDE.md").read_text()
    assert "- metric_name: points\n" in text
    assert "- target_file: path/to/file  # TODO the single file to modify" in text
    assert "autoresearch-ci config" in said
    assert load(tmp_path).settings.target_file == "path/to/file"


@pytest.mark.parametrize("name", ["CLAUDE.md", "AGENTS.md"])
def test_it_goes_to_the_file_that_is_there(ml, init, name):
    """The section is appended to CLAUDE.md, or to AGENTS.md where that is what there is."""
    (ml / name).write_text("# Mine\n\nkeep me")
    init()
    text = (ml / name).read_text()
    assert text.startswith("# Mine\n\nkeep me\n\n## autoresearch\n")
    assert len(list(ml.glob("*.md"))) == 1


def test_line_ends_and_byte_order_mark_stay(ml, init):
    """A file from Windows stays one."""
    (ml / "CLAUDE.md").write_bytes("\ufeff# Mine\r\n".encode())
    init()
    data = (ml / "CLAUDE.md").read_bytes()
    assert data.startswith("\ufeff# Mine\r\n\r\n## autoresearch\r\n".encode())
    assert data.count(b"\n") == data.count(b"\r\n")
    init("--force")
    assert (ml / "CLAUDE.md").read_bytes() == data


def test_force_keeps_what_was_set(ml, init):
    """Writing the section anew adds to it: no setting that is in it is lost."""
    (ml / "CLAUDE.md").write_text("## autoresearch\n- time_budget: 4  # s\n- guard_command:\n")
    dry = init("--dry-run", "--patience", "9")
    init("--force", "--patience", "9")
    assert (ml / "CLAUDE.md").read_text() == dry
    loaded = load(ml)
    assert (loaded.settings.time_budget, loaded.settings.patience) == (4, 9)
    assert str(loaded.origins["guard_command"]).startswith("CLAUDE.md")


def test_examples_that_were_never_filled_in_still_say_todo(tmp_path, init):
    """A template can be filled in a bit at a time, also with --force."""
    init()
    assert "run_command" in init("--force", "--target-file", "solve.py")
    text = (tmp_path / "CLAUDE.md").read_text()
    assert "- target_file: solve.py\n" in text
    assert text.count("# TODO") == text.count("\n- ") - 1


def test_half_of_a_project_is_said_to_be_half(tmp_path, init):
    """A project of a known type without a build is not called unknown."""
    (tmp_path / "package.json").write_text('{"main": "index.js"}')
    (tmp_path / "index.js").write_text("let a = 1;\n")
    said = init()
    assert "Not all of this web project was found" in said
    assert "# TODO" in said


def test_a_second_section_is_refused(ml, init):
    """What is there is not touched, and the user is told how to change it."""
    init()
    before = (ml / "CLAUDE.md").read_bytes()
    assert "--force" in init("--max-experiments", "3", code=1)
    assert (ml / "CLAUDE.md").read_bytes() == before


def test_a_section_in_the_other_file_is_a_section_too(ml, init):
    """With the section in AGENTS.md, none is added to CLAUDE.md."""
    (ml / "AGENTS.md").write_text("## autoresearch\n\n- patience: 3\n")
    (ml / "CLAUDE.md").write_text("# Mine\n")
    assert "AGENTS.md has an autoresearch section already" in init(code=1)


@pytest.mark.parametrize(
    "heading", ["## autoresearch", "### Autoresearch 설정", "## autoresearch ##"]
)
@pytest.mark.parametrize("after", ["", "## Next\n\nkeep me too\n", "\n\n# Top\n"])
@pytest.mark.parametrize("body", ["\n- patience: 3\n\n", "", "- tag: x\n- nonsense\n"])
def test_force_replaces_only_the_section(ml, init, heading, after, body):
    """Before and after it every line stays."""
    path = ml / "CLAUDE.md"
    path.write_text(f"# Mine\n\nkeep me\n\n{heading}\n{body}{after}")
    init("--force", "--patience", "9")
    text = path.read_text()
    assert text.startswith("# Mine\n\nkeep me\n\n## autoresearch\n\n- target_file: train.py\n")
    assert text.endswith(after.lstrip("\n"))
    assert text.count("patience") == 1
    assert load(ml).settings.patience == 9


@pytest.mark.parametrize(
    "words", [("--max-experiments", "many"), ("--run-command", "one\ntwo"), ("--tag", "")]
)
def test_what_does_not_load_is_not_left_behind(ml, init, words):
    """A bad value is an error, and the file is as it was."""
    (ml / "CLAUDE.md").write_text("# Mine\n")
    if words[1]:
        init(*words, code=1)
        assert (ml / "CLAUDE.md").read_text() == "# Mine\n"
    else:
        init(*words)


def test_a_file_that_is_not_text_is_not_touched(ml, init):
    """Bytes that are no UTF-8 are refused with the remedy."""
    (ml / "CLAUDE.md").write_bytes(b"\xff\xfe\x00bad")
    assert "Save CLAUDE.md as UTF-8" in init(code=1)
    assert (ml / "CLAUDE.md").read_bytes() == b"\xff\xfe\x00bad"


WEB = '{"name": "x", "scripts": {"build": "vite build"}}'


@pytest.fixture
def monorepo(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "package.json").write_text('{"workspaces": ["packages/*"]}')
    for name in ("core", "web"):
        folder = tmp_path / "packages" / name / "src"
        folder.mkdir(parents=True)
        (folder.parent / "package.json").write_text(WEB)
        (folder / "index.js").write_text(f"let {name} = 1;\n" * 99)
    return tmp_path


def test_the_current_folder_decides(monorepo, init):
    """In a package of a monorepo its section is written, which then counts everywhere."""
    init("--repo", str(monorepo / "packages/web"))
    text = (monorepo / "CLAUDE.md").read_text()
    assert "- target_file: packages/web/src/index.js\n" in text
    assert "- run_command: `cd packages/web && npm run build`\n" in text
    assert load(monorepo).settings.target_file == "packages/web/src/index.js"
    said = init("--repo", str(monorepo / "packages/core"), "--force", code=1)
    assert "Remove that section from CLAUDE.md" in said
    assert (monorepo / "CLAUDE.md").read_text() == text


def test_the_root_of_a_monorepo_asks_to_go_into_a_member(monorepo, init):
    """Nothing is written there; the members are named with the command."""
    said = init(code=1)
    assert "packages/core, packages/web" in said
    assert "`cd packages/core && autoresearch-ci init`" in said
    assert not (monorepo / "CLAUDE.md").exists()


@pytest.mark.parametrize("manifest", ["pom.xml", "pubspec.yaml", "Cargo.toml", "go.mod"])
def test_a_project_one_folder_down_is_named(tmp_path, init, manifest):
    """What was found and where to go is said, instead of placeholders."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / manifest).write_text("x")
    said = init(code=1)
    assert f"app/{manifest}" in said
    assert "`cd app && autoresearch-ci init`" in said
    init("--target-file", "solve.py")
    assert load(tmp_path).settings.target_file == "solve.py"


def test_a_training_script_alone_is_filled_in(tmp_path, init):
    """What is known of train.py is written, and only the rest says TODO."""
    (tmp_path / "train.py").write_text("print('hi')\n")
    init()
    text = (tmp_path / "CLAUDE.md").read_text()
    assert "- target_file: train.py\n" in text
    assert "- metric_name: score  # TODO" in text


def test_a_command_without_its_parse_is_not_written(tmp_path, init):
    """A section never joins one's own command with the detected count of another's output."""
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "a"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/main.rs").write_text("fn main() {}\n")
    assert "Write metric_parse beside run_command" in init("--run-command", "make", code=1)
    assert not (tmp_path / "CLAUDE.md").exists()
    init("--run-command", "make", "--metric-parse", "wc -c < a")
    assert load(tmp_path).settings.run_command == "make"


def test_an_unrelated_section_is_left_alone(ml, init):
    """A section of the same name about something else stays, and ours is added."""
    prose = "## Autoresearch\n\n- Note: see docs\n"
    (ml / "CLAUDE.md").write_text(prose)
    init("--force")
    assert (ml / "CLAUDE.md").read_text().startswith(prose + "\n## autoresearch\n")
    assert str(load(ml).origins["target_file"]).startswith("CLAUDE.md")


def test_other_targets_are_offered(tmp_path, init):
    """After writing, the files that could be the target as well are named."""
    (tmp_path / "package.json").write_text('{"scripts": {"build": "x"}, "main": "src/index.js"}')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/index.js").write_text("let a = 1;\n")
    (tmp_path / "src/b.js").write_text("let b = 1;\n")
    assert "Other targets: src/b.js; choose one with --target-file" in init()


PROGRAMME = """\
# Autoresearch: sort faster

## Metrics
- **Primary**: `sort_ms` (ms, lower is better)

## How to Run
`./autoresearch.sh`

## Files in Scope
- `sort.py` — the algorithm
- `lib/merge.py`

## Off Limits
- `data.txt`

## Constraints
- Results stay the same
"""


def test_a_programme_of_another_tool(tmp_path, init):
    """pi-autoresearch's layout becomes a section, from its words; what nobody checks is named."""
    (tmp_path / "lib").mkdir()
    for name in ("sort.py", "lib/merge.py", "data.txt"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "autoresearch.md").write_text(PROGRAMME)
    (tmp_path / "autoresearch.sh").write_text('echo "METRIC sort_ms=4.2"\n')
    (tmp_path / "package.json").write_text("{}")
    said = init()
    assert "From autoresearch.md" in said
    assert "nobody checks: Results stay the same" in said
    settings = load(tmp_path).settings
    assert (settings.target_file, settings.metric_name) == ("sort.py", "sort_ms")
    assert settings.editable_files == ("lib/merge.py",)
    assert settings.run_command == "bash autoresearch.sh"
    assert settings.readonly_files == ("autoresearch.sh", "data.txt")
    assert settings.program_file == "autoresearch.md"
    assert "says just" in init("--force") or "Written" in init("--force")
    assert load(tmp_path).settings == settings


def test_a_programme_without_a_single_file(tmp_path, init, monkeypatch):
    """The section says what is known, and one question is left: which file; a terminal asks it."""
    (tmp_path / "lib").mkdir()
    for name in ("lib/merge.py", "lib/heap.py", "other/package.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n" * len(name))
    text = PROGRAMME.replace("- `sort.py` — the algorithm\n- `lib/merge.py`", "- `lib/*.py`")
    (tmp_path / "autoresearch.md").write_text(text)
    (tmp_path / "autoresearch.sh").write_text('echo "METRIC sort_ms=4.2"\n')
    said = init()
    assert "autoresearch.md does not state everything: fill in what says TODO" in said
    assert "In it are: lib/merge.py, lib/heap.py." in said
    init("--force", "--target-file", "lib/heap.py")
    settings = load(tmp_path).settings
    assert (settings.target_file, settings.editable_files) == ("lib/heap.py", ("lib/*.py",))
    (tmp_path / "CLAUDE.md").unlink()
    said = iter(["1\n"])
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: next(said), raising=False)
    assert "Which file is to be improved first?" in init()
    assert load(tmp_path).settings.target_file == "lib/merge.py"
    assert next(said, None) is None


def test_a_programme_is_named_where_settings_are_missing(tmp_path, init):
    """Nothing of it counts before there is a section; the error says which command makes one."""
    (tmp_path / "autoresearch.md").write_text(PROGRAMME)
    (tmp_path / "autoresearch.sh").write_text('echo "METRIC sort_ms=4.2"\n')
    with pytest.raises(SettingsError) as error:
        load(tmp_path)
    assert "autoresearch.md: a programme, which `autoresearch-ci init` reads" in error.value.detail


def workspace(folder):
    """A workspace of two packages, with benchmarks."""
    files = {
        "package.json": '{"private": true, "workspaces": ["packages/*"]}',
        "packages/core/package.json": '{"name": "@acme/core", "scripts": {"build": "x", "bench": "y"}}',
        "packages/core/src/index.js": "export const a = 1;\n" * 30,
        "packages/app/package.json": '{"name": "@acme/app", "scripts": {"build": "x"}}',
        "packages/app/src/index.js": "export const b = 1;\n" * 30,
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def test_a_member_of_a_workspace_is_named(tmp_path, init):
    """By its name or folder; one that there is not is an error that lists those there are."""
    workspace(tmp_path)
    assert "init --package packages/" in init(code=1)
    assert "packages/core, packages/app" in init("--package", "nonesuch", code=1).replace(
        "packages/app, packages/core", "packages/core, packages/app"
    )
    assert "- target_file: packages/core/src/index.js" in init(
        "--package", "@acme/core", "--dry-run"
    )
    init("--package", "app")
    assert load(tmp_path).settings.target_file == "packages/app/src/index.js"


def test_a_benchmark_as_the_metric(tmp_path, init):
    """It is offered by name, and chosen by name; nothing of the detected metric is mixed with it."""
    workspace(tmp_path)
    assert "by --metric NAME: npm:bench" in init("--package", "core")
    assert "There is: npm:bench." in init("--package", "core", "--metric", "x", "--force", code=1)
    (tmp_path / "CLAUDE.md").unlink()
    init("--package", "core", "--metric", "npm:bench")
    settings = load(tmp_path).settings
    assert settings.run_command == "cd packages/core && npm run --silent bench"
    assert (settings.metric_name, settings.metric_parse) == (
        "seconds", 'cd packages/core && echo "$AUTORESEARCH_SECONDS"'
    )  # fmt: skip
    assert settings.artifacts == ()


def test_a_person_at_a_terminal_is_asked(tmp_path, init, monkeypatch):
    """Which member, then what to measure where there is more than one thing; Enter is for none."""
    workspace(tmp_path)
    said = iter(["x\n", "2\n", "2\n"])
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: next(said), raising=False)
    text = init()
    assert "1  packages/" in text
    assert "2  npm:bench: a script of package.json, its wall time" in text
    assert load(tmp_path).settings.metric_name == "seconds"
    assert next(said, None) is None
