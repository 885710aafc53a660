"""`brief`: what a model would be shown and asked, were a session to begin now."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import standing

if TYPE_CHECKING:
    from autoresearch_ci.config import Settings
    from autoresearch_ci.core.history import History
    from autoresearch_ci.core.model import FileSet
    from autoresearch_ci.proposers.llm.prompt import CampaignState
    from autoresearch_ci.workspace import Workspace


def add_arguments(parser: ArgumentParser) -> None:
    """Settings, which decide what is shown."""
    parser.usage = f"{parser.prog} [--json] [--SETTING VALUE ...]"
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Show it, byte for byte; nothing is sent, and nothing is changed."""
    from autoresearch_ci.core.environment import credentials  # noqa: PLC0415
    from autoresearch_ci.core.redaction import Redactor  # noqa: PLC0415
    from autoresearch_ci.proposers.llm.prompt import (  # noqa: PLC0415 - after the usage is checked
        brief,
    )

    state = look(arguments.repo, arguments.overrides)
    conversation = brief(state, Redactor(credentials(os.environ)))
    if arguments.json:
        print(json.dumps(asdict(conversation), indent=2, ensure_ascii=False))
        return 0
    print(conversation.text)
    if not arguments.quiet:
        from autoresearch_ci.proposers.llm.prompt.pieces import size, tokens  # noqa: PLC0415

        most = state.settings.brief_tokens
        print(f"\nat most {tokens(size(conversation.text)):,} tokens of {most:,}", file=sys.stderr)
    return 0


def look(repo: Path, overrides: Mapping[str, object]) -> CampaignState:
    """Find the state of the campaign that `run` would go on with, or would begin."""
    from autoresearch_ci import config  # noqa: PLC0415
    from autoresearch_ci.campaign.select import archive_of, choose_tag, log_of  # noqa: PLC0415
    from autoresearch_ci.core.history import History  # noqa: PLC0415
    from autoresearch_ci.engine.assembly import choose_frozen_lines  # noqa: PLC0415
    from autoresearch_ci.proposers.llm.instructions import instructions  # noqa: PLC0415
    from autoresearch_ci.proposers.llm.prompt import CampaignState  # noqa: PLC0415
    from autoresearch_ci.proposers.search import SearchProposer  # noqa: PLC0415
    from autoresearch_ci.proposers.select import shown_files  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.open(repo)
    settings = config.load(workspace.root, standing(repo, overrides)).settings
    tag = choose_tag(workspace, settings.tag, new=False)
    log = log_of(workspace, tag)
    history = log.history if log.start else History(settings.metric_direction)
    written = instructions(workspace, log.start.base if log.start else "HEAD", settings)
    recall = archive_of(workspace, tag)
    source = _incumbent(workspace, settings, history)
    frozen_lines = choose_frozen_lines(settings)
    search = SearchProposer(metric_name=settings.metric_name, frozen_lines=frozen_lines)
    return CampaignState(
        settings=settings,
        **shown_files(source, frozen_lines, settings),
        history=history,
        program=written.program,
        context=written.context,
        patch=lambda number: recall(number, "patch"),
        log=lambda number: recall(number, "log"),
        importance=search.importances(source, history),
        queue=tuple(idea.text for idea in history.ideas),
        experiments_left=settings.max_experiments,
        seconds_left=settings.time_limit,
    )


def _incumbent(workspace: Workspace, settings: Settings, history: History) -> FileSet:
    """The files that the next idea is about."""
    from autoresearch_ci.core.errors import TargetError  # noqa: PLC0415
    from autoresearch_ci.core.model import FileSet  # noqa: PLC0415
    from autoresearch_ci.workspace.editable import Editable  # noqa: PLC0415

    commit = history.incumbent.commit if history.incumbent else "HEAD"
    target, named = settings.target_file, settings.editable_files
    paths = Editable(workspace.git, target, named, settings.readonly_files).paths(commit)
    contents = {path: workspace.objects.read(f"{commit}:{path}") for path in paths}
    if contents[target] is None:
        raise TargetError(
            f"There is no {target} in {commit[:12]}.",
            remedy="Commit it, or name another target_file; `git fetch` may bring a commit that "
            "is missing.",
        )
    return FileSet({p: (text or b"").decode("utf-8", "replace") for p, text in contents.items()})
