"""Pull requests: the one a command came from, the one we open, the one that was merged."""

from __future__ import annotations

import re

from github.PullRequest import PullRequest
from github.Repository import Repository

from autoresearch_ci.forge import Pull
from autoresearch_ci.forge.github.client import Client
from autoresearch_ci.forge.github.refusal import Refused, known
from autoresearch_ci.forge.size_limits import PULL_REQUEST_BODY, PULL_REQUEST_TITLE, cut

READ, WRITE = "pull-requests: read", "pull-requests: write"
_INVALID = 422
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Pulls:
    """The pull requests of one repository; every verb raises Refused."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, number: int) -> Pull | None:
        """Return it as it is now; None where there is none."""
        try:
            return self._client.ask(READ, lambda repository: _pull(repository.get_pull(number)))
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 - an issue has such a number too
                return None
            raise

    def merged(self, branch: str) -> bool:
        """Tell whether one from this branch of this repository was merged."""
        return any(pull.merged_at for pull in self._from(branch, "closed", READ))

    def open(self, branch: str, base: str, title: str, body: str) -> str:
        """Update the open one from this branch, or open it as a draft; return its address."""
        title, body = PULL_REQUEST_TITLE.start(title), cut(body, PULL_REQUEST_BODY)
        known_ones = self._from(branch, "open", WRITE)
        if not known_ones:
            try:
                return self._create(branch, base, title, body)
            except Refused as refused:
                # Somebody opened one meanwhile, or we did and the answer was lost.
                known_ones = self._from(branch, "open", WRITE) if refused.status == _INVALID else []
                if not known_ones:
                    raise
        number = known_ones[0].number

        def edit(repository: Repository) -> str:
            pull = repository.get_pull(number)
            pull.edit(title, body)
            return known(pull.html_url, "html_url")

        return self._client.ask(WRITE, edit)

    def _create(self, branch: str, base: str, title: str, body: str, *, draft: bool = True) -> str:
        def create(repository: Repository) -> str:
            pull = repository.create_pull(base, branch, title=title, body=body, draft=draft)
            return known(pull.html_url, "html_url")

        try:
            return self._client.ask(WRITE, create)
        except Refused as refused:
            # Private repositories of some plans have no drafts.
            if refused.status != _INVALID or "Draft pull requests" not in refused.why:
                raise
        return self._create(branch, base, title, body, draft=False)

    def _from(self, branch: str, state: str, permission: str) -> list[PullRequest]:
        """Return those whose head is this branch of this very repository, newest first."""
        head = f"{self._client.owner}:{branch}"

        def find(repository: Repository) -> list[PullRequest]:
            # The owner may have forks of its own, and a server that does not know `head`
            # answers all.
            return [
                pull
                for pull in repository.get_pulls(state=state, head=head).get_page(0)
                if pull.head.ref == branch and _same_repository(pull)
            ]

        return self._client.ask(permission, find)


def _pull(pull: PullRequest) -> Pull:
    return Pull(
        number=known(pull.number, "number"),
        head_sha=_commit(pull.head.sha),
        head_branch=known(pull.head.ref, "head.ref"),
        base_sha=_commit(pull.base.sha),
        base_branch=known(pull.base.ref, "base.ref"),
        from_fork=not _same_repository(pull),
        open=known(pull.state, "state") == "open",
    )


def _commit(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise Refused("GitHub's answer has no commit at `head` or `base`", "Check GITHUB_API_URL.")
    return sha


def _same_repository(pull: PullRequest) -> bool:
    """Compare by id: names can be taken over. The repository of a deleted fork is null."""
    if not pull.head.repo:
        return False
    return known(pull.head.repo.id, "head.repo.id") == pull.base.repo.id
