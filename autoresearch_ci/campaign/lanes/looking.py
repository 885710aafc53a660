"""A campaign with its lanes, as it can be looked at while they work."""

from __future__ import annotations

from pathlib import Path

from autoresearch_ci.campaign.archive import LOG
from autoresearch_ci.campaign.lanes.news import News
from autoresearch_ci.campaign.ledger import CampaignLog, joined
from autoresearch_ci.workspace import Workspace, lanes


def news(workspace: Workspace, tag: str) -> News | None:
    """All that the campaign's lanes have written here; None where there are none to be combined."""
    here = lanes.lanes_here(workspace.common_dir, tag)
    if not here and not lanes.published(workspace, tag):
        return None
    found = News(workspace, tag, None)
    found.read()
    return found


def with_lanes(log: CampaignLog, found: News | None) -> CampaignLog:
    """The campaign with what its lanes have found that is not combined yet."""
    return joined(log, found.streams, found.on) if found else log


def growing(workspace: Workspace, tag: str) -> list[Path]:
    """The places that change when a lane in this repository begins or finds something."""
    folder = lanes.folder_of(workspace.common_dir, tag)
    each = sorted(folder.iterdir()) if folder.is_dir() else []
    return [folder, *each, *(path / LOG for path in each)]
