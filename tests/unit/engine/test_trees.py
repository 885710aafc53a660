"""Whole sessions in trees: nothing of the user's is touched, and builds begin alike."""

from __future__ import annotations

import os
import random
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError, MachineError
from autoresearch_ci.core.model import Reason, Side, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.run_trees import RunTrees, neutral
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests import random_projects
from tests.projects import SETTINGS, experiments, git, hold, make_project, make_repository, state


def says(value: object) -> str:
    return f"echo metric: {value}\n"


OURS = {"run.log", "results.tsv"}


def everything(root: Path) -> dict[str, tuple[object, ...]]:
    """All of a project but git's own and what sessions write: kind, mode, time and content."""
    found = {}
    for at, folders, names in os.walk(root):
        if Path(at) == root:
            folders[:] = [name for name in folders if name not in (".git", ".claude")]
        for name in (*folders, *names):
            path = Path(at, name)
            if Path(at) == root and name in OURS:
                continue
            st = path.lstat()
            content: object = b""
            if path.is_symlink():
                content = path.readlink()
            elif path.is_file():
                content = path.read_bytes()
            times = 0 if path.is_dir() else st.st_mtime_ns
            found[str(path)] = (st.st_mode, st.st_uid, times, content)
    return found


PATHS = (
    *("experiment.sh", "target.txt", "data", "data/truth", "data/new", "notes.txt", "pkg"),
    *("pkg/deep", "pkg/deep/mod.py", ".gitignore", ".git", ".git/HEAD", ".git/config", "link"),
    *("results.tsv", ".claude", "run.log", "a b", "é", "$(printf 'n\\nl')"),
)
DEEDS = (
    *("echo x > PATH", "echo x >> PATH", "rm -rf PATH", "mkdir -p PATH", "chmod 000 PATH"),
    *("chmod -R 777 PATH", "mv PATH moved", "ln -sf /etc/passwd PATH", "touch -d 2001-01-01 PATH"),
    *("mkfifo PATH", "git add -A", "git commit -qam x", "git checkout -q --detach"),
    *("git init -q nest", "truncate -s 0 PATH", "find . -delete", "cp -r . copied", "ln PATH hard"),
)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_runs_do_the_project_is_as_it_was(tmp_path, seed):
    """Byte for byte, with modes and times, whoever wrote, moved, deleted or committed what."""
    chance = random.Random(seed)
    files = {".gitignore": "data/\n__pycache__/\n", "pkg/deep/mod.py": "mod\n"}
    project = make_project(tmp_path / "p é", **files)
    (project / "data").mkdir()
    (project / "data/truth").write_text("truth\n")
    (project / "notes.txt").write_text("mine\n")
    (project / "link").symlink_to("nowhere")
    (project / "pkg/deep/mod.py").write_text("my edit\n")
    before, status = everything(project), git(project, "status", "--porcelain")
    refs = git(project, "for-each-ref", "refs/heads/main")

    def deeds():
        chosen = chance.choices(DEEDS, k=4)
        return "".join(f"{d.replace('PATH', repr(chance.choice(PATHS)))}\n" for d in chosen)

    ideas = [(str(n), f"{deeds()}{says(9 - n)}") for n in range(3)]
    commands = ("guard_command", "measure_command", "setup_command")
    settings = {name: f"{deeds()}echo 5" for name in chance.sample(commands, 1)}
    if "measure_command" in settings:
        settings["metric_parse"] = ""
    with suppress(BaselineError, MachineError):  # where a command does not bear what it did
        hold(project, ideas, **settings)
    assert everything(project) == before
    assert git(project, "status", "--porcelain") == status
    assert git(project, "for-each-ref", "refs/heads/main") == refs
    assert git(project, "symbolic-ref", "HEAD") == "refs/heads/main"


@pytest.mark.parametrize("isolation", ["auto", "copy"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_there_was_is_there(tmp_path, seed, isolation):
    """Of any project: folders, links, odd names, ignored files, the user's own `run.log`."""
    grown = random_projects.grow(tmp_path / "p", random.Random(seed))
    grown.settings["isolation"] = isolation
    assert random_projects.lost(grown) == []


FORGED = """\
chmod 000 ign; rm -rf .git; git init -q .
git -c user.name=a -c user.email=a@b commit -q --allow-empty -m forged
for branch in autoresearch/zzz autoresearch-logs/zzz autoresearch-logs/t main; do
  git update-ref refs/heads/$branch HEAD
done
git checkout -q -b other; touch .git/index.lock .git/refs/heads/autoresearch-logs.lock
rm -rf .git; echo file > .git
"""


def test_what_a_candidate_does_to_git_reaches_no_repository_and_no_later_session(tmp_path):
    """Forged campaigns, locks, another branch, a file for `.git`, a folder that nobody may enter."""
    project = make_project(tmp_path / "p", **{".gitignore": "ign/\n", "target.txt": says(10)})
    (project / "ign").mkdir()
    (project / "ign" / "data").write_text("mine\n")
    before = everything(project)
    ideas = [("forge", f"{FORGED}{says(9)}"), ("honest", says(8))]
    hold(project, ideas[:1])
    assert [each.value for each in experiments(hold(project, ideas))] == [8.0]
    assert everything(project) == before
    names = git(project, "for-each-ref", "--format=%(refname:short)").splitlines()
    assert names == ["autoresearch-logs/t", "autoresearch/t", "main"]
    assert git(project, "branch", "--show-current") == "main"
    assert not [*(project / ".git").glob("*.lock"), *(project / ".git/refs").rglob("*.lock")]


def test_a_command_that_rewrites_the_target_is_named_with_what_to_take_out(tmp_path):
    """A formatter in `run_command`: only proposals change the target."""
    project = make_project(tmp_path / "p", **{"target.txt": "echo  metric:  10\n"})
    command = "sed -i 's/  */ /g' target.txt && sh target.txt"
    with pytest.raises(BaselineError) as raised:
        hold(project, [], run_command=command)
    assert "The run writes to target.txt, which is the target" in raised.value.remedy
    assert "a formatter" in raised.value.remedy
    assert command in raised.value.remedy


def test_what_the_project_itself_rewrites_is_told_once(tmp_path):
    """A build that writes into its README is no rule violation, its candidates' builds neither."""
    build = "echo built >> README.md\n. ./target.txt\n"
    project = make_project(
        tmp_path / "p", **{"README.md": "read\n", "a.txt": "a\n", "experiment.sh": build}
    )
    ideas = [("nine", says(9)), ("also", f"echo x >> a.txt\n{says(8)}")]
    overrides = {**SETTINGS, "tag": "t"}
    with open_session(
        SessionRequest(project, overrides, proposer=ScriptedProposer(ideas))
    ) as session:
        _, nine, also = experiments(research(session))
    assert nine.reason is Reason.IMPROVED
    assert (also.reason, also.error) == (
        Reason.RULE_VIOLATION,
        "changed what only the user may change: a.txt",
    )
    assert (project / "README.md").read_text() == "read\n"


TARGET = "WIDTH = 30\nprint('score:', WIDTH)\n"
RUN = f"PYTHONPYCACHEPREFIX=cache {sys.executable} -c 'import train'"


def test_a_change_that_a_cache_would_hide_is_judged_by_what_it_does(tmp_path):
    """With Python's compiled files kept elsewhere, a worse change of equal length is no keep."""
    project = make_repository(tmp_path / "p", {"train.py": TARGET, ".gitignore": "cache/\n"})
    settings = {
        "target_file": "train.py",
        "run_command": RUN,
        "metric_name": "score",
        "metric_parse": "awk '{ print $2 }' run.log",
    }
    ideas = [(str(n), TARGET.replace("30", str(n))) for n in (10, 90, 20, 30, 70, 11)]
    _, *tried = experiments(hold(project, ideas, **settings))
    assert [e.value for e in tried] == [10, 90, 20, 30, 70, 11]
    assert [e.value for e in tried if e.status is Status.KEEP] == [10]
    assert all(s.value == 10 for e in tried[1:] for s in e.samples if s.side is Side.INCUMBENT)
    assert not (project / "cache").exists()


BUILD = """\
mkdir -p out; echo run >> $STATE/runs
compile() {
    key=$(cksum < "$1" | cut -d' ' -f1)
    test -e "out/$1.$key" || { echo "$1" >> $STATE/compiled; cp "$1" "out/$1.$key"; }
    cp "out/$1.$key" "out/$1.o"
}
compile other.txt
compile target.txt
. ./out/target.txt.o
"""


def test_neither_side_finds_its_own_build_ready(tmp_path):
    """Both sides build the target anew in every run, and the rest once: before they are measured.

    The build goes by contents, as Go's and TypeScript's do.
    """
    files = {"experiment.sh": BUILD, "other.txt": "other\n", ".gitignore": "out/\n"}
    project = make_project(tmp_path / "p", **files)
    events = hold(project, [("nine", says(9)), ("eight", says(8)), ("worse", says(12))])
    runs = (state() / "runs").read_text().split()
    compiled = (state() / "compiled").read_text().split()
    assert [e.value for e in experiments(events)] == [10, 9, 8, 12]
    assert compiled.count("other.txt") == 2, (
        "the run that finds that it builds, and the one to begin with"
    )
    assert compiled.count("target.txt") == len(runs)


def test_a_project_that_builds_nothing_has_no_more_runs(tmp_path):
    """What a run leaves of data is there for the later ones, at no price."""
    run = "echo run >> $STATE/runs\nmkdir -p out; echo 1 > out/model.npz\n. ./target.txt\n"
    project = make_project(tmp_path / "p", **{"experiment.sh": run, ".gitignore": "out/\n"})
    (baseline,) = experiments(hold(project, []))
    assert len((state() / "runs").read_text().split()) == len(baseline.samples)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb\n", b"a\n\nb\n"),
        (b"#!/bin/sh\r\nb\r\n", b"#!/bin/sh\r\n\r\nb\r\n"),
        (b"a", b"a\n\n"),
        (b"", b"\n\n"),
    ],
)
def test_an_empty_line_more_is_the_same_program(content, expected):
    """It comes after the first line, which may name the interpreter or the encoding."""
    assert neutral(content) == expected


class FullDisk:
    """Trees of which nothing can be kept warm."""

    def __init__(self) -> None:
        self.open = 0

    def advance(self, _commit):
        return ()

    def prepare(self, _command):
        raise NotImplementedError

    @contextmanager
    def tree(self, _files):
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    def has_built(self):
        return False

    def written(self):
        return ()

    def changes(self):
        return ()

    def artifacts(self, _patterns):
        return {}

    def keep_warm(self):
        raise MachineError("No space left.", remedy="Free some.")


def test_a_tree_that_cannot_be_kept_warm_is_thrown_away(tmp_path):
    """A disk that is full when a session ends leaves no tree open."""
    trees = FullDisk()
    settings = Settings(target_file="t", run_command="r", metric_name="m")
    opened = RunTrees(settings, trees, tmp_path / "run.log")
    trial = SimpleNamespace(
        parent="0", contents={}, laid={}, is_unchanged=True, broken_rules=lambda *_: []
    )
    opened.experiment(trial, lambda _tree: SimpleNamespace(ok=True), lambda _tree: None)
    with pytest.raises(MachineError):
        opened.close()
    assert trees.open == 0
