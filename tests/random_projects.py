"""Random projects and random runs in them: nothing that was there may be changed by a session.

`grow` makes a project of somebody with work in progress: folders of folders alone, links, odd
names, files that git ignores, modes that nobody may write, names that the loop writes to itself.
`lost` holds a session in it and says what is not as it was. Many of them, at a level of isolation:

    python -m tests.random_projects 500 --isolation copy
"""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.workspace import OUTPUTS
from tests.projects import git, make_repository

_TRACKED = {
    "target.txt": "echo metric: 9\n",
    "experiment.sh": "sh ./target.txt\n",
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
_HONEST = (
    "mkdir -p pkg/__pycache__ && echo bytecode > pkg/__pycache__/mod.cpython-312.pyc",
    "mkdir -p ign data && echo labels | tee ign/labels.cache data/labels.cache > made.txt",
    "mkdir -p node_modules/.cache/vite && echo {} > node_modules/.cache/vite/deps.json",
)
_HOSTILE = (
    "echo x > PATH", "rm -rf PATH", "chmod 000 PATH", "chmod -R 777 .", "mv PATH moved",
    "ln -sfn /etc/passwd PATH", "touch -d 2001-01-01 PATH", "mkfifo PATH", "find . -delete",
    "cp -r . copied", "ln PATH hard", "rm -rf PATH; mkdir PATH; echo planted > PATH/inside",
    "mkdir -p .git && echo garbage > .git/packed-refs", "git init -q nest", "truncate -s 9M PATH",
)  # fmt: skip

State = tuple[int, int, int, bytes]
"""Mode, owner, mtime in ns (0 for a folder), and content or the link's text."""


@dataclass
class Grown:
    """A project and a session's settings; what its runs do is in the candidates."""

    root: Path
    settings: dict[str, object]
    ideas: list[tuple[str, str]]


def grow(folder: Path, chance: Random) -> Grown:
    """A project of its own in `folder`, which is made."""
    folder.mkdir(parents=True)
    make_repository(folder, _TRACKED)
    for number in range(chance.randint(2, 14)):
        _plant(folder, chance, number)
    if chance.random() < 0.5:
        (folder / "pkg/mod.py").write_text("my edit\n")
    if chance.random() < 0.15:
        _plant_output(folder, chance)
    paths = sorted(found) if (found := manifest(folder)) else ["other.py"]
    honest = chance.random() < 0.5

    def deeds() -> str:
        chosen = chance.choices((*_HONEST, *(() if honest else _HOSTILE * 2)), k=3)
        return "".join(
            f"{each.replace('PATH', _quoted(chance.choice(paths)))}\n" for each in chosen
        )

    settings: dict[str, object] = {
        "target_file": "target.txt",
        "run_command": "sh experiment.sh",
        "metric_name": "metric",
        "readonly_files": chance.sample(_PATTERNS, chance.randint(0, 3)),
        "tag": "t",
    }
    for name in chance.sample(("setup_command", "guard_command"), chance.randint(0, 2)):
        settings[name] = f"{deeds()}true"
    return Grown(folder, settings, [(f"{n}", f"{deeds()}echo metric: {n}\n") for n in (8, 7)])


def lost(grown: Grown) -> list[str]:
    """Hold one session; what is not as it was, in words, and nothing if all is well."""
    root = grown.root
    before, status, refs = manifest(root), git(root, "status", "--porcelain"), _refs(root)
    request = SessionRequest(root, grown.settings, proposer=ScriptedProposer(grown.ideas))
    with suppress(AutoresearchError), open_session(request) as session:
        list(research(session))
    now = manifest(root)
    aside = _put_aside(root)
    found = [
        f"{path!r} was {state}, and it is {now.get(path)}"
        for path, state in before.items()
        if now.get(path) != state and not (path in OUTPUTS and state[3] in aside)
    ]
    found += [f"{path!r} is new" for path in now.keys() - before.keys() if not _is_ours(path)]
    if (seen := git(root, "status", "--porcelain")) != status and not _has_output(before):
        found.append(f"git status was {status!r}, and it is {seen!r}")
    return found + [f"ref: {line}" for line in sorted(set(refs) ^ set(_refs(root)))]


def manifest(root: Path) -> dict[str, State]:
    """Everything in the tree but git's own."""
    found, stack = {}, [""]
    while stack:
        here = stack.pop()
        for entry in os.scandir(f"{root}/{here}"):
            path = f"{here}/{entry.name}" if here else entry.name
            if path == ".git":
                continue
            st = entry.stat(follow_symlinks=False)
            content = b""
            if stat.S_ISLNK(st.st_mode):
                content = os.fsencode(Path(entry.path).readlink())
            elif stat.S_ISREG(st.st_mode):
                content = Path(entry.path).read_bytes()
            elif stat.S_ISDIR(st.st_mode):
                stack.append(path)
            times = 0 if stat.S_ISDIR(st.st_mode) else st.st_mtime_ns
            found[path] = (st.st_mode, st.st_uid, times, content)
    return found


def _plant(root: Path, chance: Random, number: int) -> None:
    """Put one file, link or folder somewhere."""
    parent = root / chance.choice(_TOPS)
    for _ in range(chance.choice((0, 0, 1, 2))):
        parent = parent / chance.choice(_NAMES)
    path = parent / chance.choice(_NAMES)
    kind = chance.choice(
        ("file", "file", "file", "large", "folder", "link", "to folder", "dangling")
    )
    with suppress(OSError):  # a file is in the way, or it is there already
        parent.mkdir(parents=True, exist_ok=True)
        if kind == "folder":
            path.mkdir(mode=chance.choice((0o755, 0o700, 0o555)))
        elif kind == "link":
            path.symlink_to(chance.choice(("other.py", "../other.py", str(root / "other.py"))))
        elif kind == "to folder":
            path.symlink_to(chance.choice(("..", str(root / "pkg"), "images")))
        elif kind == "dangling":
            path.symlink_to("nowhere at all")
        else:
            with path.open("x") as file:
                file.write(f"precious {number} " + "x" * (1 << 20 if kind == "large" else 9))
            path.chmod(chance.choice(_MODES))


def _plant_output(root: Path, chance: Random) -> None:
    """Put something of the user's under one of the names that the loop writes to."""
    path = root / chance.choice((*OUTPUTS, ".claude"))
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = chance.choice(("file", "folder", "link", "dangling"))
    if kind == "file":
        path.write_text("from last night")
    elif kind == "folder":
        path.mkdir()
        (path / "inside").write_text("precious inside")
    else:
        path.symlink_to("other.py" if kind == "link" else "nowhere")


def _quoted(path: str) -> str:
    return "'./" + path.replace("'", "'\\''") + "'"


def _is_ours(path: str) -> bool:
    return any(path == each or each.startswith(f"{path}/") for each in OUTPUTS)


def _has_output(before: dict[str, State]) -> bool:
    return any(path in before for path in (*OUTPUTS, ".claude"))


def _refs(root: Path) -> list[str]:
    lines = [*git(root, "for-each-ref").splitlines(), git(root, "symbolic-ref", "HEAD")]
    return [line for line in lines if "autoresearch" not in line]


def _put_aside(root: Path) -> set[bytes]:
    top = root / ".git" / "autoresearch"
    return {path.read_bytes() for path in top.rglob("*") if path.is_file()}


def main() -> None:
    """Try many, and name the seeds at which anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--isolation", default="auto")
    given = parser.parse_args()
    bad = 0
    for seed in range(given.first, given.first + given.count):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            grown = grow(Path(folder, "p"), Random(seed))
            grown.settings["isolation"] = given.isolation
            if found := lost(grown):
                bad += 1
                print(f"seed {seed}: {found[:4]}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{given.count} projects, {bad} with anything lost")


if __name__ == "__main__":
    main()
