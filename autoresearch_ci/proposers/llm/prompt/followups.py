"""What is said when an answer cannot be used, and when what it proposed crashed."""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.proposers.llm.prompt.compose import asked, context, preamble
from autoresearch_ci.proposers.llm.prompt.context import Situation
from autoresearch_ci.proposers.llm.prompt.fences import BYTES_PER_TOKEN, GAP, Fences, joined, size
from autoresearch_ci.proposers.llm.prompt.texts import prompt
from autoresearch_ci.providers.conversation import Conversation

# In bytes. A problem quotes the answer that it is about; a traceback is at the end of a log.
_LONGEST_PROBLEM = 4000
_LONGEST_TITLE = 1000
_LONGEST_LOG = 8000


def correction(problem: str, redact: Redactor) -> str:
    """What to reply to an answer that did not apply, once; `problem` says what is wrong."""
    shown = Fences(redact).head(problem, _LONGEST_PROBLEM)
    return joined(prompt("correction"), shown, prompt("correction_task"))


def repair(
    situation: Situation, title: str, candidate: str, log: str, redact: Redactor
) -> Conversation:
    """The question that follows a crash: what was run, how its log ends, what to mend.

    `candidate` is the target's text as it was run: the answer is applied to it, and
    not to the situation's `source`. Raises SettingsError where it is too long.
    """
    fences = Fences(redact)
    room = int(situation.settings.brief_tokens * BYTES_PER_TOKEN)
    failing = replace(situation, source=candidate)
    system, project, target = preamble(failing, fences, room, about="failing")
    idea = fences.head(title, _LONGEST_TITLE)
    room -= size(system) + size(project) + size(target) + size(idea) + 8 * len(GAP)
    around = context(situation, fences, room // 3)
    crash, task = prompt("repair"), prompt("repair_task")
    room -= size(around) + size(crash) + size(task)
    tail = fences.tail(log, min(room, _LONGEST_LOG))
    return asked(system, [joined(project, around), target, joined(idea, crash, tail, task)])
