"""What every project type promises. A new type is one more entry in SMALLEST."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from autoresearch_ci.config import Settings
from autoresearch_ci.core.globs import matches
from autoresearch_ci.project_types import NO_TESTS, ORDER, detect


@dataclass(frozen=True)
class Case:
    """The smallest project of a type; `run` is what a run would leave behind."""

    files: Mapping[str, str]
    run: Mapping[str, str]
    metric: str
    value: float
    env: Mapping[str, str] = field(default_factory=dict)


KIB = "x" * 1024

SMALLEST = {
    "ml": Case(
        {"train.py": "print('val_bpb:  1.5')\n", "prepare.py": "\n"},
        {"run.log": "val_bpb:          3.0\n---\nval_bpb:          0.9979\nnum_steps:  7\n"},
        "val_bpb",
        0.9979,
    ),
    "web": Case(
        {
            "package.json": '{"scripts": {"build": "vite build"}}',
            "src/main.js": "console.log()\n",
        },
        {
            "run.log": "",
            "dist/index.html": KIB,
            "dist/assets/a b.js": KIB,
            "dist/assets/a b.js.map": KIB,
            "build/stale.js": KIB,
        },
        "bundle_kb",
        2.0,
    ),
    "flutter": Case(
        {"pubspec.yaml": "name: a\n", "lib/main.dart": "void main() {}\n"},
        {"build/app/outputs/flutter-apk/app-release.apk": KIB * 512},
        "apk_mb",
        0.5,
    ),
    "java": Case(
        {"pom.xml": "<project/>", "src/main/java/Main.java": "class Main { void main() {} }\n"},
        {},
        "build_seconds",
        12.345,
        {"AUTORESEARCH_SECONDS": "12.345"},
    ),
    "rust": Case(
        {"Cargo.toml": '[package]\nname = "a-b"\n', "src/main.rs": "fn main() {}\n"},
        {"target/release/a-b": KIB * 3},
        "binary_kb",
        3.0,
    ),
    "go": Case(
        {"go.mod": "module example.org/a\n", "main.go": "package main\n\nfunc main() {\n}\n"},
        {"bin/a": KIB * 2 + "x" * 512},
        "binary_kb",
        2.5,
    ),
}


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture(params=ORDER)
def name(request):
    return request.param


@pytest.fixture
def case(name):
    return SMALLEST[name]


@pytest.fixture
def detected(name, case, tmp_path):
    write(tmp_path, case.files)
    return detect(tmp_path)


def parse(detected, root, case):
    return subprocess.run(
        ["sh", "-c", detected.settings["metric_parse"]],
        cwd=root,
        env={"PATH": os.environ["PATH"], **case.env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_type_has_a_case():
    """A project type without a smallest project here is not tested."""
    assert set(SMALLEST) == set(ORDER)


def test_it_knows_its_smallest_project(name, detected):
    """The type is detected by the few files that make it what it is."""
    assert detected is not None
    assert detected.name == name


def test_it_knows_nothing_in_an_empty_folder(tmp_path):
    """A folder without a project is of no type."""
    assert detect(tmp_path) is None
    assert detect(tmp_path / "missing") is None


def test_the_settings_are_whole(detected, case):
    """Every value is one that a user could have written, and a session needs nothing more."""
    loaded = Settings.model_validate(dict(detected.settings))
    assert loaded.target_file in case.files
    assert loaded.metric_name == case.metric
    assert all("\n" not in value and "`" not in value for value in detected.settings.values())
    assert all(" #" not in value for value in detected.settings.values()), "reads as a comment"


def test_its_commands_are_shell(detected):
    """Every command is one that `sh` can read."""
    for setting, command in detected.settings.items():
        if setting.endswith("_command") or setting == "metric_parse":
            checked = subprocess.run(["sh", "-n", "-c", command], capture_output=True, check=False)
            assert checked.returncode == 0, (setting, checked.stderr)


def test_the_metric_is_one_number(detected, case, tmp_path):
    """After a run, `metric_parse` prints one number, the right one, and says nothing else."""
    write(tmp_path, case.run)
    for _ in range(2):
        parsed = parse(detected, tmp_path, case)
        assert (parsed.returncode, parsed.stderr) == (0, "")
        (word,) = parsed.stdout.split()
        assert float(word) == case.value


def test_no_run_is_no_metric(detected, case, tmp_path):
    """Where a run left nothing, nothing is printed: an empty result is not a very good one."""
    case = Case(case.files, {}, case.metric, case.value)
    assert parse(detected, tmp_path, case).stdout.strip() == ""


def test_what_is_counted_is_handed_over(detected, case, tmp_path):
    """Where only artifacts of a run are there, `metric_parse` prints the same number."""
    loaded = Settings.model_validate(dict(detected.settings))
    shown = {
        path: text
        for path, text in case.run.items()
        if path == "run.log" or matches(path, loaded.artifacts)
    }
    write(tmp_path, shown)
    assert float(parse(detected, tmp_path, case).stdout) == case.value


def test_an_image_has_its_tools(detected):
    """There is an image for containers, with a tag."""
    assert ":" in detected.settings["image"]


def test_what_can_be_emptied_is_guarded(name, detected):
    """Where emptying the target would win, either there is a guard or the session says so."""
    if name != "ml":
        assert not detected.deletable_without_guard
        assert ("guard_command" in detected.settings) != (NO_TESTS in detected.notes)


def test_notes_are_sentences(detected):
    """A note is shown as it stands."""
    assert all(note.endswith(".") and len(note) < 400 for note in detected.notes)


HOSTILE = {
    "empty": b"",
    "nul": b"\0" * 4096,
    "not utf-8": b"\xff\xfe\x80" * 100,
    "byte order mark": b"\xef\xbb\xbf",
    "deep": b"[" * 50_000,
    "null": b"null",
    "wrong types": b'{"scripts": 3, "dependencies": [], "exports": {"a": [[1]]}, "main": {}, '
    b'"source": 7, "module": null, "packageManager": [], "workspaces": 1}',
    "more wrong types": b'{"scripts": {"build": ["x"], "test": {}}, "dependencies": "x", '
    b'"source": [1], "main": "../../../etc/passwd", "module": "\\u0000", "exports": ""}',
    "odd script": b'{"scripts": {"build": "npm run build && \'unclosed | vite build --outDir", '
    b'"prebuild": "npm run build"}}',
    "tables": b"bin = 3\nworkspace = 4\n[package]\nname = 5\n[lib]\npath = 6\ncrate-type = 7\n",
    "long line": b"mainClass = " * 60_000,
    "huge": b'{"a": "' + b"x" * 3_000_000 + b'"}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_broken_files_do_not_hurt(case, tmp_path, content):
    """Whatever the project's files hold, detection ends with what can be said."""
    for path in (*case.files, "tsconfig.json", "vite.config.js", ".gitignore", "angular.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    found = detect(tmp_path)
    assert found is not None
    assert all(isinstance(value, str) and value for value in found.settings.values())
    assert not found.settings.get("target_file", "").startswith(("/", ".."))


def test_odd_kinds_of_files_do_not_hurt(case, tmp_path):
    """Folders, dangling links, loops and pipes in the place of files are passed over."""
    for number, path in enumerate(case.files):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if number == 0:
            (tmp_path / path).write_text(case.files[path])
        else:
            (tmp_path / path).symlink_to(tmp_path / path)
    (tmp_path / "src2").symlink_to(tmp_path)
    (tmp_path / "dangling.js").symlink_to(tmp_path / "nowhere")
    (tmp_path / "tsconfig.json").mkdir()
    os.mkfifo(tmp_path / "vite.config.js")
    detect(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="NOT RUN: root can read everything")
def test_unreadable_files_do_not_hurt(case, tmp_path):
    """A file or folder that may not be read is passed over."""
    write(tmp_path, case.files)
    for path in case.files:
        (tmp_path / path).chmod(0)
    detect(tmp_path)
    for path in case.files:
        (tmp_path / path).chmod(0o600)


def test_detection_changes_nothing(case, tmp_path):
    """Detecting reads: no file appears, disappears or changes."""
    write(tmp_path, case.files)
    state = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    detect(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == state
