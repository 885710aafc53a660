"""Errors of the unchanged project, which must run before anything is tried; each with a remedy."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Reason
from autoresearch_ci.engine.measurement import Measurement, Objection

_REMEDY = "Run it by hand until it works, then start again: {run}"
_MENDED = "Then start again; the command is: {run}"
_REMEDIES = {
    Reason.TIMEOUT: "Give it more time (time_budget, kill_after), or make it shorter: {run}",
    Reason.OUT_OF_MEMORY: "Give it more memory (memory_limit), or make it smaller: {run}",
    Reason.NO_METRIC: "It must print one finite number; try it by hand after a run: {parse}",
    Reason.IMPLAUSIBLE: "Change metric_min and metric_max, or what is measured: {parse}",
    Reason.RULE_VIOLATION: "Untrack or git-ignore what the run writes, so that a change to it is "
    "no change to the project; what readonly_files names may not be changed at all: {run}",
}
_REWRITES_TARGET = (
    "The run writes to {target}, which is the target: only proposals change it. Take what does "
    "that (a formatter, a generator) out of run_command, and out of what it starts: {run}"
)


def no_metric(
    measurement: Measurement, settings: Settings, earlier: Sequence[float]
) -> BaselineError:
    """A run without a number; `earlier` are the values that the project gave before."""
    problem = "The unchanged project gives no metric"
    if earlier:
        shown = ", ".join(f"{value:g}" for value in earlier)
        this = len(earlier) + 1
        problem = (
            f"The unchanged project gave a metric before ({shown}) and none in run {this} of "
            f"up to {max(settings.max_repeats, this)}"
        )
    return BaselineError(
        f"{problem}: {measurement.error}.",
        detail=measurement.log,
        remedy=remedy(measurement, settings),
    )


def no_longer_runs(measurement: Measurement, settings: Settings) -> BaselineError:
    """A project that gave its metric before, and does not any more."""
    return BaselineError(
        f"The unchanged project no longer gives a metric: {measurement.error}.",
        detail=measurement.log,
        remedy="It did when the session began. So something else has changed since: a package, "
        "a service, the disk, or a file that git ignores (`git status --ignored` lists them). "
        "Mend that, run it by hand until it works, then start again: "
        f"{settings.run_command}",
    )


def guard_fails(objection: Objection) -> BaselineError:
    """A project that its own guard refuses."""
    return BaselineError(
        f"The unchanged project does not pass its guard: {objection.error}.",
        detail=objection.log,
        remedy=objection.advice
        or "Make it pass, give it more time (guard_budget) or change guard_command (an "
        "empty value turns it off): nothing could be kept otherwise.",
    )


def remedy(measurement: Measurement, settings: Settings) -> str:
    """The way to mend a project that gives no number."""
    if measurement.advice and measurement.reason is Reason.IMPLAUSIBLE:
        return measurement.advice  # the value was read wrongly: its bounds are not the matter
    parse = settings.measure_command or settings.metric_parse
    if measurement.reason is Reason.NO_METRIC and not parse:
        return f"{measurement.advice}\nTry it by hand: {settings.run_command}"
    text = _template(measurement, settings.target_file).format(
        run=settings.run_command,
        target=settings.target_file,
        parse=parse or settings.run_command,
    )
    return f"{measurement.advice}\n{text}" if measurement.advice else text


def _template(measurement: Measurement, target: str) -> str:
    """The template of the remedy, by what the run did."""
    if target in measurement.changed:
        return _REWRITES_TARGET
    otherwise = _MENDED if measurement.advice else _REMEDY
    return _REMEDIES.get(measurement.reason or Reason.NO_METRIC, otherwise)
