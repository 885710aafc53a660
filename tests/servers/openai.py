"""Chat completions as the tests' own server speaks them, in the dialects that are about.

As with the other API: what it refuses it refuses in the words of the original, and the official
client has to understand its answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.providers import Options
from autoresearch_ci.providers.failure import Patience
from autoresearch_ci.providers.openai import OpenAIProvider
from tests.servers.api import QUICK, Api
from tests.servers.sockets import Act, Seen, Server, in_pieces, streamed, whole

KEY = "sk-proj-Kx7Lm2Np9Qr4St6Uv8Wy1Za3Bc5De0FgHiJkMn-test"
MODELS = frozenset({"gpt-6.1-terra", "qwen3-coder"})
_KNOWN = frozenset(
    {
        *("model", "messages", "stream", "stream_options"),
        *("max_tokens", "max_completion_tokens", "temperature"),
    }
)
_SPOKEN = {
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "max_completion_tokens": "Extra inputs are not permitted: max_completion_tokens",
    "stream_options": "Unrecognized request argument supplied: stream_options",
    "stream": "Your organization must be verified to stream this model.",
}


@dataclass(frozen=True)
class Says:
    """What the model answers; `usage` None for servers that do not count."""

    pieces: tuple[str, ...] = ("Hello", ", wörld", " 🌍\n")
    finish_reason: str = "stop"
    refusal: str = ""
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 25, "completion_tokens": 12, "total_tokens": 37}
    )

    def whole(self, model: str) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.pieces)}
        message |= {"content": None, "refusal": self.refusal} if self.refusal else {"refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": self.finish_reason,
            "logprobs": None,
        }
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": model,
            "choices": [choice],
            **({"usage": self.usage} if self.usage else {}),
        }

    def events(self, model: str, *, counted: bool) -> Iterator[dict[str, Any]]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
        if self.refusal:
            deltas += [{"refusal": piece} for piece in self.refusal.split(" ")]
        else:
            deltas += [{"content": piece} for piece in self.pieces]
        count = {"usage": None} if counted else {}
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_790_000_000,
            "model": model,
        }
        for delta in deltas:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            yield chunk | {"choices": [choice]} | count
        end = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": self.finish_reason}
        yield chunk | {"choices": [end]} | count
        if counted:
            yield chunk | {"choices": [], "usage": self.usage}


def error(status: int, message: str, *, code: str | None = None, **headers: str) -> Act:
    body = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return whole(status, {"error": body}, **headers)


def sse(events: Iterable[dict[str, Any]], *, end: str = "\n", done: bool = True) -> bytes:
    lines = [f"data: {json.dumps(event)}{end}{end}" for event in events]
    return "".join([*lines, f"data: [DONE]{end}{end}" if done else ""]).encode()


class OpenAIServer(Server):
    """Gives its answers in order, the last one for ever.

    `key` None is a local server that asks for none; `rejects` are parameters that it does not
    take; `streams` False for one that answers whole whatever was asked.
    """

    def __init__(
        self,
        *answers: Says | Act,
        key: str | None = KEY,
        rejects: frozenset[str] = frozenset(),
        streams: bool = True,
        chunk: int = 7,
    ) -> None:
        self._answers = list(answers)
        self._key, self._rejects, self._streams, self._chunk = key, rejects, streams, chunk
        super().__init__(self._answer)

    def _answer(self, seen: Seen) -> Act:
        refusal = self._refusal(seen)
        if refusal:
            return refusal
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not isinstance(answer, Says):
            return answer
        body = seen.json
        if body.get("stream") and self._streams:
            counted = bool(body.get("stream_options", {}).get("include_usage") and answer.usage)
            events = answer.events(body["model"], counted=counted)
            return streamed(in_pieces(sse(events), self._chunk))
        return whole(200, answer.whole(body["model"]))

    def _refusal(self, seen: Seen) -> Act | None:
        if (seen.method, seen.path) != ("POST", "/v1/chat/completions"):
            return error(404, f"Invalid URL ({seen.method} {seen.path})")
        given = seen.headers.get("authorization")
        if self._key and given != f"Bearer {self._key}":
            shown = f"{(given or '')[7:15]}********{(given or '')[-4:]}"
            return error(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")
        complaint = self._complaint(seen)
        if complaint:
            return error(400, complaint, code="unsupported_parameter")
        if seen.json["model"] not in MODELS:
            message = f"The model `{seen.json['model']}` does not exist or you do not have access."
            return error(404, message, code="model_not_found")
        return None

    def _complaint(self, seen: Seen) -> str | None:
        if seen.headers.get("content-type") != "application/json":
            return "Unsupported Media Type"
        try:
            body = seen.json
        except ValueError:
            return "We could not parse the JSON body of your request."
        for name in sorted(set(body) - _KNOWN):
            return f"Unrecognized request argument supplied: {name}"
        for name in self._rejects:
            if body.get(name):
                return _SPOKEN[name]
        return _complaint_about_values(body)


def _complaint_about_values(body: dict[str, Any]) -> str | None:
    if "stream_options" in body and not body.get("stream"):
        return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    for message in body.get("messages") or [{}]:
        if message.get("role") not in {"system", "user", "assistant"}:
            return "Missing required parameter: 'messages[0].role'."
        if not isinstance(message.get("content"), str):
            return "Invalid type for 'messages[0].content': expected a string."
    return None


def openai_provider(
    url: str, patience: Patience = QUICK, key: str = KEY, **rest: Any
) -> OpenAIProvider:
    options = {"max_output_tokens": 1000, "model": "gpt-6.1-terra"} | rest
    return OpenAIProvider(key, Options(base_url=f"{url}/v1", patience=patience, **options))


API = Api(
    serve=OpenAIServer,
    provide=openai_provider,
    says=lambda ending="stop", **rest: Says(finish_reason=ending, **rest),
    error=lambda status, said="", **headers: error(status, said, **headers),
    asks_to_stream=lambda seen: seen.json["stream"] is True,
    stream=sse(Says().events("gpt-6.1-terra", counted=True)),
    farewell=2,
    body=Says().whole("gpt-6.1-terra"),
    counts=("usage", "prompt_tokens", "completion_tokens"),
    error_event=sse([{"error": {"message": "Overloaded", "type": "server_error", "code": 529}}]),
    limit="length",
    refused=lambda: Says(refusal="I will not do that."),
)
