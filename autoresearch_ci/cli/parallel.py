"""`run` with several lanes on this machine: a baseline, the lanes side by side, what they found."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autoresearch_ci.cli import session as one
from autoresearch_ci.cli.error_boundary import DONE, INTERRUPTED
from autoresearch_ci.cli.requests import PUSH_TOKEN
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.model import Event, Lane, Note, SessionEnd
from autoresearch_ci.core.text import clean, plural
from autoresearch_ci.forge.webhook import VARIABLE, messenger
from autoresearch_ci.reports import notice
from autoresearch_ci.reports.lanes import LanesLine, of_lane
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.terminal import is_live

if TYPE_CHECKING:
    from autoresearch_ci.campaign.lanes.publisher import Publisher
    from autoresearch_ci.config import Loaded
    from autoresearch_ci.engine.lane_processes import Ended, LaneProcesses, Said
    from autoresearch_ci.engine.lane_resources import Place
    from autoresearch_ci.engine.session import Session

_NOTE = "note: "
_LAST_LINES = 12
"""Lines of what a lane said to people that are shown where it failed."""


@dataclass(frozen=True)
class Run:
    """The arguments of `cli.session.hold`, for `count` lanes."""

    repo: Path
    overrides: Mapping[str, object]
    loaded: Loaded
    count: int
    quiet: bool = False
    as_json: bool = False
    new: bool = False
    base: str | None = None
    push: str | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def people(self) -> TextIO:
        return sys.stderr if self.as_json else sys.stdout


def hold(run: Run) -> int:
    """Measure the baseline, have the lanes work, bring together what they found: the exit code."""
    from autoresearch_ci.engine.isolation import require_room  # noqa: PLC0415 - heavy
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    require_room(Workspace.open(run.repo), run.loaded, run.count, has_tools=True)
    found: list[Session] = []
    code = one.hold(
        run.repo, run.overrides, quiet=run.quiet, as_json=run.as_json, new=run.new, base=run.base,
        push=run.push, setup_only=True, last_words=lambda session, _: found.append(session),
    )  # fmt: skip
    if code != DONE:
        return code
    lanes = _Lanes(run, found[0])
    code = lanes.work()
    combined = one.hold(
        run.repo, {**run.overrides, "tag": lanes.tag}, quiet=run.quiet, as_json=run.as_json,
        push=run.push, combine=True, stopped=lanes.stopped,
    )  # fmt: skip
    lanes.raise_for_failures()
    return code or combined


class _Lanes:
    """The lanes of a run, from their start until the last of them has ended."""

    def __init__(self, run: Run, begun: Session) -> None:
        self._run, self._begun, self.tag = run, begun, begun.start.tag
        self._last: dict[int, deque[str]] = defaultdict(lambda: deque(maxlen=_LAST_LINES))
        self._told: set[str] = set()
        self._failed: dict[int, int] = {}
        self.stopped = False

    def work(self) -> int:
        """Show them until all have ended: the exit code."""
        from autoresearch_ci.engine.lane_processes import LaneProcesses  # noqa: PLC0415 - heavy

        run, history = self._run, self._begun.history
        places, told = self._places()
        line = LanesLine(run.count, history)
        live = not run.as_json and is_live(run.people)
        progress = Progress(None if run.quiet else run.people, live=live, line=line)
        publisher = self._publisher()
        with interruptible(progress.stopping), ExitStack() as stack:
            if publisher:
                stack.callback(publisher.end)
            command = partial(self._command, places)
            lanes = stack.enter_context(LaneProcesses(command, places, run.repo, _environment()))
            stack.enter_context(progress)
            progress.begin(f"\n{_described(places)}", history, 0)
            for note in told:
                progress.show(Note(note))
            while lanes.working:
                try:
                    self._follow(lanes, publisher, progress)
                except (KeyboardInterrupt, BrokenPipeError):
                    self.stopped = True
                    lanes.interrupt()
        return INTERRUPTED if self.stopped else DONE

    def _publisher(self) -> Publisher | None:
        """Publish for all lanes here, which push nothing themselves; None where nobody pushes."""
        from autoresearch_ci.campaign.lanes.pace import LanePace  # noqa: PLC0415 - heavy
        from autoresearch_ci.campaign.lanes.publisher import Publisher  # noqa: PLC0415
        from autoresearch_ci.workspace import Workspace, lanes  # noqa: PLC0415

        if (target := one.target(self._run.push)) is None:
            return None
        workspace = Workspace.open(self._run.repo)
        refs = partial(lanes.refs, workspace, self.tag)
        return Publisher(workspace.remote(target), refs, LanePace(Lane(1, 1)))

    def _follow(
        self, lanes: LaneProcesses, publisher: Publisher | None, progress: Progress
    ) -> None:
        """Show what the lanes say until all have ended."""
        to = messenger(os.environ.get(VARIABLE, ""))

        def tick() -> None:
            if publisher is None:
                return
            publisher.tick()
            if publisher.trouble and publisher.trouble not in self._told:
                self._told.add(publisher.trouble)
                progress.show(Note(publisher.trouble))

        for said in lanes.stream(tick):
            for event in self._heard(said):
                progress.show(event)
                if not isinstance(event, SessionEnd):
                    notice.tell(to, event, self._begun.history)
            if progress.gone:
                raise BrokenPipeError

    def _heard(self, said: Said | Ended) -> Iterator[Event]:
        """The events in what a lane says; its records are handed on where they are asked for."""
        from autoresearch_ci.campaign.ledger import loads  # noqa: PLC0415 - heavy
        from autoresearch_ci.engine.lane_processes import Said  # noqa: PLC0415

        if not isinstance(said, Said):
            self.stopped |= said.code == INTERRUPTED  # by us, or by `stop --now`
            if said.code not in (DONE, INTERRUPTED):
                self._failed[said.number] = said.code
                yield Note(f"lane {said.number} has failed: {self._why(said)}")
        elif said.people:
            self._last[said.number].append(said.line)
            note = said.line.strip()
            if note.startswith(_NOTE) and note not in self._told:
                self._told.add(note)
                yield Note(f"lane {said.number}: {note.removeprefix(_NOTE)}")
        elif record := loads(said.line.encode()):
            if self._run.as_json:
                print(said.line, flush=True)
            yield of_lane(record, said.number)

    def _why(self, ended: Ended) -> str:
        lines = self._last[ended.number]
        error = next((at for at, line in enumerate(lines) if line.startswith("error:")), 0)
        said = " ".join(line.strip() for line in list(lines)[error:])
        return clean(said) or f"exit code {ended.code}"

    def raise_for_failures(self) -> None:
        """Raise MachineError where no lane came to its end."""
        if len(self._failed) == self._run.count:
            number = min(self._failed)
            raise MachineError(
                "No lane came to its end.",
                detail="\n".join(self._last[number]),
                remedy=f"Mend what lane {number} says above, then run again: the campaign goes on.",
            )

    def _places(self) -> tuple[list[Place], list[str]]:
        """Each lane's part of the machine, and what to know of it."""
        from autoresearch_ci.core import machine  # noqa: PLC0415
        from autoresearch_ci.engine import lane_resources  # noqa: PLC0415

        settings, session = self._begun.settings, self._begun
        cores, gpus = machine.cores(), machine.gpus()
        first = session.history.baseline
        unit = first.units.get(settings.metric_name, "") if first else ""
        noisy = any(session.knowledge.noise.differences)
        told = [
            *lane_resources.shortages(self._run.count, cores, gpus),
            lane_resources.unfit(settings.metric_name, unit, noisy=noisy),
        ]
        found = lane_resources.places(self._run.count, cores, gpus, settings.memory_limit)
        return found, [each for each in told if each]

    def _command(self, places: list[Place], number: int) -> list[str]:
        """The lane's own command: the settings of all, with what is left of their time."""
        settings = self._begun.settings
        given = {**self._run.overrides, **places[number - 1].settings(settings)}
        given |= {"tag": self.tag, "parallel": 1}
        if settings.time_limit is not None:
            left = settings.time_limit - (time.monotonic() - self._run.began)
            given["time_limit"] = f"{max(left, 0.001):.3f}s"
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        return [
            *(sys.executable, "-P", "-m", "autoresearch_ci", "--repo", str(self._run.repo)),
            *("--json", "run", f"--lane={number}/{self._run.count}", *flags),
        ]


def _described(places: Sequence[Place]) -> str:
    cores, gpus = len(places[0].cores), any(place.gpu for place in places)
    each = " and ".join([plural(cores, "core")] * (cores > 0) + ["a GPU"] * gpus)
    return f"{len(places)} lanes at work, {each} each" if each else f"{len(places)} lanes at work"


def _environment() -> dict[str, str]:
    """Ours, without what is for this process alone: to push, and to send messages."""
    return {name: value for name, value in os.environ.items() if name not in (PUSH_TOKEN, VARIABLE)}
