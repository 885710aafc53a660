"""Situations to make briefs of, and a reader of briefs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Reason, Status
from autoresearch_ci.proposers.llm.prompt import CampaignState
from autoresearch_ci.providers.conversation import Conversation

SETTINGS = Settings(
    target_file="train.py",
    run_command="python train.py",
    metric_name="val_bpb",
    metric_parse="grep ^val_bpb: run.log",
)


def spoken(conversation: Conversation) -> str:
    """Every character that a model is sent, in order."""
    blocks = [*conversation.system]
    for message in conversation.messages:
        blocks += message.blocks
    return "".join(block.text for block in blocks)


def asked(conversation: Conversation) -> str:
    """What the first message says."""
    return "".join(block.text for block in conversation.messages[0].blocks)


def apart(text: str) -> tuple[str, list[str]]:
    """What stands outside of the fences, and what each of them holds; as CommonMark reads it."""
    outside, inside = [], []
    fence, held = "", []
    for line in text.split("\n"):
        if not fence and re.fullmatch("`{4,}", line):
            fence, held = line, []
        elif fence and re.fullmatch("`+", line) and len(line) >= len(fence):
            inside.append("\n".join(held))
            fence = ""
        elif fence:
            held.append(line)
        else:
            outside.append(line)
    assert not fence, "a fence that nothing closes"
    return "\n".join(outside), inside


def is_ours(outside: str) -> bool:
    """Whether all of it comes from the prompts, with numbers put in."""
    prompts = [
        re.sub(r"\\\$[a-z]+", r"-?[0-9.]+(?:e[+-][0-9]+)?", re.escape(file.read_text().strip()))
        for file in files("autoresearch_ci.proposers.llm.prompt").iterdir()
        if file.name.endswith(".md")
    ]
    return re.fullmatch(rf"(?:(?:{'|'.join(prompts)})\s*)*", outside.strip()) is not None


def campaign(
    baseline: Experiment,
    count: int,
    *,
    seed: int = 1,
    keeps: float = 0.03,
    words: Callable[[random.Random], str] = lambda rng: "word " * rng.randint(2, 15),
) -> History:
    """A campaign of so many experiments with outcomes as they come."""
    rng = random.Random(seed)
    history = History(Direction.LOWER)
    history.add(baseline)
    best = 1.0
    for number in range(1, count + 1):
        luck = rng.random()
        value: float | None = best * (1 + rng.uniform(0.0001, 0.05))
        status, reason, error = Status.DISCARD, Reason.WORSE, ""
        if luck < keeps:
            status, reason, value = Status.KEEP, Reason.IMPROVED, best * 0.995
        elif luck < 0.2:
            status, reason, value = Status.CRASH, Reason.NONZERO_EXIT, None
            error = f"exit code 1: {words(rng)}"
        history.add(
            replace(
                baseline, experiment=number, status=status, reason=reason, value=value, prev=best,
                description=f"idea {number} {words(rng)}", candidate=f"{number:040x}", error=error,
            )
        )  # fmt: skip
        best = value if status is Status.KEEP and value else best
    return history


@pytest.fixture
def make_campaign(baseline) -> Callable[..., History]:
    return lambda count, **options: campaign(baseline, count, **options)


@pytest.fixture
def make_state(make_campaign) -> Callable[..., CampaignState]:
    """A state of a campaign with so many experiments; any field and setting can be given."""

    def make(count: int = 30, **given: object) -> CampaignState:
        chosen = {key: given.pop(key) for key in list(given) if key in Settings.model_fields}
        options = {key: given.pop(key) for key in list(given) if key in ("seed", "keeps", "words")}
        fields = {
            "source": "lr = 0.01\nsteps = 10\n",
            "history": make_campaign(count, **options),
            "program": "Look at the learning rate first.\n",
            "context": {"prepare.py": "data = [1, 2, 3]\n"},
            "patch": lambda number: f"@@ -{number} +1 @@\n-lr = 0.01\n+lr = 0.{number}\n",
            "log": lambda number: f"step {number}\nTraceback\nValueError: no\n",
            "queue": ("try a cosine schedule",),
            "experiments_left": 7,
            "seconds_left": 3600.0,
        }
        return CampaignState(SETTINGS.model_copy(update=chosen), **(fields | given))

    return make
