"""Into a campaign and out again: branch, HEAD, index and tree brought to agree."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.workspace import branch
from autoresearch_ci.workspace.campaign_branch import Campaign
from autoresearch_ci.workspace.editable_file import EditableFile
from autoresearch_ci.workspace.files import remove
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.locks import clear_stale
from autoresearch_ci.workspace.objects import Objects, author
from autoresearch_ci.workspace.ref_transaction import RefTransaction
from autoresearch_ci.workspace.snapshot.backup import Backup
from autoresearch_ci.workspace.snapshot.git_files import IN_PROGRESS, GitFiles
from autoresearch_ci.workspace.snapshot.recovery import Recovery
from autoresearch_ci.workspace.snapshot.submodules import HOME, WholeTree
from autoresearch_ci.workspace.state import LEAVING, WORKING, State, load, save
from autoresearch_ci.workspace.status import status, uncommitted
from autoresearch_ci.workspace.times import Times
from autoresearch_ci.workspace.trial import CheckoutState


class Repository(Protocol):
    """The repository that a checkout is of: a `Workspace`, as far as it is asked."""

    root: Path
    git_dir: Path
    common_dir: Path
    git: Git
    objects: Objects


class Checkout:
    """One stay on a campaign's branch: `enter`, then `leave`."""

    def __init__(
        self,
        workspace: Repository,
        tag: str,
        *,
        target: str,
        readonly: Sequence[str],
        session: str,
    ) -> None:
        self._tag = tag
        self._target = target
        self._entered = False
        self._stay: Campaign | None = None
        self._root = workspace.root
        self._git_dir = workspace.git_dir
        self._common = workspace.common_dir
        self._git = workspace.git
        self._objects = workspace.objects
        self._home = workspace.git_dir / "autoresearch"
        self._state_path = self._home / "session.json"
        self._shown_path = self._home / "shown"
        self._ref = f"refs/heads/{branch.CODE}/{tag}"
        own = (self._ref, f"refs/heads/{branch.LOGS}/{tag}")
        self._backup = Backup(workspace.root, self._home / "vault")
        self._tree = WholeTree(
            workspace.root, self._git, self._backup, target, readonly, common=self._common
        )
        self._git_files = GitFiles(self._git, workspace.root, self._git_dir, self._common, own)
        self._state = State(session=session, tag=tag, target=target, origin="", started=time.time())

    def enter(
        self,
        *,
        base: str | None,
        kept: str | None,
        kept_parent: str | None,
        begun: Collection[str] = (),
    ) -> Campaign:
        """Bring everything to agree and stand on the branch."""
        branch.check_free(self._common, self._git_dir, self._ref)
        name = author(self._git)
        dead = load(self._state_path)
        recovery = self._recovery(dead) if dead else None
        if recovery is None:
            self._refuse_changes()
        at, before = branch.head_ref(self._git), branch.resolve(self._git, "HEAD")
        self._state.origin = self._origin(dead, at)
        start = self._start(base, at, begun=kept is not None)
        tip, created = branch.settle(
            self._git,
            self._objects,
            self._tag,
            start=start,
            kept=kept,
            parent=kept_parent,
            begun=begun,
        )
        rescued = ""
        if recovery and dead:
            dead_ref = f"refs/heads/{branch.CODE}/{dead.tag}"
            there = bool(dead.tag) and bool(branch.resolve(self._git, dead_ref))
            rescued = recovery.clean(dead_ref if there else self._ref, name)
        save(self._state, self._state_path)
        self._forget(but_state=True)
        self._entered = True
        self._times = Times(f"{self._root}/{self._target}")
        self._switch(moved=before != tip)
        self._stamp()
        if any(self._git_dir.glob("sharedindex.*")):  # which nobody puts back
            self._git.run("update-index", "--no-split-index")
        campaign = self._stay = self._campaign(tip, created, rescued, name)
        self._state.phase = WORKING
        self._tree.survey()
        save(self._state, self._state_path)
        return campaign

    def leave(self) -> None:
        """Go back to where the user was; nothing to do when `enter` did not get to move."""
        with deferred():
            self._leave()

    def _leave(self) -> None:
        if not self._entered or not self._git_dir.is_dir():
            self._git_files.close()
            return
        if self._stay is not None:
            self._stay.close()
            if self._stay.unsettled and status(self._git).changed:
                return  # to be recovered from as after a kill, not to be carried to another branch
        self._git_files.close()
        self._state.phase = LEAVING
        save(self._state, self._state_path)
        origin = self._state.origin
        try:
            if branch.head_ref(self._git) == self._ref and origin != self._ref:
                self._go(origin)
                self._stamp()
            else:
                self._git.ask("update-index", "-q", "--refresh")
            self._drop_unused()
        except WorkspaceError:
            self._forget()  # what is in the way is a person's, not a killed session's
            raise
        self._forget()

    def _drop_unused(self) -> None:
        """Delete the branch where it was made for a session that came to nothing at all."""
        stay = self._stay
        if stay is None or not stay.created or branch.head_ref(self._git) == self._ref:
            return
        code, logs = stay.refs.values()
        if code == stay.base and not logs:
            reason = "autoresearch-ci: nothing came of it"
            self._git.run("update-ref", "-m", reason, "-d", self._ref, code)

    def _forget(self, *, but_state: bool = False) -> None:
        """Remove the marks of a session at work; the first to go says that there is one."""
        if not but_state:
            self._state_path.unlink(missing_ok=True)
        self._shown_path.unlink(missing_ok=True)
        self._backup.clear()
        shutil.rmtree(self._home / HOME, ignore_errors=True)

    def _recovery(self, dead: State) -> Recovery | None:
        """What a killed session left, cleared so far that git can work; None when all is well."""
        clear_stale(self._stale(dead), self._root, self._git_dir)
        recovery = Recovery(self._git, self._objects, self._backup, self._root, self._git_dir, dead)
        if recovery.left:
            recovery.take_back_target()
            return None
        for name in IN_PROGRESS:
            if dead.phase == WORKING:  # the experiment's, not a person's: HEAD is where we put it
                remove(str(self._git_dir), name)
        return recovery

    def _stale(self, dead: State) -> list[Path]:
        """The locks that the dead session's gits may have left; not those from before it."""
        paths = [*self._git_files.locks, *self._git_files.refs.locks()]
        for kind in (branch.CODE, branch.LOGS):
            paths += [
                self._common / f"refs/heads/{kind}/{tag}.lock" for tag in (dead.tag, self._tag)
            ]
        young = []
        for path in dict.fromkeys(paths):
            if path.exists() and path.lstat().st_mtime >= dead.started - 1:
                young.append(path)
        return young

    def _refuse_changes(self) -> None:
        now = status(self._git)
        if now.changed:
            raise uncommitted(sorted(now.changed), now.moved)

    def _origin(self, dead: State | None, at: str) -> str:
        """Where to go in the end: where a person was last, not where a killed session stood."""
        if dead and dead.origin and (not at or at == f"refs/heads/{branch.CODE}/{dead.tag}"):
            return dead.origin
        return at or branch.resolve(self._git, "HEAD")

    def _start(self, base: str | None, at: str, *, begun: bool) -> str:
        """The commit at which a new campaign begins; empty for one that goes on.

        One that has not even a baseline begins anew.
        """
        there = bool(branch.tip_of(self._git, branch.CODE, self._tag))
        if there and (begun or (base is None and not self._state.origin.startswith("refs/heads/"))):
            return ""
        if base is None:
            if not at and not self._state.origin.startswith("refs/"):
                raise WorkspaceError(
                    "HEAD is detached: there is no branch to start a campaign from.",
                    remedy="Switch to a branch (`git switch main`), or name the commit to start "
                    "from: --base HEAD",
                )
            return branch.resolve(self._git, self._state.origin)
        commit = branch.resolve(self._git, base)
        if not commit:
            raise WorkspaceError(
                f"The base {base} is no commit here.",
                remedy="Name a branch, tag or commit that `git log` shows; in a shallow clone "
                "`git fetch --unshallow` may bring it.",
            )
        return commit

    def _switch(self, *, moved: bool) -> None:
        if branch.head_ref(self._git) != self._ref:
            self._go(self._ref)
        elif moved:  # under a clean tree
            self._git.run("reset", "--hard", "--quiet")

    def _stamp(self) -> None:
        """Let what git has put into the target be newer than what was there."""
        if self._times.settle():
            self._git.ask("update-index", "-q", "--refresh")

    def _go(self, origin: str) -> None:
        """Switch to a branch, or detach at a commit; never over anybody's changes."""
        name = origin.removeprefix("refs/heads/")
        args = ("checkout", "--quiet", "--no-guess", "--no-overwrite-ignore")
        try:
            if origin.startswith("refs/heads/"):
                self._git.run(*args, name, "--")
            else:
                self._git.run(*args, "--detach", origin)
        except WorkspaceError as error:
            raise WorkspaceError(
                f"Could not switch to {name}.",
                detail=error.detail or error.message,
                remedy="Move what git names out of the way, then `git switch` there yourself "
                "or run again.",
            ) from error

    def _campaign(self, tip: str, created: bool, rescued: str, name: str) -> Campaign:
        on = f"{branch.CODE}/{self._tag}"
        editable = EditableFile.at_tip(self._git, self._objects, self._root, self._target, on)
        state = CheckoutState(
            git=self._git,
            objects=self._objects,
            tree=self._tree,
            git_files=self._git_files,
            shown_path=self._shown_path,
            root=str(self._root),
            ref=self._ref,
            files={self._target: editable},
            author=name,
            rewritten=set(),
            head=tip,
            head_tree=self._git.line("rev-parse", f"{tip}^{{tree}}"),
            times=self._times,
        )
        logs = branch.tip_of(self._git, branch.LOGS, self._tag)
        if logs and not branch.resolve(self._git, f"refs/heads/{branch.LOGS}/{self._tag}"):
            args = ("update-ref", "-m", "autoresearch-ci: from the remote")
            self._git.run(*args, f"refs/heads/{branch.LOGS}/{self._tag}", logs, "0" * 40)
        base = tip if created else branch.base_of(self._git, tip)
        moves = RefTransaction(self._git, self._git_dir, self._common, self._tag)
        origin = "" if self._state.origin == self._ref else self._state.origin
        where = origin.removeprefix("refs/heads/") if origin.startswith("refs/heads/") else ""
        return Campaign(
            self._tag,
            state,
            moves,
            base=base,
            created=created,
            rescued=rescued,
            logs_tip=logs,
            user=(where, branch.resolve(self._git, origin) if origin else ""),
        )
