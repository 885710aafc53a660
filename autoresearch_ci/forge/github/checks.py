"""The check runs `autoresearch` and `autoresearch/...` on the commit that a session works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from github.CheckRun import CheckRun
from github.Repository import Repository

from autoresearch_ci.forge import CHECK, Annotation, CheckOutput, Conclusion
from autoresearch_ci.forge.github.client import Client
from autoresearch_ci.forge.github.refusal import Refused, known
from autoresearch_ci.forge.size_limits import (
    ANNOTATION_MESSAGE,
    ANNOTATION_TITLE,
    ANNOTATIONS_A_REQUEST,
    CHECK_SUMMARY,
    CHECK_TEXT,
    CHECK_TITLE,
    cut,
)

PERMISSION = "checks: write"
MOST_ANNOTATIONS = 5 * ANNOTATIONS_A_REQUEST


class Checks:
    """The check runs of one session; every verb raises Refused."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._begun: dict[str, int] = {}
        """The check run under way on each commit."""
        self._details: dict[str, Any] = {}

    def begin(
        self, sha: str, output: CheckOutput, details_url: str, *, again: bool = False
    ) -> None:
        """Show that a session is at work on this commit; tried once, for it waits for this.

        With `again` the check run is taken up that an earlier job of the same run has left.
        """
        if details_url:
            self._details = {"details_url": details_url, "external_id": details_url}
        shown = {"status": "in_progress", "output": _output(output)}
        left = self._under_way(sha, details_url) if again else None
        if left is None:
            left, _ = self._create(CHECK, sha, shown, patient=False)
        self._begun[sha] = left

    def end(
        self,
        sha: str,
        conclusion: Conclusion,
        output: CheckOutput,
        annotations: Sequence[Annotation],
        name: str = CHECK,
    ) -> tuple[int, str]:
        """Show how it ended, with at most 50 annotations; return the check run's id and address."""
        shown = {
            "status": "completed",
            "conclusion": conclusion.value,
            "output": _output(output, annotations),
        }
        number = self._begun.pop(sha, None) if name == CHECK else None
        if number is not None:
            try:
                return self._edit(number, shown)
            except Refused as refused:
                if refused.status != 404:  # noqa: PLR2004 - it is gone
                    raise
        return self._create(name, sha, shown)

    def annotate(self, number: int, output: CheckOutput, annotations: Sequence[Annotation]) -> None:
        """Add annotations to a check run, 50 a request."""
        for at in range(0, len(annotations), ANNOTATIONS_A_REQUEST):
            batch = annotations[at : at + ANNOTATIONS_A_REQUEST]
            self._edit(number, {"output": _output(output, batch)})

    def _under_way(self, sha: str, address: str) -> int | None:
        """Find the check run of ours on this commit that has not ended, by what we called it."""

        def find(repository: Repository) -> int | None:
            _, answer = repository.requester.requestJsonAndCheck(
                "GET",
                f"{repository.url}/commits/{sha}/check-runs",
                parameters={"check_name": CHECK, "status": "in_progress"},
            )
            ours = (each for each in answer["check_runs"] if each["external_id"] == address)
            return next((int(each["id"]) for each in ours), None)

        return self._client.ask(PERMISSION, find, patient=False)

    def _create(
        self, name: str, sha: str, shown: Mapping[str, Any], *, patient: bool = True
    ) -> tuple[int, str]:
        def create(repository: Repository) -> tuple[int, str]:
            return _told(repository.create_check_run(name, sha, **shown, **self._details))

        return self._client.ask(PERMISSION, create, patient=patient)

    def _edit(self, number: int, shown: Mapping[str, Any]) -> tuple[int, str]:
        def edit(repository: Repository) -> tuple[int, str]:
            check = repository.get_check_run(number)
            check.edit(**shown, **self._details)
            return _told(check)

        return self._client.ask(PERMISSION, edit)


def _told(check: CheckRun) -> tuple[int, str]:
    return known(check.id, "id"), known(check.html_url, "html_url")


def _output(given: CheckOutput, annotations: Sequence[Annotation] = ()) -> dict[str, Any]:
    output: dict[str, Any] = {
        "title": CHECK_TITLE.start(given.title),
        "summary": cut(given.summary, CHECK_SUMMARY),
    }
    if given.text:
        output["text"] = cut(given.text, CHECK_TEXT)
    if annotations:
        output["annotations"] = [_annotation(annotation) for annotation in annotations]
    return output


def _annotation(annotation: Annotation) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "annotation_level": "notice",
        "message": cut(annotation.message, ANNOTATION_MESSAGE),
    }
    if annotation.title:
        shaped["title"] = ANNOTATION_TITLE.start(annotation.title)
    return shaped
