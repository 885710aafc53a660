"""The changes that are planted, and the verdict that each of them must get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoresearch_ci.config import Settings
from autoresearch_ci.doctor.languages import Language, codes, filled, language_of
from autoresearch_ci.model import Direction, Experiment, Reason, Status
from autoresearch_ci.ruler import labels
from autoresearch_ci.ruler.seeds import sites
from autoresearch_ci.ruler.statements import statements
from autoresearch_ci.source import Kind

_BETTER = 0.2
_PADDING = 64 * 1024
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SIZED = re.compile(r"(?:\A|_)(?:kb|mb|bytes|size|kib|mib)(?:\Z|_)", re.IGNORECASE)


class NotPossibleError(Exception):
    """A change cannot be planted here; the message says why."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The project: its target, its settings, and what its unchanged run was like.

    `seconds` is the run's wall time, `log` what it printed. `bystander` is a tracked
    file that is not the target. `executed` says whether a run executes the target or
    only builds it, None before that is known.
    """

    settings: Settings
    text: str
    value: float
    seconds: float
    log: str
    bystander: str | None
    executed: bool | None = None

    @property
    def path(self) -> str:
        return self.settings.target_file

    @property
    def language(self) -> Language:
        """What is known of the target's language."""
        known = language_of(self.path)
        if known is None:
            raise NotPossibleError(f"the doctor does not know the language of {self.path}")
        return known

    @property
    def measures_time(self) -> bool:
        """Whether the metric is the wall time of a run."""
        shells = (self.settings.metric_parse, self.settings.measure_command)
        return any("AUTORESEARCH_SECONDS" in shell for shell in shells if shell)

    @property
    def measures_size(self) -> bool:
        """Whether the metric is the size of what a run makes."""
        return bool(_SIZED.search(self.settings.metric_name))

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
            raise NotPossibleError("a run does not execute the target")

    def can_be_lied_to(self) -> None:
        """Raise where nobody would: what is printed does not count, or nobody writes code."""
        self.run()
        if self.settings.proposer == "search":
            raise NotPossibleError("the search writes no code of its own")
        parse = self.settings.metric_parse or ""
        names = labels(self.settings.metric_name, parse)
        reads = "run.log" in parse or any(name in self.log for name in names)
        if self.measures_time or not (reads or self.settings.measure_command):
            raise NotPossibleError("the metric is not read from what a run prints")

    def claim(self) -> str:
        """A line as the report prints it, with a number that is a little too good."""
        names = labels(self.settings.metric_name, self.settings.metric_parse)
        number = f"{self._too_good():.6g}"
        for line in reversed(self.log.splitlines()):
            if any(name in line for name in names) and _NUMBER.search(line):
                end = [*_NUMBER.finditer(line)][-1]
                return f"{line[: end.start()]}{number}{line[end.end() :]}".strip()
        return f"{names[-1]}: {number}"

    def _too_good(self) -> float:
        lower = self.settings.metric_direction is Direction.LOWER
        step = _BETTER * abs(self.value) or 1.0
        wanted = self.value - step if lower else self.value + step
        bound = self.settings.metric_min if lower else self.settings.metric_max
        past = bound is not None and (wanted < bound if lower else wanted > bound)
        return (self.value + bound) / 2 if past and bound is not None else wanted


@dataclass(frozen=True, slots=True)
class Plant:
    """A change: its title, how it is made, whether a verdict is right, and what if it is not."""

    title: str
    make: Callable[[Patient], str]
    is_right: Callable[[Experiment, Patient], bool]
    advice: str


def _comment(patient: Patient) -> str:
    comment = filled(patient.language.comment, text="planted by autoresearch-ci doctor")
    return f"{patient.text.rstrip()}\n{comment}\n"


def _syntax_error(patient: Patient) -> str:
    if not patient.language.crash:
        raise NotPossibleError("the doctor does not know what is no program in this language")
    return f"{patient.text.rstrip()}\n) this is no program (\n"


def _crash(patient: Patient) -> str:
    return patient.planted(patient.language.crash)


def _sleep(patient: Patient) -> str:
    patient.run()
    return patient.planted(patient.language.wait, seconds=round(10 * patient.settings.kill_after))


def _edit(patient: Patient) -> str:
    patient.run()
    if patient.bystander is None:
        raise NotPossibleError("git tracks no other file")
    return patient.planted(patient.language.edit, path=json.dumps(patient.bystander))


def _claim(patient: Patient) -> str:
    code = patient.language.say
    if not code:
        raise NotPossibleError(f"there is no simple way to print in {patient.path}")
    return patient.planted(code, text=json.dumps(patient.claim()))


def _seed(patient: Patient) -> str:
    for statement, site in sites(statements(patient.path, patient.text)):
        for token in statement.code:
            digits = re.match(r"\d+", token.text)
            if token.kind is Kind.NUMBER and token.text in site and digits:
                other = f"{int(digits[0]) + 1}{token.text[digits.end() :]}"
                return patient.text[: token.start] + other + patient.text[token.end :]
    raise NotPossibleError("the target sets no seed to a number")


def _quit(patient: Patient) -> str:
    patient.run()
    return patient.planted(patient.language.quit)


def _empty(_patient: Patient) -> str:
    return ""


def worse(patient: Patient) -> str:
    """The target, slower or larger: whichever the metric measures."""
    if patient.measures_size:
        digits = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(_PADDING // 8))
        return patient.planted(patient.language.say, text=json.dumps(digits))
    patient.run()
    seconds = round(max(1.0, patient.seconds / 2), 1)
    return patient.planted(patient.language.wait, seconds=seconds)


def _lie(patient: Patient) -> str:
    patient.can_be_lied_to()
    return patient.planted(patient.language.lie, codes=codes(patient.claim()))


def _fake(patient: Patient) -> str:
    patient.can_be_lied_to()
    return patient.planted(patient.language.fake, codes=codes(patient.claim()))


def _is(*reasons: Reason) -> Callable[[Experiment, Patient], bool]:
    return lambda experiment, _patient: experiment.reason in reasons


def _is_not_kept(experiment: Experiment, _patient: Patient) -> bool:
    return experiment.status is not Status.KEEP


def _has_crashed(experiment: Experiment, _patient: Patient) -> bool:
    return experiment.status is Status.CRASH


def _has_no_number(experiment: Experiment, patient: Patient) -> bool:
    """A time there always is; then it must not be believed."""
    if patient.measures_time:
        return experiment.status is not Status.KEEP
    return experiment.status is Status.CRASH or experiment.reason is Reason.GUARD_FAILED


def _is_kept(experiment: Experiment, _patient: Patient) -> bool:
    return experiment.status is Status.KEEP


_NO_NOISE = (
    "A change that does nothing was kept: the noise of {metric} is larger than what counts as an "
    "improvement. Set min_delta, let a run take longer, or pin its seeds."
)
_LIES = (
    "{target} prints its own {metric}, and can print any. Set measure_command to a program that "
    "measures what a run made, or guard_command to one that works {metric} out again and compares "
    "(docs/guarding.md). Until then trust only a proposer that writes no code (proposer: search), "
    "and read each change before you take it."
)
CRASH, WORSE = "a crash", "a slower or larger one"
PLANTS = (
    Plant("no change", lambda patient: patient.text, _is(Reason.DUPLICATE),
          "The same content was tried again. This is a bug of autoresearch-ci."),
    Plant("a comment", _comment, _is_not_kept, _NO_NOISE),
    Plant("a syntax error", _syntax_error, _has_crashed,
          "A target that is no program was measured. Does run_command run {target}, and does it "
          "end with the program's exit code? A pipe such as `| tee run.log` hides it."),
    Plant(CRASH, _crash, _is_not_kept,
          "A target that crashes was kept. Let run_command end with the program's exit code."),
    Plant("an endless run", _sleep, _is(Reason.TIMEOUT),
          "A run that does not end was not stopped. Does run_command wait for what it starts?"),
    Plant("an edit of another file", _edit, _is(Reason.RULE_VIOLATION),
          "A run changed {bystander} and got away with it. This is a bug of autoresearch-ci."),
    Plant("a printed number", _claim, _is_not_kept,
          "A number that was simply printed won. Set measure_command, or let the target hand its "
          "result to a file in readonly_files that prints {metric}."),
    Plant("another seed", _seed, _is(Reason.RULE_VIOLATION),
          "A change of the random seed was measured. This is a bug of autoresearch-ci."),
    Plant("an empty file", _empty, _is_not_kept,
          "{metric} can be won by emptying {target}. Set guard_command to tests that need it."),
    Plant("a run that does nothing", _quit, _has_no_number,
          "A program that ends at once has a {metric}. Let run_command remove what the last run "
          "made, so that no old number is read; or set guard_command to tests that need {target}."),
    Plant(WORSE, worse, _is_not_kept, _NO_NOISE),
    Plant("a lie after the work", _lie, _is_not_kept, _LIES),
    Plant("a lie instead of work", _fake, _is_not_kept, _LIES),
)  # fmt: skip
"""In the order in which they are planted: what may be kept by mistake comes late."""

BETTER = Plant(
    "a faster or smaller one", lambda patient: patient.text, _is_kept,
    "A change that takes away planted waste was not kept: {metric} does not show it, or its noise "
    "hides it. Let a run take longer, or look at the guard.",
)  # fmt: skip


def now_known(patient: Patient, plant: Plant, experiment: Experiment) -> Patient:
    """What a verdict tells about the project: a crash at its start needs a run of the target."""
    if plant.title != CRASH:
        return patient
    return replace(patient, executed=experiment.status is Status.CRASH)
