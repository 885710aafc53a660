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
from autoresearch_ci.doctor.project import NotPossibleError, ProjectUnderTest
from autoresearch_ci.source_code.frozen_lines.seeds import sites
from autoresearch_ci.source_code.frozen_lines.statements import statements
from autoresearch_ci.source_code.syntax import Kind

_PADDING = 64 * 1024


@dataclass(frozen=True, slots=True)
class Probe:
    """A change: its title, how it is made, and what is wrong with what became of it.

    `fault` returns advice, nothing where the verdict is right, and raises NotPossibleError
    where the verdict says nothing here. `breaks` says that a guard should refuse it.
    """

    title: str
    make: Callable[[ProjectUnderTest], str]
    fault: Callable[[Seen, ProjectUnderTest], str]
    breaks: bool = False


def _comment(project: ProjectUnderTest) -> str:
    comment = filled(project.language.comment, text="planted by autoresearch-ci doctor")
    return f"{project.text.rstrip()}\n{comment}\n"


def _syntax_error(project: ProjectUnderTest) -> str:
    if not project.language.is_code:
        raise NotPossibleError(f"{project.path} holds settings, and is no program anyway")
    return f"{project.text.rstrip()}\n) this is no program (\n"


def _crash(project: ProjectUnderTest) -> str:
    return project.planted(project.language.crash)


def _sleep(project: ProjectUnderTest) -> str:
    project.run()
    return project.planted(project.language.wait, seconds=round(10 * project.settings.kill_after))


def _edit(project: ProjectUnderTest) -> str:
    project.run()
    if project.bystander is None:
        raise NotPossibleError("git tracks no other file")
    return project.planted(project.language.edit, path=json.dumps(project.bystander))


def _claim(project: ProjectUnderTest) -> str:
    project.can_be_told()
    code = project.language.say
    if not code:
        raise NotPossibleError(f"there is no simple way to print in {project.path}")
    return project.planted(code, text=json.dumps(project.claim()))


def _seed(project: ProjectUnderTest) -> str:
    for statement, site in sites(statements(project.path, project.text)):
        for token in statement.code:
            digits = re.match(r"\d+", token.text)
            if token.kind is Kind.NUMBER and token.text in site and digits:
                other = f"{int(digits[0]) + 1}{token.text[digits.end() :]}"
                return project.text[: token.start] + other + project.text[token.end :]
    raise NotPossibleError("the target sets no seed to a number")


def _quit(project: ProjectUnderTest) -> str:
    project.run()
    return project.planted(project.language.quit)


def _empty(_project: ProjectUnderTest) -> str:
    """A line end: a size of exactly 0 is held whatever the project does about it."""
    return "\n"


def worse(project: ProjectUnderTest) -> str:
    """The target, slower or larger: whichever the metric measures."""
    if project.measures_size:
        digits = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(_PADDING // 8))
        return project.planted(project.language.say, text=json.dumps(digits))
    project.run()
    seconds = round(max(1.0, project.seconds / 2), 1)
    return project.planted(project.language.wait, seconds=seconds)


def _lie(project: ProjectUnderTest) -> str:
    project.can_be_lied_to()
    return project.planted(project.language.lie, codes=codes(project.claim()))


def _fake(project: ProjectUnderTest) -> str:
    project.can_be_lied_to()
    return project.planted(project.language.fake, codes=codes(project.claim()))


CRASH, EDIT, ENDLESS = "a crash", "an edit of another file", "an endless run"
WORSE = "a slower or larger one"
PROBES = (
    Probe("no change", lambda project: project.text,
          faults.unless(Reason.DUPLICATE,
                        "The same content was tried again. This is a bug of autoresearch-ci.")),
    Probe("a comment", _comment, faults.noise),
    Probe("a syntax error", _syntax_error, faults.broken, breaks=True),
    Probe(CRASH, _crash, faults.crashed),
    Probe(EDIT, _edit, faults.edited),
    Probe(ENDLESS, _sleep, faults.endless),
    Probe("a printed number", _claim, faults.told, breaks=True),
    Probe("another seed", _seed,
          faults.unless(Reason.RULE_VIOLATION,
                        "A change of the random seed was measured. This is a bug of "
                        "autoresearch-ci.")),
    Probe("an empty file", _empty, faults.emptied),
    Probe("a run that does nothing", _quit, faults.idle),
    Probe(WORSE, worse, faults.noise),
    Probe("a lie after the work", _lie, faults.lied, breaks=True),
    Probe("a lie instead of work", _fake, faults.lied, breaks=True),
)  # fmt: skip
"""In the order in which they are planted: what may be kept by mistake comes late."""

BETTER = Probe("a faster or smaller one", lambda project: project.text, faults.improved)


def now_known(project: ProjectUnderTest, probe: Probe, seen: Seen) -> ProjectUnderTest:
    """Read from a verdict if a run of the project gets to the target's code.

    A crash at its start is a sign of it, though what breaks a build looks the same; a file
    that is edited, and a run that does not end, prove it.
    """
    if probe.title == CRASH:
        return replace(project, executed=seen.crashed)
    if probe.title not in (EDIT, ENDLESS) or seen.kept:
        return project
    if _has_run(seen):
        return replace(project, executed=True, proven=True)
    settled = seen.crashed or project.proven or seen.reason in faults.REFUSED
    return project if settled else replace(project, executed=False)


def _has_run(seen: Seen) -> bool:
    """The violation was a run's: not the source's, and not the guard's."""
    by_run = seen.experiment.seconds > 0 and "under guard_command" not in seen.experiment.error
    return seen.reason is Reason.TIMEOUT or (seen.reason is Reason.RULE_VIOLATION and by_run)
