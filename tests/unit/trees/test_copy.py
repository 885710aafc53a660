"""Working copies are brought back exactly, and dependencies in a copy know where they are."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, copy
from autoresearch_ci.trees.copy_sources import content_of, lay_over, without
from autoresearch_ci.trees.relocation import relocate
from autoresearch_ci.trees.working_copy import WorkingCopy, clone
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles
from tests.projects import make_repository


def fill(folder: Path, files) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return content_of(str(folder))


def found(folder: Path) -> dict[str, object]:
    """What lies in a folder: kinds, modes, contents and times of files."""
    seen: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        st, name = path.lstat(), str(path.relative_to(folder))
        if path.is_symlink():
            seen[name] = str(path.readlink())
        elif stat.S_ISREG(st.st_mode):
            seen[name] = (path.read_bytes(), st.st_mode, st.st_mtime_ns)
        else:
            seen[name] = st.st_mode
    return seen


@pytest.fixture
def made(tmp_path):
    """A store, its content and a working copy that was brought to it."""
    content = fill(
        tmp_path / "store", {"a": "1\n", "b/c": "2\n", "b/d/e": "3\n", "f/g": "4\n", "h": "5\n"}
    )
    (tmp_path / "store/link").symlink_to("a")
    content["link"] = str(tmp_path / "store/link")
    (tmp_path / "copy").mkdir()
    working = WorkingCopy(str(tmp_path / "copy"), None)
    working.restore(content)
    return tmp_path, content, working


DEEDS = [
    lambda at, rng: (at / "a").write_text("other\n"),
    lambda at, rng: (at / "b/d/e").unlink(missing_ok=True),
    lambda at, rng: shutil.rmtree(at / "b"),
    lambda at, rng: (at / "f").rename(at / "moved"),
    lambda at, rng: (at / "h").chmod(0o777),
    lambda at, rng: (at / "f").chmod(0o000),
    lambda at, rng: ((at / "link").unlink(), (at / "link").symlink_to("/etc")),
    lambda at, rng: ((at / "a").unlink(), (at / "a").mkdir(), (at / "a/x").write_text("1")),
    lambda at, rng: (shutil.rmtree(at / "b"), (at / "b").write_text("1")),
    lambda at, rng: os.link(at / "h", at / "f/h2"),
    lambda at, rng: os.mkfifo(at / f"pipe{rng.random()}"),
    lambda at, rng: (at / f"new{rng.random()}").write_text("1"),
    lambda at, rng: (at / "b/n/m").mkdir(parents=True),
]


def spoil_secretly(path: Path) -> None:
    """Change a file's content, but neither its size nor its time."""
    st = path.stat()
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def test_what_a_run_did_is_undone(made):
    """Random deeds, some of them at once, leave no trace."""
    folder, content, working = made
    expected = found(folder / "copy")
    assert found(folder / "store") == expected
    for seed in range(60):
        rng = random.Random(seed)
        working.touch()
        for deed in rng.sample(DEEDS, rng.randint(0, 3)):
            try:
                deed(folder / "copy", rng)
            except OSError:  # the deed before has taken it away
                continue
        working.restore(content)
        assert found(folder / "copy") == expected, seed


def test_what_nobody_changed_is_not_made_anew(made):
    """It is the same file as before."""
    folder, content, working = made
    before = (folder / "copy/h").stat().st_ino
    working.touch()
    (folder / "copy/a").write_text("other\n")
    working.restore(content)
    assert (folder / "copy/h").stat().st_ino == before


def test_a_change_that_hides_itself(made):
    """A content of the same size with its time put back is seen, as nobody can set the ctime."""
    folder, content, working = made
    working.touch()
    spoil_secretly(folder / "copy/h")
    assert [change.path for change in working.changes()] == ["h"]
    working.restore(content)
    assert (folder / "copy/h").read_text() == "5\n"


def test_a_path_too_long_for_one(made):
    """A chain of folders that has no path any more goes, too."""
    folder, content, working = made
    working.touch()
    deep = "import os\nfor _ in range(40): os.mkdir('d' * 200); os.chdir('d' * 200)"
    subprocess.run([sys.executable, "-c", deep], cwd=folder / "copy", check=True)
    working.changes()
    working.restore(content)
    assert set(found(folder / "copy")) == set(content)


def test_another_content(made):
    """A path with another source is made anew, though it looks the same."""
    folder, content, working = made
    other = fill(folder / "other", {"a": "9\n", "b": "file\n"})
    working.touch()
    working.restore(lay_over(content, other))
    assert (folder / "copy/a").read_text() == "9\n"
    assert (folder / "copy/b").read_text() == "file\n"
    working.restore(without(content, {"b/d/e", "f/g"}))
    assert sorted(found(folder / "copy")) == ["a", "b", "b/c", "h", "link"]


def test_a_clone_keeps_the_time_and_follows_no_link(tmp_path):
    """A copy has the file's time; where the path is taken or the source a link, it is an error."""
    (tmp_path / "a").write_text("1\n" * 100_000)
    os.utime(tmp_path / "a", ns=(10**18, 10**18))
    clone(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
    assert (tmp_path / "b").stat().st_mtime_ns == 10**18
    (tmp_path / "link").symlink_to("a")
    for source, path in (("link", "c"), ("a", "link"), ("a", "b")):
        with pytest.raises(OSError):
            clone(str(tmp_path / source), str(tmp_path / path))


@pytest.mark.parametrize("elsewhere", ["", "/dev/shm"])
def test_a_clone_keeps_holes(tmp_path, elsewhere):
    """A file of data that is mostly holes takes no more room as a copy, on the same disk or not."""
    if elsewhere and not os.access(elsewhere, os.W_OK):
        pytest.skip(f"NOT RUN: no {elsewhere}")
    with tempfile.TemporaryDirectory(dir=elsewhere or tmp_path) as folder:
        source, copy = tmp_path / "a", Path(folder, "b")
        with source.open("wb") as file:
            file.truncate(64 << 20)
            for place in (0, 20 << 20, 63 << 20):
                file.seek(place)
                file.write(b"x" * 5000)
        clone(str(source), str(copy))
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_blocks * 512 < 1 << 20
        source.write_bytes(b"")
        os.truncate(source, 1 << 20)
        clone(str(source), f"{folder}/empty")
        assert Path(folder, "empty").stat().st_size == 1 << 20


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_disk_that_shares_blocks(tmp_path, kind):
    """On a disk that can, a copy of a large file takes no room."""
    make = shutil.which(f"mkfs.{kind}")
    if os.geteuid() != 0 or make is None:
        pytest.skip(f"NOT RUN: not root, or mkfs.{kind} is not installed")
    image, disk = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(512 << 20)
    disk.mkdir()
    subprocess.run([make, "-q", str(image)], check=True, capture_output=True)
    if subprocess.run(
        ["mount", "-o", "loop", image, disk], check=False, capture_output=True
    ).returncode:
        pytest.skip(f"NOT RUN: {kind} cannot be mounted here")
    try:
        (disk / "large").write_bytes(os.urandom(64 << 20))
        os.sync()
        before = shutil.disk_usage(disk).free
        clone(str(disk / "large"), str(disk / "same"))
        os.sync()
        assert before - shutil.disk_usage(disk).free < 8 << 20
        assert (disk / "same").read_bytes() == (disk / "large").read_bytes()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_dependencies_that_name_their_path(tmp_path):
    """Links, scripts of a virtual environment and of pnpm, and editable installs are mended."""
    old, new, store = "/home/me/a project", "/var/x/at/project/a project", tmp_path / "store"
    texts = {
        ".venv/bin/pytest": f"#!{old}/.venv/bin/python\nimport x\n",
        ".venv/bin/activate": f'VIRTUAL_ENV="{old}/.venv"\n',
        ".venv/lib/python3/site-packages/__editable___p_finder.py": f"MAPPING = {{'p': '{old}/src'}}\n",
        ".venv/lib/python3/site-packages/p.pth": f"{old}/src\n{old}er/src\n",
        "node_modules/.bin/tsc": f'export NODE_PATH="{old}/node_modules/.pnpm:{old}"\n',
        "data/notes.txt": f"{old}/data\n",
    }
    fill(store, texts)
    (store / ".venv/bin/tool").write_bytes(b"\x7fELF\0" + old.encode() + b"/\0")
    (store / ".venv/bin/pytest").chmod(0o555)
    (store / "node_modules/one").symlink_to(f"{old}/packages/one")
    (store / "node_modules/two").symlink_to("../packages/two")
    (store / ".venv/bin/python").symlink_to("/usr/bin/python3")
    assert relocate(str(store), old, new) == []
    for name, text in texts.items():
        if name.startswith("data/"):
            assert (store / name).read_text() == text
        elif name.endswith(".pth"):
            assert (store / name).read_text() == f"{new}/src\n{old}er/src\n"
        else:
            assert (store / name).read_text() == text.replace(old, new)
    assert (store / ".venv/bin/pytest").stat().st_mode & 0o777 == 0o555
    assert old.encode() in (store / ".venv/bin/tool").read_bytes()
    assert str((store / "node_modules/one").readlink()) == f"{new}/packages/one"
    assert str((store / "node_modules/two").readlink()) == "../packages/two"
    assert str((store / ".venv/bin/python").readlink()) == "/usr/bin/python3"


def test_a_folder_that_was_configured_for_its_path(tmp_path):
    """It is named, and one that was configured elsewhere is not."""
    fill(
        tmp_path,
        {
            "build/CMakeCache.txt": "CMAKE_HOME_DIRECTORY:INTERNAL=/home/me/p\n",
            "other/CMakeCache.txt": "CMAKE_HOME_DIRECTORY:INTERNAL=/home/me/pp\n",
        },
    )
    assert relocate(str(tmp_path), "/home/me/p", "/x") == ["build"]


@pytest.fixture
def project(tmp_path):
    for above in (tmp_path, *tmp_path.parents):
        if above.is_relative_to("/tmp") and above != Path("/tmp"):
            above.chmod(0o711)
    root = make_repository(
        tmp_path / "project", {".gitignore": ".venv/\nbuild/\n", "main.py": "print(1)\n"}
    )
    (tmp_path / "layers").mkdir(mode=0o700)
    return root


def open_copy(project):
    place = project.parent / "layers"
    return copy.open_trees(Base(project, place, TrackedFiles(Git(project)), "HEAD"))


def test_a_virtual_environment_of_the_users(project):
    """Its console scripts run in the copy, with the copy's own packages."""
    if not Path("/usr/bin/python3").exists():
        pytest.skip("NOT RUN: no python3 for everybody")
    made = subprocess.run(
        ["/usr/bin/python3", "-m", "venv", ".venv"], cwd=project, check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("NOT RUN: python3 has no venv")
    shell = ".venv/bin/pip --version; .venv/bin/python -c 'import sys; print(sys.prefix)'"
    with open_copy(project) as trees, trees.tree({}) as tree:
        run = tree.run(Command(shell, project, 60))
    assert run.ok, run
    assert f"{tree.root}/.venv" in run.output.splitlines()[-1]
    assert str(tree.root) in run.output.splitlines()[0]


def test_a_build_that_was_configured_is_left_out(project):
    """Then the command finds no folder that belongs to another path."""
    fill(project / "build", {"CMakeCache.txt": f"X={project}\n", "out": "1\n"})
    with open_copy(project) as trees, trees.tree({}) as tree:
        assert tree.run(Command("ls", project, 60)).output == "main.py\n"


def test_setup_finds_what_it_installed(project):
    """What `setup_command` installs with its own path works in every later tree, at once or not."""
    setup = "mkdir .venv && printf '#!/bin/sh\\necho ran\\n' > .venv/tool && chmod +x .venv/tool && ln -s $PWD/.venv/tool .venv/link"
    with open_copy(project) as trees:
        assert trees.prepare(Command(setup, project, 60))[0].ok
        with trees.tree({}) as one, trees.tree({}, warm=False) as other:
            for tree in (one, other, one):
                assert tree.run(Command(".venv/link", project, 60)).output == "ran\n"
                assert tree.changes() == ()


def test_shared_memory_is_swept(project):
    """What a run leaves in /dev/shm is not there for the next one."""
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: not root, so runs have no user of their own")
    with open_copy(project) as trees, trees.tree({}) as tree:
        assert tree.run(Command("mkdir /dev/shm/x; echo 1 > /dev/shm/x/y", project, 60)).ok
        assert not Path("/dev/shm/x").exists()


def test_two_sessions_have_two_users(project):
    """Each kills what is its own alone."""
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: not root, so runs have no user of their own")
    (project.parent / "more").mkdir(mode=0o700)
    source = TrackedFiles(Git(project))
    with (
        open_copy(project) as trees,
        copy.open_trees(Base(project, project.parent / "more", source, "HEAD")) as others,
        trees.tree({}) as tree,
        others.tree({}) as other,
    ):
        users = {each.run(Command("id -u", project, 60)).output for each in (tree, other)}
    assert len(users) == 2


def test_a_place_that_runs_cannot_enter(tmp_path):
    """It is said, with what to do."""
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: not root, so runs have no user of their own")
    (tmp_path / "closed/layers").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    source = TrackedFiles(Git(tmp_path))
    said = copy.obstacle(Base(tmp_path, tmp_path / "closed/layers", source, "HEAD"))
    assert said is not None
    assert "TMPDIR" in said.remedy


def test_what_is_weak_here():
    """The level says what it does not close."""
    if sys.platform == "linux":
        assert any("/proc" in said for said in copy.weaknesses())
