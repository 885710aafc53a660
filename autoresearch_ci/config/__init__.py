"""Settings: frozen once loaded, from every source, each value knowing where it came from."""

from autoresearch_ci.config.loading import Loaded, load
from autoresearch_ci.config.markdown import write as section
from autoresearch_ci.config.origins import Origin
from autoresearch_ci.config.schema import json_schema, render_schema, settings_table
from autoresearch_ci.config.settings import DoctorMode, Settings

__all__ = [
    "DoctorMode",
    "Loaded",
    "Origin",
    "Settings",
    "json_schema",
    "load",
    "render_schema",
    "section",
    "settings_table",
]
