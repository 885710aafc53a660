"""The choices of `init`: which member of a workspace, and which benchmark is the metric.

A person at a terminal is asked, once; elsewhere a flag says it. Nothing is chosen for anybody.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.text import clean

if TYPE_CHECKING:
    from autoresearch_ci.project_types import Detected, Project
    from autoresearch_ci.project_types.benchmarks import Benchmark

MOST_NAMED = 12


class Offers:
    """The things that are there in a project to choose from."""

    def __init__(self, project: Project) -> None:
        from autoresearch_ci.project_types.benchmarks import benchmarks  # noqa: PLC0415
        from autoresearch_ci.project_types.workspaces import members  # noqa: PLC0415

        self._project = project
        self._members = members(project)
        self._benchmarks = benchmarks(project)

    @property
    def folder(self) -> str:
        """The project's folder in the repository."""
        return self._project.folder

    def of(self, wanted: str | None, *, needed: bool) -> Offers:
        """Return what the member has that is `wanted` or chosen, or this project, where none is."""
        folder = self._member(wanted, needed=needed)
        if folder == self.folder:
            return self
        return Offers(type(self._project)(self._project.base, folder))

    def _member(self, wanted: str | None, *, needed: bool) -> str:
        """The folder of the member. SettingsError where no member or several are called so."""
        from autoresearch_ci.project_types import here  # noqa: PLC0415
        from autoresearch_ci.project_types.workspaces import chosen  # noqa: PLC0415

        folder = self._project.folder
        if wanted is None:
            detected = here(self._project.base, folder) if self._members and needed else None
            if not self._members or not needed or (detected and detected.whole):
                return folder
            lines = [_member(each, name) for each, name in self._members.items()]
            picked = _asked("Which member is to be improved?", lines)
            return folder if picked is None else list(self._members)[picked]
        found = chosen(self._members, wanted)
        if len(found) == 1:
            return found[0]
        listed = ", ".join([*self._members][:MOST_NAMED]) or "none"
        raise SettingsError(
            f"{len(found) or 'No'} members of this workspace are called {wanted!r}.",
            remedy=f"Name one by its folder. Members here: {listed}.",
        )

    def metric(
        self, wanted: str | None, detected: Detected | None, given: Mapping[str, str]
    ) -> dict[str, str]:
        """The settings of the benchmark that is `wanted` or chosen; none where that is none.

        Raises SettingsError where there is none of this name.
        """
        if wanted is None:
            if "run_command" in given or not self._benchmarks:
                return {}
            standing = detected.settings.get("metric_name") if detected else None
            first = (
                f"{standing}, as detected"
                if standing
                else "another: the section is to be filled in"
            )
            lines = [first, *(f"{each.name}: {each.what}" for each in self._benchmarks)]
            picked = _asked("What is to be measured?", lines)
            return self._placed(self._benchmarks[picked - 1]) if picked else {}
        for each in self._benchmarks:
            if each.name == wanted:
                return self._placed(each)
        raise SettingsError(
            f"There is no benchmark {wanted!r} here.",
            remedy=f"There is: {', '.join(each.name for each in self._benchmarks)}."
            if self._benchmarks
            else "Let a script print `METRIC name=value`, and name it: --run-command.",
        )

    def _placed(self, benchmark: Benchmark) -> dict[str, str]:
        """Its settings as they are written at the root of the repository."""
        from autoresearch_ci.project_types import placed_settings  # noqa: PLC0415
        from autoresearch_ci.project_types.placing import inside  # noqa: PLC0415

        folder = self._project.folder
        settings = placed_settings(benchmark.settings, folder)
        if "run.log" not in settings["metric_parse"]:
            settings["metric_parse"] = inside(folder, settings["metric_parse"])
        if "artifacts" in settings:
            settings["artifacts"] = posixpath.join(folder, settings["artifacts"])
        return settings

    def named(self) -> Iterator[str]:
        """A line on the benchmarks that could be the metric."""
        if self._benchmarks:
            names = ", ".join(f"{clean(each.name)} ({each.what})" for each in self._benchmarks)
            yield f"Could be the metric as well, by --metric NAME: {names}."


def target(scope: Sequence[str]) -> str | None:
    """The file of a programme's scope that a person at a terminal picks; None where it is open."""
    offered = scope[:MOST_NAMED]
    picked = _asked("Which file is to be improved first?", offered) if offered else None
    return None if picked is None else offered[picked]


def _member(folder: str, name: str) -> str:
    return folder if name == folder else f"{folder} ({name})"


def _asked(question: str, lines: Sequence[str]) -> int | None:
    """The place of the line that a person at a terminal picks; None elsewhere, or for none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    print(question, file=sys.stderr)
    for at, line in enumerate(lines, start=1):
        print(f"  {at}  {clean(line)}", file=sys.stderr)
    while True:
        print(f"1 to {len(lines)}, Enter for none: ", end="", file=sys.stderr, flush=True)
        said = sys.stdin.readline().strip()
        if not said:
            return None
        if said.isdecimal() and 1 <= int(said) <= len(lines):
            return int(said) - 1
