"""Chat completions, as OpenAI and most other servers of models speak them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from autoresearch_ci.core.errors import ProviderError, SettingsError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import PROVIDERS, Options
from autoresearch_ci.providers.address import Address, address
from autoresearch_ci.providers.conversation import Conversation, Ending, Reply
from autoresearch_ci.providers.failure import Failed, Failure, Key, of_event
from autoresearch_ci.providers.http_exchange import Listener
from autoresearch_ci.providers.http_provider import Count, HttpProvider, IsCounts, believable

BASE_URL = "https://api.openai.com/v1"

_INFO = PROVIDERS["openai"]
_PATH = "chat/completions"
_HOST = "api.openai.com"
_AZURE = ".azure.com"
_NEW_LIMIT, _OLD_LIMIT = "max_completion_tokens", "max_tokens"
_WRITING = 1.25
"""The price of writing to the cache with some models, in input prices. Reading is counted in full:
what it costs differs from server to server."""
_ENDINGS = {"length": Ending.LENGTH, "content_filter": Ending.FILTERED}
_DONE = "[DONE]"
_REJECTED = frozenset({400, 422})
_NAMES_COUNTING = re.compile(r"stream_options|include_usage")
_NAMES_LIMIT = re.compile(r"max_(completion_)?tokens")
_NAMES_STREAM = re.compile(r"\bstream(ed|ing)?\b")


class OpenAIProvider(HttpProvider):
    """A model of OpenAI's, or of a server that speaks its API; `base_url` says which.

    A server elsewhere than at OpenAI needs no key unless it says so, and has no model that we
    could name. Raises ProviderError or SettingsError for what is missing or cannot be.
    """

    name = "openai"

    def __init__(self, key: str, options: Options) -> None:
        secret = Key(key) if key.strip() else None
        where = _address(options.base_url or BASE_URL, keyed=secret is not None)
        at_openai = where.host == _HOST
        if at_openai and secret is None:
            raise ProviderError(
                "OpenAI's API needs a key.", remedy=f"Set the variable {_INFO.key} to it."
            )
        if not at_openai and not options.model:
            raise SettingsError(
                f"Which model to ask at {where.host} is not set.",
                remedy="Set `model` to the name of one that the server has.",
            )
        super().__init__(
            model=options.model or _INFO.model, address=where, key=secret, options=options
        )
        new = at_openai or where.host.endswith(_AZURE)
        self._limit = _NEW_LIMIT if new else _OLD_LIMIT
        self._streamed = self._counted = self._may_rename_limit = True

    def _credential(self) -> Mapping[str, str]:
        if self._key is None:
            return {}
        if self._address.host.endswith(_AZURE):
            return {"api-key": self._key.reveal()}
        return {"authorization": f"Bearer {self._key.reveal()}"}

    def _price_factor(self, _conversation: Conversation) -> float:
        return _WRITING

    def _body(self, conversation: Conversation) -> dict[str, Any]:
        # One text a message: lists of parts are not taken by every server. The beginning of a
        # conversation is cached by the server itself.
        turns = [("system", conversation.system)] if conversation.system else []
        turns += [(str(message.role), message.blocks) for message in conversation.messages]
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": role, "content": "".join(block.text for block in blocks)}
                for role, blocks in turns
            ],
            self._limit: self._max_output_tokens,
            "stream": self._streamed,
        }
        if self._streamed and self._counted:
            body["stream_options"] = {"include_usage": True}
        return body

    def _adapt(self, failure: Failure) -> bool:
        """Leave out what this server does not know, or call it by its other name."""
        if failure.status not in _REJECTED:
            return False
        said = failure.said.lower()
        if self._streamed and self._counted and _NAMES_COUNTING.search(said):
            self._counted = False
        elif self._may_rename_limit and _NAMES_LIMIT.search(said):
            self._may_rename_limit = False
            self._limit = _OLD_LIMIT if self._limit == _NEW_LIMIT else _NEW_LIMIT
        elif self._streamed and _NAMES_STREAM.search(said):
            self._streamed = False
        else:
            return False
        return True

    def _listener(self) -> Listener:
        return _Listener(self._address.host, self._key)


create = OpenAIProvider


def _address(base_url: str, *, keyed: bool) -> Address:
    """The address of the API; at /v1 where nothing but a host is written, as with every server."""
    host_alone = urlsplit(base_url).path in {"", "/"}
    return address(base_url, "v1/chat/completions" if host_alone else _PATH, keyed=keyed)


class _Cached(BaseModel):
    cache_write_tokens: Count = None


class _Counts(BaseModel):
    prompt_tokens: Count = None
    completion_tokens: Count = None
    prompt_tokens_details: Annotated[_Cached | None, IsCounts] = None


class _Part(BaseModel):
    type: str = ""
    text: str = ""


class _Said(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    index: int = 0
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None


class _Error(BaseModel):
    type: str | None = None
    code: str | int | None = None
    message: str | None = None


class _Event(BaseModel):
    """A chunk of a stream, or the whole."""

    choices: list[_Choice] = []
    usage: Annotated[_Counts | None, IsCounts] = None
    error: _Error | str | None = None


class _Listener:
    """Takes the first choice's text; what a model thinks, where a server shows it, is left out."""

    def __init__(self, host: str, key: Key | None) -> None:
        self.complete = self.over = False
        self._host, self._key = host, key
        self._text: list[str] = []
        self._finish_reason: str | None = None
        self._refused = False
        self._counts = _Counts()

    def hear(self, event: str) -> None:
        if event.strip() == _DONE:
            self.complete = self.over = True
        else:
            self._take(_Event.model_validate_json(event))
            self.complete = self._finish_reason is not None

    def read(self, body: bytes) -> None:
        heard = _Event.model_validate_json(body)
        self._take(heard)
        self.over = True
        self.complete = any(choice.message for choice in heard.choices)

    def reply(self, most: Usage) -> Reply:
        ending = _ENDINGS.get(self._finish_reason or "", Ending.DONE)
        if self._refused:
            ending = Ending.REFUSED
        return Reply(
            "" if ending is Ending.REFUSED else "".join(self._text), ending, self._usage(most)
        )

    def _take(self, heard: _Event) -> None:
        if heard.error:
            self._fail(heard.error)
        for choice in heard.choices:
            if choice.index == 0:
                self._choose(choice)
        self._counts = heard.usage or self._counts  # cumulative, where it comes more than once

    def _choose(self, choice: _Choice) -> None:
        said = choice.delta or choice.message or _Said()
        if isinstance(said.content, str):
            self._text.append(said.content)
        elif said.content:
            self._text += [part.text for part in said.content if part.type == "text"]
        self._refused = self._refused or bool(said.refusal)
        if choice.finish_reason == "error":
            self._fail("the model's provider failed")
        self._finish_reason = choice.finish_reason or self._finish_reason

    def _fail(self, error: _Error | str) -> None:
        if isinstance(error, str):
            error = _Error(message=error)
        kind = str(error.code or error.type or "")
        raise Failed(of_event(self._host, kind, error.message or "", self._key))

    def _usage(self, most: Usage) -> Usage:
        sent, output = self._counts.prompt_tokens, self._counts.completion_tokens
        sent, output = believable(sent, most.input), believable(output, most.output)
        if sent is None or output is None:
            return Usage(
                most.input if sent is None else sent,
                most.output if output is None else output,
                most.billed_input,
                estimated=True,
            )
        cached = self._counts.prompt_tokens_details or _Cached()
        written = min(sent, cached.cache_write_tokens or 0)
        return Usage(sent, output, sent + written * (_WRITING - 1))
