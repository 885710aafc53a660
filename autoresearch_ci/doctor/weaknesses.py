"""What can be seen without a run: settings that leave a door open."""

from __future__ import annotations

from autoresearch_ci.config import Settings
from autoresearch_ci.workspace import Twin

_SHOWN = 4


def weaknesses(copy: Twin, settings: Settings) -> list[str]:
    """Each in a sentence or two that end in what to do."""
    found = []
    if settings.guard_command is None:
        found.append(
            "There is no guard_command: a change that breaks the program and improves "
            f"{settings.metric_name} is kept. Set it to the tests."
        )
    if settings.metric_min is None and settings.metric_max is None:
        found.append(
            f"Any {settings.metric_name} is believed. Set metric_min or metric_max to what it can "
            "be at best."
        )
    open_files = copy.ignored(settings.readonly_files)
    if open_files:
        shown = ", ".join(open_files[:_SHOWN])
        more = f" and {len(open_files) - _SHOWN} more" if len(open_files) > _SHOWN else ""
        found.append(
            f"Git ignores {shown}{more}, so a run can change them for all runs to come. Name what "
            "decides the number (data, dependencies) in readonly_files."
        )
    return found
