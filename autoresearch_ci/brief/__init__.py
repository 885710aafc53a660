"""What a model is shown of a campaign: pure functions from a situation to a conversation."""

from autoresearch_ci.brief.compose import brief
from autoresearch_ci.brief.followups import correction, repair
from autoresearch_ci.brief.situation import Situation

__all__ = ["Situation", "brief", "correction", "repair"]
