"""A cache in front of a slow store: the share of requests that miss."""

import random
from collections import OrderedDict


def trace(count):
    pick = random.Random(5)
    out, shift = [], 0
    while len(out) < count:
        kind = pick.random()
        if kind < 0.004:
            start = pick.randrange(10_000, 50_000)
            out.extend(range(start, start + 150))
        elif kind < 0.01:
            shift += 15
        else:
            for _ in range(20):
                out.append(int(pick.paretovariate(0.75)) % 3_000 + shift)
    return out[:count]


REQUESTS = trace(24_000)
CAPACITY = 300

# EVOLVE-BLOCK-START
WINDOW_SHARE = 0.5
PROTECTED_SHARE = 0.5
SKETCH_WIDTH = 256
SKETCH_ROWS = 2
AGE_EVERY = 1_000
COUNTER_MAX = 7
ADMIT_MARGIN = 0
PROMOTE_HITS = 1
GHOST_SIZE = 0


class Sketch:
    def __init__(self):
        self.rows = [[0] * SKETCH_WIDTH for _ in range(SKETCH_ROWS)]
        self.adds = 0

    def add(self, key):
        for at, row in enumerate(self.rows):
            place = hash((key, at)) % SKETCH_WIDTH
            if row[place] < COUNTER_MAX:
                row[place] += 1
        self.adds += 1
        if self.adds >= AGE_EVERY:
            self.rows = [[value >> 1 for value in row] for row in self.rows]
            self.adds = 0

    def count(self, key):
        return min(row[hash((key, at)) % SKETCH_WIDTH] for at, row in enumerate(self.rows))


def misses(requests, capacity):
    window_size = max(1, int(capacity * WINDOW_SHARE))
    main_size = max(1, capacity - window_size)
    protected_size = int(main_size * PROTECTED_SHARE)
    window, trial, safe, ghost = OrderedDict(), OrderedDict(), OrderedDict(), OrderedDict()
    sketch = Sketch()
    missed = 0
    for key in requests:
        sketch.add(key)
        if key in window:
            window.move_to_end(key)
        elif key in safe:
            safe.move_to_end(key)
        elif key in trial:
            trial[key] += 1
            if trial[key] >= PROMOTE_HITS:
                del trial[key]
                safe[key] = 0
                if len(safe) > protected_size:
                    old, _ = safe.popitem(last=False)
                    trial[old] = 0
            else:
                trial.move_to_end(key)
        else:
            missed += 1
            window[key] = 0
            if len(window) > window_size:
                new, _ = window.popitem(last=False)
                if len(trial) + len(safe) < main_size:
                    trial[new] = 0
                elif trial:
                    old = next(iter(trial))
                    known = new in ghost
                    if known or sketch.count(new) > sketch.count(old) + ADMIT_MARGIN:
                        trial.popitem(last=False)
                        trial[new] = 0
                        new = old
                    ghost[new] = 0
                    if len(ghost) > GHOST_SIZE:
                        ghost.popitem(last=False)
        assert len(window) + len(trial) + len(safe) <= capacity + 1, "more than the cache holds"
    return missed
# EVOLVE-BLOCK-END


print(f"miss_rate: {misses(REQUESTS, CAPACITY) / len(REQUESTS):.6f}")
