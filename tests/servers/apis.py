"""The API of every provider, by the provider's name: its file here is called as the provider is."""

from __future__ import annotations

from importlib import import_module

from autoresearch_ci.providers import PROVIDERS
from tests.servers.api import Api

APIS: dict[str, Api] = {name: import_module(f"tests.servers.{name}").API for name in PROVIDERS}
