"""Settings: frozen once loaded, from every source, each value knowing where it came from."""

from autoresearch_ci.config.loading import Loaded
from autoresearch_ci.config.settings import Settings
from autoresearch_ci.config.origins import Origin

__all__ = ["Loaded", "Origin", "Settings"]
