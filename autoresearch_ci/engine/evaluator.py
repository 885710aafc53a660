"""Where experiments are measured: execute, undo what the run did, read the number."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError, MachineError
from autoresearch_ci.core.model import Event, Phase, Reason, Run
from autoresearch_ci.core.shell import NOT_FOUND, copies, missing
from autoresearch_ci.engine.metric import advice, end_of, number, part_of
from autoresearch_ci.executors import Command, Executor, Executors

PARSE_BUDGET = 60.0
"""Seconds that `metric_parse` may take; it reads a log."""

SETUP_BUDGET = 3600.0
"""Seconds that `setup_command` may take: it downloads."""

SLOWER = 20
"""Times as long as any run of the incumbent took, after which a candidate's is ended."""

LEAST_SECONDS = 30.0
"""That every candidate is given: its first run may have to build what the incumbent's had."""

TAIL_BYTES = 4096
TAIL_LINES = 40


_REMEDY = "Run it by hand until it works, then start again: {run}"
_REMEDIES = {
    Reason.TIMEOUT: "Give it more time (time_budget, kill_after), or make it shorter: {run}",
    Reason.OUT_OF_MEMORY: "Give it more memory (memory_limit), or make it smaller: {run}",
    Reason.NO_METRIC: "It must print one finite number; try it by hand after a run: {parse}\n"
    "What a run makes and git does not ignore is removed before it is called: where it reads such "
    "files (build output), put their folder into .gitignore.",
    Reason.IMPLAUSIBLE: "Change metric_min and metric_max, or what is measured: {parse}",
    Reason.RULE_VIOLATION: "Untrack or git-ignore what the run writes, so that a change to it is "
    "no change to the project; what readonly_files names may not be changed at all: {run}",
}
_REWRITES_TARGET = (
    "The run writes to {target}, which is the target: only proposals change it. Take what does "
    "that (a formatter, a generator) out of run_command, and out of what it starts: {run}"
)
_USES_GIT = (
    "The run changes the repository itself: it commits, checks out or configures something. Take "
    "that step out of run_command, or out of what it starts: {run}"
)
_PUSHED = "\nWhat it pushed stays on the remote: look at what is there, and undo it there yourself."
_REPOSITORY = ("branch ", "tag ", "worktree ", ".git/", "refs/")
_GIT_FILES = {"HEAD", "index", "packed-refs", ".git"}
_REMOTE = "remote branch "


Tell = Callable[[Event], None]
"""Takes what has to be known before the work goes on, which the loop could only say after it."""


def silent(_event: Event) -> None:
    """Nobody listens."""


class Trial(Protocol):
    """What measuring needs of the workspace's trial."""

    @property
    def quarantine(self) -> str: ...

    def hand_over(self) -> tuple[str, ...]: ...

    def clean(self) -> tuple[str, ...]: ...

    def pardon(self, violations: tuple[str, ...]) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run came to: a value, or the reason why there is none.

    A rule violation has a reason though the run may have ended well. `error` is
    one line for the record, `advice` what to do about it where that is known, `changed` what
    broke the rules, `memory_gb` the peak of the run, `log` the end of what it printed.
    """

    run: Run
    value: float | None
    reason: Reason | None = None
    error: str = ""
    memory_gb: float = 0.0
    log: str = ""
    advice: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """What the guard has against a candidate whose metric is better."""

    reason: Reason
    error: str
    log: str = ""


class Evaluator:
    """Runs the user's commands in the working tree, one at a time.

    `run_log` is the experiment's; `logs` is a folder for those of setup and guard.
    `environment` is exported to all commands, beside `AUTORESEARCH_TIME_BUDGET`.
    `put_back` restores what no trial knows of, the ledger, and names what it did.
    `tell` hears of each command before it is run.
    `bounded` says that nobody has chosen how long a run may take: then a candidate's is
    ended early where it takes far longer than any of the incumbent's, the `slowest`.
    """

    def __init__(
        self,
        settings: Settings,
        executors: Executors,
        root: Path,
        run_log: Path,
        logs: Path,
        environment: Mapping[str, str],
        put_back: Callable[[], tuple[str, ...]],
        tell: Tell = silent,
        *,
        bounded: bool = False,
    ) -> None:
        self._settings, self._executors = settings, executors
        self._root, self._run_log = root, run_log
        self._put_back = put_back
        self.tell = tell
        self._bounded, self.slowest = bounded, 0.0
        self._copies = copies(settings.metric_parse or "")
        self._setup_log, self._guard_log = logs / "setup.log", logs / "guard.log"
        budget = f"{settings.time_budget:g}"
        self._environment = {**environment, "AUTORESEARCH_TIME_BUDGET": budget}

    def execute(
        self, executor: Executor, shell: str, budget: float, log: Path | None, **extra: str
    ) -> Run:
        """Run any of the user's commands for at most `budget` seconds."""
        return executor.run(
            Command(
                shell=shell,
                cwd=self._root,
                kill_after=budget,
                log=log,
                memory_limit=self._settings.memory_limit,
                env={**self._environment, **extra},
            )
        )

    def measure(
        self,
        trial: Trial,
        doing: str = "run_command",
        *,
        opens: bool = False,
        usual: bool = False,
    ) -> Measurement:
        """Run the experiment on what the trial shows, undo its traces, read the metric.

        `doing` says which run it is, for people, `opens` that many may follow. With
        `usual`, it is ended where it takes far longer than the incumbent's runs.
        """
        self.tell(Phase(doing, self._settings.time_budget, opens))
        shell, budget = self._settings.run_command, self._settings.kill_after
        if usual and self._bounded and self.slowest:
            budget = min(budget, max(LEAST_SECONDS, SLOWER * self.slowest))
        run, violations = self._in(trial, self._executors.experiments, shell, budget, self._run_log)
        violations = trial.pardon(violations)
        log = tail(self._run_log)
        found = Measurement(run, None, memory_gb=_memory_gb(run, log), log=log)
        if failure := failure_of(run):
            error = explain(run, failure, budget)
            if failure is Reason.TIMEOUT and budget < self._settings.kill_after:
                error += (
                    f", since no run of the incumbent took more than {self.slowest:.1f}: "
                    "set time_budget to allow more"
                )
            return replace(found, reason=failure, error=error, advice=missing(run.returncode, log))
        reading = self._read(trial, run)
        if violations or reading.violations:
            changed = (*violations, *reading.violations)
            error = f"changed what only the user may change: {_listed(changed, trial)}"
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
        """The value of the unchanged project, or a BaselineError that shows the log's end.

        `earlier` are the values that it gave before.
        """
        if measurement.value is not None and measurement.reason is None:
            return measurement.value
        what = "The unchanged project gives no metric"
        if earlier:
            shown = ", ".join(f"{value:g}" for value in earlier)
            this = len(earlier) + 1
            what = (
                f"The unchanged project gave a metric before ({shown}) and none in run {this} of "
                f"up to {max(self._settings.max_repeats, this)}"
            )
        raise BaselineError(
            f"{what}: {measurement.error}.",
            detail=measurement.log,
            remedy=self._remedy(measurement),
        )

    def broken(self, measurement: Measurement) -> BaselineError:
        """The error for a project that gave its metric before, and does not any more."""
        return BaselineError(
            f"The unchanged project no longer gives a metric: {measurement.error}.",
            detail=measurement.log,
            remedy="It did when the session began. So something else has changed since: a package, "
            "a service, the disk, or a file that git ignores and a run has written (`git status "
            "--ignored` lists them). Mend that, run it by hand until it works, then start again: "
            f"{self._settings.run_command}",
        )

    def _remedy(self, measurement: Measurement) -> str:
        if measurement.advice and measurement.reason is Reason.IMPLAUSIBLE:
            return measurement.advice  # the value was read wrongly: its bounds are not the matter
        remedy = _remedy(measurement, self._settings.target_file).format(
            run=self._settings.run_command,
            target=self._settings.target_file,
            parse=self._settings.measure_command or self._settings.metric_parse,
        )
        return f"{measurement.advice}\n{remedy}" if measurement.advice else remedy

    def prepare(self) -> None:
        """Run `setup_command`; MachineError with the end of its log when it fails."""
        if self._settings.setup_command is None:
            return
        setup, by = self._settings.setup_command, self._executors.setup
        self.tell(Phase("setup_command", SETUP_BUDGET, opens=True))
        run = self.execute(by, setup, SETUP_BUDGET, self._setup_log)
        if failure := failure_of(run):
            raise MachineError(
                f"setup_command failed: {explain(run, failure, SETUP_BUDGET)}.",
                detail=(log := tail(self._setup_log)),
                remedy=f"{missing(run.returncode, log)}\nMake this work in the repository, or "
                f"change setup_command: {self._settings.setup_command}".lstrip(),
            )

    def guard(self, trial: Trial) -> Objection | None:
        """Run `guard_command` on what the trial shows."""
        if self._settings.guard_command is None:
            return None
        shell, budget = self._settings.guard_command, self._settings.guard_budget
        self.tell(Phase("guard_command", budget))
        run, violations = self._in(trial, self._executors.guard, shell, budget, self._guard_log)
        violations = trial.pardon(violations)
        if failure := failure_of(run):
            error = f"guard_command: {explain(run, failure, budget)}"
            return Objection(Reason.GUARD_FAILED, error, tail(self._guard_log))
        if violations:
            error = f"under guard_command, changed {_listed(violations, trial)}"
            return Objection(Reason.RULE_VIOLATION, error)
        return None

    def hold_out(self, trial: Trial) -> tuple[float | None, str]:
        """The number of `holdout_command` on what the trial shows, or why there is none.

        Nothing is decided by it, so a failure is only noted. Its output goes nowhere.
        """
        if self._settings.holdout_command is None:
            return None, ""
        found = self._number(
            trial, "holdout_command", self._settings.holdout_command, self._settings.kill_after, ""
        )
        if found.violations:
            return None, f"holdout_command changed {_listed(found.violations, trial)}"
        return found.value, found.error

    def require_guard(self, trial: Trial) -> None:
        """Raise BaselineError where the guard fails on the unchanged project."""
        if objection := self.guard(trial):
            raise BaselineError(
                f"The unchanged project does not pass its guard: {objection.error}.",
                detail=objection.log,
                remedy="Make it pass, give it more time (guard_budget) or change guard_command (an "
                "empty value turns it off): nothing could be kept otherwise.",
            )

    def _in(
        self,
        trial: Trial,
        executor: Executor,
        shell: str,
        budget: float,
        log: Path | None,
        **extra: str,
    ) -> tuple[Run, tuple[str, ...]]:
        """Run a command on what the trial shows; with what it did besides, which is undone."""
        before = trial.hand_over()
        run = self.execute(executor, shell, budget, log, **extra)
        return run, (*before, *trial.clean(), *self._put_back())

    def _read(self, trial: Trial, run: Run) -> Reading:
        """The metric's value or what is wrong; and what the command that gave it did besides.

        With a `measure_command` nothing that the experiment printed counts.
        """
        seconds = f"{run.seconds:.3f}"
        if shell := self._settings.measure_command:
            budget = self._settings.kill_after
            return self._number(trial, "measure_command", shell, budget, seconds)
        shell = self._settings.metric_parse
        assert shell is not None  # the settings hold one of the two
        return self._number(trial, "metric_parse", shell, PARSE_BUDGET, seconds, log=self._run_log)

    def _number(
        self,
        trial: Trial,
        name: str,
        shell: str,
        budget: float,
        seconds: str,
        log: Path | None = None,
    ) -> Reading:
        """The number that a command prints, or what is wrong; `log` is where it reads it."""
        by = self._executors.measures
        self.tell(Phase(name, budget))
        done, violations = self._in(trial, by, shell, budget, None, AUTORESEARCH_SECONDS=seconds)
        # `grep` that finds nothing exits with 1: then the better story is that nothing came.
        silent = done.returncode == 1 and not done.output.strip() and not done.errors.strip()
        if (failure := failure_of(done)) and not silent:
            problem = end_of(done.errors) or explain(done, failure, budget)
            hint = missing(done.returncode, done.errors)
            return Reading(None, f"{name} failed: {problem}", violations, hint)
        value, error = number(done.output, self._settings.metric_name)
        hint = advice(done.output, text_of(log, TAIL_BYTES)) if error and log else ""
        if not error and log and self._copies:
            error, hint = part_of(done.output.strip(), text_of(log), shell)
        return Reading(value, f"{name} {error}" if error else "", violations, hint)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a command printed, as a number; what is wrong with it; and what it did besides.

    A value with an `error` is a number, but not the metric.
    """

    value: float | None
    error: str
    violations: tuple[str, ...] = ()
    advice: str = ""


def _memory_gb(run: Run, log: str) -> float:
    """Peak GPU memory where there is any, else the process tree's, in GB."""
    found = re.findall(r"^peak_vram_mb:\s*([0-9.]+)\s*$", log, re.MULTILINE)
    try:
        if found and float(found[-1]) > 0:
            return float(found[-1]) / 1024
    except ValueError:
        pass
    return (run.peak_gpu_memory or run.peak_memory) / 1024**3


def _remedy(measurement: Measurement, target: str) -> str:
    """What to do about a run of the unchanged project that cannot be used; to be formatted."""
    changed = measurement.changed
    if target in changed:
        return _REWRITES_TARGET
    if not any(path in _GIT_FILES or path.startswith(_REPOSITORY) for path in changed):
        return _REMEDIES.get(measurement.reason or Reason.NO_METRIC, _REMEDY)
    pushed = any(path.startswith(_REMOTE) for path in changed)
    return _USES_GIT + (_PUSHED if pushed else "")


def _listed(violations: Sequence[str], trial: Trial) -> str:
    """What was changed, and where it is now as it was found."""
    return ", ".join(violations[:5]) + (f" (now in {trial.quarantine})" if trial.quarantine else "")


def failure_of(run: Run) -> Reason | None:
    """Why the run gave nothing to measure, None when it ended well."""
    if run.out_of_memory:
        return Reason.OUT_OF_MEMORY
    if run.timed_out:
        return Reason.TIMEOUT
    return None if run.ok else Reason.NONZERO_EXIT


def explain(run: Run, failure: Reason, budget: float) -> str:
    """The failure in one line."""
    if failure is Reason.TIMEOUT:
        return f"killed after {budget:g} seconds"
    if failure is Reason.OUT_OF_MEMORY:
        return "ran out of memory"
    if run.signal is not None:
        return f"killed by signal {run.signal}"
    if run.returncode == NOT_FOUND:
        return f"exit code {NOT_FOUND}: a command was not found"
    return f"exit code {run.returncode}"


def tail(log: Path) -> str:
    """The last lines of a log, bounded in lines and bytes; empty when there is none."""
    return "\n".join(text_of(log, TAIL_BYTES).splitlines()[-TAIL_LINES:])


def text_of(log: Path, most: int | None = None) -> str:
    """A log as text, or the last `most` bytes of it; empty when there is none."""
    try:
        with log.open("rb") as file:
            if most is not None:
                file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
