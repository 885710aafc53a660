"""The seam of models: a provider speaks one API over HTTP.

A provider is given a conversation and hands back text. What a model is shown, and what becomes of
its answer, is no business of a provider's.

A provider is a file here and a row of `PROVIDERS`. To add one: write `NAME.py` with a
`create(key, options)`, add its row, write `tests/servers/NAME.py`, a server that speaks the API,
and run `make schema`. From the row come the choices of the setting `proposer`, the Action's inputs,
the schema and the tables of the documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal, Protocol

from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.conversation import Conversation, Reply
from autoresearch_ci.providers.failure import Patience

CacheFor = Literal["5m", "1h"]


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """One row: what is known of a provider without importing it.

    `api` is how a sentence calls its API, `key` the environment variable with the API key, and
    `model` is asked where the settings name none.
    """

    vendor: str
    api: str
    key: str
    model: str


PROVIDERS = {
    "anthropic": ProviderInfo(
        "Anthropic", "the Anthropic API", "ANTHROPIC_API_KEY", "claude-sonnet-5-5"
    ),
    "openai": ProviderInfo("OpenAI", "an OpenAI-compatible API", "OPENAI_API_KEY", "gpt-6.1-terra"),
}
"""By their name in the setting `proposer`; `auto` takes the first whose key is there."""


@dataclass(frozen=True, slots=True)
class Options:
    """A user's choices for any provider.

    `base_url` is for a server that is not the vendor's own. `max_output_tokens` leaves room for a
    whole file, and for the thinking that comes before it. `cache_for` is how long the beginning of
    a conversation is to stay in the provider's cache, where its API lets one say: longer than the
    time between two questions, or the cache is paid for and never used.
    """

    model: str | None = None
    base_url: str | None = None
    max_output_tokens: int = 16_384
    patience: Patience = field(default_factory=Patience)
    cache_for: CacheFor = "5m"


class Provider(Protocol):
    """A model that can be asked.

    `ask` returns the model's reply, also where it refused or ran out of room, and raises
    ProviderError where there is none. It tries again by itself where that can help and is free.
    A call that broke off may have been billed; it is not repeated but raises, with its usage, so
    that who asks can first see what there is left to spend. `worst_case` is the most that one
    `ask` can use for this conversation.
    """

    name: str
    model: str

    def ask(self, conversation: Conversation) -> Reply: ...

    def worst_case(self, conversation: Conversation) -> Usage: ...


def create(name: str, key: str, options: Options) -> Provider:
    """Make the provider of that row; `key` is empty where there is none.

    Its file is imported only now, since httpx takes its time. Raises ProviderError or
    SettingsError for what is missing or cannot be.
    """
    made: Provider = import_module(f"{__name__}.{name}").create(key, options)
    return made
