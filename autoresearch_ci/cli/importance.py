"""`results --importance`: the parameters that the metric has depended on in a campaign."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli.parser import Parser
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import SessionStart

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
    from autoresearch_ci.proposers.search import SearchProposer  # noqa: PLC0415 - heavy
    from autoresearch_ci.proposers.search.importance import table  # noqa: PLC0415 - numpy
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.open(repo)
    started = [each for each in view.sessions if isinstance(each, SessionStart)]
    commit = workspace.resolve(view.branch)
    if not started or not commit:
        raise LedgerError(
            f"The branch {view.branch} of the campaign is not in this clone.",
            remedy=f"Bring it: git fetch origin {view.branch}:{view.branch}",
        )
    source = workspace.target_history([started[-1].target]).at(commit)
    found = SearchProposer(metric_name=started[-1].metric).importances(source, view.history)
    if not found:
        print("No parameter was moved yet: importance is told from experiments of the search.")
        return
    print(f"What {started[-1].metric} has depended on, by the experiments so far:\n")
    for line in table(found):
        print(line)
