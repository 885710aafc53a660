"""Four vendors' APIs as a scripted model speaks them to agents, after the vendors' descriptions.

Anthropic's Messages, OpenAI's Responses and Chat Completions, Google's generateContent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers import anthropic, openai
from tests.servers.sockets import Act, Seen, streamed, whole

Json = dict[str, Any]
_CREATED = 1_790_000_000


@dataclass(frozen=True)
class Call:
    """A use of one of the agent's tools: its arguments, or its whole input as text."""

    name: str
    words: Mapping[str, Any] | str


Step = Call | str
"""A use of a tool, or the words with which the model ends."""


@dataclass(frozen=True)
class Form:
    """One API: its paths, its key, and how a step is said in it.

    `tools` are the names that a request offers, `results` counts the uses of tools that it reports,
    `say` answers with a step.
    """

    path: re.Pattern[str]
    key: Callable[[Mapping[str, str]], str]
    complaint: Callable[[Json], str]
    error: Callable[[int, str], Act]
    tools: Callable[[Json], set[str]]
    results: Callable[[Json], int]
    say: Callable[[Seen, Step, str], Act]


def _events(events: Iterable[Json], *, named: bool) -> Act:
    """A stream of events, each with its type before it where the API names them."""
    return streamed(
        (f"event: {event['type']}\n" if named else "").encode()
        + f"data: {json.dumps(event)}\n\n".encode()
        for event in events
    )


def _bearer(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def _offered(tools: Iterable[Json]) -> set[str]:
    """Names of tools, those in a namespace too."""
    found: set[str] = set()
    for tool in tools:
        about = tool.get(tool.get("type"), tool)  # Chat Completions has it one floor below
        found |= {about.get("name", tool.get("type"))} | _offered(tool.get("tools", []))
    return found


# Anthropic's Messages.


def _say_message(seen: Seen, step: Step, call: str) -> Act:
    block: Json = {"type": "text", "text": step}
    delta: Json = {"type": "text_delta", "text": step}
    begin: Json = {"type": "text", "text": ""}
    if isinstance(step, Call):
        begin = {"type": "tool_use", "id": f"toolu_{call}", "name": step.name, "input": {}}
        block = {**begin, "input": step.words}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(step.words)}
    stop = "tool_use" if isinstance(step, Call) else "end_turn"
    end = {"stop_reason": stop, "stop_sequence": None}
    answer = {
        "id": f"msg_{call}", "type": "message", "role": "assistant", "model": seen.json["model"],
        "content": [block], **end, "usage": {"input_tokens": 10, "output_tokens": 9},
    }  # fmt: skip
    if not seen.json.get("stream"):
        return whole(200, answer)
    return _events(
        [
            {"type": "message_start", "message": {**answer, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": begin},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": end, "usage": {"output_tokens": 9}},
            {"type": "message_stop"},
        ],
        named=True,
    )


def _complaint_about_message(body: Json) -> str:
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    blocks = [
        block
        for message in body.get("messages", [])
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    used = {block["id"] for block in blocks if block["type"] == "tool_use"}
    answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
    return "" if used == answered else "messages: `tool_use` ids without `tool_result` blocks"


_MESSAGES = Form(
    path=re.compile(r"/v1/messages(\?.*)?"),
    key=lambda headers: headers.get("x-api-key") or _bearer(headers),
    complaint=_complaint_about_message,
    error=lambda status, said: anthropic.error(
        status,
        {401: "authentication_error", 429: "rate_limit_error"}.get(status, "api_error"),
        said,
        x_should_retry=str(status != 401).lower(),
    ),
    tools=lambda body: _offered(body.get("tools", [])),
    results=lambda body: json.dumps(body["messages"]).count('"tool_result"'),
    say=_say_message,
)


# OpenAI's Responses.


def _say_response(seen: Seen, step: Step, call: str) -> Act:
    item, progress = _item(step, call)
    answer = {
        "id": f"resp_{call}", "object": "response", "created_at": _CREATED, "status": "completed",
        "model": seen.json["model"], "output": [item], "error": None, "incomplete_details": None,
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 19,
        },
    }  # fmt: skip
    if not seen.json.get("stream"):
        return whole(200, answer)
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    place = {"output_index": 0, "item_id": item["id"]}
    events: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": _begun(item)},
        *({**event, **place} for event in progress),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": answer},
    ]
    return _events(
        ({**event, "sequence_number": number} for number, event in enumerate(events)), named=True
    )


def _item(step: Step, call: str) -> tuple[Json, list[Json]]:
    """An output item, and the events between its beginning and its end."""
    if isinstance(step, str):
        part = {"type": "output_text", "text": step, "annotations": [], "logprobs": []}
        item = {"id": f"msg_{call}", "type": "message", "role": "assistant", "content": [part]}
        at = {"content_index": 0}
        return {**item, "status": "completed"}, [
            {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
            {"type": "response.output_text.delta", **at, "delta": step, "logprobs": []},
            {"type": "response.output_text.done", **at, "text": step, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part},
        ]
    kind, field = ("custom_tool_call", "input"), "input"
    said = step.words
    if not isinstance(said, str):
        kind, field, said = (
            ("function_call", "function_call_arguments"),
            "arguments",
            json.dumps(said),
        )
    event = f"response.{'custom_tool_call_input' if field == 'input' else kind[1]}"
    item = {"id": f"fc_{call}", "type": kind[0], "call_id": f"call_{call}", "name": step.name}
    return {**item, field: said, "status": "completed"}, [
        {"type": f"{event}.delta", "delta": said},
        {"type": f"{event}.done", field: said},
    ]


def _begun(item: Json) -> Json:
    empty: Json = {"content": []} if "content" in item else {}
    empty |= {name: "" for name in ("arguments", "input") if name in item}
    return {**item, "status": "in_progress", **empty}


def _complaint_about_response(body: Json) -> str:
    if not body.get("input"):
        return "Missing required parameter: 'input'."
    items = body["input"] if isinstance(body["input"], list) else []
    made = {item["call_id"] for item in items if item.get("type", "").endswith("_call")}
    answered = {item["call_id"] for item in items if item.get("type", "").endswith("_call_output")}
    return "" if made == answered else "No tool output found for function call."


def _openai_error(status: int, said: str) -> Act:
    code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status)
    return openai.error(status, said, code=code)


_RESPONSES = Form(
    path=re.compile("/v1/responses"),
    key=_bearer,
    complaint=_complaint_about_response,
    error=_openai_error,
    tools=lambda body: _offered(
        [*body.get("tools", []), *(i for i in body["input"] if i.get("type") == "additional_tools")]
    ),
    results=lambda body: json.dumps(body["input"]).count('_call_output"'),
    say=_say_response,
)


# OpenAI's Chat Completions.


def _say_completion(seen: Seen, step: Step, call: str) -> Act:
    said: Json = {"role": "assistant", "content": step}
    if isinstance(step, Call):
        function = {"name": step.name, "arguments": json.dumps(step.words)}
        made = {"id": f"call_{call}", "type": "function", "function": function}
        said = {"role": "assistant", "content": None, "tool_calls": [made]}
    finish = "tool_calls" if isinstance(step, Call) else "stop"
    usage = {"prompt_tokens": 10, "completion_tokens": 9, "total_tokens": 19}
    about = {"id": f"chatcmpl-{call}", "created": _CREATED, "model": seen.json["model"]}
    if not seen.json.get("stream"):
        choice = {"index": 0, "message": {**said, "refusal": None}, "finish_reason": finish}
        return whole(
            200, {**about, "object": "chat.completion", "choices": [choice], "usage": usage}
        )
    about["object"] = "chat.completion.chunk"
    delta = {**said, "tool_calls": [{"index": 0, **made}]} if isinstance(step, Call) else said
    chunks = [
        {**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**about, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]},
        {**about, "choices": [], "usage": usage},
    ]
    lines = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return streamed([*lines, b"data: [DONE]\n\n"])


def _complaint_about_completion(body: Json) -> str:
    messages = body.get("messages") or []
    if not messages:
        return "Missing required parameter: 'messages'."
    made = {call["id"] for m in messages for call in m.get("tool_calls") or []}
    answered = {m["tool_call_id"] for m in messages if m["role"] == "tool"}
    return "" if made == answered else "tool_calls must be followed by tool messages."


_COMPLETIONS = Form(
    path=re.compile("/v1/chat/completions"),
    key=_bearer,
    complaint=_complaint_about_completion,
    error=_openai_error,
    tools=lambda body: _offered(body.get("tools") or []),
    results=lambda body: sum(message["role"] == "tool" for message in body["messages"]),
    say=_say_completion,
)


# Google's generateContent.


def _say_content(seen: Seen, step: Step, _call: str) -> Act:
    part: Json = {"text": step}
    wanted = seen.json.get("generationConfig", {})
    if wanted.get("responseMimeType") == "application/json":
        schema = wanted.get("responseJsonSchema") or wanted.get("responseSchema") or {}
        part = {"text": json.dumps(_example(schema))}
    if isinstance(step, Call):
        part = {"functionCall": {"name": step.name, "args": step.words}}
    answer = {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 9, "totalTokenCount": 19},
        "modelVersion": "gemini",
    }  # fmt: skip
    return _events([answer], named=False) if ":stream" in seen.path else whole(200, answer)


def _example(schema: Json) -> Any:
    """The plainest value that a schema allows."""
    kind = schema.get("type", "object").lower()
    if kind == "object":
        return {name: _example(each) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(schema.get("items", {}))]
    plain = {"integer": 50, "number": 0.5, "boolean": False}.get(kind, "Fine.")
    return next(iter(schema.get("enum", [])), plain)


def _google_error(status: int, said: str) -> Act:
    named = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}
    kind = named.get(status, "INTERNAL")
    details: list[Json] = []
    if status == 401:  # Google answers a wrong key with 400
        status, kind, said = (
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
        )
        details = [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        ]
    error = {"code": status, "message": said, "status": kind, "details": details}
    return whole(status, {"error": error})


def _parts(body: Json, kind: str) -> int:
    return sum(kind in part for content in body["contents"] for part in content["parts"])


_CONTENTS = Form(
    path=re.compile(r"/v1(beta)?/models/[\w.-]+:(stream)?[gG]enerateContent(\?.*)?"),
    key=lambda headers: headers.get("x-goog-api-key", ""),
    complaint=lambda body: (
        ""
        if _parts(body, "functionCall") == _parts(body, "functionResponse")
        else "the number of function response parts is not equal to that of function call parts."
    ),
    error=_google_error,
    tools=lambda body: _offered(
        function
        for tool in body.get("tools", [])
        for function in tool.get("functionDeclarations", [])
    ),
    results=lambda body: _parts(body, "functionResponse"),
    say=_say_content,
)

FORMS = (_MESSAGES, _RESPONSES, _COMPLETIONS, _CONTENTS)
