"""The result of a detection; imports nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# For types whose metric can be won by emptying a file; no longer true once the user names a guard.
NO_TESTS = (
    "No tests were found, and emptying the file could win the metric: search deletes no code. "
    "Set guard_command to a test command to allow it."
)

SIZE_DELTA = "0.1%"
"""`min_delta` of a size: a few bytes fewer are worth no line of code."""


ASIDE = re.compile(
    r"(^|/)(tests?|fixtures?|examples?|samples?|demos?|docs?|bench(marks?)?|jmh|integration-tests?"
    r"|playgrounds?|templates?)(/|$)"
)
"""Paths of what a project has beside itself."""

TESTS = re.compile(r"(^|/)_?(tests?|test_\w+|\w+_tests?)\.\w+$|\.(test|spec)\.\w+$")
"""Files that hold tests alone, by their names."""

OTHERS = 5
"""Most files that are offered beside the target."""


def as_artifacts(paths: Iterable[str]) -> str:
    """Paths as the setting `artifacts` names them, where some characters mean others."""
    return ", ".join(re.sub(r"[*?\[,\\]", "?", path) for path in paths)


@dataclass(frozen=True, slots=True)
class Detected:
    """A project type's defaults for one repository.

    `settings` maps a setting's name to the value as a user would write it.
    `notes` are sentences for the session's top. `deletable_without_guard` is
    False where emptying a file would win (sizes, times): without a guard, search
    then makes no deletions. `parse_counts_output` says that `metric_parse` counts what
    `run_command` makes, so that neither means anything without the other. `others` are files
    that could be the target as well. `members` are the projects that this one only holds
    together; then there is no target here.
    """

    name: str
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()
    deletable_without_guard: bool = True
    parse_counts_output: bool = False
    others: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if a session could begin with this alone."""
        return {"target_file", "run_command", "metric_name"} <= self.settings.keys()
