"""The changes that are planted, and the verdict that each of them must get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoresearch_ci.core.model import Reason
from autoresearch_ci.doctor import faults
from autoresearch_ci.doctor.faults import Seen
from autoresearch_ci.doctor.languages import codes, filled
from autoresearch_ci.doctor.project import NotPossibleError, Patient
from autoresearch_ci.source_code.frozen_lines.seeds import sites
from autoresearch_ci.source_code.frozen_lines.statements import statements
from autoresearch_ci.source_code.syntax import Kind

_PADDING = 64 * 1024


@dataclass(frozen=True, slots=True)
class Plant:
    """A change: its title, how it is made, and what is wrong with what became of it.

    `fault` returns advice, nothing where the verdict is right, and raises NotPossibleError
    where the verdict says nothing here. `breaks` says that a guard should refuse it.
    """

    title: str
    make: Callable[[Patient], str]
    fault: Callable[[Seen, Patient], str]
    breaks: bool = False


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
    patient.can_be_told()
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
    """A line end: a size of exactly 0 is held whatever the project does about it."""
    return "\n"


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


CRASH, EDIT, ENDLESS = "a crash", "an edit of another file", "an endless run"
WORSE = "a slower or larger one"
PLANTS = (
    Plant("no change", lambda patient: patient.text,
          faults.unless(Reason.DUPLICATE,
                        "The same content was tried again. This is a bug of autoresearch-ci.")),
    Plant("a comment", _comment, faults.noise),
    Plant("a syntax error", _syntax_error, faults.broken, breaks=True),
    Plant(CRASH, _crash, faults.crashed),
    Plant(EDIT, _edit, faults.edited),
    Plant(ENDLESS, _sleep, faults.endless),
    Plant("a printed number", _claim, faults.told, breaks=True),
    Plant("another seed", _seed,
          faults.unless(Reason.RULE_VIOLATION,
                        "A change of the random seed was measured. This is a bug of "
                        "autoresearch-ci.")),
    Plant("an empty file", _empty, faults.emptied),
    Plant("a run that does nothing", _quit, faults.idle),
    Plant(WORSE, worse, faults.noise),
    Plant("a lie after the work", _lie, faults.lied, breaks=True),
    Plant("a lie instead of work", _fake, faults.lied, breaks=True),
)  # fmt: skip
"""In the order in which they are planted: what may be kept by mistake comes late."""

BETTER = Plant("a faster or smaller one", lambda patient: patient.text, faults.improved)


def now_known(patient: Patient, plant: Plant, seen: Seen) -> Patient:
    """What a verdict tells about the project: whether a run gets to the target's code.

    A crash at its start is a sign of it, though what breaks a build looks the same; a file
    that is edited, and a run that does not end, prove it.
    """
    if plant.title == CRASH:
        return replace(patient, executed=seen.crashed)
    if plant.title not in (EDIT, ENDLESS) or seen.kept:
        return patient
    if _has_run(seen):
        return replace(patient, executed=True, proven=True)
    settled = seen.crashed or patient.proven or seen.reason in faults.REFUSED
    return patient if settled else replace(patient, executed=False)


def _has_run(seen: Seen) -> bool:
    """The violation was a run's: not the source's, and not the guard's."""
    by_run = seen.experiment.seconds > 0 and "under guard_command" not in seen.experiment.error
    return seen.reason is Reason.TIMEOUT or (seen.reason is Reason.RULE_VIOLATION and by_run)
