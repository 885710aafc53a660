"""The campaign's branch: where it is, where it must be, and what else bears its name."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace.git import ZERO, Git
from autoresearch_ci.workspace.objects import Objects
from autoresearch_ci.workspace.refs import CODE, LOGS, campaign_refs

TRAILER = "Autoresearch-Experiment"
"""Every commit that the loop makes has this trailer; the first without it is the base."""

MERGE = "baseline"
"""The trailer of a commit that merges the base branch: the baseline is measured anew there."""


def resolve(git: Git, name: str) -> str:
    """The commit that a name means; empty when there is none."""
    return git.line("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1, 128))


def require_commit(git: Git, name: str, role: str = "") -> str:
    """The same; WorkspaceError where there is none. `role` is how people know it, as `The base`."""
    if commit := resolve(git, name):
        return commit
    raise WorkspaceError(
        f"{role} {name} is no commit here.".lstrip(),
        remedy="Name a branch, tag or commit that `git log` shows; in a shallow clone "
        "`git fetch --unshallow` may bring it.",
    )


def head_ref(git: Git) -> str:
    """The ref that HEAD stands for; empty when it is detached."""
    return git.line("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))


def listing(git: Git, *patterns: str) -> list[tuple[str, str]]:
    """Refs and their commits, newest commit first."""
    args = ("--sort=-committerdate", "--format=%(refname) %(objectname)")
    lines = os.fsdecode(git.run("for-each-ref", *args, *patterns)).splitlines()
    return [(name, sha) for name, _, sha in (line.partition(" ") for line in lines)]


def named(refs: list[tuple[str, str]], kind: str) -> dict[str, str]:
    """Tag to commit of the branches in namespace `kind`, the local one before remote-tracking."""
    found: dict[str, str] = {}
    for prefix in ("refs/heads/", "refs/remotes/"):
        for name, sha in refs:
            if name.startswith(prefix):
                rest = name.removeprefix("refs/heads/")
                before, slash, tag = rest.partition(f"{kind}/")
                if slash and (not before or before.startswith("refs/remotes/")):
                    if before and not before.endswith("/"):
                        continue
                    found.setdefault(tag, sha)
    return found


def tip_of(git: Git, kind: str, tag: str) -> str:
    """The tip of a campaign's branch: the local one, else a remote-tracking one, else empty."""
    local = f"refs/heads/{kind}/{tag}"
    return named(listing(git, local, f"refs/remotes/*/{kind}/{tag}"), kind).get(tag, "")


def base_of(git: Git, tip: str) -> str:
    """The commit that a campaign with this tip rests on: where it started, or what it merged."""
    form = f"--format=%H %P%x09%(trailers:key={TRAILER},valueonly,separator=%x2C)"
    for count in ("50", "5000", "-1"):
        last = ""
        lines = git.line("log", "--first-parent", "-n", count, form, tip).splitlines()
        for line in lines:
            commits, _, experiment = line.partition("\t")
            last, *parents = commits.split(" ")
            if experiment.strip() == MERGE and len(parents) == 2:  # noqa: PLR2004
                return parents[1]
            if not experiment.strip():
                return last
        if count == "-1" or len(lines) < int(count):
            return last
    return tip


def settle(
    git: Git,
    objects: Objects,
    tag: str,
    *,
    start: str,
    kept: str | None,
    parent: str | None,
    begun: Collection[str] = (),
) -> tuple[str, bool]:
    """Bring the branch to the last kept commit; returns its tip and whether it is new.

    `start` is where a new campaign begins. The branch moves only forward, to what
    the ledger has already recorded as kept or, before there is a baseline, to
    `start`; never over somebody's commit. From one of `begun`, where the user's own branch
    was when a session without a baseline began, it moves to `start` in any case. A merge
    right on top of that, of the base branch by us or by a person, is where to go on: its
    baseline is to be measured.
    """
    ref = f"refs/heads/{CODE}/{tag}"
    tip = resolve(git, ref)
    if not tip:
        remote = tip_of(git, CODE, tag)
        known = remote or (kept if kept and objects.kind(kept) == "commit" else "")
        if kept and not known:
            raise WorkspaceError(
                f"The campaign's branch {CODE}/{tag} is gone, and so is its last kept commit "
                f"{kept[:12]}.",
                remedy="Fetch them from where they were pushed (`git fetch`). If they are nowhere, "
                f"delete what is left of the campaign (`autoresearch-ci rm {tag}`) and begin anew.",
            )
        git.run("update-ref", "-m", f"autoresearch-ci: start {tag}", ref, known or start, ZERO)
        tip = known or start
        if not known and kept is None:
            return tip, True
    if kept is None and start and tip != start and (tip in begun or _ancestor(git, tip, start)):
        # Nothing was measured yet: what the user mended since has to count.
        git.run("update-ref", "-m", f"autoresearch-ci: start {tag}", ref, start, tip)
        return start, True
    if kept is None or tip == kept or _merges(git, tip, kept):
        return tip, False
    there = objects.kind(kept) == "commit"
    ahead = there and (tip == parent or _pushed(git, tag, tip, kept))
    if not ahead:
        raise WorkspaceError(
            f"The branch {CODE}/{tag} is at {tip[:12]}, but the last kept experiment of the "
            f"campaign is {kept[:12]}{'' if there else ', which is not in this repository'}.",
            remedy="To go on from where the branch is, start a new campaign there: "
            f"`autoresearch-ci run --new --base {CODE}/{tag}`. "
            f"To go back: `git branch -f {CODE}/{tag} {kept}`"
            + ("." if there else ", after a `git fetch` that brings it."),
        )
    git.run("update-ref", "-m", "autoresearch-ci: keep (after a kill)", ref, kept, tip)
    return kept, False


def combine(git: Git, tag: str, kept: str) -> None:
    """Move the campaign's branches to where lanes were combined, here or by somebody else.

    The code branch goes to `kept`, where that is ahead of it, or of what somebody else has
    published; the logs branch to what was published, where ours is not ahead of that.
    """
    code, logs = campaign_refs(tag)
    here = resolve(git, code)
    published = [sha for _, sha in listing(git, f"refs/remotes/*/{CODE}/{tag}")]
    known = filter(None, (here, *published))
    if here != kept and any(_ancestor(git, tip, kept) for tip in known):
        git.run("update-ref", "-m", "autoresearch-ci: combine", code, kept, here or ZERO)
    ours = resolve(git, logs)
    for _, theirs in listing(git, f"refs/remotes/*/{LOGS}/{tag}"):
        if ours and not _ancestor(git, theirs, ours):
            git.run("update-ref", "-m", "autoresearch-ci: combine", logs, theirs, ours)


def place(git: Git, ref: str, kept: str) -> str:
    """Bring a lane's ref, which nobody else writes, to a kept commit; its tip."""
    tip = resolve(git, ref)
    if tip != kept:
        git.run("update-ref", "-m", "autoresearch-ci: go on", ref, kept, tip or ZERO)
    return kept


def _merges(git: Git, tip: str, kept: str) -> bool:
    """Tell whether the tip is a merge of something into the last kept commit."""
    parents = git.line("rev-parse", f"{tip}^@").split("\n")
    return len(parents) > 1 and parents[0] == kept


def _pushed(git: Git, tag: str, tip: str, kept: str) -> bool:
    """Tell whether another machine went on from `tip` to `kept` and pushed it."""
    remotes = listing(git, f"refs/remotes/*/{CODE}/{tag}")
    pushed = any(_ancestor(git, kept, sha) for _, sha in remotes)
    return pushed and _ancestor(git, tip, kept)


def _ancestor(git: Git, old: str, new: str) -> bool:
    return git.ask("merge-base", "--is-ancestor", old, new, ok=(0, 1, 128))[0] == 0


def contained(git: Git, tip: str, place: str) -> bool:
    """Tell whether `place`, a ref or a commit, has this commit in its history."""
    return _ancestor(git, tip, place)


def check_free(common_dir: Path, git_dir: Path, ref: str) -> None:
    """Raise WorkspaceError when another working tree has the branch checked out."""
    for path in [common_dir, *common_dir.glob("worktrees/*")]:
        if path.resolve() == git_dir.resolve():
            continue
        try:
            head = (path / "HEAD").read_text().strip()
            where = (path / "gitdir").read_text().strip() if path != common_dir else str(path)
        except (OSError, UnicodeDecodeError):
            continue
        where = where.removesuffix("/.git")
        if head == f"ref: {ref}" and Path(where).exists():
            branch = ref.removeprefix("refs/heads/")
            raise WorkspaceError(
                f"The branch {branch} is checked out in another working tree, {where}.",
                remedy=f"Run there (--repo {where}), or free it: `git -C {where} switch --detach`.",
            )


def merged_tree(git: Git, ours: str, theirs: str, branch: str, base: str) -> str:
    """The tree of the two commits merged; WorkspaceError where they do not merge."""
    args = ("merge-tree", "--write-tree", "--name-only", "--no-messages", ours, theirs)
    code, out = git.ask(*args, ok=(0, 1, 128, 129))
    tree, *files = os.fsdecode(out).strip().split("\n")
    if code == 0:
        return tree
    by_hand = f"`git switch {branch} && git merge {base}`, resolve, commit, go back, run again"
    if code == 1:
        raise WorkspaceError(
            f"{base} has moved to {theirs[:12]}, which does not merge with the campaign's "
            f"{ours[:12]}: both changed the same lines.",
            detail="\n".join(files),
            remedy="Begin a new campaign from there: `autoresearch-ci run --new`. Or merge them "
            f"yourself: {by_hand}.",
        )
    raise WorkspaceError(
        f"{base} has moved to {theirs[:12]}, and this git cannot merge it with the campaign's "
        f"{ours[:12]}.",
        remedy="Install git 2.38 or newer; where the two have no history in common (a shallow "
        f"clone?), fetch all of it. Or merge them yourself: {by_hand}.",
    )
