"""The JSON that GitHub's REST API answers with, whole, as its OpenAPI description says."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.github.state import CheckRun, Comment, Issue, Pull, Repository, User, now

_OF_USER = """
avatar_url events_url followers_url following_url gists_url organizations_url received_events_url
repos_url starred_url subscriptions_url
""".split()  # noqa: SIM905 - names read better than quotes
_OF_REPOSITORY = """
archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url
compare_url contents_url contributors_url deployments_url downloads_url events_url forks_url
git_commits_url git_refs_url git_tags_url hooks_url issue_comment_url issue_events_url issues_url
keys_url labels_url languages_url merges_url milestones_url notifications_url pulls_url
releases_url stargazers_url statuses_url subscribers_url subscription_url tags_url teams_url
trees_url
""".split()  # noqa: SIM905 - names read better than quotes
_COUNTS = """
forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count
network_count subscribers_count
""".split()  # noqa: SIM905 - names read better than quotes


class Shapes:
    """Shapes of one GitHub, whose addresses they name."""

    def __init__(self, server_url: str, api_url: str) -> None:
        self.server_url = server_url
        self.api_url = api_url

    def user(self, user: User) -> dict[str, Any]:
        name = quote(user.login)  # a bot's has brackets
        url = f"{self.api_url}/users/{name}"
        return {
            **{key: f"{url}/{key.removesuffix('_url')}" for key in _OF_USER},
            "login": user.login,
            "id": user.id,
            "node_id": f"U_{user.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.server_url}/{name}",
            "type": user.type,
            "site_admin": False,
        }

    def permission(self, user: User, permission: str, role: str) -> dict[str, Any]:
        return {
            "permission": permission,
            "role_name": role,
            "user": self.user(user) | {"role_name": role},
        }

    def repository(self, repository: Repository) -> dict[str, Any]:
        url = f"{self.api_url}/repos/{repository.full_name}"
        page = f"{self.server_url}/{repository.full_name}"
        return {
            **{name: f"{url}/{name.removesuffix('_url')}" for name in _OF_REPOSITORY},
            **dict.fromkeys(_COUNTS, 0),
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": self.user(repository.owner),
            "private": repository.private,
            "html_url": page,
            "url": url,
            "description": None,
            "fork": False,
            "homepage": None,
            "language": None,
            "clone_url": f"{page}.git",
            "git_url": f"{page}.git",
            "ssh_url": f"{page}.git",
            "svn_url": page,
            "mirror_url": None,
            "license": None,
            "default_branch": repository.default_branch,
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": False,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "pushed_at": now(),
            "created_at": now(),
            "updated_at": now(),
        }

    def comment(self, repository: Repository, comment: Comment) -> dict[str, Any]:
        url = f"{self.api_url}/repos/{repository.full_name}/issues"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{url}/comments/{comment.id}",
            "html_url": self.comment_page(repository, comment),
            "issue_url": f"{url}/{comment.issue}",
            "user": self.user(comment.author),
            "body": comment.body,
            "author_association": "NONE",
            "created_at": comment.created,
            "updated_at": comment.updated,
            "performed_via_github_app": None,
        }

    def comment_page(self, repository: Repository, comment: Comment) -> str:
        kind = "pull" if repository.issues[comment.issue].is_pull else "issues"
        page = f"{self.server_url}/{repository.full_name}/{kind}/{comment.issue}"
        return f"{page}#issuecomment-{comment.id}"

    def reaction(self, number: int, content: str, user: User) -> dict[str, Any]:
        return {
            "id": number,
            "node_id": f"REA_{number}",
            "user": self.user(user),
            "content": content,
            "created_at": now(),
        }

    def check_run(self, repository: Repository, check: CheckRun) -> dict[str, Any]:
        url = f"{self.api_url}/repos/{repository.full_name}/check-runs/{check.id}"
        page = f"{self.server_url}/{repository.full_name}/runs/{check.id}"
        return {
            "id": check.id,
            "node_id": f"CR_{check.id}",
            "head_sha": check.head_sha,
            "name": check.name,
            "url": url,
            "html_url": page,
            "details_url": check.saved.get("details_url", page),
            "status": check.status,
            "conclusion": check.conclusion,
            "started_at": now(),
            "completed_at": now() if check.conclusion else None,
            "external_id": check.saved.get("external_id", ""),
            "check_suite": {"id": 1},
            "app": None,
            "pull_requests": [],
            "output": {
                "title": check.output.get("title"),
                "summary": check.output.get("summary"),
                "text": check.output.get("text"),
                "annotations_count": len(check.annotations),
                "annotations_url": f"{url}/annotations",
            },
        }

    def pull(self, repository: Repository, pull: Pull) -> dict[str, Any]:
        """As a pull request of its own."""
        return self.pull_of_list(repository, pull) | {
            "additions": 1,
            "changed_files": 1,
            "comments": len(repository.thread(pull)),
            "commits": 1,
            "deletions": 1,
            "maintainer_can_modify": False,
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged": pull.merged_at is not None,
            "merged_by": None,
            "review_comments": 0,
        }

    def pull_of_list(self, repository: Repository, pull: Pull) -> dict[str, Any]:
        """As one of a list, which has fewer keys."""
        url = f"{self.api_url}/repos/{repository.full_name}/pulls/{pull.number}"
        issue = f"{self.api_url}/repos/{repository.full_name}/issues/{pull.number}"
        page = f"{self.server_url}/{repository.full_name}/pull/{pull.number}"
        addresses = {
            "comments": f"{issue}/comments",
            "commits": f"{url}/commits",
            "statuses": f"{url}/statuses",
            "review_comments": f"{url}/comments",
            "review_comment": f"{url}/comments/1",
        }
        links = addresses | {"self": url, "html": page, "issue": issue}
        return {
            **{f"{name}_url": address for name, address in addresses.items()},
            "_links": {name: {"href": address} for name, address in links.items()},
            "id": 7_000_000 + pull.number,
            "node_id": f"PR_{pull.number}",
            "number": pull.number,
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "title": pull.title,
            "body": pull.body,
            "user": self.user(pull.author),
            "state": pull.state,
            "draft": pull.draft,
            "locked": False,
            "labels": [],
            "milestone": None,
            "assignee": None,
            "author_association": "NONE",
            "auto_merge": None,
            "merge_commit_sha": None,
            "merged_at": pull.merged_at,
            "closed_at": pull.merged_at or (now() if pull.state == "closed" else None),
            "created_at": now(),
            "updated_at": now(),
            "head": self._end(pull.head, pull.branch, pull.head_sha),
            "base": self._end(repository, pull.base, repository.tip(pull.base) or "0" * 40),
        }

    def _end(self, repository: Repository | None, branch: str, sha: str) -> dict[str, Any]:
        if repository is None:
            return {"label": branch, "ref": branch, "sha": sha, "user": None, "repo": None}
        return {
            "label": f"{repository.owner.login}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.user(repository.owner),
            "repo": self.repository(repository),
        }

    def payload(
        self, repository: Repository, issue: Issue, comment: Comment, action: str = "created"
    ) -> dict[str, Any]:
        """What the event `issue_comment` brings, as far as anybody reads it."""
        about: dict[str, Any] = {
            "number": issue.number,
            "title": issue.title,
            "state": "open",
            "user": self.user(issue.author),
        }
        if issue.is_pull:
            url = f"{self.api_url}/repos/{repository.full_name}/pulls/{issue.number}"
            about["pull_request"] = {"url": url}
        return {
            "action": action,
            "issue": about,
            "comment": self.comment(repository, comment),
            "repository": self.repository(repository),
            "sender": self.user(comment.author),
        }
