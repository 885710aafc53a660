"""Anthropic's Messages API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import PROVIDERS, Options
from autoresearch_ci.providers.address import address
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Reply
from autoresearch_ci.providers.failure import Failed, Key, of_event
from autoresearch_ci.providers.http_exchange import Listener
from autoresearch_ci.providers.http_provider import Count, HttpProvider, IsCounts, believable

BASE_URL = "https://api.anthropic.com"

_INFO = PROVIDERS["anthropic"]
_VERSION = "2026-10-21"
_MOST_MARKS = 4
_WRITING = {"5m": 1.25, "1h": 2.0}
_READING = 0.1
"""Prices of writing to and reading from the cache, in input prices. Some models read cheaper."""
_ENDINGS = {
    "max_tokens": Ending.LENGTH,
    "model_context_window_exceeded": Ending.LENGTH,
    "refusal": Ending.REFUSED,
}
_NOTHING = "(nothing)"
_MARK = "mark"


class AnthropicProvider(HttpProvider):
    """A model of Anthropic's, or of a server that speaks its API.

    Raises ProviderError without a key, SettingsError for a bad `base_url`.
    """

    name = "anthropic"

    def __init__(self, key: str, options: Options) -> None:
        if not key.strip():
            raise ProviderError(
                "Anthropic's API needs a key.", remedy=f"Set the variable {_INFO.key} to it."
            )
        super().__init__(
            model=options.model or _INFO.model,
            address=address(options.base_url or BASE_URL, "v1/messages", keyed=True),
            key=Key(key),
            options=options,
        )
        self._cache_for = options.cache_for

    def _credential(self) -> Mapping[str, str]:
        assert self._key is not None
        return {
            "authorization": f"Bearer {self._key.reveal()}",
            "anthropic-version": _VERSION,
        }

    def _price_factor(self, conversation: Conversation) -> float:
        turns = (conversation.system, *(message.blocks for message in conversation.messages))
        cached = any(block.cache for blocks in turns for block in blocks)
        return _WRITING[self._cache_for] if cached else 1.0

    def _body(self, conversation: Conversation) -> dict[str, Any]:
        system = _content(conversation.system)
        turns = [
            (str(message.role), _content(message.blocks) or [{"type": "text", "text": _NOTHING}])
            for message in conversation.messages
        ]
        self._mark([*system, *(part for _, content in turns for part in content)])
        return {
            "model": self.model,
            "max_tokens": self._max_output_tokens,
            **({"system": system} if system else {}),
            "messages": [{"role": role, "content": content} for role, content in turns],
            "stream": True,
        }

    def _mark(self, parts: Sequence[dict[str, Any]]) -> None:
        """Turn our marks into the API's; of too many the longest beginnings are worth the most."""
        marked = [part for part in parts if part.pop(_MARK, False)]
        for part in marked[-_MOST_MARKS:]:
            part["cache_control"] = {"type": "ephemeral"}
            if self._cache_for == "1h":
                part["cache_control"]["ttl"] = "1h"

    def _listener(self) -> Listener:
        return _Listener(self._address.host, self._key, _WRITING[self._cache_for])


create = AnthropicProvider


def _content(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Text parts; white space alone, which the API refuses, goes to the part before it."""
    content: list[dict[str, Any]] = []
    for block in blocks:
        if block.text.strip() or not content:
            content.append({"type": "text", "text": block.text})
        else:
            content[-1]["text"] += block.text
        if block.cache:
            content[-1][_MARK] = True
    return [part for part in content if part["text"].strip()]


class _Created(BaseModel):
    ephemeral_1h_input_tokens: Count = None


class _Counts(BaseModel):
    """Cumulative, and each may come in any of the events that carry it."""

    input_tokens: Count = None
    output_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation: Annotated[_Created | None, IsCounts] = None


class _Part(BaseModel):
    type: str = ""
    text: str = ""


class _Error(BaseModel):
    type: str = ""
    message: str = ""


class _Stop(BaseModel):
    stop_reason: str | None = None


class _Message(_Stop):
    content: list[_Part] = []
    usage: Annotated[_Counts | None, IsCounts] = None


class _Body(_Message):
    type: Literal["message", "error"]
    error: _Error | None = None


class _Delta(_Part, _Stop):
    pass


class _Event(BaseModel):
    type: str
    message: _Message | None = None
    content_block: _Part | None = None
    delta: _Delta | None = None
    usage: Annotated[_Counts | None, IsCounts] = None
    error: _Error | None = None


class _Listener:
    """Takes text; what the model thinks, and whatever the API learns to send, it leaves alone."""

    def __init__(self, host: str, key: Key | None, writing: float) -> None:
        self.complete = self.over = False
        self._host, self._key, self._writing = host, key, writing
        self._text: list[str] = []
        self._stop_reason: str | None = None
        self._counts: dict[str, Any] = {}

    def hear(self, event: str) -> None:
        heard = _Event.model_validate_json(event)
        if heard.type == "error":
            self._fail(heard.error)
        if heard.message:
            self._take(heard.message)
        if heard.content_block:
            self._say(heard.content_block, "text")
        if heard.delta:
            self._say(heard.delta, "text_delta")
            self._stop(heard.delta)
        self._count(heard.usage)
        self.over = heard.type == "message_stop"
        self.complete = self.over or self._stop_reason is not None

    def read(self, body: bytes) -> None:
        heard = _Body.model_validate_json(body)
        if heard.type == "error":
            self._fail(heard.error)
        self._take(heard)
        self.complete = self.over = True

    def reply(self, most: Usage) -> Reply:
        ending = _ENDINGS.get(self._stop_reason or "", Ending.DONE)
        text = "" if ending is Ending.REFUSED else "".join(self._text)
        return Reply(text, ending, self._usage(most))

    def _take(self, message: _Message) -> None:
        for part in message.content:
            self._say(part, "text")
        self._stop(message)
        self._count(message.usage)

    def _say(self, part: _Part, kind: str) -> None:
        if part.type == kind:
            self._text.append(part.text)

    def _stop(self, said: _Stop) -> None:
        self._stop_reason = said.stop_reason or self._stop_reason

    def _count(self, counts: _Counts | None) -> None:
        if counts:
            self._counts |= counts.model_dump(exclude_none=True)

    def _fail(self, error: _Error | None) -> None:
        error = error or _Error()
        raise Failed(of_event(self._host, error.type, error.message, self._key))

    def _usage(self, most: Usage) -> Usage:
        plain, output = self._counts.get("input_tokens"), self._counts.get("output_tokens")
        written = self._counts.get("cache_creation_input_tokens", 0)
        read = self._counts.get("cache_read_input_tokens", 0)
        output = believable(output, most.output)
        sent = None if plain is None else believable(plain + written + read, most.input)
        if plain is None or sent is None or output is None:
            return Usage(
                most.input,
                most.output if output is None else output,
                most.billed_input,
                estimated=True,
            )
        created = self._counts.get("cache_creation", {})
        long = min(written, created.get("ephemeral_1h_input_tokens", 0))
        factor = _WRITING["5m"] if created else self._writing
        billed = plain + read * _READING + (written - long) * factor + long * _WRITING["1h"]
        return Usage(sent, output, billed)
