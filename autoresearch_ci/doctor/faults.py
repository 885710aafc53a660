"""Faults that the outcome of a probe shows, and what to do about them.

Each takes what was seen and the project, and returns advice, or nothing where the verdict is
right; NotPossibleError says that the verdict tells nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from autoresearch_ci.core.model import Experiment, Reason, Status
from autoresearch_ci.doctor.project import NOT_EXECUTED, NotPossibleError, ProjectUnderTest

REFUSED = (Reason.GUARD_FAILED, Reason.RULE_VIOLATION)
_NOT_REACHED = "a run does not get to the planted code"
_NO_NOISE = (
    "A change that does nothing was kept: the noise of {metric} is larger than what counts as an "
    "improvement. Set min_delta, let a run take longer, or pin its seeds."
)
_NO_PROGRAM = (
    "A target that is no program was measured as if it were one. Does run_command build or run "
    "{target}, and does it end with the program's exit code? A pipe such as `| tee run.log` hides "
    "it. "
)
_NO_PROGRAM_KEPT = (
    "A target that is no program was kept. Let run_command end with the exit code of what it "
    "builds or runs. "
)
_CRASH_KEPT = (
    "A target that crashes at its start was kept: no run notices. Where run_command starts it, let "
    "it end with the program's exit code. "
)
_NO_GUARD = "Where it only builds {target}, set guard_command to tests that start it."
_GUARD_PASSES = (
    "guard_command does not notice either: add a command to it that starts what {target} makes and "
    "looks at what that does (docs/guarding.md)."
)
_PRINTED = (
    "A number that was simply printed counted. Set measure_command, or let the target hand its "
    "result to a file in readonly_files that prints {metric}."
)
_UNTIL_THEN = (
    "Until then trust only a proposer that writes no code (proposer: search), and read each change "
    "before you take it."
)
_LIES = (
    "{target} prints its own {metric}, and can print any. Set measure_command to a program that "
    "measures what a run made, or guard_command to one that works {metric} out again and compares "
    f"(docs/guarding.md). {_UNTIL_THEN}"
)
_MEASURED_LIES = (
    "A number that {target} printed counted, though measure_command is set. Let that measure what "
    "a run made and not what it printed, or set guard_command to a program that works {metric} out "
    f"again and compares (docs/guarding.md). {_UNTIL_THEN}"
)
_LOST = (
    "A change that takes away planted waste was not kept: {metric} does not show it, or its noise "
    "or min_delta hides it. Let a run take longer, or look at min_delta and the guard."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The outcome of a probe.

    `refused` says that the guard, asked after a verdict without it, does not pass; `undone`,
    that the bystander is as it was; `fresh`, that no run before it had the same value.
    """

    experiment: Experiment
    refused: bool = False
    undone: bool = True
    fresh: bool = True

    @property
    def kept(self) -> bool:
        return self.experiment.status is Status.KEEP

    @property
    def crashed(self) -> bool:
        return self.experiment.status is Status.CRASH

    @property
    def reason(self) -> Reason | None:
        return self.experiment.reason


def unless(reason: Reason, advice: str) -> Callable[[Seen, ProjectUnderTest], str]:
    """Any other verdict than the one that there must be."""
    return lambda seen, _project: "" if seen.reason is reason else advice


def noise(seen: Seen, _project: ProjectUnderTest) -> str:
    """Kept though it does nothing that counts."""
    return _NO_NOISE if seen.kept else ""


def broken(seen: Seen, project: ProjectUnderTest) -> str:
    """Wrong only where it is kept, or measured as if nothing were broken and nobody notices."""
    if seen.kept:
        return _NO_PROGRAM_KEPT + (_GUARD_PASSES if project.guarded else _NO_GUARD)
    noticed = seen.crashed or seen.refused or seen.reason in REFUSED
    # What a broken target adds to an artefact, or to a time, was measured: nothing is lost there.
    if noticed or (seen.fresh and (project.measures_size or project.measures_time)):
        return ""
    return _NO_PROGRAM + (_GUARD_PASSES if project.guarded else _NO_GUARD)


def crashed(seen: Seen, project: ProjectUnderTest) -> str:
    """Kept though it fails when it is started."""
    if not seen.kept:
        return ""
    return _CRASH_KEPT + (_GUARD_PASSES if project.guarded else _NO_GUARD)


def edited(seen: Seen, project: ProjectUnderTest) -> str:
    """Another file of the project changed for good."""
    if not seen.undone:
        return "A run changed {bystander} and got away with it. This is a bug of autoresearch-ci."
    if seen.crashed or seen.reason is Reason.RULE_VIOLATION:
        return ""
    if seen.kept:
        return _NO_NOISE
    raise NotPossibleError(NOT_EXECUTED if project.executed is None else _NOT_REACHED)


def endless(seen: Seen, project: ProjectUnderTest) -> str:
    """Not stopped."""
    if seen.reason is Reason.TIMEOUT or seen.reason in REFUSED:
        return ""
    if project.proven or seen.reason is Reason.NO_METRIC:
        return "A run that does not end was not stopped. Does run_command wait for what it starts?"
    if seen.crashed:
        raise NotPossibleError("the planted code fails in this project")
    if seen.kept:
        return _NO_NOISE
    raise NotPossibleError(_NOT_REACHED)


def emptied(seen: Seen, project: ProjectUnderTest) -> str:
    """Kept though nothing is left."""
    if not seen.kept:
        return ""
    return "{metric} can be won by emptying {target}. " + (
        "guard_command does not notice: add tests to it that need {target}."
        if project.guarded
        else "Set guard_command to tests that need it."
    )


def idle(seen: Seen, project: ProjectUnderTest) -> str:
    """A time there always is, and a size of what is built, too; neither must be believed."""
    noticed = seen.crashed or seen.reason is Reason.GUARD_FAILED
    harmless = project.measures_time or (project.measures_size and seen.fresh)
    if noticed or (harmless and not seen.kept):
        return ""
    if project.measures_time or project.measures_size:
        return (
            "A program that ends at once wins. Set guard_command to tests that need what {target} "
            "does; and let run_command remove what the last run made."
        )
    return (
        "A program that ends at once has a {metric}. Let run_command remove what the last run "
        "made, so that no old number is read; or set guard_command to tests that need {target}."
    )


def told(seen: Seen, project: ProjectUnderTest) -> str:
    """Kept for a number that it says."""
    return _PRINTED if _believed(seen, project) else ""


def lied(seen: Seen, project: ProjectUnderTest) -> str:
    """Kept for a number that nobody finds in its source."""
    if not _believed(seen, project):
        return ""
    return _MEASURED_LIES if project.settings.measure_command else _LIES


def _believed(seen: Seen, project: ProjectUnderTest) -> bool:
    """True if the number counted: noise may hide that it is better, and a larger lie would win."""
    value = seen.experiment.value
    counted = value is not None and math.isclose(value, project.too_good, rel_tol=1e-4)
    judged = seen.experiment.status is Status.DISCARD and seen.reason not in REFUSED
    return seen.kept or (counted and judged and not seen.refused)


def improved(seen: Seen, _project: ProjectUnderTest) -> str:
    """Not kept though it is better."""
    return "" if seen.kept else _LOST
