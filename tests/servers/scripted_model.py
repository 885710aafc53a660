"""A model that works after a script, in whichever API it is asked: what agents are tried against."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.servers.sockets import Act, Seen, Server, whole
from tests.servers.wire_forms import FORMS, Call, Form, Step

_WORKS_IN = re.compile(rb"[Ww]orking [Dd]irectory[^/\n]{0,20}?(/[^\s\"\\<`]+)")


class ScriptedModel(Server):
    """Goes through `steps` in every conversation; the last of them is what it says at the end.

    Each is chosen by how many uses of tools the request reports, so agents may ask whatever else they
    want, as for a title: what offers none of the script's tools is answered with the end. `{folder}` in
    a step is where the agent says that it works. `failing` is a status that every request gets.
    Vendors' other paths are not there: 404.
    """

    def __init__(self, steps: Sequence[Step], *, key: str, failing: int = 0) -> None:
        self._steps, self._key, self._failing = steps, key, failing
        self._counted = threading.Lock()
        self._answered = 0
        super().__init__(self._answer)

    def _answer(self, seen: Seen) -> Act:
        form = next((form for form in FORMS if form.path.fullmatch(seen.path)), None)
        if form is None or seen.method != "POST":
            return whole(404, {"error": {"message": f"Not found: {seen.path}"}})
        return self._refusal(form, seen) or self._next(form, seen)

    def _refusal(self, form: Form, seen: Seen) -> Act | None:
        if self._failing:
            return form.error(self._failing, "You are asking too much of this server.")
        if form.key(seen.headers) != self._key:
            return form.error(401, "The API key is missing or invalid.")
        complaint = form.complaint(seen.json)
        return form.error(400, complaint) if complaint else None

    def _next(self, form: Form, seen: Seen) -> Act:
        tools = form.tools(seen.json)
        wanted = {step.name for step in self._steps if isinstance(step, Call)}
        step = self._steps[min(form.results(seen.json), len(self._steps) - 1)]
        if not wanted & tools:
            step = self._steps[-1]
        elif isinstance(step, Call) and step.name not in tools:
            return form.error(400, f"No tool is called {step.name}; there are {sorted(tools)}.")
        with self._counted:
            self._answered += 1
        return form.say(seen, _placed(step, seen.body), str(self._answered))


def _placed(step: Step, body: bytes) -> Step:
    found = _WORKS_IN.search(body)
    folder = found[1].decode().rstrip("/.") if found else "."

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{folder}", folder)
        if isinstance(value, Mapping):
            return {name: filled(each) for name, each in value.items()}
        return [filled(each) for each in value] if isinstance(value, list) else value

    return replace(step, words=filled(step.words)) if isinstance(step, Call) else filled(step)
