"""A request for a session: all that its caller may choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoresearch_ci.campaign.select import unknown
from autoresearch_ci.core.model import Lane
from autoresearch_ci.engine.evaluator import Tell, silent
from autoresearch_ci.proposers import Proposer
from autoresearch_ci.workspace import Target


def by_itself() -> bool:
    """Return that no other session has started this one."""
    return False


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A session on the repository around `repository`; `overrides` are settings, strongest.

    `new` begins a campaign even if one is unfinished, `base` is the commit it begins from, and
    `base_branch` the branch whose tip that is, or HEAD where it is detached: when the campaign's
    own has moved, it is merged. With `setup_only` the baseline is the only experiment.
    `defaults` are settings that every other source is stronger than. Without `has_tools` the
    machine has nothing that projects are built and run with.
    With `push` the campaign is shared there, and one that is there is found.
    `trusted` is the commit whose settings and instructions count where those of the user's tree
    and of the campaign's base do not. No command runs past `deadline`, an instant of
    `time.monotonic`.
    `tell` hears at once of each command that begins, setup_command included.
    `proposer` has the ideas in place of the one that the settings name.
    `idea` waits for the first proposal, from the user `idea_by`.
    `finished` says whether a campaign's pull request was merged, also where it was squashed,
    `chained` whether the session before started this one: then a stop that came since is for it.
    `goes_on` is noted on the record: another session follows where a limit ends this one.
    `lane` is the lane that it works in, beside others. With `combine` it tries nothing but what the
    lanes have kept.
    With `needs_idea` nothing is run where the search has nothing to try.
    """

    repository: Path
    overrides: Mapping[str, object] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    has_tools: bool = True
    new: bool = False
    base: str | None = None
    base_branch: str | None = None
    setup_only: bool = False
    push: Target | None = None
    trusted: str | None = None
    deadline: float = math.inf
    tell: Tell = silent
    proposer: Proposer | None = None
    idea: str = ""
    idea_by: str = ""
    finished: Callable[[str], bool] = unknown
    chained: Callable[[], bool] = by_itself
    goes_on: bool = False
    lane: Lane | None = None
    combine: bool = False
    needs_idea: bool = False
