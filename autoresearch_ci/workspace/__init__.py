"""The working tree and its repository: the only code that touches git."""

from autoresearch_ci.workspace import removal
from autoresearch_ci.workspace.campaign import Campaign
from autoresearch_ci.workspace.create import create_repository
from autoresearch_ci.workspace.inbox import Inbox
from autoresearch_ci.workspace.remote import PATIENCE, Remote, Target
from autoresearch_ci.workspace.repository import Workspace
from autoresearch_ci.workspace.scratch import clear_copies, sessions_in_copies
from autoresearch_ci.workspace.trial import Trial
from autoresearch_ci.workspace.twin import Twin, twin

__all__ = [
    "PATIENCE",
    "Campaign",
    "Inbox",
    "Remote",
    "Target",
    "Trial",
    "Twin",
    "Workspace",
    "clear_copies",
    "create_repository",
    "removal",
    "sessions_in_copies",
    "twin",
]
