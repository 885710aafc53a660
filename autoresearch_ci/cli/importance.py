"""`results --importance`: the parameters that the metric has depended on in a campaign."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli.parser import Parser
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import Importance, SessionStart
from autoresearch_ci.reports.importance import table
from autoresearch_ci.reports.terminal import window

if TYPE_CHECKING:
    from autoresearch_ci.campaign.select import CampaignView


def check(arguments: Namespace) -> None:
    """Refuse what has no meaning beside it."""
    others = (arguments.what, arguments.status, arguments.last, arguments.output, arguments.json)
    if any(others):
        Parser(prog="autoresearch-ci results").error(
            "--importance shows the whole campaign at a terminal; leave out the other options."
        )


def show(repo: Path, view: CampaignView) -> None:
    """Print a line a parameter of the best version, the most important first."""
    start = _start(view)
    found = of_campaign(repo, view)
    if found is None or start is None:
        raise LedgerError(
            f"The branch {view.branch} of the campaign is not in this clone.",
            remedy=f"Bring it: git fetch origin {view.branch}:{view.branch}",
        )
    if not found:
        print("No parameter was moved yet: importance is told from experiments of the search.")
        return
    print(f"What {start.metric} has depended on, by the experiments so far:\n")
    for line in table(found, window(sys.stdout)):
        print(line)


def of_campaign(repo: Path, view: CampaignView) -> Sequence[Importance] | None:
    """The parameters, the first the most; None where the best version is not in this clone.

    None are told of another tool's log, whose campaign has no branch.
    """
    from autoresearch_ci.proposers.search import SearchProposer  # noqa: PLC0415 - heavy
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    start, best = _start(view), view.history.incumbent
    if start is None or best is None or not view.branch:
        return ()
    workspace = Workspace.open(repo)
    commit = workspace.resolve(best.commit)
    if not commit:
        return None
    source = workspace.target_history([start.target]).at(commit)
    return SearchProposer(metric_name=start.metric).importances(source, view.history)


def _start(view: CampaignView) -> SessionStart | None:
    return next((e for e in reversed(view.sessions) if isinstance(e, SessionStart)), None)
