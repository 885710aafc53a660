"""The working tree and its repository: the only code that touches git."""

from autoresearch_ci.workspace import lanes, removal
from autoresearch_ci.workspace.campaign_branch import Campaign
from autoresearch_ci.workspace.git import create_repository
from autoresearch_ci.workspace.lanes import LaneWorkspace
from autoresearch_ci.workspace.locks import Inbox
from autoresearch_ci.workspace.outputs import OUTPUTS
from autoresearch_ci.workspace.remote import PATIENCE, Remote, Target
from autoresearch_ci.workspace.repository import Workspace
from autoresearch_ci.workspace.shadow_repository import ShadowRepository
from autoresearch_ci.workspace.trial import Trial

__all__ = [
    "OUTPUTS",
    "PATIENCE",
    "Campaign",
    "Inbox",
    "LaneWorkspace",
    "Remote",
    "ShadowRepository",
    "Target",
    "Trial",
    "Workspace",
    "create_repository",
    "lanes",
    "removal",
]
