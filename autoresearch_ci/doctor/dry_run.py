"""A dry run: everything that a session would begin with, and no experiment.

The settings, open doors that need no run to be seen, the baseline, and what would be tried.
All of it happens aside, as with the doctor: nothing is recorded, and no branch is made.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from autoresearch_ci.config import Loaded
from autoresearch_ci.core.model import Experiment, Note
from autoresearch_ci.core.text import clean, duration, number, plural
from autoresearch_ci.doctor.admission import weaknesses
from autoresearch_ci.doctor.explanation import deletions, left_alone, summary, table
from autoresearch_ci.engine.assembly import choose_frozen_lines, load_settings, open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.scratch import scratch
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers import select
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.reports.terminal import Paint
from autoresearch_ci.workspace import Workspace


def dry_run(request: SessionRequest, paint: Paint) -> Generator[str]:
    """Lines for people, each as soon as it is known; `request` is that of the session.

    Raises what the session would raise before its first experiment.
    """
    workspace = Workspace.open(request.repository)
    loaded = load_settings(workspace, request.overrides, request.trusted, request.defaults)
    yield from _settings(loaded, paint)
    yield from _headed("open doors", weaknesses(workspace, loaded.settings), paint)
    base = request.base or "HEAD"
    with scratch(workspace, loaded, base, has_tools=request.has_tools) as place:
        aside = replace(
            request,
            overrides={**request.overrides, "tag": "dry-run"},
            base="HEAD",
            setup_only=True,
            push=None,
            idea="",
            needs_idea=False,
        )
        with open_session(aside, place) as session:
            yield from _headed("notes", session.notes, paint)
            yield from _baseline(session, paint)
            yield from _ideas(session, loaded, paint)
    yield ""
    yield "A dry run: nothing was recorded, and no experiment was made."


def _settings(loaded: Loaded, paint: Paint) -> Iterator[str]:
    """The settings that somebody or something chose, and who did."""
    yield paint(f"settings, of a project of the type {loaded.project_type}", "dim")
    for name, origin in loaded.origins.items():
        value = getattr(loaded.settings, name)
        if str(origin) != "default" and value not in (None, ()):
            told = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            yield f"  {name}: {clean(str(told))} ({origin})"


def _headed(heading: str, lines: Sequence[str], paint: Paint) -> Iterator[str]:
    if lines:
        yield ""
        yield paint(heading, "dim")
        yield from (f"  {clean(line)}" for line in lines)


def _baseline(session: Session, paint: Paint) -> Iterator[str]:
    """The project as it is: its number, its runs, its guard. BaselineError where it has none."""
    yield ""
    yield paint("baseline", "dim")
    for event in research(session):
        if isinstance(event, Note):
            yield f"  note: {clean(event.text)}"
        if isinstance(event, Experiment):
            runs = plural(len(event.samples), "run")
            took = f"{runs} in {duration(event.seconds)}"
            yield f"  {clean(event.metric)} {number(event.value)}: {took}"
            for name, value in event.metrics.items():
                yield f"  beside it {clean(name)} {number(value)}"
            if session.settings.guard_command:
                yield "  guard_command passes"


def _ideas(session: Session, loaded: Loaded, paint: Paint) -> Iterator[str]:
    """Whoever would have the ideas, and the places that the search could set."""
    settings = session.settings
    name = select.chosen(settings, os.environ)
    yield ""
    yield paint(f"what would be tried; ideas come from {clean(name)}", "dim")
    search = SearchProposer(
        metric_name=settings.metric_name,
        deletions=loaded.allow_deletions,
        frozen_lines=choose_frozen_lines(settings),
    )
    source = session.campaign.source()
    seen = search.seen(source)
    yield from table(seen.parameters, paint)
    yield from left_alone(seen.spared, whole=False, paint=paint)
    yield ""
    yield summary(source.target, seen.parameters)
    found = search.inventory(source, session.history)
    yield deletions(found, source.target, source.text, allowed=loaded.allow_deletions)
