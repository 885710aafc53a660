"""What a model is shown of a campaign: pure functions from a situation to a conversation."""

from autoresearch_ci.proposers.llm.prompt.compose import brief
from autoresearch_ci.proposers.llm.prompt.context import Situation
from autoresearch_ci.proposers.llm.prompt.followups import correction, repair

__all__ = ["Situation", "brief", "correction", "repair"]
