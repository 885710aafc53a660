"""What the fake GitHub knows: plain data that tests make, change and look at."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_ids: Iterator[int] = itertools.count(1001)


def next_id() -> int:
    return next(_ids)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class User:
    login: str
    type: str = "User"
    id: int = field(default_factory=next_id)


@dataclass
class Comment:
    issue: int
    author: User
    body: str
    id: int = field(default_factory=next_id)
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)
    edits: int = 0
    reactions: list[tuple[str, User]] = field(default_factory=list)

    @property
    def faces(self) -> list[str]:
        return [content for content, _ in self.reactions]


@dataclass
class CheckRun:
    """`saved` is everything that was sent, the last of each key; annotations add up."""

    head_sha: str
    name: str
    id: int = field(default_factory=next_id)
    saved: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0

    @property
    def status(self) -> str:
        return "completed" if self.conclusion else self.saved.get("status", "queued")

    @property
    def conclusion(self) -> str | None:
        return self.saved.get("conclusion")


@dataclass(eq=False)
class Issue:
    number: int
    title: str
    author: User
    body: str = ""
    is_pull: bool = False


@dataclass(eq=False)
class Pull(Issue):
    """`head` is None once the fork is deleted; `sha` is asked of the head's branch if empty."""

    head: Repository | None = None
    branch: str = ""
    base: str = "main"
    sha: str = ""
    draft: bool = False
    state: str = "open"
    merged_at: str | None = None

    @property
    def head_sha(self) -> str:
        return self.sha or (self.head.tip(self.branch) if self.head else None) or "0" * 40


@dataclass(eq=False)
class Repository:
    """One repository. `roles` are its collaborators'; a name outside the five is a custom role.

    `permissions` is what the endpoint calls `permission` for a custom role.
    `branches` are tips by name, for tests that need no git; else the bare
    repository is asked.
    """

    name: str
    owner: User
    bare: Path
    private: bool = True
    default_branch: str = "main"
    id: int = field(default_factory=next_id)
    roles: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    workflows: set[str] = field(default_factory=set)
    actions_may_open_pulls: bool = True
    drafts: bool = True
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    dispatches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[Pull]:
        return [issue for issue in self.issues.values() if isinstance(issue, Pull)]

    def tip(self, branch: str) -> str | None:
        """The commit a branch is at, or None where there is no such branch."""
        if branch in self.branches:
            return self.branches[branch]
        done = subprocess.run(
            ["git", "-C", self.bare, "rev-parse", "-q", "--verify", f"refs/heads/{branch}"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or None

    def issue(self, author: User, title: str = "An issue") -> Issue:
        number = len(self.issues) + 1
        issue = self.issues[number] = Issue(number, title, author)
        return issue

    def pull(
        self, author: User, branch: str, *, head: Repository | None = None, **what: Any
    ) -> Pull:
        """A pull request from `branch` of `head`, a fork, or of this repository."""
        number = len(self.issues) + 1
        title = what.pop("title", "A pull request")
        pull = self.issues[number] = Pull(
            number, title, author, is_pull=True, head=head or self, branch=branch, **what
        )
        return pull

    def comment(self, issue: Issue | int, author: User, body: str) -> Comment:
        number = issue if isinstance(issue, int) else issue.number
        comment = Comment(number, author, body)
        self.comments[comment.id] = comment
        return comment

    def thread(self, issue: Issue | int) -> list[Comment]:
        """The comments of an issue or a pull request, oldest first."""
        number = issue if isinstance(issue, int) else issue.number
        return [comment for comment in self.comments.values() if comment.issue == number]
