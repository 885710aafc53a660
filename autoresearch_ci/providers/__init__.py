"""The seam of models. A provider is a file here, and speaks one API over HTTP.

A provider is given a conversation and hands back text. What a model is shown, and what becomes of
its answer, is no business of a provider's.
"""

from __future__ import annotations

from typing import Protocol

from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.conversation import Conversation, Reply

MAX_OUTPUT_TOKENS = 16_384
"""Where nothing else is said: room for a whole file, and for the thinking that comes before it."""


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
