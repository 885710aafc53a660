"""Small real projects in real repositories."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from autoresearch_ci.campaign.select import CampaignView, view
from autoresearch_ci.core.model import Event, Experiment
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import Idea, ScriptedProposer
from autoresearch_ci.workspace import Workspace

SETTINGS = {
    "target_file": "target.txt",
    "run_command": "sh experiment.sh",
    "metric_name": "metric",
}
PARSED = {"metric_parse": "awk '/^metric:/ { print $2 }' run.log"}
"""The same metric as a command finds it, which costs a tree and processes for each run."""


_TEMPORARY = gettempdir()
"""It is asked before a test points elsewhere."""


def state() -> Path:
    """A folder that runs of a test may write to, `$STATE` in its scripts."""
    return Path(os.environ["STATE"])


def git(repository: Path, *words: str) -> str:
    """What git prints, without its last newline."""
    done = subprocess.run(
        ["git", "-C", str(repository), *words], check=True, capture_output=True, text=True
    )
    return done.stdout.rstrip("\n")


def make_repository(folder: Path, files: Mapping[str, str], user: str = "u") -> Path:
    """A repository with these files in one commit of this user's on `main`."""
    made = _made(tuple(files.items()), user)
    shutil.copytree(made / ".git", folder / ".git")
    git(folder, "read-tree", "--reset", "-u", "HEAD")  # an index of just now, as if added
    _write(folder, {name: text for name, text in files.items() if not (folder / name).exists()})
    return folder


def commit_all(folder: Path, user: str = "u") -> Path:
    """The folder as a repository, with all that is in it in one commit of this user's on `main`."""
    for words in (
        ["init", "-q", "-b", "main", "--template="],
        ["config", "user.name", user],
        ["config", "user.email", f"{user.lower()}@example.org"],
        ["add", "-A"],
        ["commit", "-q", "-m", "base"],
    ):
        git(folder, *words)
    (folder / ".git" / "info").mkdir()
    (folder / ".git" / "hooks").mkdir()
    return folder


@cache
def _made(files: tuple[tuple[str, str], ...], user: str) -> Path:
    """The same repository, made once a process and never worked in."""
    place = mkdtemp(prefix="autoresearch-tests-", dir=_TEMPORARY)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = Path(place) / "repository"
    _write(folder, dict(files))
    return commit_all(folder, user)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_project(folder: Path, **files: str) -> Path:
    """A project whose metric is what its target says: `sh` runs the target itself."""
    return make_repository(
        folder,
        {"target.txt": "echo metric: 10\n", "experiment.sh": ". ./target.txt\n", **files},
    )


def hold(
    repository: Path, ideas: Iterable[Idea], *, tag: str = "t", **settings: object
) -> list[Event]:
    """One session with these ideas; all that it said."""
    overrides = {**SETTINGS, "tag": tag, **settings}
    with open_session(
        SessionRequest(repository, overrides, proposer=ScriptedProposer(ideas))
    ) as session:
        return list(research(session))


def look(repository: Path, tag: str | None) -> CampaignView:
    """The campaign as `results` sees it."""
    return view(Workspace.open(repository), tag)


def experiments(events: Iterable[Event]) -> list[Experiment]:
    """The finished ones."""
    return [event for event in events if isinstance(event, Experiment)]
