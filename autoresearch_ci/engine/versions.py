"""Two versions of the project against each other, whoever made them: no campaign, no record.

Each version has trees of its own, in which `setup_command` is run for it. So versions may differ
in anything that git tracks: dependencies, data, the benchmark itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from autoresearch_ci import config
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Difference, Reason, Sample, Side
from autoresearch_ci.core.shell import notes
from autoresearch_ci.engine.assembly import load_settings
from autoresearch_ci.engine.baseline_errors import remedy
from autoresearch_ci.engine.evaluator import Evaluator, Tell
from autoresearch_ci.engine.isolation import notes as of_isolation
from autoresearch_ci.engine.isolation import run_trees
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.engine.runs import compare
from autoresearch_ci.judge import Comparison
from autoresearch_ci.judge.difference import difference, found_in
from autoresearch_ci.workspace import Workspace

_NAMES = {Side.INCUMBENT: "base", Side.CANDIDATE: "head"}
_WORDS = {
    Reason.IMPROVED: "better",
    Reason.WORSE: "worse",
    Reason.EQUAL: "equal",
    Reason.WITHIN_NOISE: "too_close",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A commit as it is, for the evaluator: nothing in it is a candidate's."""

    parent: str

    @property
    def contents(self) -> Mapping[str, bytes]:
        return {}

    laid = contents

    @property
    def is_unchanged(self) -> bool:
        return True

    def broken_rules(self, changed: Iterable[str], readonly: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Allow whatever a version does to its tree, which is thrown away."""
        return []


@dataclass
class Comparing:
    """Both versions, ready to be run; `notes` are sentences for people."""

    settings: config.Settings
    base: str
    head: str
    notes: tuple[str, ...]
    _evaluators: Mapping[Side, Evaluator]

    def run(self, seen: Callable[[Sample], None]) -> Difference:
        """Run the two in turns until the judge decides; `seen` hears of each run.

        BaselineError where the base gives no number.
        """
        versions = {Side.INCUMBENT: Version(self.base), Side.CANDIDATE: Version(self.head)}

        def measure(side: Side, _so_far: Comparison) -> Measurement:
            one = self._evaluators[side].measure(versions[side], _NAMES[side])
            if one.reason is None:
                return one
            # The machine may have failed and not the version.
            return self._evaluators[side].measure(versions[side], f"{_NAMES[side]}, once more")

        begun = Comparison(
            self.settings.metric_direction, self.settings.min_delta, (), simpler=lambda: False
        )
        found = compare(difference(), begun, measure, lambda so_far: seen(so_far.samples[-1]))
        if found.failed is Side.INCUMBENT and found.failure is not None:
            raise BaselineError(
                f"The base {self.base[:12]} gives no metric: {found.failure.error}.",
                detail=found.failure.log,
                remedy=remedy(found.failure, self.settings),
            )
        reason = found.verdict.reason if found.verdict else None
        interval = found_in(found.comparison) if reason else None
        return Difference(
            metric=self.settings.metric_name,
            base=self.base,
            head=self.head,
            base_values=tuple(found.comparison.values(Side.INCUMBENT)),
            head_values=tuple(found.comparison.values(Side.CANDIDATE)),
            verdict=_WORDS[reason] if reason else "broken",
            reason=found.failure.error if found.failure else "",
            gain=interval.gain if interval else None,
            low=_finite(interval.low) if interval else None,
            high=_finite(interval.high) if interval else None,
            exact=bool(interval and interval.exact),
        )


@contextmanager
def comparing(
    repository: Path,
    base: str,
    head: str,
    overrides: Mapping[str, object],
    tell: Tell,
    trusted: str | None = None,
    *,
    defaults: Mapping[str, object] = MappingProxyType({}),
    has_tools: bool = True,
) -> Iterator[Comparing]:
    """Prepare the two versions, by the settings of the working tree or of the commit `trusted`.

    `defaults` are settings where nobody says otherwise, `has_tools` says whether the machine has
    what projects are built and run with.
    WorkspaceError where one of them is no commit here. Nothing in the repository changes.
    """
    workspace = Workspace.open(repository)
    commits = {
        side: workspace.require_commit(name) for side, name in zip(Side, (base, head), strict=True)
    }
    loaded = load_settings(workspace, overrides, trusted, defaults)
    said = [*loaded.notes, *notes({"run_command": loaded.settings.run_command})]
    with ExitStack() as stack:
        evaluators = {}
        for side, commit in commits.items():
            trees, choice = stack.enter_context(
                run_trees(workspace, loaded, commit, has_tools=has_tools)
            )
            folder = workspace.state_dir / f"compare-{side}"
            folder.mkdir(parents=True, exist_ok=True)
            evaluators[side] = Evaluator(
                loaded.settings, trees, workspace.root, folder / "run.log", folder, {}, tell,
                hidden=partial(workspace.tracked_files.hidden, commit),
            )  # fmt: skip
            stack.callback(evaluators[side].trees.close)
            evaluators[side].prepare()
            said += [note for note in of_isolation(choice) if note not in said]
        base_commit, head_commit = commits.values()
        yield Comparing(loaded.settings, base_commit, head_commit, tuple(said), evaluators)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
