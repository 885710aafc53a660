"""The project that is examined: what its unchanged run was like, and what can be planted in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autoresearch_ci.config import Settings
from autoresearch_ci.core.model import Direction
from autoresearch_ci.doctor.languages import Language, filled, language_of
from autoresearch_ci.source_code.frozen_lines import labels

NOT_EXECUTED = "a run does not execute the target"
_BETTER = 0.2
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SIZED = re.compile(r"(?:\A|_)(?:kb|mb|bytes|size|kib|mib)(?:\Z|_)", re.IGNORECASE)
_WRITES_THE_LOG = re.compile(r">\s*(?:\./)?run\.log")


class NotPossibleError(Exception):
    """A change cannot be planted here; the message says why."""


@dataclass(frozen=True, slots=True)
class ProjectUnderTest:
    """The project: its target, its settings, and what its unchanged run was like.

    `seconds` is the run's wall time, `log` what it printed. `bystander` is the full path,
    in a run's tree, of a tracked file that is not the target. `executed` says whether a run
    executes the target or only builds it, None before that is known; `proven`, that planted code
    was seen to run and did not only break the build.
    """

    settings: Settings
    text: str
    value: float
    seconds: float
    log: str
    bystander: str | None
    executed: bool | None = None
    proven: bool = False

    @property
    def path(self) -> str:
        return self.settings.target_file

    @property
    def language(self) -> Language:
        """The target's language, as far as it is known."""
        known = language_of(self.path)
        if known is None:
            raise NotPossibleError(f"the doctor does not know the language of {self.path}")
        return known

    @property
    def measures_time(self) -> bool:
        """True if the metric is the wall time of a run."""
        shells = (self.settings.metric_parse, self.settings.measure_command)
        return any("AUTORESEARCH_SECONDS" in shell for shell in shells if shell)

    @property
    def measures_size(self) -> bool:
        """True if the metric is the size of what a run makes."""
        return bool(_SIZED.search(self.settings.metric_name)) and not self.reads_the_log

    @property
    def reads_the_log(self) -> bool:
        """True if the metric's command reads what a run printed."""
        shell = self.settings.measure_command or self.settings.metric_parse
        return shell is None or "run.log" in _WRITES_THE_LOG.sub("", shell)

    @property
    def guarded(self) -> bool:
        """True if there is a guard."""
        return self.settings.guard_command is not None

    def planted(self, template: str, **values: object) -> str:
        """The target with code that runs at its start."""
        if not template:
            raise NotPossibleError(f"there is no simple way to write it in {self.path}")
        text = self.language.start(self.text, filled(template, **values))
        if text is None:
            raise NotPossibleError(f"{self.path} has no place where a program begins")
        return text

    def run(self) -> None:
        """Raise where a run is known not to execute the target."""
        if self.executed is False:
            raise NotPossibleError(NOT_EXECUTED)

    def can_be_told(self) -> None:
        """Raise where what a run prints cannot be the metric."""
        names = labels(self.settings.metric_name, self.settings.metric_parse or "")
        elsewhere = self.measures_time or self.measures_size
        reads = self.reads_the_log or any(name in self.log for name in names)
        if elsewhere or not (reads or self.settings.measure_command):
            raise NotPossibleError("the metric is not read from what a run prints")

    def can_be_lied_to(self) -> None:
        """Raise where nobody would: what is printed does not count, or nobody writes code."""
        self.run()
        if self.settings.proposer == "search":
            raise NotPossibleError("the search writes no code of its own")
        self.can_be_told()

    def claim(self) -> str:
        """A line as the report prints it, with a number that is a little too good."""
        names = labels(self.settings.metric_name, self.settings.metric_parse)
        number = f"{self.too_good:.6g}"
        for line in reversed(self.log.splitlines()):
            if any(name in line for name in names) and _NUMBER.search(line):
                end = [*_NUMBER.finditer(line)][-1]
                return f"{line[: end.start()]}{number}{line[end.end() :]}".strip()
        return f"{names[-1]}: {number}"

    @property
    def too_good(self) -> float:
        """A value that is a little better than the project's."""
        lower = self.settings.metric_direction is Direction.LOWER
        step = _BETTER * abs(self.value) or 1.0
        wanted = self.value - step if lower else self.value + step
        bound = self.settings.metric_min if lower else self.settings.metric_max
        past = bound is not None and (wanted < bound if lower else wanted > bound)
        return (self.value + bound) / 2 if past and bound is not None else wanted
