"""Briefs of a campaign of 2,000 experiments: time, size, and how much of one is the one before.

    python benchmarks/brief/measure.py [--experiments 2000]

The campaign is made up: ideas and patches of the lengths that campaigns have, 3 % kept,
17 % crashed. Nothing is sent.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from dataclasses import replace

from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Reason, Status
from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.proposers.llm.prompt import CampaignState, brief
from autoresearch_ci.proposers.llm.prompt.pieces import size, tokens

BASELINE = Experiment(
    tag="mar17",
    session="s1",
    timestamp="2026-03-17T14:35:00Z",
    experiment=0,
    status=Status.KEEP,
    reason=None,
    metric="val_bpb",
    value=1.0,
    prev=None,
    description="baseline",
    commit="a" * 40,
    parent="a" * 40,
    candidate="0" * 40,
    proposer="baseline",
)
SETTINGS = Settings(
    target_file="train.py",
    run_command="python train.py",
    metric_name="val_bpb",
    metric_parse="grep ^val_bpb: run.log | awk '{print $2}'",
)
WORDS = (
    "raise lower the learning rate warmup cosine decay batch of heads width norm before residual"
)


def experiments(count: int) -> list[Experiment]:
    rng, best, made = random.Random(1), 1.0, [BASELINE]
    for number in range(1, count + 1):
        luck, value = rng.random(), best * (1 + rng.uniform(0.0001, 0.05))
        status, reason, error = Status.DISCARD, Reason.WORSE, ""
        if luck < 0.03:
            status, reason, value = Status.KEEP, Reason.IMPROVED, best * 0.999
        elif luck < 0.2:
            status, reason, error = Status.CRASH, Reason.NONZERO_EXIT, "exit code 1"
        title = " ".join(rng.choices(WORDS.split(), k=rng.randint(3, 16)))
        made.append(
            replace(
                BASELINE, experiment=number, status=status, reason=reason, description=title,
                value=None if status is Status.CRASH else value, prev=best, error=error,
                candidate=f"{number:040x}",
            )
        )  # fmt: skip
        best = value if status is Status.KEEP else best
    return made


def state(history: History, length: int) -> CampaignState:
    line = "hidden = torch.relu(self.first(x)) * self.gain + self.bias  # {}\n"
    source = "".join(line.format(number) for number in range(length // 60))[:length]

    def log(number: int) -> str:
        steps = (f"step {step:5d} loss {1 / (step + number):.6f} 12.3 ms" for step in range(50))
        return "\n".join(steps) + "\nTraceback (most recent call last):\nValueError: shapes\n"

    def patch(number: int) -> str:
        changed = (f"-{line.format(n)}+{line.format(n * 2)}" for n in range(1 + number % 12))
        return f"--- a/train.py\n+++ b/train.py\n@@ -{number} +{number} @@\n{''.join(changed)}"

    return CampaignState(
        SETTINGS, source, history, program="Look for a better schedule.\n" * 20,
        context={"prepare.py": line * 40}, patch=patch, log=log, queue=("try muon",) * 3,
        experiments_left=10,
    )  # fmt: skip


def alike(before: bytes, now: bytes) -> float:
    at = next((at for at, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
    return (min(len(before), len(now)) if at is None else at) / max(len(before), len(now))


def measure(made: list[Experiment], length: int, redact: Redactor) -> dict[str, object]:
    history, before = History(Direction.LOWER), b""
    shares, sizes = [], []
    for experiment in made:
        history.add(experiment)
        conversation = brief(state(history, length), redact)
        blocks = (*conversation.system, *conversation.messages[0].blocks)
        now = "".join(block.text for block in blocks).encode()
        if before and history.since_keep:
            shares.append(alike(before, now))
        sizes.append(tokens(len(now)))
        before = now
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        brief(state(history, length), redact)
        times.append(1000 * (time.perf_counter() - begun))
    return {
        "target_bytes": length,
        "tokens_at_the_end": sizes[-1],
        "tokens_at_most": max(sizes),
        "same_share_least": round(min(shares), 3),
        "same_share_median": round(statistics.median(shares), 3),
        "pairs": len(shares),
        "milliseconds_median": round(statistics.median(times), 1),
        "milliseconds_most": round(max(times), 1),
    }


def redaction(redact: Redactor) -> float:
    text = "".join(state(History(Direction.LOWER), 1_000_000).source)
    begun = time.perf_counter()
    redact(text)
    return round(size(text) / (time.perf_counter() - begun) / 1e6, 2)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--experiments", type=int, default=2000)
    made = experiments(arguments.parse_args().experiments)
    redact = Redactor(["correct horse battery", "a1b2c3d4e5f6g7h8"])
    for length in (500, 8_000, 40_000):
        print(json.dumps(measure(made, length, redact)))
    print(json.dumps({"redaction_mb_per_second": redaction(redact)}))


if __name__ == "__main__":
    main()
