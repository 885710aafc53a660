"""Whether the event that started us asks for a session."""

from __future__ import annotations

SESSIONS = ("schedule", "workflow_dispatch", "repository_dispatch", "workflow_call", "push")
OUR_BRANCHES = ("refs/heads/autoresearch/", "refs/heads/autoresearch-logs/")


def why_not(event: str, ref: str) -> str:
    """One line that says why this event starts nothing; empty where it starts a session.

    `event` is GITHUB_EVENT_NAME and `ref` GITHUB_REF.
    """
    if event not in SESSIONS:
        return f"The event {event or '(none)'} starts no session; {', '.join(SESSIONS)} do."
    if event == "push" and ref.startswith(OUR_BRANCHES):
        return "This push is one of ours."
    return ""
