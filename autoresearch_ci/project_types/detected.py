"""What detection hands over; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# For types whose metric can be won by emptying a file; no longer true once the user names a guard.
NO_TESTS = (
    "No tests were found, and emptying the file could win the metric: search deletes no code. "
    "Set guard_command to a test command to allow it."
)

SIZE_DELTA = "0.1%"
"""`min_delta` of a size: a few bytes fewer are worth no line of code."""


@dataclass(frozen=True, slots=True)
class Detected:
    """A project type's defaults for one repository.

    `settings` maps a setting's name to the value as a user would write it.
    `notes` are sentences for the session's top. `deletable_without_guard` is
    False where emptying a file would win (sizes, times): without a guard, search
    then makes no deletions.
    """

    name: str
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()
    deletable_without_guard: bool = True
