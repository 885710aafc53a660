"""A campaign as a model is shown it: pure functions from a state to a conversation."""

from autoresearch_ci.proposers.llm.prompt.compose import brief, correction, repair
from autoresearch_ci.proposers.llm.prompt.pieces import CampaignState

__all__ = ["CampaignState", "brief", "correction", "repair"]
