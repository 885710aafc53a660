"""Every source, strongest first, into one frozen Settings that knows where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoresearch_ci.config.settings import Settings
from autoresearch_ci.config.origins import Origin


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings of a session, and what to tell the user about them.

    `origins` has every setting. `project_type` is the detected type, `custom`
    where the settings describe the project by themselves, else None.
    `allow_deletions` says whether search may remove code: not where a metric
    could be won by emptying the file and no guard would notice.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    notes: tuple[str, ...]
    project_type: str | None
    allow_deletions: bool
