"""Random projects, random runs in them, and what a session may leave of them.

`grow` makes a project: folders of folders alone, links, odd names, files that git ignores, files
larger than what is copied, names that the loop writes to itself. `hold` holds a session in it whose
every run does what was drawn, and returns what was taken away. The source of chance is given, so
that hypothesis and a benchmark can draw the same things.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from unittest.mock import patch

from autoresearch_ci.workspace.snapshot import backup, quarantine

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.model import Run
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.workspace.globs import matches
from autoresearch_ci.workspace.status import OUTPUTS

TARGET = "train.py"
ROOM = 400
"""Bytes that are copied in these projects, instead of hundreds of megabytes."""

_TRACKED = {
    TARGET: "lr = 0.1\n",
    "other.py": "other\n",
    "pkg/mod.py": "mod\n",
    "pkg/deep/er/mod.py": "deep\n",
    ".gitignore": "/ign/\n*.bin\n__pycache__/\n.venv/\nnode_modules/\n*.cache\n",
}
_TOPS = (
    "", "ign", "ign/sub", "data", "data/raw", "pkg", "pkg/deep", ".venv/lib", "node_modules",
    "pkg/__pycache__", "__pycache__",
)  # fmt: skip
_NAMES = (
    "a", "b c", "é", "new\nline", "-dash", "x.bin", "y.bin", "__pycache__", ".hidden", "tab\there",
    "sub", "images", "mod.cpython-312.pyc", "quote\"'", "LICENSE", ".cache", "z.pth", "mod.so",
)  # fmt: skip
_PATTERNS = (
    "data/*", "data/**", "data", "ign/**", "ign/*", "ign/sub/", "*.bin", ".venv/**", "images",
    "node_modules/**", "ign/*/*", "b c", "pkg/**/*.bin", "**/sub", "é", "?", "[ab]*", "node_modules",
)  # fmt: skip
_MODES = (0o644, 0o644, 0o644, 0o755, 0o444, 0o600, 0o400)

State = tuple[str, int, bytes]
"""Kind, mode, and content or the link's text."""


@dataclass
class Grown:
    """A project, the patterns that are read-only in it, and what each run does there."""

    root: Path
    readonly: list[str]
    runs: list[Callable[[], None]]
    honest: bool
    log: list[str] = field(default_factory=list)


@cache
def _seed() -> Path:
    """A repository with one commit, to be copied."""
    root = Path(mkdtemp(prefix="grown-seed-"))
    for name, text in _TRACKED.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    script = (
        "git init -q -b main . && git config user.name u && git config user.email u@example.org"
        " && git add -A && git commit -q -m base && git branch side && git pack-refs --all"
    )
    subprocess.run(["sh", "-ec", script], cwd=root, check=True)
    return root


def grow(folder: Path, random: Random) -> Grown:
    """A project of its own in `folder`, which is made."""
    shutil.copytree(_seed(), folder, symlinks=True)
    for number in range(random.randint(2, 14)):
        _plant(folder, random, number)
    if random.random() < 0.15:
        _plant_output(folder, random)
    readonly = random.sample(_PATTERNS, random.randint(0, 3))
    honest = random.random() < 0.5
    grown = Grown(folder, readonly, [], honest)
    actions = _HONEST if honest else (*_HONEST, *_HOSTILE, *_HOSTILE)
    for _ in range(random.randint(1, 3)):
        chosen = [(random.choice(actions), random.random()) for _ in range(random.randint(1, 3))]
        grown.runs.append(_run(grown, chosen))
    return grown


def _plant(root: Path, random: Random, number: int) -> None:
    """Put one file, link or folder somewhere."""
    parent = root / random.choice(_TOPS)
    for _ in range(random.choice((0, 0, 1, 2))):
        parent = parent / random.choice(_NAMES)
    path = parent / random.choice(_NAMES)
    kind = random.choice(
        ("file", "file", "file", "large", "folder", "link", "to folder", "dangling")
    )
    with suppress(OSError):  # a file is in the way, or it is there already
        parent.mkdir(parents=True, exist_ok=True)
        if kind == "folder":
            path.mkdir(mode=random.choice((0o755, 0o700, 0o555)))
        elif kind == "link":
            path.symlink_to(random.choice(("other.py", "../other.py", str(root / "other.py"))))
        elif kind == "to folder":
            path.symlink_to(random.choice(("..", str(root / "pkg"), "images")))
        elif kind == "dangling":
            path.symlink_to("nowhere at all")
        else:
            size = ROOM + 1 if kind == "large" and random.random() < 0.5 else random.randint(0, 9)
            with path.open("x") as file:
                file.write(f"precious {number} " + "x" * size)
            path.chmod(random.choice(_MODES))


def _plant_output(root: Path, random: Random) -> None:
    """Put something of the user's under one of the names that the loop writes to."""
    path = root / random.choice((*OUTPUTS, ".claude"))
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = random.choice(("file", "folder", "link", "dangling"))
    if kind == "file":
        path.write_text("from last night")
    elif kind == "folder":
        path.mkdir()
        (path / "inside").write_text("precious inside")
    else:
        path.symlink_to("other.py" if kind == "link" else "nowhere")


def _run(
    grown: Grown, chosen: list[tuple[Callable[[Grown, float], None], float]]
) -> Callable[[], None]:
    def run() -> None:
        for action, where in chosen:
            with suppress(OSError):
                grown.log.append(action.__name__)
                action(grown, where)

    return run


def _pick(grown: Grown, where: float, *, folders: bool = False, files: bool = False) -> Path:
    """One of the paths that are in the tree now, beside git's own and the top."""
    found = [grown.root / path for path in sorted(_walk(grown.root))]
    if folders:
        found = [path for path in found if path.is_dir() and not path.is_symlink()]
    if files:
        found = [path for path in found if path.is_file() and not path.is_symlink()]
    return found[int(where * len(found))] if found else grown.root / "other.py"


def bytecode(grown: Grown, where: float) -> None:
    """As Python does beside what it imports."""
    folder = _pick(grown, where, folders=True) / "__pycache__"
    folder.mkdir(exist_ok=True)
    (folder / "made.cpython-312.pyc").write_text("bytecode")


def labels(grown: Grown, where: float) -> None:
    """As a data loader does beside the data."""
    (_pick(grown, where, folders=True) / "labels.cache").write_text("labels")


def bundler_cache(grown: Grown, _where: float) -> None:
    """As bundlers do."""
    folder = grown.root / "node_modules" / ".cache" / "vite"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deps.json").write_text("{}")


def output(grown: Grown, where: float) -> None:
    """A new file that git does not ignore."""
    (_pick(grown, where, folders=True) / "made.txt").write_text("made")


def overwrite(grown: Grown, where: float) -> None:
    path = _pick(grown, where, files=True)
    path.chmod(0o644)
    path.write_text("overwritten")


def erase(grown: Grown, where: float) -> None:
    path = _pick(grown, where)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def close(grown: Grown, where: float) -> None:
    path = _pick(grown, where)
    if not path.is_symlink():
        path.chmod(0)


def move(grown: Grown, where: float) -> None:
    path = _pick(grown, where)
    path.rename(path.with_name("moved"))


def move_to_top(grown: Grown, where: float) -> None:
    _pick(grown, where).rename(grown.root / "moved")


def folder_for_file(grown: Grown, where: float) -> None:
    path = _pick(grown, where, files=True)
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("planted")


def file_for_folder(grown: Grown, where: float) -> None:
    path = _pick(grown, where, folders=True)
    shutil.rmtree(path)
    path.write_text("planted")


def link_for_folder(grown: Grown, where: float) -> None:
    path = _pick(grown, where, folders=True)
    path.rename(grown.root / "ign_elsewhere.bin")
    path.symlink_to(grown.root / "ign_elsewhere.bin")


def packed(grown: Grown, _where: float) -> None:
    (grown.root / ".git" / "packed-refs").write_text("garbage")


_HONEST = (bytecode, labels, bundler_cache, output)
_HOSTILE = (
    overwrite, erase, close, move, move_to_top, folder_for_file, file_for_folder, link_for_folder,
    packed,
)  # fmt: skip


def _walk(root: Path) -> Iterator[str]:
    """Every path below, git's own left out; no link is followed."""
    stack = [""]
    while stack:
        here = stack.pop()
        full = f"{root}/{here}"
        try:
            entries = list(os.scandir(full))
        except PermissionError:  # a run has closed it
            continue
        for entry in entries:
            if not here and entry.name == ".git":
                continue
            path = f"{here}/{entry.name}" if here else entry.name
            yield path
            if entry.is_dir(follow_symlinks=False):
                stack.append(path)


def manifest(root: Path) -> dict[str, State]:
    """Everything in the tree but git's own: kind, mode and content."""
    return {path: _state(f"{root}/{path}") for path in _walk(root)}


def _state(full: str) -> State:
    found = os.lstat(full)
    if stat.S_ISLNK(found.st_mode):
        return "link", 0, os.fsencode(Path(full).readlink())
    if stat.S_ISDIR(found.st_mode):
        return "folder", stat.S_IMODE(found.st_mode), b""
    content = b""
    with suppress(PermissionError):
        content = Path(full).read_bytes()
    return "file", stat.S_IMODE(found.st_mode), content


def _listed(root: Path, *words: str) -> set[str]:
    out = subprocess.run(["git", *words, "-z"], cwd=root, check=True, capture_output=True).stdout
    return set(os.fsdecode(out).split("\0")[:-1])


def _refs(root: Path) -> list[str]:
    words = ["git", "for-each-ref"]
    out = subprocess.run(words, cwd=root, check=False, capture_output=True, text=True)
    lines = (out.stdout + out.stderr).splitlines()
    return [line for line in lines if "autoresearch" not in line]


@dataclass
class _Player:
    """Takes the place of real processes: each run does what was drawn for it."""

    grown: Grown
    count: int = 0
    after: dict[str, State] = field(default_factory=dict)

    def run(self, command: Command) -> Run:
        if command.shell != "run":
            return Run(returncode=0, seconds=0.0, output="1.5\n")
        runs = self.grown.runs
        assert command.log is not None
        command.log.write_text("score: 1.5\n")
        runs[self.count % len(runs)]()
        self.count += 1
        self.after = manifest(self.grown.root)
        return Run(returncode=0, seconds=0.01)


@contextmanager
def _small_and_played(player: _Player) -> Iterator[None]:
    with (
        patch.object(ProcessExecutor, "run", lambda _self, command: player.run(command)),
        patch.object(backup, "LIMIT", ROOM),
        patch.object(quarantine, "FILES", 6),
        patch.object(quarantine, "BYTES", ROOM),
    ):
        yield


def hold(grown: Grown) -> list[str]:
    """Hold one session; what it took away from the user, in words, and nothing if all is well."""
    root = grown.root
    before, refs = manifest(root), _refs(root)
    tracked = _listed(root, "ls-files")
    untracked = _listed(root, "ls-files", "--others", "--exclude-standard")
    player = _Player(grown)
    error = ""
    settings = {
        "target_file": TARGET,
        "run_command": "run",
        "metric_name": "score",
        "metric_parse": "parse",
        "readonly_files": grown.readonly,
        "tag": "t",
    }
    with _small_and_played(player):
        try:
            with open_session(
                SessionRequest(root, settings, proposer=ScriptedProposer([("worse", "lr = 0.2\n")]))
            ) as session:
                list(research(session))
        except AutoresearchError as raised:
            error = raised.message
    now = manifest(root)
    lost = [f"ref: {line}" for line in set(refs) ^ set(_refs(root))]
    if not player.count:
        return lost + [
            f"refused ({error}), and {each}" for each in _differences(before, now, before)
        ]
    room = sum(len(before[path][2]) for path in before if _is_named(grown, path)) <= ROOM
    promised = {
        path
        for path, state in before.items()
        if grown.honest
        or path in tracked | untracked
        or (state[0] == "folder" and not _is_below_ignored(path))
        or (room and state[0] != "folder" and _is_named(grown, path))
    } - set(OUTPUTS)
    lost += _differences({path: before[path] for path in promised}, now, before)
    for path in before.keys() - promised - set(OUTPUTS):
        was, now_is = before[path], now.get(path)
        if player.after.get(path) == was != now_is:
            lost.append(f"{path!r} was {was}, the runs left it alone, and it is {now_is}")
    precious = {state[2] for state in before.values() if state[2].startswith(b"precious")}
    left = {state[2] for state in player.after.values()} & precious
    there = {state[2] for state in now.values()} | _put_aside(root)
    lost += [f"{content!r} is nowhere" for content in left - there]
    for path in OUTPUTS:
        state = before.get(path)
        if state and state[2] not in _put_aside(root):
            lost.append(f"{path} was {state} and was not put aside")
    if grown.honest and error:
        lost.append(f"an honest project cannot start: {error}")
    return lost


def _is_named(grown: Grown, path: str) -> bool:
    return matches(path, grown.readonly)


def _is_below_ignored(path: str) -> bool:
    parts = path.split("/")
    return (
        parts[0] == "ign"
        or bool({"__pycache__", ".venv", "node_modules"} & set(parts))
        or any(part.endswith((".bin", ".cache")) for part in parts)
    )


def _put_aside(root: Path) -> set[bytes]:
    found = set()
    for folder, _, files in os.walk(root / ".git" / "autoresearch"):
        for name in files:
            with suppress(OSError):
                found.add(Path(folder, name).read_bytes())
    return found


def _differences(
    wanted: dict[str, State], now: dict[str, State], _before: dict[str, State]
) -> list[str]:
    return [
        f"{path!r} was {state}, and it is {now.get(path)}"
        for path, state in wanted.items()
        if now.get(path) != state
    ]
