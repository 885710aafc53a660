"""Whatever is wrong: a clear error that ends in the remedy, nothing lost, exit code 1."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from autoresearch_ci.cli import dispatch
from autoresearch_ci.cli.error_boundary import exit_code
from tests.projects import SETTINGS, git, hold, make_project

SECTION = """# Project

## autoresearch

- target_file: target.txt
- run_command: `sh experiment.sh`
- metric_name: metric
- metric_parse: `awk '/^metric:/ { print $2 }' run.log`
- tag: t
- max_experiments: 1
"""


@pytest.fixture
def project(tmp_path):
    files = {"CLAUDE.md": SECTION, "target.txt": "steps=10\necho metric: $steps\n"}
    return make_project(tmp_path / "a project with ünicode", **files)


def commit(project):
    git(project, "add", "-A")
    git(project, "commit", "-q", "--allow-empty", "-m", "bad")


def setting(name, value):
    def apply(project):
        folder = project / ".github"
        folder.mkdir(exist_ok=True)
        (folder / "autoresearch.yml").write_text(f"{name}: {json.dumps(value)}\n")
        commit(project)

    return apply


def target(name, make=None):
    def apply(project):
        if make:
            make(project / name)
        setting("target_file", name)(project)

    return apply


def symlink(path):
    path.symlink_to("target.txt")


def ignored(path):
    (path.parent / ".gitignore").write_text(path.name)
    path.write_text("text")


def workflow(path):
    path.parent.mkdir(parents=True)
    path.write_text("on: push\n")


def ledger(text):
    def apply(project):
        log = project / ".claude" / "logs" / "autoresearch.jsonl"
        log.parent.mkdir(parents=True)
        log.write_text(text)

    return apply


def dirty(project):
    (project / "experiment.sh").write_text("changed by the user\n")


def staged(project):
    dirty(project)
    git(project, "add", "-A")


def detached(project):
    git(project, "checkout", "-q", "--detach")


def merging(project):
    git(project, "checkout", "-q", "-b", "other")
    (project / "target.txt").write_text("steps=11\necho metric: $steps\n")
    git(project, "commit", "-qam", "one")
    git(project, "checkout", "-q", "main")
    (project / "target.txt").write_text("steps=12\necho metric: $steps\n")
    git(project, "commit", "-qam", "two")
    with pytest.raises(Exception, match="merge"):
        git(project, "merge", "other")


def tracked_table(project):
    (project / "results.tsv").write_text("mine\n")
    commit(project)


def own_table(project):
    (project / "results.tsv").write_text("mine\n")


BAD = {
    "no target": (lambda p: (p / "CLAUDE.md").unlink() or commit(p), "target_file"),
    "target missing": (target("gone.txt"), "gone.txt"),
    "target empty": (target("empty.txt", lambda p: p.write_text("")), "empty"),
    "target binary": (target("b.txt", lambda p: p.write_bytes(b"a\0b")), "binary|text"),
    "target ignored": (target("i.txt", ignored), "ignore|track"),
    "target a symlink": (target("link.txt", symlink), "link"),
    "target outside": (target("../outside.txt"), "outside"),
    "target absolute": (target("/etc/passwd"), "outside"),
    "target a directory": (target("folder", lambda p: p.mkdir()), "folder"),
    "target in .git": (target(".git/config"), r"\.git"),
    "target read-only": (setting("readonly_files", "target.*"), "readonly_files"),
    "target a workflow": (target(".github/workflows/ci.yml", workflow), "workflows"),
    "unknown setting": (setting("colour", "red"), "colour"),
    "misspelt setting": (setting("time_buget", 3), "time_budget"),
    "bad number": (setting("time_budget", "soon"), "time_budget"),
    "no unit": (setting("time_limit", 300), "300m"),
    "bad direction": (setting("metric_direction", "lower"), "lower_is_better"),
    "bad glob": (setting("readonly_files", "[a"), "readonly_files"),
    "bad tag": (setting("tag", "a..b"), "tag"),
    "credential": (setting("env", "GITHUB_TOKEN"), "GITHUB_TOKEN"),
    "metric_parse prints nothing": (setting("metric_parse", "true"), "printed nothing"),
    "metric_parse prints text": (setting("metric_parse", "echo fast"), "not a number"),
    "metric_parse prints nan": (setting("metric_parse", "echo nan"), "finite"),
    "metric_parse prints inf": (setting("metric_parse", "echo -inf"), "finite"),
    "metric_parse prints two": (setting("metric_parse", "echo 1 2"), "more than one"),
    "baseline crashes": (setting("run_command", "echo oh no; exit 3"), "oh no"),
    "baseline prints no metric": (setting("run_command", "echo hello"), "hello"),
    "baseline times out": (
        lambda p: (
            (p / ".github").mkdir()
            or (
                (p / ".github/autoresearch.yml").write_text(
                    "run_command: echo began; sleep 9\ntime_budget: 0.1\nkill_after: 0.3\n"
                )
                and commit(p)
            )
        ),
        "began",
    ),
    "foreign ledger": (ledger('{"tool":"other"}\n'), "not a record"),
    "damaged ledger": (ledger('{"tool":\n{}\n'), "damaged"),
    "newer ledger": (
        ledger('{"tool":"autoresearch","action":"session_start","details":{"format":99}}\n'),
        "newer version",
    ),
    "results.tsv is tracked": (tracked_table, "results.tsv"),
    "results.tsv is somebody's": (own_table, "results.tsv"),
    "detached head": (detached, "--base"),
    "not a repository": (lambda p: shutil.rmtree(p / ".git"), "git init"),
    "no commits": (
        lambda p: shutil.rmtree(p / ".git") or git(p, "init", "-q"),
        "no commits",
    ),
}


def everything(project):
    """All files of the user with their content, git's own folder left out."""
    found = {}
    for path in project.rglob("*"):
        inside = path.relative_to(project).parts
        if inside[0] in {".git", ".claude"} or path.name in {"run.log", "results.tsv"}:
            continue
        if path.is_symlink():
            found[inside] = path.readlink()
        elif path.is_file():
            found[inside] = path.read_bytes()
    return found


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_an_error_with_a_remedy_and_changes_nothing(project, case, capsys):
    """Exit code 1, the cause is named, a remedy follows, and every file is as it was."""
    spoil, says = BAD[case]
    spoil(project)
    before = everything(project)
    words = ["--repo", str(project), "run"]
    assert exit_code(lambda: dispatch(words), words) == 1
    error = capsys.readouterr().err
    assert re.search(says, error), error
    message, *_, remedy = error.strip().splitlines()
    assert message.startswith("error:")
    assert remedy != message
    assert everything(project) == before


def test_nothing_is_wrong_with_the_project_itself(project, capsys):
    """The same project without the bad input runs."""
    words = ["--repo", str(project), "run"]
    assert exit_code(lambda: dispatch(words), words) == 0


def test_a_torn_or_empty_ledger_is_no_error(project):
    """What a kill leaves behind is gone on with."""
    ledger("")(project)
    hold(project, [("nine", "echo metric: 9\n")])
    log = project / ".claude" / "logs" / "autoresearch.jsonl"
    with log.open("a") as file:
        file.write('{"tool":"autoresearch","action":"experi')
    events = hold(project, [("nine", "echo metric: 9\n"), ("eight", "echo metric: 8\n")])
    assert events[-1].kept == 1


def test_without_a_git_user_commits_are_ours(project, monkeypatch):
    """No name and address configured: the session works, under our name."""
    git(project, "config", "--unset", "user.name")
    git(project, "config", "--unset", "user.email")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    hold(project, [("nine", "echo metric: 9\n")], **SETTINGS)
    assert git(project, "log", "-1", "--format=%an", "autoresearch/t") == "autoresearch-ci"


@pytest.mark.parametrize("spoil", [dirty, staged, merging])
def test_work_in_progress_stops_no_run_and_stays(project, spoil, capsys):
    """What is not committed, or half merged, is the user's own; runs are of what is committed."""
    spoil(project)
    before, status = everything(project), git(project, "status", "--porcelain")
    words = ["--repo", str(project), "run", "--max-experiments", "1"]
    assert exit_code(lambda: dispatch(words), words) == 0, capsys.readouterr().err
    assert everything(project) == before
    assert git(project, "status", "--porcelain") == status
