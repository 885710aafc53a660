"""The parcels to pack and the vans' size. Experiments must not change this file."""

import random

WIDTH, HEIGHT = 24, 40


def parcels():
    """150 parcels as (width, height), the same every time."""
    rng = random.Random(2024)
    return [(rng.randint(2, 11), rng.randint(2, 15)) for _ in range(150)]
