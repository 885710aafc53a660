"""The check runs `autoresearch` and `autoresearch/...` on the commit that a session works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autoresearch_ci.forge import CHECK, Annotation, CheckOutput, Conclusion
from autoresearch_ci.forge.github.client import Call, Calls
from autoresearch_ci.forge.github.responses import Refused, pick
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

    def __init__(self, calls: Calls, repository: str) -> None:
        self._calls = calls
        self._path = f"/repos/{repository}/check-runs"
        self._begun: dict[str, int] = {}
        """The check run under way on each commit."""
        self._details: dict[str, str] = {}

    def begin(self, sha: str, output: CheckOutput, details_url: str) -> None:
        """Show that a session is at work on this commit; tried once, for it waits for this."""
        if details_url:
            self._details["details_url"] = details_url
        answer = self._send(
            "POST",
            self._path,
            {"name": CHECK, "head_sha": sha, "status": "in_progress", "output": _output(output)},
            patient=False,
        )
        self._begun[sha] = pick(answer, int, "id")

    def end(
        self,
        sha: str,
        conclusion: Conclusion,
        output: CheckOutput,
        annotations: Sequence[Annotation],
        name: str = CHECK,
    ) -> tuple[int, str]:
        """Show how it ended, with at most 50 annotations; the check run's id and address."""
        ended = {
            "status": "completed",
            "conclusion": conclusion.value,
            "output": _output(output, annotations),
        }
        answer = self._complete(sha, ended, name)
        return pick(answer, int, "id"), pick(answer, str, "html_url")

    def annotate(self, number: int, output: CheckOutput, annotations: Sequence[Annotation]) -> None:
        """Add annotations to a check run, 50 a request."""
        for at in range(0, len(annotations), ANNOTATIONS_A_REQUEST):
            batch = annotations[at : at + ANNOTATIONS_A_REQUEST]
            self._send("PATCH", f"{self._path}/{number}", {"output": _output(output, batch)})

    def _complete(self, sha: str, ended: dict[str, Any], name: str) -> Any:
        number = self._begun.pop(sha, None) if name == CHECK else None
        if number is not None:
            try:
                return self._send("PATCH", f"{self._path}/{number}", ended)
            except Refused as refused:
                if refused.status != 404:  # noqa: PLR2004 - it is gone
                    raise
        return self._send("POST", self._path, {"name": name, "head_sha": sha} | ended)

    def _send(self, verb: str, path: str, what: dict[str, Any], *, patient: bool = True) -> Any:
        sent = what | self._details
        return self._calls.make(Call(verb, path, sent, permission=PERMISSION, patient=patient))


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
