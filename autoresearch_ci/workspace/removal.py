"""Deleting a campaign: its branches and its lanes' refs, here and on a remote, and what waits."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import branch, lanes
from autoresearch_ci.workspace.refs import campaign_refs
from autoresearch_ci.workspace.remote import Remote
from autoresearch_ci.workspace.repository import Workspace

ATTEMPTS = 3


def require_free(workspace: Workspace, tag: str) -> None:
    """Raise WorkspaceError where one of the branches is checked out, here or elsewhere."""
    for ref in campaign_refs(tag):
        if branch.head_ref(workspace.git) == ref:
            raise WorkspaceError(
                f"The branch {ref.removeprefix('refs/heads/')} is checked out here.",
                remedy="Switch to your own branch first (`git switch -`). Where a session was "
                "killed on it, `autoresearch-ci setup` puts everything back.",
            )
        branch.check_free(workspace.common_dir, workspace.git_dir, ref)


def delete_there(workspace: Workspace, remote: Remote, tag: str) -> dict[str, str]:
    """Delete the branches that are on the remote, all or none; their names and commits."""
    names = campaign_refs(tag)
    for _ in range(ATTEMPTS):
        found = remote.fetch(*names)
        remote.fetch_lanes(tag)
        of_lanes = lanes.refs(workspace, tag, remote.name)
        there = {name: found[name] for name in names if name in found} | of_lanes
        if not there or remote.push(dict.fromkeys(there, ""), leases=of_lanes):
            remote.fetch_lanes(tag)
            for name in names:
                _delete(workspace, f"refs/remotes/{remote.name}/{name.removeprefix('refs/heads/')}")
            return there
    raise WorkspaceError(
        f"{remote.name} rejects it again and again, since others push to the campaign.",
        remedy="Let the session at work there end first: `autoresearch-ci stop --push`.",
    )


def delete_here(workspace: Workspace, tag: str) -> dict[str, str]:
    """Delete the local branches and what waits for the campaign; their names and commits."""
    deleted = {name: sha for name in campaign_refs(tag) if (sha := _delete(workspace, name))}
    deleted |= lanes.refs(workspace, tag)
    lanes.forget(workspace, tag)
    shutil.rmtree(workspace.state_dir / "pending" / tag, ignore_errors=True)
    inbox = workspace.common_dir / "autoresearch" / "inbox" / f"{quote(tag, safe='')}.jsonl"
    inbox.unlink(missing_ok=True)
    return deleted


def put_aside(workspace: Workspace, tag: str, records: bytes) -> Path:
    """Write the campaign's records to a file in the git directory; its path."""
    path = workspace.state_dir / "deleted" / f"{quote(tag, safe='')}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(records)
    return path


def _delete(workspace: Workspace, name: str) -> str:
    sha = branch.resolve(workspace.git, name)
    if sha:
        reason = "autoresearch-ci: delete the campaign"
        workspace.git.run("update-ref", "-m", reason, "-d", name, sha)
    return sha
