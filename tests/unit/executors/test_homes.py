"""What a command may leave in its home and its temporary folder for the next one, and what not."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.executors import Command, home_dirs
from autoresearch_ci.executors.home_dirs import Housed, OwnHome, TwoHomes, discard
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.executors.users import User

USER = 4322  # of nobody else: all of its processes are killed
root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root has users for experiments")


@pytest.fixture
def lodging(tmp_path):
    """Two homes, and a function that runs a command as an experiment, as the guard, or to measure."""
    tmp_path.chmod(0o755)  # experiments have a user of their own where the tests are root's
    tree, place, home = tmp_path / "tree", tmp_path / "homes", tmp_path / "homes" / "user"
    for folder in (tree, place, home, victim := tmp_path / "victim"):
        folder.mkdir()
    (victim / "theirs").touch(0o444)
    victim.chmod(0o555)
    for folder in (tree, home):
        os.chown(folder, USER, USER)
    two = TwoHomes(str(place), str(home), USER)
    executor = ProcessExecutor(["PATH=/usr/bin:/bin"], User(USER, USER, home))

    def run(shell, how=None):
        by = Housed(executor, how) if how else executor
        return by.run(Command(shell, tree, 30.0)).output

    yield SimpleNamespace(homes=two, run=run, home=home, place=place)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (victim, victim / "theirs")]
    assert modes == [0o555, 0o444], "no link was followed"


def owners(folder):
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


@root
def test_what_setup_leaves_is_there_for_all(lodging):
    """A package of setup is found at its path by experiments, the guard and what measures."""
    lodging.run("mkdir -p ~/.local/bin ~/empty; echo 'echo mine' > ~/.local/bin/tool;"
                " chmod 750 ~/.local/bin/tool; ln -s tool ~/.local/bin/other")  # fmt: skip
    assert lodging.homes.keep() == ""
    look = "~/.local/bin/other; stat -c %a:%u ~/.local/bin/tool; ls -d ~/empty; echo $HOME"
    wanted = f"mine\n750:{USER}\n{lodging.home}/empty\n{lodging.home}\n"
    for how in (lodging.homes.experimenting, lodging.homes.guarding, lodging.homes.measuring):
        assert lodging.run(look, how) == wanted
    assert owners(lodging.home) == {USER}


PLANT = """
echo mine > ~/.npmrc; echo evil > ~/tool; rm ~/gone; rm -r ~/folder; ln -s ../../victim ~/folder
mkdir -p ~/.config/pip ~/.cargo/registry ~/.gradle/caches ~/.gradle/init.d ~/.cache
echo evil > ~/.config/pip/pip.conf; echo evil > ~/.cargo/config.toml; echo evil > ~/.gradle/init.d/a
echo kept > ~/.cargo/registry/x; echo kept > ~/.gradle/caches/x; echo kept > ~/.cache/x
cp -p ~/same ~/copy; mv ~/copy ~/same; chmod 777 ~/open; mkfifo ~/pipe
chmod 0 ~
"""
SETUP = "cd; echo good > tool; echo good > gone; echo good > same; mkdir folder open; echo good > folder/x"
LOOK = """
cd; find . -mindepth 1 | sort | tr '\\n' ' '; cat tool gone same folder/x; stat -c %a open
"""
LEFT = "./folder ./folder/x ./gone ./open ./same ./tool good\ngood\ngood\ngood\n755\n"
CACHED = ("./.cache ./.cache/x ./.cargo ./.cargo/registry ./.cargo/registry/x "
          "./.gradle ./.gradle/caches ./.gradle/caches/x ")  # fmt: skip


@root
@pytest.mark.parametrize("how", ["experimenting", "guarding"])
def test_what_an_experiment_leaves_in_its_home(lodging, how):
    """The next one meets its caches and nothing else; what measures does not even meet those."""
    lodging.run(SETUP)
    lodging.homes.keep()
    lodging.run(PLANT, getattr(lodging.homes, how))
    assert lodging.run(LOOK, lodging.homes.measuring) == LEFT
    assert lodging.run(LOOK, lodging.homes.guarding) == CACHED + LEFT
    assert lodging.run(LOOK, lodging.homes.experimenting) == CACHED + LEFT
    assert owners(lodging.home) == {USER}
    assert stat.S_IMODE(lodging.home.stat().st_mode) == 0o700


@root
def test_caches_that_an_experiment_closes(lodging):
    """They are open to the next one, and what is none of them but bears a cache's name is gone."""
    lodging.run("mkdir ~/.npm; echo x > ~/.npm/x")
    lodging.homes.keep()
    plant = "cd; mkdir -p .local/share/uv; mkfifo .cache; ln -s /tmp .torch"
    lodging.run(f"{plant}; chmod 0 .local/share .local .npm", lodging.homes.experimenting)
    look = "cd; ls -A | tr '\\n' ' '; ls .local/share; cat .npm/x"
    assert lodging.run(look, lodging.homes.experimenting) == ".local .npm uv\nx\n"


@root
def test_what_a_measuring_command_leaves_in_its_home(lodging):
    """Nothing at all of it is left: it may have run what the experiment made."""
    lodging.run(f"{SETUP}; mkdir -p ~/.cache; echo good > ~/.cache/x")
    lodging.homes.keep()
    for _ in range(2):
        lodging.run(f"echo evil > ~/.cache/x; {PLANT}", lodging.homes.measuring)
        assert lodging.run(LOOK, lodging.homes.measuring) == f"./.cache ./.cache/x {LEFT}"
        assert lodging.run("cat ~/.cache/x", lodging.homes.measuring) == "good\n"


@root
def test_what_both_have_changed(lodging):
    """A cache that nobody has as it was is taken from what measures, which makes it anew."""
    lodging.run("mkdir ~/.cache; echo good > ~/.cache/x; echo good > ~/.cache/y")
    lodging.homes.keep()
    lodging.run("echo evil > ~/.cache/x", lodging.homes.experimenting)
    lodging.run("echo evil > ~/.cache/x; rm ~/.cache/y", lodging.homes.measuring)
    assert lodging.run("ls ~/.cache", lodging.homes.measuring) == "y\n"
    assert lodging.run("cat ~/.cache/x", lodging.homes.experimenting) == "evil\n"


@root
def test_a_setup_that_runs_again(lodging):
    """What a second setup changes is there for all from then on."""
    lodging.run(SETUP)
    lodging.homes.keep()
    lodging.run("rm ~/gone; echo better > ~/tool; mkdir ~/more; echo new > ~/more/x")
    lodging.homes.keep()
    for how in (lodging.homes.experimenting, lodging.homes.measuring):
        look = "cd; ls | tr '\\n' ' '; cat tool same more/x"
        assert lodging.run(look, how) == "folder more open same tool better\ngood\nnew\n"


@root
def test_the_way_to_the_home_at_rest(lodging):
    """An experiment reaches no home but its own, and makes none."""
    lodging.homes.keep()
    tries = f"cd {lodging.place}; ls closed closed/measuring; mv user mine; ln -s /tmp x; ls"
    assert lodging.run(tries, lodging.homes.experimenting) == "closed\nuser\n"


@root
def test_deeper_than_a_path_can_name(lodging):
    """Folders in folders in folders are taken away all the same."""
    lodging.homes.keep()
    deep = "import os\nfor _ in range(3000): os.mkdir('deep'); os.chdir('deep')\nprint('done')"
    assert lodging.run(f'cd; python3 -c "{deep}"', lodging.homes.experimenting) == "done\n"
    assert lodging.run("ls ~", lodging.homes.experimenting) == ""
    temporary = f'cd "$TMPDIR"; python3 -c "{deep}"'
    assert lodging.run(temporary, lodging.homes.measuring) == "done\n"
    assert {path.name for path in lodging.place.iterdir()} == {"closed", "user"}


@root
def test_a_home_that_is_too_large_to_have_twice(lodging, monkeypatch):
    """The user is told, and commands share it as it is."""
    lodging.run("echo x > ~/x")
    monkeypatch.setattr(home_dirs.shutil, "disk_usage", lambda _: SimpleNamespace(free=3))
    assert "what measures shares it with experiments" in lodging.homes.keep()
    lodging.run("echo mine > ~/y", lodging.homes.experimenting)
    assert lodging.run("cat ~/y", lodging.homes.measuring) == "mine\n"


@root
def test_a_home_that_cannot_be_kept(lodging):
    """What the disk refuses is an error that says what to do."""
    discard(str(lodging.home))
    with pytest.raises(MachineError, match=r"home cannot be kept as it was: No such file"):
        lodging.homes.keep()


@root
def test_an_interrupt_while_measuring(lodging):
    """However a measuring command ends, the experiments' home is back in its place."""
    lodging.homes.keep()
    lodging.run("mkdir ~/.cache; echo kept > ~/.cache/x", lodging.homes.experimenting)
    with pytest.raises(KeyboardInterrupt), lodging.homes.measuring() as variables:
        assert not (lodging.home / ".cache").exists()
        raise KeyboardInterrupt
    assert not Path(variables["TMPDIR"]).exists()
    assert (lodging.home / ".cache" / "x").read_text() == "kept\n"


@pytest.mark.parametrize("how", ["guarding", "measuring"])
def test_the_temporary_folder(tmp_path, how):
    """All but experiments get an empty `TMPDIR` of their own, and it is gone afterwards."""
    own = OwnHome()
    assert own.keep() == ""
    run = Housed(ProcessExecutor(), getattr(own, how)).run
    said = []
    for _ in range(2):
        shell = 'echo "$TMPDIR" "$HOME"; ls -A "$TMPDIR"; mkdir "$TMPDIR/x"'
        said.append(run(Command(shell, tmp_path, 30.0)).output.split())
    assert said[0][0] != said[1][0]
    for folder, *others in said:
        assert others == [os.environ["HOME"]]
        assert not Path(folder).exists()
    given = Housed(ProcessExecutor(["TMPDIR=/somewhere"]), own.experimenting).run
    assert given(Command('echo "$TMPDIR"', tmp_path, 30.0)).output == "/somewhere\n"
