"""Anthropic's Messages API as the tests' own server speaks it.

It refuses what the API refuses, in the API's words, and its answers have to be good enough for
the official client, which the contract tests see to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.providers import Options
from autoresearch_ci.providers.anthropic import AnthropicProvider
from autoresearch_ci.providers.failure import Patience
from tests.servers.api import QUICK, Api
from tests.servers.sockets import Act, Seen, Server, in_pieces, streamed, whole

KEY = "sk-ant-api03-Zq4vN8sT2wXy6bKd0fGhJ3mPrL5cVaEu-test-AA"
MODELS = frozenset({"claude-sonnet-5-5", "claude-opus-5-5"})
_KNOWN = frozenset(
    {
        *("model", "max_tokens", "messages", "system", "stream"),
        *("metadata", "stop_sequences", "thinking", "tools"),
    }
)
_MOST_MARKS = 4
VERSION = "2026-10-21"


@dataclass(frozen=True)
class Says:
    """What the model answers: pieces of text, why it stopped, and what was counted."""

    pieces: tuple[str, ...] = ("Hello", ", wörld", " 🌍\n")
    stop_reason: str = "end_turn"
    thinking: str = ""
    usage: dict[str, Any] = field(default_factory=lambda: {"input_tokens": 25, "output_tokens": 12})
    stop_details: dict[str, Any] | None = None

    def whole(self, model: str) -> dict[str, Any]:
        content: list[dict[str, str]] = []
        if self.thinking:
            content.append({"type": "thinking", "thinking": self.thinking, "signature": "c2ln"})
        if self.pieces:
            content.append({"type": "text", "text": "".join(self.pieces)})
        return {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "usage": self.usage,
            **({"stop_details": self.stop_details} if self.stop_details else {}),
        }

    def events(self, model: str) -> Iterator[dict[str, Any]]:
        begun = self.whole(model) | {"content": [], "stop_reason": None}
        yield {
            "type": "message_start",
            "message": begun | {"usage": {**self.usage, "output_tokens": 1}},
        }
        yield {"type": "ping"}
        index = 0
        for kind, delta, text, pieces in (
            ("thinking", "thinking_delta", "thinking", (self.thinking,) if self.thinking else ()),
            ("text", "text_delta", "text", self.pieces),
        ):
            if not pieces:
                continue
            block = {"type": kind, text: ""} | ({"signature": ""} if kind == "thinking" else {})
            yield {"type": "content_block_start", "index": index, "content_block": block}
            for piece in pieces:
                yield {
                    "type": "content_block_delta",
                    "index": index,
                    "delta": {"type": delta, text: piece},
                }
            yield {"type": "content_block_stop", "index": index}
            index += 1
        yield {
            "type": "message_delta",
            "delta": {
                "stop_reason": self.stop_reason,
                "stop_sequence": None,
                **({"stop_details": self.stop_details} if self.stop_details else {}),
            },
            "usage": {"output_tokens": self.usage["output_tokens"]},
        }
        yield {"type": "message_stop"}


def error(status: int, kind: str, message: str, **headers: str) -> Act:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_01"}
    return whole(status, body, **headers)


def sse(events: Iterable[dict[str, Any]], *, end: str = "\n") -> bytes:
    return "".join(
        f"event: {event['type']}{end}data: {json.dumps(event, ensure_ascii=False)}{end}{end}"
        for event in events
    ).encode()


class AnthropicServer(Server):
    """Gives its answers in order, the last one for ever."""

    def __init__(self, *answers: Says | Act, chunk: int = 7) -> None:
        self._answers = list(answers)
        self._chunk = chunk
        super().__init__(self._answer)

    def _answer(self, seen: Seen) -> Act:
        refusal = _refusal(seen)
        if refusal:
            return refusal
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not isinstance(answer, Says):
            return answer
        model = seen.json["model"]
        if seen.json.get("stream"):
            return streamed(in_pieces(sse(answer.events(model)), self._chunk))
        return whole(200, answer.whole(model))


def _refusal(seen: Seen) -> Act | None:
    if (seen.method, seen.path) != ("POST", "/v1/messages"):
        return error(404, "not_found_error", "Not Found")
    given = seen.headers.get("authorization") or f"Bearer {seen.headers.get('x-api-key')}"
    if given != f"Bearer {KEY}":
        return error(401, "authentication_error", "API key is missing or invalid")
    try:
        complaint = _complaint_about_headers(seen) or _complaint(seen.json)
    except ValueError:
        complaint = "The request body is not valid JSON"
    if complaint:
        return error(400, "invalid_request_error", complaint)
    if seen.json["model"] not in MODELS:
        return error(404, "not_found_error", f"model: {seen.json['model']}")
    return None


def _complaint_about_headers(seen: Seen) -> str | None:
    if seen.headers.get("anthropic-version") != VERSION:
        return "anthropic-version: header is required"
    if seen.headers.get("content-type") != "application/json":
        return "Content-Type header must be application/json"
    return None


def _complaint(body: dict[str, Any]) -> str | None:
    for name in sorted(set(body) - _KNOWN):
        return f"{name}: Extra inputs are not permitted"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens: Input should be greater than or equal to 1"
    messages = body.get("messages") or []
    if not messages or messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        return "messages: the conversation must begin and end with a user message"
    return _complaint_about_content([body.get("system", []), *(m["content"] for m in messages)])


def _complaint_about_content(contents: list[Any]) -> str | None:
    parts = [part for content in contents if isinstance(content, list) for part in content]
    if any(content in ("", []) for content in contents[1:]):
        return "messages: all messages must have non-empty content"
    for part in parts:
        if part["type"] != "text" or set(part) - {"type", "text", "cache_control"}:
            return f"{part['type']}: Input tag does not match any of the expected tags"
        if not part["text"].strip():
            return "text content blocks must contain non-whitespace text"
        mark = part.get("cache_control", {"type": "ephemeral"})
        if mark["type"] != "ephemeral" or mark.get("ttl", "5m") not in {"5m", "1h"}:
            return "cache_control: Input should be 'ephemeral'"
    marks = sum("cache_control" in part for part in parts)
    if marks > _MOST_MARKS:
        return f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."
    return None


def anthropic_provider(
    url: str, patience: Patience = QUICK, key: str = KEY, **rest: Any
) -> AnthropicProvider:
    options = {"max_output_tokens": 1000} | rest
    return AnthropicProvider(key, Options(base_url=url, patience=patience, **options))


API = Api(
    serve=AnthropicServer,
    provide=anthropic_provider,
    says=lambda ending="end_turn", **rest: Says(stop_reason=ending, **rest),
    error=lambda status, said="", **headers: error(status, "some_error", said, **headers),
    asks_to_stream=lambda seen: seen.json["stream"] is True,
    stream=sse(Says().events("claude-sonnet-5-5")),
    farewell=1,
    body=Says().whole("claude-sonnet-5-5"),
    counts=("usage", "input_tokens", "output_tokens"),
    error_event=sse(
        [{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}]
    ),
    limit="max_tokens",
    refused=lambda: Says(pieces=("I",), stop_reason="refusal"),
)
