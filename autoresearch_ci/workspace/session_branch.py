"""A campaign's branch for the length of a session; the user's checkout is not involved."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import branch
from autoresearch_ci.workspace.campaign_branch import Campaign
from autoresearch_ci.workspace.editable import Editable
from autoresearch_ci.workspace.git import ZERO, Git
from autoresearch_ci.workspace.locks import clear_stale
from autoresearch_ci.workspace.objects import Objects, author
from autoresearch_ci.workspace.ref_transaction import RefTransaction
from autoresearch_ci.workspace.refs import CODE, LOGS, Refs, campaign_refs
from autoresearch_ci.workspace.state import State, load, save
from autoresearch_ci.workspace.trial import Tip

_REBASES = "A rebase is under way: end it (`git rebase --continue` or `--abort`)"
_UNDER_WAY = {
    "rebase-merge": _REBASES,
    "rebase-apply": _REBASES,
    "BISECT_START": "A bisection is under way: end it (`git bisect reset`)",
}
"""Marks in the git directory of what detached HEAD, and the way back from each."""


class SessionBranch:
    """The work of one session: `enter`, then `leave`. Nothing but the campaign's refs moves.

    `folders` are the git directory, the one that linked working trees share, and ours. `refs` are
    the campaign's, or those of one lane.
    """

    def __init__(
        self,
        git: Git,
        objects: Objects,
        folders: tuple[Path, Path, Path],
        tag: str,
        *,
        refs: Refs,
        editable: Editable,
        session: str,
    ) -> None:
        self._tag, self._editable, self._session = tag, editable, session
        self._git, self._objects = git, objects
        self._git_dir, self._common, state = folders
        self._mark = state / "session.json"
        self._refs, self._branch = refs, campaign_refs(tag).code
        self._campaign: Campaign | None = None

    def enter(
        self,
        *,
        base: str | None,
        kept: str | None,
        kept_parent: str | None,
        begun: Collection[str] = (),
        combined: bool = False,
    ) -> Campaign:
        """Bring the branch to the last kept commit, or make it."""
        at = branch.head_ref(self._git)
        if at == self._branch:
            raise _stands_there(self._branch)
        branch.check_free(self._common, self._git_dir, self._branch)
        if load(self._mark):
            clear_stale(self._stale(), self._git.cwd, self._git_dir)
        name = author(self._git)
        if kept and self._refs.code != self._branch:
            tip, created = branch.place(self._git, self._refs.code, kept), False
        else:
            if combined and kept:
                branch.combine(self._git, self._tag, kept)
            tip, created = branch.settle(
                self._git,
                self._objects,
                self._tag,
                start=self._start(base, at, begun=kept is not None),
                kept=kept,
                parent=kept_parent,
                begun=begun,
            )
        save(State(self._session, self._tag), self._mark)
        campaign = self._campaign = self._made(tip, name, at, created=created)
        return campaign

    def leave(self) -> None:
        """Delete the branch where it was made for a session that came to nothing at all."""
        campaign = self._campaign
        if campaign is None:  # what a killed session left is still for the next one
            return
        if campaign.created:
            code, logs = campaign.refs.values()
            if code == campaign.base and not logs:
                reason = "autoresearch-ci: nothing came of it"
                self._git.run("update-ref", "-m", reason, "-d", self._refs.code, code)
        self._mark.unlink(missing_ok=True)

    def _start(self, base: str | None, at: str, *, begun: bool) -> str:
        """Find the commit at which a new campaign begins; empty for one that goes on.

        One that has not even a baseline begins anew.
        """
        there = bool(branch.tip_of(self._git, CODE, self._tag))
        if there and (begun or (base is None and not at)):
            return ""
        if base is None:
            if not at:
                ends = (how for mark, how in _UNDER_WAY.items() if (self._git_dir / mark).exists())
                first = next(ends, "Switch to a branch (`git switch main`)")
                raise WorkspaceError(
                    "HEAD is detached: there is no branch to start a campaign from.",
                    remedy=f"{first}, or name the commit to start from: --base HEAD",
                )
            return branch.resolve(self._git, at)
        return branch.require_commit(self._git, base, "The base")

    def _stale(self) -> list[Path]:
        """The locks of the campaign's refs; a session that was killed may have left some."""
        paths = [self._common / f"{ref}.lock" for ref in self._refs]
        return [*paths, self._common / "packed-refs.lock"]

    def _made(self, tip: str, name: str, at: str, *, created: bool) -> Campaign:
        self._editable.check(tip)
        state = Tip(
            git=self._git,
            objects=self._objects,
            ref=self._refs.code,
            editable=self._editable,
            files={},
            author=name,
            head=tip,
            head_tree=self._git.line("rev-parse", f"{tip}^{{tree}}"),
        )
        state.read_files()
        logs = branch.resolve(self._git, self._refs.logs)
        if not logs and self._refs.code == self._branch:
            logs = branch.tip_of(self._git, LOGS, self._tag)
            if logs:
                args = ("update-ref", "-m", "autoresearch-ci: from the remote")
                self._git.run(*args, self._refs.logs, logs, ZERO)
        return Campaign(
            self._tag,
            state,
            RefTransaction(self._git, self._git_dir, self._common, self._tag),
            base=tip if created else branch.base_of(self._git, tip),
            created=created,
            scratch=self._mark.parent,
            logs=self._refs.logs,
            logs_tip=logs,
            user=(at.removeprefix("refs/heads/"), branch.resolve(self._git, "HEAD")),
        )


def _stands_there(ref: str) -> WorkspaceError:
    name = ref.removeprefix("refs/heads/")
    return WorkspaceError(
        f"You stand on {name}, which a session moves.",
        remedy="Switch to your own branch (`git switch -`), or stay at this commit without the "
        "branch: `git switch --detach`. Then run again.",
    )
