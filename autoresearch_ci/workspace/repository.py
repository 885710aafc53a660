"""Opening a repository, and bringing it to where a campaign can go on."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.core.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.core.globs import matches, unmatched
from autoresearch_ci.workspace import branch, checks, locks, outputs
from autoresearch_ci.workspace.campaign_branch import Campaign
from autoresearch_ci.workspace.discovery import discover
from autoresearch_ci.workspace.editable import Editable
from autoresearch_ci.workspace.files import disk_errors
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.locks import Inbox
from autoresearch_ci.workspace.objects import FILE, Committed, Objects, author, listed
from autoresearch_ci.workspace.outputs import OUTPUTS
from autoresearch_ci.workspace.ref_transaction import RefTransaction
from autoresearch_ci.workspace.refs import CODE, LOGS, Refs, campaign_refs
from autoresearch_ci.workspace.remote import Remote, Target
from autoresearch_ci.workspace.session_branch import SessionBranch
from autoresearch_ci.workspace.target_history import TargetHistory
from autoresearch_ci.workspace.tracked_files import TrackedFiles


class Workspace:
    """A repository with a working tree. Made by `Workspace.open`.

    `state_dir` is this working tree's own place for files that are in nobody's
    way; `run_log`, `log_path` and `results_path`, in `outputs`, are what people look at.
    """

    def __init__(
        self,
        root: Path,
        git_dir: Path,
        common_dir: Path,
        *,
        git: Git | None = None,
        outputs: Path | None = None,
    ) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.outputs = outputs or root
        self.log_path = self.outputs / ".claude" / "logs" / "autoresearch.jsonl"
        self.results_path = self.outputs / "results.tsv"
        self.run_log = self.outputs / "run.log"
        self.state_dir = git_dir / "autoresearch"
        self.git = git or Git(root)
        self.objects = Objects(self.git, common_dir / "objects")

    @classmethod
    def open(cls, directory: Path) -> Workspace:
        """The repository around `directory`; WorkspaceError when it is in no state to work in."""
        if not directory.is_dir():
            raise WorkspaceError(f"{directory} is not a directory.", remedy="Name one with --repo.")
        git = Git(directory)
        root, git_dir, common_dir = discover(git, directory)
        workspace = cls(root, git_dir, common_dir)
        workspace._check_state()
        return workspace

    def check_target(self, target: str, readonly: Sequence[str], at: str | None = None) -> None:
        """TargetError unless `target`, a path from the top, can be experimented on.

        `at` is the commit to look at, None what is in the working tree.
        """
        if at:
            checks.check_target_at(self.git, self.root, at, target, readonly)
        else:
            checks.check_target(self.git, self.root, target, readonly)

    def check_outputs(self, at: str | None = None) -> None:
        """WorkspaceError when git tracks a file that the loop is going to write; `at` as above."""
        checks.check_outputs(self.git, at)

    def claim_outputs(self) -> bool:
        """Check the names that the loop writes to; whether there is a log that may be the user's.

        What a killed session has left may be: nobody knows whether it was written to since.
        Raises WorkspaceError where one of them is taken by something else than a file.
        """
        outputs.check(self.outputs)
        return outputs.is_foreign(self.outputs, self.state_dir)

    def put_log_aside(self) -> str:
        """Make way for the loop's own log; says what of the user's was moved, and where."""
        return outputs.set_aside(self.outputs, self.state_dir)

    def note_outputs(self) -> None:
        """Write down how they were left: the next session has to know them for the loop's."""
        outputs.note(self.outputs, self.state_dir)

    def exclude_outputs(self) -> None:
        """Hide the files that the loop writes from git, in `.git/info/exclude`."""
        path = self.common_dir / "info" / "exclude"
        with disk_errors(f"write {path}"):
            text = path.read_text(errors="surrogateescape") if path.exists() else ""
            missing = [f"/{name}" for name in OUTPUTS if f"/{name}" not in text.splitlines()]
            if missing:
                path.parent.mkdir(exist_ok=True)
                break_ = "" if not text or text.endswith("\n") else "\n"
                with path.open("a") as file:
                    file.write(break_ + "".join(f"{line}\n" for line in missing))

    def tags(self, *, local: bool = False) -> list[str]:
        """The campaigns that have a branch, `local` or remote-tracking too; newest commit first."""
        remotes = () if local else ("refs/remotes",)
        refs = branch.listing(self.git, f"refs/heads/{CODE}", *remotes)
        known = branch.named(refs, CODE)
        order: dict[str, None] = {}
        for name, sha in refs:
            for tag, tip in known.items():
                if tip == sha and name.endswith(f"{CODE}/{tag}"):
                    order.setdefault(tag, None)
        return list(order)

    def new_tag(self, today: str, taken: Collection[str] = ()) -> str:
        """`today`, such as mar17, or mar17-2 and so on: the first that is not taken."""
        refs = branch.listing(self.git, "refs/heads", "refs/remotes")
        names = {*taken, *branch.named(refs, CODE), *branch.named(refs, LOGS)}
        taken = {tag.partition("/")[0] for tag in names} | names
        number = 1
        while (tag := today if number == 1 else f"{today}-{number}") in taken:
            number += 1
        return tag

    def check_tag(self, tag: str) -> None:
        """WorkspaceError unless a campaign can have this tag."""
        refs = branch.listing(self.git, "refs/heads")
        names = [name.removeprefix("refs/heads/") for name, _ in refs]
        checks.check_tag(self.git, tag, names)

    def merged(self, tag: str) -> bool:
        """Tell whether the campaign has kept something and the user's branch has it already."""
        tip = branch.tip_of(self.git, CODE, tag)
        place = branch.head_ref(self.git) or "HEAD"
        own = f"refs/heads/{CODE}/{tag}"
        if not tip or place == own or not branch.contained(self.git, tip, place):
            return False
        return branch.base_of(self.git, tip) != tip

    def read_log(self, tag: str, path: str) -> bytes | None:
        """A file on the campaign's log branch, local or else remote-tracking; None without it."""
        tip = branch.tip_of(self.git, LOGS, tag)
        return self.objects.read(f"{tip}:{path}") if tip else None

    def log_reader(self, tag: str) -> Callable[[str], bytes | None]:
        """`read_log` for many files of one campaign: all as the branch has them now."""
        tip = branch.tip_of(self.git, LOGS, tag)
        return lambda path: self.objects.read(f"{tip}:{path}") if tip else None

    def published_logs(self, path: str) -> Iterator[tuple[bytes, str]]:
        """Yield that file of every campaign's log branch, with the branch's name."""
        refs = branch.listing(self.git, f"refs/heads/{LOGS}", "refs/remotes")
        for tag, tip in branch.named(refs, LOGS).items():
            if data := self.objects.read(f"{tip}:{path}"):
                yield data, f"{LOGS}/{tag}"

    def has_remote(self, name: str) -> bool:
        """Tell whether there is a remote of this name."""
        return name in self.git.line("remote").split("\n")

    def remote(self, target: Target) -> Remote:
        """The place where campaigns are published; WorkspaceError where there is no such remote."""
        return Remote(self.git, target)

    def committed(self, commit: str, patterns: Sequence[str]) -> list[Committed]:
        """The regular files of a commit that `patterns` name, as `readonly_files` does."""
        return listed(self.git, commit, lambda path: matches(path, patterns))

    def unmatched(self, patterns: Sequence[str]) -> list[str]:
        """Those of `patterns` that name nothing in the working tree as it is now."""
        return unmatched(str(self.root), patterns)

    def resolve(self, name: str) -> str:
        """The commit that a name means; empty where it is none here."""
        return branch.resolve(self.git, name)

    def target_history(self, paths: Sequence[str]) -> TargetHistory:
        """The versions of these files, without a campaign being taken up."""
        return TargetHistory(self.git, lambda _commit: paths, self.state_dir)

    def require_commit(self, name: str, role: str = "") -> str:
        """The commit that a name means. WorkspaceError where there is none."""
        return branch.require_commit(self.git, name, role)

    def common(self, one: str, other: str) -> str:
        """Find the newest commit that both have in their history; empty where there is none."""
        code, out = self.git.ask("merge-base", one, other, ok=(0, 1, 128))
        return "" if code else out.decode().strip()

    @contextmanager
    def files_of(self, commit: str) -> Iterator[Path]:
        """A folder with the tracked files of a commit, for the block: nothing is switched to."""
        with tempfile.TemporaryDirectory(prefix="autoresearch-") as place:
            folder = Path(place).resolve() / self.root.name
            folder.mkdir()
            with disk_errors(f"write {folder}"):
                self.tracked_files.check_out(commit, folder)
            yield folder

    @contextmanager
    def lock(self, tag: str, *, shared: bool = False) -> Iterator[None]:
        """Be the only session on this campaign and in this working tree; else LockedError.

        With `shared` beside others that hold it so. A move of the campaign's branches that a kill
        cut short is made first.
        """
        with locks.held(self._locks(tag), shared=shared):
            if not shared:
                RefTransaction(self.git, self.git_dir, self.common_dir, tag).recover()
            yield

    def _locks(self, tag: str) -> tuple[tuple[Path, str], tuple[Path, str]]:
        """The locks of a session, each with what it stands for in a message."""
        campaign = self.common_dir / "autoresearch" / "locks" / f"{quote(tag, safe='')}.lock"
        tree = self.git_dir / "autoresearch" / "worktree.lock"
        return (campaign, f"The campaign {tag}"), (tree, f"The working tree {self.root}")

    def _work(self, tag: str) -> list[Path]:
        """The locks of which sessions hold one: the campaign's own, or those of lanes."""
        lanes = self.common_dir / "autoresearch" / "lanes" / quote(tag, safe="")
        return [self._locks(tag)[0][0], *sorted(lanes.glob("*/lane.lock"))]

    def busy(self, tag: str) -> bool:
        """Tell whether a live session on this machine is at work on the campaign."""
        return any(map(locks.is_held, self._work(tag)))

    def holders(self, tag: str) -> list[int]:
        """The process of that session, or those of lanes; none when there is none."""
        return [process for lock in self._work(tag) if (process := locks.holder(lock))]

    def refs_of(self, tag: str) -> Refs:
        """The refs that a session writes: the campaign's two branches."""
        return campaign_refs(tag)

    def inbox(self, tag: str) -> Inbox:
        """The place to leave something for the session on this campaign."""
        name = f"{quote(tag, safe='')}.jsonl"
        return Inbox(self.common_dir / "autoresearch" / "inbox" / name)

    def append_to_logs(self, remote: Remote, tag: str, path: str, line: bytes) -> bool | None:
        """Add a line to a file on a campaign's logs branch on the remote, and nothing else.

        One that is there already is not added again: the answer to its push was lost.
        False where somebody else pushed at the same time: try again. None when the
        campaign is not there. Raises WorkspaceError where the push fails.
        """
        ref = f"refs/heads/{LOGS}/{tag}"
        tip = remote.fetch(ref).get(ref)
        if tip is None:
            return None
        data = self.objects.read(f"{tip}:{path}") or b""
        if line in data.splitlines(keepends=True):
            return True
        blob = self.objects.write(b"blob", data + line)
        tree = self.git.line("rev-parse", "--verify", f"{tip}^{{tree}}")
        commit = self.objects.commit(
            tree=self.objects.put(tree, {path: (FILE, blob)}),
            parents=(tip,),
            author=author(self.git),
            when=f"{int(time.time())} {time.strftime('%z')}",
            message="autoresearch: a request",
        )
        return remote.push({ref: commit})

    def ignored(self, readonly: Sequence[str]) -> list[str]:
        """List what git ignores here, folders in a piece, but for what these patterns protect."""
        args = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
        return [
            path
            for path in os.fsdecode(self.git.run(*args)).split("\0")[:-1]
            if path not in OUTPUTS
            and not path.startswith(".claude/")
            and not path.endswith("__pycache__/")
            and not matches(path, readonly)
            and not matches(f"{path}x/x", readonly)
        ]

    @contextmanager
    def campaign(
        self,
        tag: str,
        *,
        target: str,
        editable: Sequence[str] = (),
        readonly: Sequence[str] = (),
        session: str = "",
        base: str | None = None,
        kept: str | None = None,
        kept_parent: str | None = None,
        begun: Collection[str] = (),
        combined: bool = False,
    ) -> Iterator[Campaign]:
        """Work on the campaign's branch; the user's checkout stays as it is.

        `kept` is the commit of the ledger's last kept experiment and `kept_parent`
        its parent; both None for a new campaign, which starts from `base`, or else
        from HEAD; `editable` are patterns of files that may change with the `target`, none of
        them `readonly`; `begun` are commits that one without a baseline began from before. With
        `combined` the branch may move by many keeps at once, and to what others have combined.
        """
        folders = (self.git_dir, self.common_dir, self.state_dir)
        files = Editable(self.git, target, editable, readonly)
        on_branch = SessionBranch(
            self.git,
            self.objects,
            folders,
            tag,
            refs=self.refs_of(tag),
            editable=files,
            session=session,
        )
        try:
            yield on_branch.enter(
                base=base, kept=kept, kept_parent=kept_parent, begun=begun, combined=combined
            )
        finally:
            on_branch.leave()

    @property
    def tracked_files(self) -> TrackedFiles:
        """The answers that run trees need of this repository."""
        return TrackedFiles(self.git)

    def maintain(self) -> None:
        """Let git pack what a session wrote, if it finds it worth it."""
        with suppress(AutoresearchError):
            Git(self.root, collect=True).run("-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")

    def _check_state(self) -> None:
        if (self.common_dir / "reftable").is_dir():
            raise WorkspaceError(
                "The repository keeps its refs in a reftable, which is not supported.",
                remedy="Convert it: `git refs migrate --ref-format=files`.",
            )
        if not branch.resolve(self.git, "HEAD"):
            raise WorkspaceError(
                f"The repository {self.root} has no commits.",
                remedy="Commit the project first: `git add . && git commit -m start`.",
            )
