"""What every level of run trees promises. A new level is one more line in LEVELS."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, Change, Kind, Network, Sandbox, container, copy, overlay
from autoresearch_ci.trees.engine import find
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles
from tests.action_image import has_image
from tests.projects import git, make_repository

PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
"""One that every user may run, where there is one."""

LEVELS = {"overlay": overlay, "container": container, "copy": copy}
IMAGE = "autoresearch-base:local"
"""Debian with Python, which tests/e2e/install-tools makes."""

FILES = {
    ".gitignore": "built/\ndata/\n*.o\n",
    "main.txt": "main\n",
    "src/part.txt": "part\n",
    "src/deep/old.txt": "old\n",
}


class Workshop:
    """A project, the folder of its layers, and what is asked of a level."""

    def __init__(self, level, folder: Path, root: Path | None = None) -> None:
        self.level = level
        self.root = make_repository(root or folder / "project", FILES)
        for name in ("data/set", "built/lib.o", "built/deep/x.o"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(f"{name}\n")
        for above in (folder, *folder.parents):  # a level may give its commands a user of their own
            if above.is_relative_to(tempfile.gettempdir()) and above.owner() == self.root.owner():
                above.chmod(above.stat().st_mode | 0o011)
        self.place = folder / "layers"
        self.place.mkdir(mode=0o700)
        self.source = TrackedFiles(Git(self.root))

    def open(self, **sandbox):
        if self.level is container and find() and not has_image(IMAGE):
            pytest.skip(f"NOT RUN: the engine has no image {IMAGE}")
        base = Base(self.root, self.place, self.source, self.head, Sandbox(**sandbox), IMAGE)
        if obstacle := self.level.obstacle(base):
            pytest.skip(f"NOT RUN: {obstacle.reason}")
        return self.level.open_trees(base)

    @property
    def head(self) -> str:
        return git(self.root, "rev-parse", "HEAD")

    def command(self, shell, kill_after=30.0, **more) -> Command:
        return Command(shell, more.pop("cwd", self.root), kill_after, **more)

    def commit(self, **files) -> str:
        for name, text in files.items():
            (self.root / name.replace("__", "/").replace("_", ".")).write_text(text)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", "more")
        return self.head

    def everything(self) -> dict[str, bytes]:
        """All files of the project with mode and time."""
        found = {}
        for at, _, names in os.walk(self.root):
            for name in names:
                path = Path(at, name)
                st = path.lstat()
                found[str(path)] = (path.read_bytes(), st.st_mode, st.st_mtime_ns)
        return found


@pytest.fixture(params=LEVELS)
def level(request):
    return LEVELS[request.param]


@pytest.fixture
def tmp_path(level, tmp_path):
    """A folder that an engine sees, too, which does not see what a worker has in memory."""
    if level is not container:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def workshop(level, tmp_path):
    return Workshop(level, tmp_path)


@pytest.fixture
def trees(workshop):
    with workshop.open() as trees:
        yield trees


@pytest.fixture
def say(workshop, trees):
    """What a command prints in a tree of its own."""

    def say(shell, files=None, **more):
        options = {name: more.pop(name) for name in ("artifacts", "warm") if name in more}
        with trees.tree(files or {}, **options) as tree:
            run = tree.run(workshop.command(shell, **more))
        assert run.ok, run
        return run.output

    return say


def ticks(file):
    before = file.stat().st_size if file.exists() else 0
    time.sleep(0.2)
    return (file.stat().st_size if file.exists() else 0) != before


TICKING = "while :; do echo x >> ticks; sleep 0.05; done"


# What a tree shows


def test_it_has_the_name_of_its_module(level, trees):
    """A level's name is that of its module, as in the settings."""
    assert trees.name == level.__name__.rpartition(".")[2]


def test_a_tree_shows_the_candidate(say):
    """Files that are given have the content given, and all others those of the tip."""
    out = say("cat main.txt src/part.txt", {"main.txt": b"new\n"})
    assert out == "new\npart\n"


def test_a_tree_shows_the_tip_whatever_the_user_edits(workshop, say):
    """Edits, new files and deletions in the user's tree, before and during a session."""
    (workshop.root / "main.txt").write_text("edited\n")
    (workshop.root / "src/conftest.py").write_text("planted\n")
    (workshop.root / "src/deep/old.txt").unlink()
    assert say("cat main.txt src/deep/old.txt; ls src") == "main\nold\ndeep\npart.txt\n"


def test_a_tree_shows_nothing_that_is_not_tracked_before_the_session(workshop):
    """New files and folders, staged or not, that are not ignored."""
    (workshop.root / "new.txt").write_text("1\n")
    (workshop.root / "folder/deep").mkdir(parents=True)
    (workshop.root / "folder/deep/new.txt").write_text("1\n")
    git(workshop.root, "add", "new.txt")
    with workshop.open() as trees, trees.tree({}) as tree:
        assert tree.run(workshop.command("ls -a")).output.split() == [
            *(".", "..", ".gitignore", "built", "data", "main.txt", "src"),
        ]


def test_a_tree_shows_what_is_ignored(say):
    """Dependencies, data and builds of the user's are there, without being copied by anybody."""
    assert say("cat data/set built/lib.o built/deep/x.o") == (
        "data/set\nbuilt/lib.o\nbuilt/deep/x.o\n"
    )


def test_a_tree_has_no_repository(say):
    """Nothing that is in `.git` can be reached."""
    assert say("ls -a .git 2>/dev/null; git rev-parse 2>/dev/null; true") == ""


def test_a_command_runs_in_the_folder_that_it_names(workshop, say):
    """The working directory may be below the project's."""
    assert say("cat part.txt", cwd=workshop.root / "src") == "part\n"


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="not Linux")
def test_a_run_ends_first_where_the_machine_has_no_memory_left(say):
    """The kernel is asked to end what a run has started before this program or the user's others."""
    own = Path("/proc/self/oom_score_adj").read_text()
    assert int(say("cat /proc/self/oom_score_adj")) >= max(500, int(own))
    assert Path("/proc/self/oom_score_adj").read_text() == own


def test_the_root_is_where_the_project_is_seen(workshop, trees):
    """A command finds itself where the tree says that the project is."""
    with trees.tree({}) as tree:
        assert tree.run(workshop.command("pwd -P")).output == f"{tree.root}\n"


def test_a_candidate_keeps_its_mode(workshop, tmp_path, trees):
    """A file that may be executed may still be when a candidate has changed it."""
    script = workshop.root / "main.txt"
    script.chmod(0o755)
    tip = workshop.commit()
    trees.advance(tip)
    with trees.tree({"main.txt": b"#!/bin/sh\necho ran\n"}) as tree:
        assert tree.run(workshop.command("./main.txt")).output == "ran\n"


# What stays


def test_nothing_of_the_users_is_touched(workshop, trees):
    """Whatever a run writes, deletes, moves or opens up, no file of the user's is changed."""
    before = workshop.everything()
    with trees.tree({"main.txt": b"new\n"}) as tree:
        shell = """
        echo more >> main.txt; echo more >> data/set; rm -rf src built/deep; chmod 777 built/lib.o
        touch data/set; mkdir .git; echo x > .git/HEAD; ln -s / src; mv built elsewhere; true
        """
        assert tree.run(workshop.command(shell)).ok
    assert workshop.everything() == before


def test_no_run_sees_another(workshop, trees, say):
    """Each tree begins from the same state; commands in one tree go on from each other."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo 1 > main.txt; echo 1 > new; rm -r data; echo 1 > ~/x"))
        assert tree.run(workshop.command("cat main.txt new ~/x; ls data")).output == "1\n1\n1\n"
    assert say("cat main.txt; ls; ls -A ~ | grep x || true") == "main\nbuilt\ndata\nmain.txt\nsrc\n"


def test_home_and_temporary_folder_are_its_own(workshop, trees):
    """Both are empty for all that is in them, can be written, and go with the tree."""
    shell = "cat $TMPDIR/t ~/h 2>/dev/null; echo 1 > $TMPDIR/t; echo 1 > ~/h; cat $TMPDIR/t ~/h"
    for _ in range(2):
        with trees.tree({}) as tree:
            assert tree.run(workshop.command(shell)).output == "1\n1\n"


def test_trees_at_once(workshop, trees):
    """Several trees are open in threads, and each sees its own files alone."""
    out: dict[int, str] = {}

    def work(number: int) -> None:
        with trees.tree({"main.txt": b"%d\n" % number}) as tree:
            shell = f"echo {number} > mine; sleep 0.3; cat main.txt mine; ls"
            out[number] = tree.run(workshop.command(shell)).output

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out == {n: f"{n}\n{n}\nbuilt\ndata\nmain.txt\nmine\nsrc\n" for n in range(4)}
    assert time.monotonic() - began < 4 * 0.3 + 3


def test_nothing_is_left_behind(workshop, trees):
    """A closed tree leaves nothing of what was written, whatever that is."""
    with trees.tree({"main.txt": b"new\n"}) as tree:
        shell = (
            "mkdir closed; echo 1 > closed/x; chmod 000 closed; mkfifo p; echo 1 | tee ~/x /tmp/x"
        )
        tree.run(workshop.command(shell))
    with trees.tree({}) as tree:
        tree.run(workshop.command("true"))
        names = {path.name for path in workshop.place.rglob("*")}
    assert not names & {"closed", "p", "x"}


# What a run changed


def changed(workshop, trees, shell, files=None):
    with trees.tree(files or {}) as tree:
        run = tree.run(workshop.command(shell))
        assert run.ok, run
        return [(change.path, change.kind.value) for change in tree.changes()]


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("true", []),
        ("cat main.txt > /dev/null; ls -R > /dev/null", []),
        ("echo 1 > new", [("new", "added")]),
        ("echo 2 >> main.txt", [("main.txt", "changed")]),
        ("rm main.txt", [("main.txt", "deleted")]),
        ("rm main.txt; echo main > main.txt", []),
        ("touch main.txt; chmod 600 main.txt", []),
        ("chmod +x main.txt", [("main.txt", "changed")]),
        ("printf 'MAIN\\n' > main.txt", [("main.txt", "changed")]),
        ("rm -r src", [("src", "deleted")]),
        ("rm -r src/deep", [("src/deep", "deleted")]),
        ("mkdir -p a/b; echo 1 > a/b/c", [("a/b/c", "added")]),
        ("mkdir empty", []),
        ("rm -r src; mkdir src; echo part > src/part.txt", [("src/deep", "deleted")]),
        ("rm -r src; echo 1 > src", [("src", "changed")]),
        (
            "rm main.txt; mkdir main.txt; echo 1 > main.txt/x",
            [("main.txt", "deleted"), ("main.txt/x", "added")],
        ),
        ("rm main.txt; ln -s src main.txt", [("main.txt", "changed")]),
        ("ln -s nowhere link; mkfifo pipe", [("link", "added"), ("pipe", "added")]),
        ("mv src/deep src/new", [("src/deep", "deleted"), ("src/new/old.txt", "added")]),
        ("mv main.txt src/", [("main.txt", "deleted"), ("src/main.txt", "added")]),
        ("echo 1 > data/out; rm built/lib.o", [("built/lib.o", "deleted"), ("data/out", "added")]),
        (
            "rm -rf data; mkdir data; echo 1 > data/n",
            [("data/n", "added"), ("data/set", "deleted")],
        ),
        ("mkdir c; echo 1 > c/x; chmod 000 c", [("c/x", "added")]),
        ("printf 1 > 'a\nb'; printf 1 > 'a:b,c\\d'", [("a\nb", "added"), ("a:b,c\\d", "added")]),
        ("printf 1 > $(printf 'a\\377')", [("a\udcff", "added")]),
        ("mkdir .git; echo 1 > .git/x", [(".git/x", "added")]),
        ("ln main.txt src/hard", [("src/hard", "added")]),
    ],
)
def test_what_a_run_changed(workshop, trees, shell, expected):
    """Contents, kinds, links and the right to execute; not times, modes and what was only read."""
    assert changed(workshop, trees, shell) == expected


def test_a_candidate_is_no_change(workshop, trees):
    """Only what a run does to a candidate's file counts."""
    files = {"main.txt": b"new\n", "src/more.txt": b"1\n"}
    assert changed(workshop, trees, "cat main.txt", files) == []
    assert changed(workshop, trees, "echo > main.txt", files) == [("main.txt", "changed")]


def test_what_is_a_regular_file(workshop, trees):
    """Whoever opens what a run wrote has to know that it is neither pipe nor link."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo 1 > file; ln -s file link; mkfifo pipe; rm main.txt"))
        assert tree.changes() == (
            Change("file", Kind.ADDED, is_file=True),
            Change("link", Kind.ADDED, is_file=False),
            Change("main.txt", Kind.DELETED, is_file=False),
            Change("pipe", Kind.ADDED, is_file=False),
        )


# From run to run


def test_artifacts(workshop, trees, say):
    """Only what is named comes into the other tree, with the files that are given there."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo 5 > run.json; echo 6 > evil.py; ln -s run.json l.json"))
        found = tree.artifacts(["*.json"])
        assert set(found) == {"run.json"}
        out = say("cat run.json main.txt; ls", {"main.txt": b"new\n"}, artifacts=found, warm=False)
    assert out == "5\nnew\nbuilt\ndata\nmain.txt\nrun.json\nsrc\n"


def test_what_is_said_to_be_gone_is_not_listed_either(workshop, trees, say):
    """A file that a run did not write is not there, also where nothing else shows its folder."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("mkdir -p dist/assets; echo 5 > dist/assets/new.js"))
        found = tree.artifacts(["dist"]) | {"dist/assets/old.js": None, "dist/old/x.js": None}
        assert say("find dist | sort", artifacts=found, warm=False) == (
            "dist\ndist/assets\ndist/assets/new.js\n"
        )


def test_warm_artifacts(workshop, trees, say):
    """A build that is up to date writes nothing, or the same again: what is warm counts as well."""
    build = "mkdir -p built; echo 5 > built/same; test -e built/once || echo 6 > built/once"
    with trees.tree({}) as tree:
        assert tree.run(workshop.command(build)).ok
        tree.keep_warm()
    with trees.tree({}) as tree:
        assert tree.run(workshop.command(f"{build}; echo 7 > built/new; rm built/lib.o")).ok
        found = tree.artifacts(["built/*"])
        assert {path: file and file.read_text() for path, file in found.items()} == {
            "built/same": "5\n",
            "built/once": "6\n",
            "built/new": "7\n",
            "built/lib.o": None,
        }
        assert say("cat built/once built/new", artifacts=found, warm=False) == "6\n7\n"
    with trees.tree({}) as tree:
        assert tree.run(workshop.command("rm built/same")).ok
        assert set(tree.artifacts(["built/*"])) == {"built/once"}
    with trees.tree({}, warm=False) as tree:
        assert not tree.artifacts(["built/*"])


def test_what_a_run_wrote_itself(workshop, trees):
    """Regular files that it wrote to, the same again or not; none that is warm, and none of git's."""
    with trees.tree({}) as tree:
        assert tree.run(workshop.command("echo 5 > built/same; echo 6 > built/once")).ok
        tree.keep_warm()
    with trees.tree({"main.txt": b"new\n"}) as tree:
        deeds = "echo 5 > built/same; echo 7 > built/new; echo 8 > main.txt; ln -s same built/link"
        assert tree.run(workshop.command(f"{deeds}; rm built/lib.o; mkdir data/none")).ok
        assert set(tree.written()) == {"built/same", "built/new"}


def test_what_a_run_deleted(workshop, trees, say):
    """Of what its patterns name, another tree shows what the run's shows: nothing that is gone."""
    gone = {"built/lib.o": None, "built/deep/x.o": None}
    with trees.tree({}) as tree:
        tree.run(
            workshop.command("rm -r built; mkdir built; echo 1 > built/new; rm data/set main.txt")
        )
        found = tree.artifacts(["built", "main.txt"])
        assert found == gone | {"built/new": found["built/new"]}
        out = say("find built -type f; cat data/set main.txt", artifacts=found, warm=False)
        assert out == "built/new\ndata/set\nmain\n"
        tree.keep_warm()
    with trees.tree({}) as tree:
        tree.run(workshop.command("true"))
        found = tree.artifacts(["built/**"])
        assert found == gone | {"built/new": found["built/new"]}


@pytest.mark.parametrize(
    ("shell", "built"),
    [
        ("mkdir -p built; echo 1 > built/main.o", True),
        ("echo 1 > built/app; chmod +x built/app", True),
        ("touch built/lib.o", True),
        ("mkdir -p ~/.cache/go-build; echo 1 > ~/.cache/go-build/x", True),
        ("mkdir __pycache__; echo 1 > __pycache__/main.pyc", False),
        ("echo 1 > built/model.npz; echo 1 > ~/.cache/other", False),
        ("cat built/lib.o", False),
    ],
)
def test_builds_are_told_from_data(workshop, trees, shell, built):
    """Outputs of compilers and bundlers, rewritten or not, here or in a cache; not Python's."""
    with trees.tree({}) as tree:
        tree.run(workshop.command(f"mkdir -p ~/.cache; {shell}"))
        assert tree.has_built() is built


def test_an_artifact_from_elsewhere(workshop, tmp_path, say):
    """A log that we wrote can be laid into a tree as well; what happens to it there is lost."""
    log = tmp_path / "log"
    log.write_text("7\n")
    assert say("cat run.log; echo 8 >> run.log", artifacts={"run.log": log}) == "7\n"
    assert log.read_text() == "7\n"


def test_warm(workshop, trees, say):
    """Ignored outputs of a run that is kept warm are there for later runs, and nothing else."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo 1 > built/a.o; echo 1 > b; echo 2 > main.txt; rm data/set"))
        tree.keep_warm()
    assert say("cat built/a.o built/lib.o main.txt; ls") == (
        "1\nbuilt/lib.o\nmain\nbuilt\ndata\nmain.txt\nsrc\n"
    )
    assert say("ls built data", warm=False) == "built:\ndeep\nlib.o\n\ndata:\nset\n"


def test_warm_again_and_again(workshop, trees, say):
    """What is kept warm adds up, and what was deleted stays so."""
    for number in range(8):
        with trees.tree({}) as tree:
            shell = (
                f"mkdir -p built/d; rm -f built/d/*; echo 1 > built/d/{number}; rm -rf built/deep"
            )
            tree.run(workshop.command(shell))
            tree.keep_warm()
    assert say("ls built built/d") == "built:\nd\nlib.o\n\nbuilt/d:\n7\n"


def test_what_a_candidate_changes_is_newer_than_what_is_warm(workshop, trees):
    """Otherwise a build would take the incumbent's output for the candidate's, by whole seconds."""
    with trees.tree({"main.txt": b"1\n"}) as tree:
        tree.run(workshop.command("cp main.txt built/out"))
        tree.keep_warm()
    for files in ({"main.txt": b"2\n"}, {"main.txt": b"1\n"}):
        with trees.tree(files) as tree:
            out = tree.run(workshop.command("stat -c %Y main.txt built/out src/part.txt")).output
        candidate, warm, tracked = map(int, out.split())
        assert candidate > warm >= tracked


def test_where_nothing_is_warm_nobody_waits_for_a_new_second(workshop, trees, monkeypatch):
    """A run that left no output has nothing that the next candidate must be newer than."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo 1 > main.txt; echo 1 > $TMPDIR/x"))
        tree.keep_warm()
    with trees.tree({}):
        assert max(waits, default=0) < 0.05


def test_a_new_tip(workshop, trees, say):
    """Its files are shown, those that it has not are gone, and all is newer than what is warm."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("touch built/out"))
        tree.keep_warm()
    git(workshop.root, "rm", "-q", "src/deep/old.txt")
    tip = workshop.commit(src__part_txt="second\n", more_txt="more\n")
    trees.advance(tip)
    assert say("cat src/part.txt more.txt; ls src") == "second\nmore\npart.txt\n"
    newer = say("for f in src/part.txt more.txt; do test $f -nt built/out && echo newer; done")
    assert newer == "newer\nnewer\n"


def test_many_tips(workshop, trees, say):
    """However often the tip moves."""
    for number in range(9):
        trees.advance(workshop.commit(**{"main_txt": f"{number}\n", f"n{number}_txt": "1\n"}))
    assert say("cat main.txt; ls | wc -l").split() == ["8", "13"]


def test_setup(workshop, trees, say):
    """All that setup makes is in later trees, but for changes to tracked files."""
    run, changes = trees.prepare(
        workshop.command("echo 1 > dep; echo 2 > ~/dep; echo 3 > main.txt")
    )
    assert run.ok
    assert [change.path for change in changes] == ["dep", "main.txt"]
    assert say("cat dep ~/dep main.txt", warm=False) == "1\n2\nmain\n"
    assert not (workshop.root / "dep").exists()
    assert changed(workshop, trees, "true") == []


def test_setup_that_fails(workshop, trees, say):
    """It leaves nothing."""
    assert trees.prepare(workshop.command("echo 1 > dep; exit 3"))[0].returncode == 3
    assert say("ls") == "built\ndata\nmain.txt\nsrc\n"


# Running


@pytest.mark.parametrize("code", [0, 1, 42, 127, 137])
def test_an_exit_code_is_data(workshop, trees, code):
    """A failing command is a run with its exit code."""
    with trees.tree({}) as tree:
        run = tree.run(workshop.command(f"exit {code}"))
    assert (run.returncode, run.signal, run.timed_out) == (code, None, False)


@pytest.mark.parametrize("number", [6, 9, 15])
def test_a_signal(workshop, trees, number):
    """A command that a signal ended has failed."""
    with trees.tree({}) as tree:
        run = tree.run(workshop.command(f"ulimit -c 0; kill -{number} $$"))
    assert (run.returncode, run.signal) in {(None, number), (128 + number, None)}


def test_output_input_and_environment(workshop, tmp_path, trees, monkeypatch):
    """They are apart, capped and chosen, as for every executor."""
    monkeypatch.setenv("DEPLOY_TOKEN", "secret")
    (tmp_path / "in").write_text("hello\n")
    with trees.tree({}) as tree:
        command = workshop.command(
            "cat; echo err >&2; echo $GIVEN; env", stdin=tmp_path / "in", env={"GIVEN": "value"}
        )
        run = tree.run(command)
        assert run.output.startswith("hello\nvalue\n")
        assert run.errors == "err\n"
        assert "secret" not in run.output
        assert len(tree.run(workshop.command("yes | head -c 1000000")).output) == 64 * 1024


def test_the_log(workshop, tmp_path, trees):
    """Output and errors stream to the log in their order, capped."""
    log = tmp_path / "run.log"
    with trees.tree({}) as tree:
        tree.run(workshop.command("echo one; echo two >&2", log=log))
        assert log.read_text() == "one\ntwo\n"
        tree.run(workshop.command("yes | head -c 1000000", log=log, log_limit=10_000))
    assert log.stat().st_size < 10_100


def test_the_time_limit(workshop, tmp_path, trees):
    """A command that takes too long is ended with everything that it started."""
    with trees.tree({}) as tree:
        began = time.monotonic()
        shell = f"trap '' TERM; ({TICKING}) & setsid sh -c '{TICKING}' & sleep 1000"
        run = tree.run(workshop.command(shell, kill_after=0.3))
        assert run.timed_out
        assert not run.ok
        assert time.monotonic() - began < 4
        size = tree.run(workshop.command("wc -c < ticks")).output
        time.sleep(0.2)
        assert tree.run(workshop.command("wc -c < ticks")).output == size


def test_a_command_may_end_in_order(workshop, trees):
    """It is asked to before it is killed."""
    with trees.tree({}) as tree:
        shell = "trap 'echo ended > end; exit 0' TERM; while :; do sleep 0.02; done"
        assert tree.run(workshop.command(shell, kill_after=0.3)).timed_out
        assert tree.run(workshop.command("cat end")).output == "ended\n"


def test_nothing_runs_on_afterwards(workshop, trees):
    """When a run returns, its background processes write no more."""
    with trees.tree({}) as tree:
        assert tree.run(workshop.command(f"setsid sh -c '{TICKING}' & sleep 0.2; exit 0")).ok
        size = tree.run(workshop.command("wc -c < ticks")).output
        time.sleep(0.2)
        assert tree.run(workshop.command("wc -c < ticks")).output == size


def test_what_ends_by_itself_may(workshop, trees):
    """What outlives the command has a moment, as `tee` needs, and that counts."""
    with trees.tree({}) as tree:
        run = tree.run(workshop.command("(sleep 0.1; echo late) & exit 0"))
    assert run.output == "late\n"
    assert run.seconds >= 0.1


def test_the_memory_limit(workshop, trees):
    """A tree of processes that outgrows its limit is out of memory."""
    shell = f"{PYTHON} -c 'x = bytearray(300 << 20); import time; time.sleep(20)'"
    with trees.tree({}) as tree:
        began = time.monotonic()
        run = tree.run(workshop.command(shell, memory_limit=100 << 20))
    assert run.out_of_memory
    assert not run.timed_out
    assert time.monotonic() - began < 10


def test_a_killed_harness_leaves_nothing_running(level, tmp_path):
    """SIGKILL of the process that holds the trees ends what runs in them."""
    workshop = Workshop(level, tmp_path)
    with workshop.open():
        pass
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, {level.__name__.rpartition(".")[2]} as level, Sandbox
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles
root, place, out = map(Path, sys.argv[1:])
base = Base(root, place, TrackedFiles(Git(root)), "HEAD", Sandbox(write=(out,)), {IMAGE!r})
with level.open_trees(base) as trees, trees.tree({{}}) as tree:
    tree.run(Command(f"cd {{out}}; setsid sh -c '{TICKING}' & cd {{out}}; {TICKING}", root, 60))
"""
    out, place = tmp_path / "out", tmp_path / "again"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    place.mkdir(mode=0o700)
    harness = subprocess.Popen([sys.executable, "-c", code, workshop.root, place, out])
    give_up = time.monotonic() + 20
    while not (out / "ticks").exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    assert (out / "ticks").exists()
    harness.kill()
    harness.wait()
    give_up = time.monotonic() + 10  # on a busy machine it takes a while to see the end
    while ticks(out / "ticks"):
        assert time.monotonic() < give_up


# What a run reaches


def test_secrets_of_the_machine_are_closed(level, workshop, tmp_path, monkeypatch):
    """Not the home, not other folders, not the shadow file, not our environment, not our layers."""
    home = tmp_path / "home"
    for name in (".ssh/id", ".netrc", ".aws/credentials", ".config/gh/hosts.yml", ".npmrc"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("planted\n")
    (tmp_path / "elsewhere").write_text("planted\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PLANTED", "planted")
    shadow = "" if level is container else "/etc/shadow"  # a container has its image's
    with workshop.open() as trees, trees.tree({}) as tree:
        shell = f"""
        ls -A ~; cat ~/.ssh/id ~/.netrc ~/.aws/credentials ~/.config/gh/hosts.yml ~/.npmrc
        cat {tmp_path}/elsewhere {workshop.root}/.git/config {shadow}
        cat /proc/*/environ | tr '\\0' '\\n' | grep PLANTED
        ls {workshop.place}/*; {PYTHON} -c 'from socket import *
socket(AF_UNIX).connect("/var/run/docker.sock"); print("an engine")'
        """
        assert tree.run(workshop.command(f"({shell}) 2>/dev/null; true")).output == ""


def test_what_is_opened(workshop, tmp_path):
    """Paths that the settings name can be read, or written; a wrong one is an error."""
    data, out = tmp_path / "data", tmp_path / "out"
    for folder in (data, out):
        folder.mkdir()
        folder.chmod(0o777)
    (data / "set").write_text("1\n")
    with workshop.open(read=(data,), write=(out,)) as trees, trees.tree({}) as tree:
        shell = f"cat {data}/set; (echo 2 > {data}/set) 2>/dev/null; echo 3 > {out}/x"
        assert tree.run(workshop.command(shell)).output == "1\n"
    assert (data / "set").read_text() == "1\n"
    assert (out / "x").read_text() == "3\n"
    with pytest.raises(SettingsError), workshop.open(read=(tmp_path / "missing",)):
        pass


def test_nothing_else_can_be_written(workshop, trees):
    """Not the system, not its own toolchains."""
    shell = (
        "for at in / /usr /etc /usr/bin; do (echo 1 > $at/x) 2>/dev/null && echo $at; done; true"
    )
    with trees.tree({}) as tree:
        assert set(tree.run(workshop.command(shell)).output.split()) <= {"/"}
    assert not any(Path(at, "x").exists() for at in ("/", "/usr", "/etc", "/usr/bin"))


CONNECT = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0)) if len(sys.argv) == 1 else None
port = int(sys.argv[1]) if server is None else server.getsockname()[1]
try:
    socket.create_connection(("127.0.0.1", port), 2)
    print("reached")
except OSError:
    print("closed")
"""


@pytest.mark.parametrize(("network", "expected"), [("none", "closed"), ("host", "reached")])
def test_the_network(workshop, network, expected):
    """Services of this machine are reached with `host` alone."""
    import socket

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        workshop.open(network=Network(network)) as trees,
        trees.tree({"main.txt": CONNECT.encode()}) as tree,
    ):
        shell = f"{PYTHON} main.txt {server.getsockname()[1]}"
        assert tree.run(workshop.command(shell)).output == f"{expected}\n"


def test_other_processes_are_out_of_reach(workshop, trees):
    """No signal gets to a process of the machine."""
    with subprocess.Popen(["sleep", "86399"]) as other, trees.tree({}) as tree:
        try:
            tree.run(workshop.command(f"kill -9 {other.pid} {os.getpid()}; kill -9 -1"))
            assert other.poll() is None
        finally:
            other.kill()


def test_other_processes_are_not_seen(level, workshop, trees):
    """A command finds none but its own in /proc."""
    if level is copy:
        pytest.skip("NOT RUN: what commands see of /proc in a copy is named as its weakness")
    with subprocess.Popen(["sleep", "86399"]) as other, trees.tree({}) as tree:
        try:
            shell = "cat /proc/*/cmdline | tr '\\0' ' ' | grep -c 'sleep 8639[9]'; true"
            assert tree.run(workshop.command(shell)).output == "0\n"
        finally:
            other.kill()


# Odd projects


@pytest.mark.parametrize("name", ["a:b", "a,b", "a\\b", "a b", "ä\u0301ß", "a\nb", "--help", "'\""])
def test_odd_paths(level, tmp_path, name):
    """A project may lie in a folder with any name."""
    workshop = Workshop(level, tmp_path, root=tmp_path / name)
    with workshop.open() as trees, trees.tree({"main.txt": b"new\n"}) as tree:
        assert tree.run(workshop.command("cat main.txt data/set; echo 1 > x")).output == (
            "new\ndata/set\n"
        )
        assert [change.path for change in tree.changes()] == ["x"]


def test_odd_names(workshop, trees):
    """Tracked, hidden and ignored files may have any name."""
    names = ["a:b", "a\nb", "ä", "-x", "'"]
    for name in names:
        (workshop.root / name).write_text("1\n")
        (workshop.root / f"{name}.o").write_text("1\n")
    tip = workshop.commit()
    (workshop.root / "b\nb").write_text("1\n")
    trees.advance(tip)
    with trees.tree({"a\nb": b"2\n"}) as tree:
        out = tree.run(workshop.command("cat 'a\nb'; ls -1 | wc -l")).output
        assert out.split() == ["2", str(2 * 4 + 1 + 5 + 1 + 2)] or out.split()[0] == "2"
        assert tree.changes() == ()


def test_a_submodule(workshop, tmp_path):
    """Its files are those of the commit that is recorded, and its repository is closed."""
    part = make_repository(tmp_path / "part", {"lib.c": "lib\n"})
    allowed = ("-c", "protocol.file.allow=always")
    git(workshop.root, *allowed, "submodule", "add", "-q", str(part), "lib")
    workshop.commit()
    (workshop.root / "lib/lib.c").write_text("edited\n")
    with workshop.open() as trees, trees.tree({}) as tree:
        assert tree.run(workshop.command("cat lib/lib.c; ls -A lib")).output == "lib\nlib.c\n"


def test_a_large_file(workshop):
    """Data is there, and what writes to it writes to the tree."""
    with (workshop.root / "data/large").open("wb") as file:
        file.truncate(200 << 20)
    with workshop.open() as trees, trees.tree({}) as tree:
        run = tree.run(workshop.command("wc -c < data/large; echo 1 > data/large"))
    assert run.output.split() == [str(200 << 20)]
    assert (workshop.root / "data/large").stat().st_size == 200 << 20


# What an agent needs of a tree


def test_a_tree_may_have_another_network_than_runs(workshop):
    """An agent asks its API from a tree, where runs have no network at all."""
    ask = "import socket; socket.create_connection(('127.0.0.1', {}), 5)"
    with socket.create_server(("127.0.0.1", 0)) as server:
        shell = f'{PYTHON} -c "{ask.format(server.getsockname()[1])}"'
        with workshop.open(network=Network.NONE) as trees:
            with trees.tree({}, network=Network.HOST) as tree:
                assert tree.run(workshop.command(shell)).ok
            with trees.tree({}) as tree:
                assert not tree.run(workshop.command(shell)).ok


def test_what_is_at_a_path_now_can_be_read(workshop, trees):
    """Files as commands left them, the tip's and others; a link itself; nothing beyond a link."""
    with trees.tree({"main.txt": b"given\n"}) as tree:
        tree.run(
            workshop.command(
                "echo more >> main.txt; echo new > new.txt; ln -s /etc/passwd link; "
                "rm src/part.txt; rm -r src/deep; ln -s /etc src/deep; mkdir folder"
            )
        )
        assert tree.find("main.txt").read_text() == "given\nmore\n"
        assert tree.find("new.txt").read_text() == "new\n"
        assert tree.find(".gitignore").read_text() == FILES[".gitignore"]
        assert tree.find("data/set").read_text() == "data/set\n"
        assert tree.find("link").is_symlink()
        assert tree.find("src/deep").is_symlink()
        assert tree.find("folder").is_dir()
        for gone in ("src/part.txt", "src/deep/passwd", "src/deep/old.txt", "no/where", ".git"):
            assert tree.find(gone) is None, gone


def test_the_tip_may_be_named_again(workshop, trees, say):
    """To make a commit the tip that it is already changes nothing."""
    with trees.tree({}) as tree:
        tree.run(workshop.command("mkdir -p built && echo warm > built/warm"))
        tree.keep_warm()
    trees.advance(workshop.head)
    assert say("cat built/warm main.txt") == "warm\nmain\n"
