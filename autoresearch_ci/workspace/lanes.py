"""Lanes in a repository: each with refs, records, locks and outputs of its own."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.workspace import branch, locks
from autoresearch_ci.workspace.files import disk_errors, write_atomic
from autoresearch_ci.workspace.locks import Inbox
from autoresearch_ci.workspace.refs import CODE, LOGS, Refs, campaign_refs, lane_refs
from autoresearch_ci.workspace.repository import Workspace


class LaneWorkspace(Workspace):
    """The same working tree for lane `number` of the campaign `tag`.

    All that it writes is in its folder of the git directory, and in two refs that nobody else
    writes: `writer` is their name, which this folder alone has. So a push of them is never
    rejected, also where another machine has a lane of this number.
    """

    def __init__(self, workspace: Workspace, tag: str, number: int) -> None:
        folder = folder_of(workspace.common_dir, tag) / str(number)
        super().__init__(
            workspace.root,
            workspace.git_dir,
            workspace.common_dir,
            git=workspace.git,
            outputs=folder,
        )
        self.state_dir = folder
        self._tag, self.number = tag, number

    @cached_property
    def writer(self) -> str:
        """The name of this folder in refs, made by the first who holds its lock."""
        name = self.state_dir / "writer"
        with disk_errors(f"write {name}"):
            if not name.exists():
                text = f"{self.number}-{uuid.uuid4().hex[:8]}"
                write_atomic(name, text.encode())
            return name.read_text().strip()

    def refs_of(self, tag: str) -> Refs:
        """The lane's own two refs."""
        return lane_refs(tag, self.writer)

    def inbox(self, tag: str) -> Inbox:  # noqa: ARG002 - it has one campaign
        """The place to leave something for this lane."""
        return _inbox(self.state_dir)

    @contextmanager
    def lock(self, tag: str, *, shared: bool = True) -> Iterator[None]:
        """Be the only session of this lane here, beside other lanes and nobody else."""
        own = (self.state_dir / "lane.lock", f"Lane {self.number} of the campaign {tag}")
        with super().lock(tag, shared=shared), locks.held([own]):
            yield

    def maintain(self) -> None:
        """Leave that to the campaign's own sessions: lanes are many."""


def folder_of(common_dir: Path, tag: str) -> Path:
    """The folder with those of the campaign's lanes in this repository."""
    return common_dir / "autoresearch" / "lanes" / quote(tag, safe="")


def lanes_here(common_dir: Path, tag: str) -> list[Path]:
    """The folders of the lanes that have worked in this repository and are not combined yet."""
    return sorted(path for path in folder_of(common_dir, tag).glob("*") if path.is_dir())


def inboxes(workspace: Workspace, tag: str) -> list[Inbox]:
    """Those of the lanes that are at work in this repository."""
    folders = lanes_here(workspace.common_dir, tag)
    return [_inbox(folder) for folder in folders if locks.is_held(folder / "lane.lock")]


def _inbox(folder: Path) -> Inbox:
    return Inbox(folder / "inbox.jsonl")


def branch_tip(workspace: Workspace, tag: str) -> str:
    """The commit that the campaign's branch is at, as far as anybody here knows; empty: none."""
    refs = branch.listing(workspace.git, f"refs/remotes/*/{CODE}/{tag}")
    here = workspace.resolve(campaign_refs(tag).code)
    there = next((sha for _, sha in refs), "")
    ahead = there and (not here or branch.contained(workspace.git, here, there))
    return there if ahead else here


def logs_tips(workspace: Workspace, tag: str) -> list[tuple[str, str]]:
    """The campaign's logs branch, here and as fetched: refs and their commits."""
    logs = campaign_refs(tag).logs
    return branch.listing(workspace.git, logs, f"refs/remotes/*/{LOGS}/{tag}")


def forget(workspace: Workspace, tag: str) -> None:
    """Delete the lanes of this repository, whose records are all on the logs branch now."""
    for writer, shas in published(workspace, tag).items():
        for ref in lane_refs(tag, writer):
            if sha := shas.get(ref.rpartition("/")[2]):
                workspace.git.run("update-ref", "-d", ref, sha)
    shutil.rmtree(folder_of(workspace.common_dir, tag), ignore_errors=True)


def published(workspace: Workspace, tag: str, remote: str = "") -> dict[str, dict[str, str]]:
    """The lanes' refs in this repository, or as last fetched: writer to the commits of both."""
    prefix = lane_refs(tag, "", remote).code.removesuffix("/code")
    found: dict[str, dict[str, str]] = {}
    for name, sha in branch.listing(workspace.git, prefix):
        if match := re.fullmatch(r"([^/]+)/(code|log)", name.removeprefix(prefix)):
            found.setdefault(match[1], {})[match[2]] = sha
    return found


def refs(workspace: Workspace, tag: str, remote: str = "") -> dict[str, str]:
    """The same by their full names, as they are where the lanes push them."""
    return {
        ref: shas[kind]
        for writer, shas in published(workspace, tag, remote).items()
        for ref, kind in zip(lane_refs(tag, writer), ("code", "log"), strict=True)
        if kind in shas
    }
