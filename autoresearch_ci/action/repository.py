"""The repository on its forge, as the runner's variables and the event name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.workspace import Target, Workspace

REMOTE = "origin"
"""The name that a checkout gives the repository on the forge."""

_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True)
class GitHubRepository:
    """The repository's addresses. A text is empty where the runner does not say it.

    `web` is its address for people, `sha` the commit that the event is about, `branch`
    the one that this commit was the tip of, `run` the address of this run of the workflow.
    """

    api_url: str = ""
    repository: str = ""
    web: str = ""
    sha: str = ""
    branch: str = ""
    run: str = ""

    def file(self, branch: str, path: str) -> str:
        """Return the address of a file as it is, for whoever may read the repository."""
        return f"{self.web}/blob/{quote(branch)}/{quote(path)}?raw=true"


def repository_of(variables: Mapping[str, str], payload: object) -> GitHubRepository:
    """Read the runner's variables and the event's payload; a tag has no branch."""
    server, name = variables.get("GITHUB_SERVER_URL", ""), variables.get("GITHUB_REPOSITORY", "")
    ref = variables.get("GITHUB_REF", "")
    branch = ref.removeprefix(_BRANCH) if ref.startswith(_BRANCH) else ""
    web = f"{server.rstrip('/')}/{name}" if server and name else ""
    number = variables.get("GITHUB_RUN_ID", "")
    return GitHubRepository(
        api_url=variables.get("GITHUB_API_URL", ""),
        repository=name,
        web=web,
        sha=variables.get("GITHUB_SHA", ""),
        branch=branch if ref else _default_branch(payload),
        run=f"{web}/actions/runs/{number}" if web and number.isdecimal() else "",
    )


def push_target(workspace: Path, token: str) -> Target | None:
    """Return the remote to push to; None without a token, or where nothing is called origin."""
    if not token or not Workspace.open(workspace).has_remote(REMOTE):
        return None
    return Target(REMOTE, token)


def base_branch(workspace: Path, where: GitHubRepository) -> str | None:
    """Return the branch that a detached HEAD stands for; None where git knows it itself.

    A workflow may have checked out anything: only the event's own commit is its branch's tip.
    """
    head = (workspace / ".git" / "HEAD").read_text(encoding="utf-8", errors="replace").strip()
    return where.branch if where.branch and head == where.sha else None


def _default_branch(payload: object) -> str:
    repository = payload.get("repository") if isinstance(payload, dict) else None
    name = repository.get("default_branch") if isinstance(repository, dict) else None
    return name if isinstance(name, str) else ""
