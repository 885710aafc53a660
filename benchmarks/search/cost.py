"""What an idea costs early and late in a campaign: propose() on examples/ml, made-up values."""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from autoresearch_ci.core.history import History  # noqa: E402 - the path comes first
from autoresearch_ci.core.model import Direction, Experiment, FileSet, Reason, Status  # noqa: E402
from autoresearch_ci.proposers.search import SearchProposer  # noqa: E402

EVERY = 37
MARKS = (20, 60, 500, 1_000, 2_000)
AROUND = 15


def main() -> None:
    for name, keeps in (("a keep now and then", True), ("no keep at all", False)):
        seconds = campaign(MARKS[-1], keeps=keeps)
        print(f"{name}: {len(seconds)} ideas")
        for mark in MARKS:
            if len(seconds) >= mark:
                cost = statistics.median(seconds[mark - AROUND : mark])
                print(f"  around experiment {mark:5}: {1000 * cost:5.1f} ms")


def campaign(count: int, *, keeps: bool) -> list[float]:
    """Seconds of processor time that each idea took."""
    text = (ROOT / "examples/ml/train.py").read_text(encoding="utf-8")
    history = History(Direction.LOWER)
    proposer = SearchProposer(metric_name="val_bpb", deletions=False, seed="cost")
    chance = random.Random(1)
    best = 2.5

    def record(kept: bool, value: float, text: str, change: object) -> None:
        number = history.next_number
        reason = (Reason.IMPROVED if kept else Reason.WORSE) if number else None
        history.add(
            Experiment(
                tag="cost",
                session="",
                timestamp="",
                experiment=number,
                status=Status.KEEP if kept else Status.DISCARD,
                reason=reason,
                metric="val_bpb",
                value=value,
                prev=best if number else None,
                description="",
                commit="",
                parent="",
                candidate=FileSet({"train.py": text}).digest,
                proposer="search",
                change=change,  # type: ignore[arg-type]
            )
        )

    record(True, best, text, {})
    seconds: list[float] = []
    while len(seconds) < count:
        started = time.process_time()
        proposal = proposer.propose(FileSet({"train.py": text}), history)
        seconds.append(time.process_time() - started)
        if proposal is None:
            break
        kept = keeps and len(seconds) % EVERY == 0
        value = best - 0.0005 if kept else best + abs(chance.gauss(0, 0.02))
        record(kept, value, proposal.files.text, dict(proposal.change))
        if kept:
            best, text = value, proposal.files.text
    return seconds


if __name__ == "__main__":
    main()
