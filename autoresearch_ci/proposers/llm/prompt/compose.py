"""The conversations that a model is asked with: for an idea, a correction, a repair.

In a brief, what stays the same from one to the next stands first, since that is cheap
to send again: rules, project, what was kept, target, ideas tried. The ideas are
only ever added to. What changes every time stands last and is kept small in
proportion to the rest, and so is the part of the ideas that slides: a brief begins
as the one before it for at least `1 / (1 + MOVING)` of its bytes, less one idea.
"""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import FileSet
from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.proposers.llm.prompt import tried
from autoresearch_ci.proposers.llm.prompt.editable import editable, frozen_lines
from autoresearch_ci.proposers.llm.prompt.pieces import (
    BYTES_PER_TOKEN,
    GAP,
    CampaignState,
    Fences,
    joined,
    prompt,
    size,
    tokens,
)
from autoresearch_ci.proposers.llm.prompt.volatile import moving, patch_of
from autoresearch_ci.providers.conversation import Block, Conversation, Message, Role

CHANGING = 0.14
"""The part of the budget for what changes every time, and again for the ideas that slide."""

CLOSING = 1200
"""Bytes that are always there for where the campaign stands and what to do now."""

_LEAST = 2 * CLOSING + 1000
"""Bytes without which there is no room for the history at all."""

MOVING, SLIDING = 0.375, 0.15
"""Most that may change, and most of that for ideas that slide, as parts of what stays."""

_CONTEXT = 0.3
_OTHERS = 0.5
_OBSERVED, _OUTPUT = 0.3, 0.25
_KEPT = 0.25
_KEPT_LINES = 50

# In bytes. A problem quotes the answer that it is about; a traceback is at the end of a log.
_LONGEST_PROBLEM = 4000
_LONGEST_TITLE = 1000
_LONGEST_LOG = 8000


def brief(state: CampaignState, redact: Redactor, *, form: bool = True) -> Conversation:
    """The question for the next idea; the same state gives the same bytes.

    `form` says whether it is told the form of an answer: not an agent, which edits files.
    At most `brief_tokens` by a cautious estimate. Raises SettingsError where that is
    too few for the target and what has to be said about it.
    """
    fences = Fences(redact)
    whole = int(state.settings.brief_tokens * BYTES_PER_TOKEN)
    system, project, target = preamble(state, fences, whole, form=form)
    room = whole - size(system) - size(project) - size(target) - 8 * len(GAP)
    others = editable(state, fences, int(room * _OTHERS))
    room -= size(others)
    observed = _observed(state, fences, int(room * _OBSERVED))
    room -= size(observed)
    target = joined(target, others, observed)
    around = context(state, fences, int(room * _CONTEXT))
    room -= size(around)
    kept = _kept(state, fences, int(room * _KEPT))
    heading = prompt("tried")
    room -= size(kept) + size(heading) + tried.LONGEST_NOTE + 3 * len(GAP)
    changing = min(max(int(whole * CHANGING), CLOSING), room)
    sliding = min(max(int(whole * 2 * CHANGING) - changing, 0), room - changing)
    listed = tried.listed(state.history)
    first = tried.oldest(listed, redact, room - changing - sliding)
    stays = sum(map(size, (system, project, around, kept, target, *first)))
    last = tried.youngest(listed, len(first), redact, min(sliding, int(stays * SLIDING)))
    changing = min(changing, int(stays * MOVING) - sum(map(size, last)))
    told = [heading, *first, *last] if listed else []
    grows = [told.pop()] if len(listed) % tried.CHUNK else []
    parts = [
        joined(project, around),
        joined(kept, target),
        joined(*told),
        joined(*grows, *moving(state, fences, changing)),
    ]
    return asked(system, parts)


def preamble(
    state: CampaignState, fences: Fences, room: int, about: str = "target", *, form: bool = True
) -> tuple[str, str, str]:
    """The parts no brief can do without: rules, project, target; SettingsError if too big.

    `about` is the prompt that says what the source is.
    """
    settings = state.settings
    several = bool(state.others or state.adds)
    told = joined(prompt("answer_format"), prompt("answer_several" if several else "answer_single"))
    system = joined(prompt("system"), told if form else "")
    program = joined(prompt("program"), fences.whole(state.program, prose=True))
    goal = joined(prompt("goal"), fences.whole(settings.goal or "", prose=True))
    project = joined(
        prompt("project"),
        fences.whole(_facts(state)),
        program if state.program else "",
        goal if settings.goal else "",
    )
    source = fences.whole(state.source)
    shown = [prompt(about), fences.whole(settings.target_file), source]
    target = joined(*shown, *frozen_lines(state.source, state.frozen, fences))
    rest = size(system) + size(project) + _LEAST
    if not form and rest + size(target) > room:  # an agent has the file itself
        source = prompt("target_unshown")
        target = joined(*shown[:2], source)
    need = rest + size(target)
    if need > room:
        program_size = size(program) if state.program else 0
        what, which = "target_file", settings.target_file
        if program_size > size(source):
            what, which = "program_file", settings.program_file or "program.md"
        bytes_ = max(program_size, size(source))
        raise SettingsError(
            f"A model cannot be shown the {what} {which}: it takes about {tokens(bytes_)} tokens, "
            f"and with brief_tokens {settings.brief_tokens} there is no room for it.",
            remedy=f"Set brief_tokens to {tokens(need)} or more, if the model takes "
            f"that much, or name a smaller {what}.",
        )
    return system, project, target


def context(state: CampaignState, fences: Fences, room: int) -> str:
    """The other files, as many as there is room for, the last one cut."""
    parts = [prompt("context")]
    room -= size(parts[0])
    for path, text in state.context.items():
        head = joined(prompt("file"), fences.whole(path))
        room -= size(head) + 2 * len(GAP)
        shown = fences.head(text, room)
        if not shown:
            break
        room -= size(shown)
        parts += [head, shown]
    return joined(*parts) if len(parts) > 1 else ""


def asked(system: str, parts: list[str]) -> Conversation:
    """One question, of which all parts but the last can be cached."""
    full = [part for part in parts if part]
    texts = [part if at == 0 else f"{GAP}{part}" for at, part in enumerate(full)]
    blocks = tuple(Block(text, cache=True) for text in texts[:-1])
    message = Message(Role.USER, (*blocks, Block(texts[-1])))
    return Conversation((Block(system, cache=True),), (message,))


def _kept(state: CampaignState, fences: Fences, room: int) -> str:
    """Every keep on a line, the newest with their patches."""
    kept = state.history.kept
    if not kept:
        return ""
    told = kept[-_KEPT_LINES:]
    listed = fences.head("\n".join(tried.lines(told, fences.redact)), room)
    older = prompt("kept_cut", count=len(kept) - len(told)) if len(told) < len(kept) else ""
    heading = joined(prompt("kept"), older)
    room -= size(heading) + size(listed) + 2 * len(GAP)
    patches: list[str] = []
    for experiment in reversed(told[1:] if told[0].experiment == 0 else told):
        patch = patch_of(state, fences, experiment, room)
        room -= size(patch) + len(GAP)
        if not patch or room < 0:
            break
        patches.insert(0, patch)
    return joined(heading, listed, *patches)


def _observed(state: CampaignState, fences: Fences, room: int) -> str:
    """The incumbent's output, and what a command says of it."""
    parts, best = [], state.history.incumbent
    output = state.log(best.experiment) if best else ""
    for name, text, most in (
        ("output", output, int(room * _OUTPUT)),
        ("evidence", state.evidence, room),
    ):
        heading = prompt(name)
        shown = fences.head(text.strip(), min(most, room) - size(heading) - 3 * len(GAP))
        if shown:
            parts.append(joined(heading, shown))
            room -= size(parts[-1]) + len(GAP)
    return joined(*parts)


def _facts(state: CampaignState) -> str:
    settings = state.settings
    facts = {
        "metric": f"{settings.metric_name}, {settings.metric_direction}",
        "read from the run by": None if settings.measure_command else _reader(settings),
        "measured after the run by": settings.measure_command,
        "target": settings.target_file,
        "may change too": ", ".join(settings.editable_files),
        "run": settings.run_command,
        "time for a run": f"{settings.time_budget:g} seconds",
        "must pass before a keep": settings.guard_command,
        "must hold for a keep": ", ".join(map(str, settings.constraints)),
        "must not change": ", ".join(settings.readonly_files),
    }
    return "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact)


def _reader(settings: Settings) -> str:
    """The command that reads the metric from a run, or where it is looked for without."""
    name = settings.metric_name
    return settings.metric_parse or f"its line `METRIC {name}=`, `{name}:`, `{name}=` or JSON"


def correction(problem: str, redact: Redactor) -> str:
    """The reply to an answer that did not apply, sent once; `problem` says what is wrong."""
    shown = Fences(redact).head(problem, _LONGEST_PROBLEM)
    return joined(prompt("correction"), shown, prompt("correction_task"))


def repair(
    state: CampaignState, title: str, candidate: FileSet, log: str, redact: Redactor
) -> Conversation:
    """The question that follows a crash: what was run, how its log ends, what to mend.

    `candidate` is what was run: the answer is applied to it, and not to the state's files.
    Raises SettingsError where it is too long.
    """
    fences = Fences(redact)
    room = int(state.settings.brief_tokens * BYTES_PER_TOKEN)
    others = {path: text for path, text in candidate.items() if path != candidate.target}
    failing = replace(state, source=candidate.text, others=others)
    system, project, target = preamble(failing, fences, room, about="failing")
    idea = fences.head(title, _LONGEST_TITLE)
    room -= size(system) + size(project) + size(target) + size(idea) + 8 * len(GAP)
    shown = editable(failing, fences, room // 2)
    target, room = joined(target, shown), room - size(shown)
    around = context(state, fences, room // 3)
    crash, task = prompt("repair"), prompt("repair_task")
    room -= size(around) + size(crash) + size(task)
    tail = fences.tail(log, min(room, _LONGEST_LOG))
    return asked(system, [joined(project, around), target, joined(idea, crash, tail, task)])
