"""The evaluator: it runs the user's commands, undoes what they did, and reads the number."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError, MachineError, OutOfTimeError
from autoresearch_ci.core.model import HOLDOUT, Event, Phase, Reason, Run
from autoresearch_ci.core.shell import copies, missing
from autoresearch_ci.engine.artifact_advice import linked, missed, partly
from autoresearch_ci.engine.baseline_errors import guard_fails, no_longer_runs, no_metric
from autoresearch_ci.engine.isolation_advice import advice as closed
from autoresearch_ci.engine.measurement import (
    TAIL_BYTES,
    Measurement,
    Objection,
    excerpt,
    explain,
    failure_of,
    memory_gb,
    tail,
    text_of,
)
from autoresearch_ci.engine.metric import advice, end_of, parse, part_of
from autoresearch_ci.engine.metric_forms import RESULT, MetricReader, Printed
from autoresearch_ci.engine.project_advice import Hidden, of_project
from autoresearch_ci.engine.result_file import new_name, take
from autoresearch_ci.engine.run_trees import RunTrees, Tried
from autoresearch_ci.engine.unattended_advice import advice as unattended
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Network, Tree, Trees
from autoresearch_ci.trees.artifacts import is_data

PARSE_BUDGET = 60.0
"""Seconds that `metric_parse` may take; it reads a log."""

SETUP_BUDGET = 3600.0
"""Seconds that `setup_command` may take: it downloads."""

SLOWER = 20
"""Times as long as any run of the incumbent took, after which a candidate's is ended."""

LEAST_SECONDS = 30.0
"""The least that every candidate gets: its first run may have to build what the incumbent's had."""

Tell = Callable[[Event], None]
"""Hears of a command before it runs; what the loop yields could only be shown after it."""


def silent(_event: Event) -> None:
    """Tell nobody."""


class Evaluator:
    """Runs the user's commands, each in a tree of its own.

    `run_log` is the experiment's; `logs` is a folder for those of setup and guard.
    `environment` is exported to all commands, beside `AUTORESEARCH_TIME_BUDGET`.
    No command runs past `until`, an instant of `time.monotonic`: OutOfTimeError.
    `tell` hears of each command before it is run.
    `bounded` says that nobody has chosen how long a run may take: then a candidate's is
    ended early where it takes far longer than what the session began with, whose `slowest` run is
    known: where slower is better, each keep would allow the next one twenty times as much.
    `units` are those that the project's numbers are known to be in, by name.
    `hidden` lists what of the user's tree is neither committed nor ignored.
    """

    def __init__(
        self,
        settings: Settings,
        trees: Trees,
        root: Path,
        run_log: Path,
        logs: Path,
        environment: Mapping[str, str],
        tell: Tell = silent,
        *,
        until: float = math.inf,
        bounded: bool = False,
        units: Mapping[str, str] = MappingProxyType({}),
        hidden: Hidden = tuple,
    ) -> None:
        self._settings, self._root = settings, root
        self._reader, self._result = MetricReader(settings.metric_name, units), ""
        self._named = [each.name for each in settings.constraints if each.name != HOLDOUT]
        self.trees = RunTrees(settings, trees, run_log)
        self._run_log, self._until = run_log, until
        self.tell = tell
        self._bounded, self.slowest = bounded, 0.0
        self._hidden = hidden
        self._copies = copies(settings.metric_parse or "")
        self._setup_log, self._guard_log = logs / "setup.log", logs / "guard.log"
        budget = f"{settings.time_budget:g}"
        self._environment = {**environment, "AUTORESEARCH_TIME_BUDGET": budget}

    def execute(
        self,
        run: Callable[[Command], Run],
        shell: str,
        budget: float,
        log: Path | None,
        **extra: str,
    ) -> Run:
        """Run any of the user's commands for at most `budget` seconds."""
        command = Command(
            shell=shell,
            cwd=self._root,
            kill_after=budget,
            log=log,
            memory_limit=self._settings.memory_limit,
            env={**self._environment, **extra},
        )
        return before_deadline(run, command, self._until)

    def measure(
        self,
        trial: Tried,
        doing: str = "run_command",
        *,
        opens: bool = False,
        usual: bool = False,
    ) -> Measurement:
        """Run the experiment on what the trial shows, and read the metric in another tree.

        `doing` says which run it is, for people, `opens` that many may follow. With
        `usual`, it is ended where it takes far longer than the incumbent's runs.
        """
        shell, budget = self._settings.run_command, self._settings.kill_after
        if usual and self._bounded and self.slowest:
            budget = min(budget, max(LEAST_SECONDS, SLOWER * self.slowest))
        self.tell(Phase(doing, budget, opens))
        name = new_name()

        def experiment(tree: Tree) -> Run:
            result = {RESULT: str(tree.root / name)}
            run = self.execute(tree.run, shell, budget, self._run_log, **result)
            self._result = take(tree.artifacts([name]).get(name))
            return run

        def warm_up(tree: Tree) -> Run:
            self.tell(Phase("build to begin with", budget))
            return self.execute(tree.run, shell, budget, None, **{RESULT: str(tree.root / name)})

        run, violations = self.trees.experiment(trial, experiment, warm_up)
        log = tail(self._run_log)
        found = Measurement(run, None, memory_gb=memory_gb(run, log), log=log)
        if failure := failure_of(run):
            error = explain(run, failure, budget)
            if failure is Reason.TIMEOUT and budget < self._settings.kill_after:
                error += (
                    f", since what the session began with took no more than {self.slowest:.1f}: "
                    "set time_budget to allow more"
                )
            hint = self._closed(log, run, shell)
            return replace(found, reason=failure, error=error, advice=hint)
        said = text_of(self._run_log)
        reading = self._read(trial, run, said)
        found = replace(
            found,
            metrics=reading.metrics,
            units=self._reader.known_units,
            output=excerpt(said, self._settings.metric_name),
        )
        if violations or reading.violations:
            changed = (*violations, *reading.violations)
            error = f"changed what only the user may change: {_listed(changed)}"
            reason = Reason.RULE_VIOLATION
            return replace(found, value=reading.value, reason=reason, error=error, changed=changed)
        if reading.value is None:
            return replace(
                found, reason=Reason.NO_METRIC, error=reading.error, advice=reading.advice
            )
        if reading.error:
            return replace(
                found, reason=Reason.IMPLAUSIBLE, error=reading.error, advice=reading.advice
            )
        value, low, high = reading.value, self._settings.metric_min, self._settings.metric_max
        if (low is not None and value < low) or (high is not None and value > high):
            error = f"{value:g} is outside metric_min and metric_max"
            return replace(found, reason=Reason.IMPLAUSIBLE, error=error)
        return replace(found, value=value)

    def require(self, measurement: Measurement, earlier: Sequence[float] = ()) -> float:
        """The value of the unchanged project, which gave the values `earlier` before.

        Raises BaselineError.
        """
        if measurement.value is None or measurement.reason is not None:
            raise no_metric(measurement, self._settings, earlier)
        return measurement.value

    def broken(self, measurement: Measurement) -> BaselineError:
        """The error for a project that gave its metric before, and does not any more."""
        return no_longer_runs(measurement, self._settings)

    def prepare(self) -> Sequence[str]:
        """Run `setup_command`; all paths that it changed.

        MachineError with the end of its log when it fails.
        """
        if self._settings.setup_command is None:
            return ()
        changed: list[str] = []

        def run_setup(command: Command) -> Run:
            run, changes = self.trees.prepare(command)
            changed.extend(change.path for change in changes)
            return run

        setup = self._settings.setup_command
        self.tell(Phase("setup_command", SETUP_BUDGET, opens=True))
        run = self.execute(run_setup, setup, SETUP_BUDGET, self._setup_log)
        if failure := failure_of(run):
            log = tail(self._setup_log)
            hint = self._closed(log, run, setup, Network.HOST)
            raise MachineError(
                f"setup_command failed: {explain(run, failure, SETUP_BUDGET)}.",
                detail=log,
                remedy=f"{hint}\nMake this work in the repository, or change setup_command: "
                f"{self._settings.setup_command}".lstrip(),
            )
        return changed

    def guard(self, trial: Tried) -> Objection | None:
        """Run `guard_command` on what the trial shows."""
        if self._settings.guard_command is None:
            return None
        shell, budget = self._settings.guard_command, self._settings.guard_budget
        self.tell(Phase("guard_command", budget))
        run, violations = self.trees.apart(
            trial, lambda tree: self.execute(tree.run, shell, budget, self._guard_log)
        )
        if failure := failure_of(run):
            error, log = f"guard_command: {explain(run, failure, budget)}", tail(self._guard_log)
            hint = self._missed(log)
            if hint and not trial.is_unchanged:
                error = f"{error}. {hint}"
            hint = hint or self._closed(log, run, shell) if trial.is_unchanged else ""
            return Objection(Reason.GUARD_FAILED, error, log, hint)
        if violations:
            error = f"under guard_command, changed {_listed(violations)}"
            return Objection(Reason.RULE_VIOLATION, error)
        return None

    def hold_out(self, trial: Tried) -> tuple[float | None, str]:
        """The number of `holdout_command` on what the trial shows, or the reason why there is none.

        Nothing is decided by it, so a failure is only noted. Its output goes nowhere.
        """
        if self._settings.holdout_command is None:
            return None, ""
        found = self._number(
            trial, "holdout_command", self._settings.holdout_command, self._settings.kill_after, ""
        )
        if found.violations:
            return None, f"holdout_command changed {_listed(found.violations)}"
        return found.value, found.error

    def evidence(self, trial: Tried) -> tuple[str, str]:
        """The output of `evidence_command` on what the trial shows, or why there is none."""
        if self._settings.evidence_command is None:
            return "", ""
        shell, budget = self._settings.evidence_command, self._settings.kill_after
        self.tell(Phase("evidence_command", budget))
        run = self.trees.beside(trial, lambda tree: self.execute(tree.run, shell, budget, None))
        if failure := failure_of(run):
            problem = end_of(run.errors) or explain(run, failure, budget)
            hint = self._closed(run.errors, run, shell)
            return "", f"evidence_command failed: {problem}. {hint}".strip()
        return run.output, "" if run.output.strip() else "evidence_command printed nothing."

    def require_guard(self, trial: Tried) -> None:
        """Raise BaselineError where the guard fails on the unchanged project."""
        if objection := self.guard(trial):
            raise guard_fails(objection)

    def _missed(self, said: str) -> str:
        """Advice on what a failed command said, where it misses what the run wrote."""
        root = self.trees.root
        if root is None:
            return ""
        found = missed(said, self.trees.left(), str(root), self._settings.artifacts)
        return found or linked(said, self.trees.links(), str(root))

    def _closed(self, said: str, run: Run, shell: str, network: Network | None = None) -> str:
        """Advice on what a failed command said: what it needs, and does not have in its tree."""
        return (
            of_project(said, shell, self._root, run.returncode, self._hidden)
            or closed(said, self._root, network or Network(self._settings.network))
            or missing(run.returncode, said)
            or unattended(said, shell, self._environment, os.environ)
        )

    def _read(self, trial: Tried, run: Run, said: str) -> Reading:
        """The metric's value or what is wrong; and what the command that gave it did besides.

        With a `measure_command` nothing that the experiment printed counts. Without any command
        for it, what it `said` or left in its result file is read here.
        """
        seconds = f"{run.seconds:.3f}"
        if shell := self._settings.measure_command:
            budget = self._settings.kill_after
            return self._number(trial, "measure_command", shell, budget, seconds)
        printed = Printed(said, self._result)
        others = self._reader.others(printed, self._named)
        if shell := self._settings.metric_parse:
            log = self._run_log
            reading = self._number(trial, "metric_parse", shell, PARSE_BUDGET, seconds, log=log)
            return replace(reading, metrics=others)
        found = self._reader.metric(printed)
        value = found.quantity.value if found.quantity else None
        error = f"the run {found.error}" if found.error else ""
        return Reading(value, error, advice=found.advice, metrics=others)

    def _number(
        self,
        trial: Tried,
        name: str,
        shell: str,
        budget: float,
        seconds: str,
        log: Path | None = None,
    ) -> Reading:
        """The number that a command prints, or what is wrong; `log` is where it reads it."""
        self.tell(Phase(name, budget))
        done, violations = self.trees.apart(
            trial,
            lambda tree: self.execute(tree.run, shell, budget, None, AUTORESEARCH_SECONDS=seconds),
        )
        # `grep` that finds nothing exits with 1: then the better story is that nothing came.
        silent = done.returncode == 1 and not done.output.strip() and not done.errors.strip()
        if (failure := failure_of(done)) and not silent:
            problem = end_of(done.errors) or explain(done, failure, budget)
            hint = self._missed(done.errors)
            if hint and not trial.is_unchanged:
                problem = f"{problem}. {hint}"
            hint = hint or self._closed(done.errors, done, shell)
            return Reading(None, f"{name} failed: {problem}", violations, hint)
        value, error = parse(done.output, self._settings.metric_name)
        others: dict[str, float] = {}
        if log is None:  # a command of the user's own may say it in words, and more than that
            printed = Printed(done.output)
            others = self._reader.others(printed, self._named)
            said = printed.metric(self._settings.metric_name)
            if error and said.quantity:
                value, error = said.quantity.value, ""
        hint = self._missed(done.errors) if error else ""
        if error and log and not hint:
            hint = advice(done.output, text_of(log, TAIL_BYTES))
        if not error and not self._settings.artifacts:
            left = self.trees.left()
            if not trial.is_unchanged:
                left = [path for path in left if is_data(path, None)]
            error, hint = partly(shell, left)
        if not error and log and self._copies:
            error, hint = part_of(done.output.strip(), text_of(log), shell)
        return Reading(value, f"{name} {error}" if error else "", violations, hint, others)


@dataclass(frozen=True, slots=True)
class Reading:
    """A command's output as a number, an error in it, and what the command did besides.

    A value with an `error` is a number, but not the metric; `metrics` are other numbers by name.
    """

    value: float | None
    error: str
    violations: tuple[str, ...] = ()
    advice: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


def before_deadline(run: Callable[[Command], Run], command: Command, until: float) -> Run:
    """Run a command that has to be over by an instant of `time.monotonic`; else OutOfTimeError."""
    left = until - time.monotonic()
    if left > command.kill_after:
        return run(command)
    if left > 0:
        done = run(replace(command, kill_after=left))
        if not done.timed_out:
            return done
    raise OutOfTimeError(
        "The time that was given to this was over before it had ended.",
        remedy="Give it more time, or make a run shorter.",
    )


def _listed(violations: Sequence[str]) -> str:
    return ", ".join(violations[:5])
