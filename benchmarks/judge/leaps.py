"""What the judge makes of a machine that leaps, by how far; see README.md. Writes leaps.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rules import Asking
from worlds import World

from autoresearch_ci.judge import sequential

CAMPAIGNS = 500
HEIGHTS = (0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 100)
GAIN = 4.0


def null_when_faster(height: float, seed: str) -> bool:
    """Whether the first idea after the leap, which changes nothing, is kept."""
    campaign = Asking(World("Gaussian", seed), sequential(6))
    campaign.world.leap = height
    return campaign.try_one(0.0) is not None


def gain_when_slower(height: float, seed: str) -> bool:
    """Whether a gain is kept after four ideas that change nothing."""
    campaign = Asking(World("Gaussian", seed), sequential(6))
    campaign.world.leap = -height
    for _ in range(4):
        campaign.try_one(0.0)
    return campaign.try_one(GAIN) is not None


STUDIES: dict[str, Callable[[float, str], bool]] = {
    "null kept, machine faster": null_when_faster,
    "gain of 4 kept, machine slower": gain_when_slower,
}


def share(name: str, height: float) -> float:
    """In how many of the campaigns."""
    return sum(STUDIES[name](height, f"leap-{seed}") for seed in range(CAMPAIGNS)) / CAMPAIGNS


def main() -> None:
    with ProcessPoolExecutor() as pool:
        running = {
            name: {str(height): pool.submit(share, name, float(height)) for height in HEIGHTS}
            for name in STUDIES
        }
        found = {
            name: {height: each.result() for height, each in shares.items()}
            for name, shares in running.items()
        }
    (Path(__file__).parent / "leaps.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
