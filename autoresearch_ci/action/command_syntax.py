"""The commands that a comment can give, and how they are written.

What is not understood gets one line that names the nearest thing that would be.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from autoresearch_ci.config.lanes import MOST
from autoresearch_ci.config.lanes import count as lane_count
from autoresearch_ci.config.nearest import nearest
from autoresearch_ci.config.values import BadValue, count, duration

COMMAND = "/autoresearch"
LONGEST_LINE = 1000
LONGEST_IDEA = 500

_GOAL = re.compile(r"""(?<!\S)(?:"([^"]*)"|'([^']*)'|“([^”]*)”)(?!\S)""")
_HIDDEN = re.compile(r"<!--.*?(?:-->|$)")


class Verb(StrEnum):
    """The request of a command."""

    RUN = "run"
    SETUP = "setup"
    RESULTS = "results"
    STOP = "stop"
    IDEA = "idea"
    PR = "pr"
    HELP = "help"


COMMANDS: tuple[tuple[Verb, str, str], ...] = (
    (
        Verb.RUN,
        f'{COMMAND} run ["a goal"] [n=10] [time=60m] [--lanes 8] [-- an idea to try first]',
        "a session; the goal is for the model or agent, the lanes work at once",
    ),
    (Verb.RUN, f"{COMMAND} train.py", "a session on that file"),
    (Verb.SETUP, f"{COMMAND} setup", "branch, logs and baseline only"),
    (Verb.RESULTS, f"{COMMAND} results", "the table, best first, and the chart"),
    (
        Verb.STOP,
        f"{COMMAND} stop [now]",
        "the running session ends after the experiment under way; with `now` nothing follows it",
    ),
    (Verb.IDEA, f"{COMMAND} idea <text>", "queued for the next proposal of a model"),
    (Verb.PR, f"{COMMAND} pr", "opens or updates one draft pull request from the branch"),
    (Verb.HELP, f"{COMMAND} help", "this table"),
)
"""Every command: its verb, how it is written, what it does."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that was understood; what was not said is None or empty.

    `target` is a path as git spells it, `seconds` a time limit, `idea` and `goal` one line of text,
    `lanes` how many are to work at once.
    """

    verb: Verb
    target: str | None = None
    experiments: int | None = None
    seconds: float | None = None
    idea: str = ""
    goal: str = ""
    now: bool = False
    lanes: int | None = None


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """A command that was not understood; `why` is one line and names what to write."""

    why: str


def parse(line: str) -> Command | Misunderstood:
    """Read the command in a line that begins with `/autoresearch`."""
    if len(line) > LONGEST_LINE:
        return Misunderstood(f"A command has at most {LONGEST_LINE} characters.")
    said = _visible(line).removeprefix(COMMAND).strip()
    first, _, rest = said.partition(" ")
    verb, rest = first.lower(), rest.strip()
    if not said or first.startswith(("--", '"', "'", "“")) or "=" in first:
        return _run(said)
    if verb in tuple(Verb):
        return _of_verb(Verb(verb), rest)
    if re.search(r"[./]", first) and verb.rstrip(".") not in tuple(Verb):
        return _session_on(first, rest)
    meant = nearest(verb, tuple(Verb))
    instead = f"Did you mean `{_usage(Verb(meant))}`?" if meant else f"See `{COMMAND} help`."
    return Misunderstood(f"{quoted(first)} is no command. {instead}")


def _of_verb(verb: Verb, rest: str) -> Command | Misunderstood:
    if verb == Verb.RUN:
        return _run(rest)
    if verb == Verb.IDEA:
        return _idea(rest)
    if verb == Verb.STOP and rest.lower() == "now":
        return Command(Verb.STOP, now=True)
    if rest:
        return Misunderstood(f"Unexpected text {quoted(rest)}. Write `{_usage(verb)}`.")
    return Command(verb)


def _session_on(written: str, rest: str) -> Command | Misunderstood:
    target = str(PurePosixPath(written))
    parts = target.split("/")
    if target.startswith(("/", "-")) or "\\" in target or ".." in parts:
        return Misunderstood(
            f"{quoted(written)} is no file of this repository. Write `{COMMAND} train.py`,"
            " a path from its top."
        )
    if target == "." or parts[0].lower() == ".github" or ".git" in target.lower().split("/"):
        return Misunderstood(f"{quoted(written)} cannot be a target. See `{COMMAND} help`.")
    return _run(rest, target)


def _run(said: str, target: str | None = None) -> Command | Misunderstood:
    """Read `["a goal"] [n=10] [time=60m] [--lanes 8] [-- an idea]`, the idea last."""
    goal, said = _goal(said)
    if len(goal) > LONGEST_IDEA:
        return Misunderstood(f"A goal has at most {LONGEST_IDEA} characters; say it shorter.")
    words, dashes, idea = f" {said} ".partition(" -- ")
    given: dict[str, str] = {}
    for word in re.sub(r"(?<!\S)--lanes\s+(?=\S)", "--lanes=", words).split():
        name, equals, value = word.partition("=")
        if name not in ("n", "time", "--lanes") or not equals or name in given:
            return Misunderstood(f"{quoted(word)} is not understood. Write `{_usage(Verb.RUN)}`.")
        given[name] = value
    try:
        experiments = count(given["n"]) if "n" in given else None
        seconds = duration(given["time"]) if "time" in given else None
        lanes = lane_count(given["--lanes"]) if "--lanes" in given else None
    except BadValue:
        return Misunderstood(
            f"{quoted(words)} is not understood: `n` is a whole number, `time` a duration, lanes"
            f" are at most {MOST}. Write `{COMMAND} run n=10 time=60m --lanes 8`."
        )
    first = _idea(idea.strip()) if dashes else Command(Verb.IDEA)
    if isinstance(first, Misunderstood):
        return first
    return Command(Verb.RUN, target, experiments, seconds, first.idea, goal, lanes=lanes)


def _goal(said: str) -> tuple[str, str]:
    """The goal, which stands in quotes before any idea, and what is left without it."""
    found = _GOAL.search(said)
    if found is None or " -- " in f" {said[: found.start()]}":
        return "", said
    goal = next(part for part in found.groups() if part is not None)
    return goal.strip(), f"{said[: found.start()]} {said[found.end() :]}"


def _idea(text: str) -> Command | Misunderstood:
    if not text:
        return Misunderstood(f"There is no idea. Write `{COMMAND} idea try a larger batch`.")
    if len(text) > LONGEST_IDEA:
        return Misunderstood(f"An idea has at most {LONGEST_IDEA} characters; say it shorter.")
    return Command(Verb.IDEA, idea=text)


def _usage(verb: Verb) -> str:
    return next(written for known, written, _ in COMMANDS if known == verb)


def _visible(line: str) -> str:
    """Leave out what a reader would not see: HTML comments, control and invisible characters."""
    spaced = "".join(" " if unicodedata.category(c) == "Zs" or c == "\t" else c for c in line)
    shown = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return " ".join(_HIDDEN.sub(" ", shown).split())


def quoted(text: str) -> str:
    """Quote a piece of what somebody wrote, short and safe for a comment or a log."""
    harmless = re.sub(r"[^\w .,=/:+-]", "?", text.strip())
    return f"`{harmless[:40]}{'...' if len(harmless) > 40 else ''}`"  # noqa: PLR2004
