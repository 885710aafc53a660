"""A campaign is deleted: branches, records, and what waits for it; and how that is undone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from autoresearch_ci.campaign import ledger
from autoresearch_ci.campaign.select import LEDGER, log_of
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.workspace import Remote, Workspace, removal
from autoresearch_ci.workspace.refs import campaign_refs


def require_known(workspace: Workspace, tag: str, remote: Remote | None) -> None:
    """Raise LedgerError where there is nothing of such a campaign."""
    workspace.check_tag(tag)
    if tag in workspace.tags() or log_of(workspace, tag).lines:
        return
    if any(workspace.resolve(name) for name in campaign_refs(tag)):
        return
    if remote and remote.fetch(*campaign_refs(tag)):
        return
    known = ", ".join(workspace.tags())
    raise LedgerError(
        f"There is no campaign {tag} in this repository.",
        remedy=f"Name one of these: {known}." if known else "There is nothing to delete.",
    )


def remove(workspace: Workspace, tag: str, remote: Remote | None) -> list[str]:
    """Delete it; lines that say what was deleted and how to bring it back.

    Raises LockedError where a session holds it, WorkspaceError where it is checked out.
    """
    with workspace.lock(tag):
        removal.require_free(workspace, tag)
        there = removal.delete_there(workspace, remote, tag) if remote else {}
        records = ledger.forget(workspace.log_path, workspace.results_path, tag)
        kept = removal.put_aside(workspace, tag, records) if records else None
        here = removal.delete_here(workspace, tag)
    lines = [*_deleted(here, "git branch"), *_deleted(there, f"git push {_name(remote)}")]
    if kept:
        lines.append(f"took its records out of {LEDGER}; they are in {kept}")
    elsewhere = tag in workspace.tags()
    if elsewhere:
        lines.append("It is still on a remote; --push deletes it there, too.")
    return lines


def _name(remote: Remote | None) -> str:
    return remote.name if remote else ""


def _deleted(refs: Mapping[str, str], how: str) -> list[str]:
    """Say what was deleted, and how to bring it back as long as git has the commit."""
    lines = []
    for ref, commit in refs.items():
        name = ref.removeprefix("refs/heads/")
        back = f"{how} {shlex.quote(name)} {commit}"
        if how != "git branch":
            back = f"{how} {shlex.quote(f'{commit}:{ref}')}"
        lines.append(f"deleted {name}, which was at {commit}; to bring it back: {back}")
    return lines
