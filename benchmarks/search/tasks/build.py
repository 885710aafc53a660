"""A C++ project's build on eight cores: how long it takes, and how fast the program is after."""

import heapq
import random

pick = random.Random(21)
HEADERS = [pick.expovariate(1 / 60) + 5 for _ in range(60)]
FILES = []
for number in range(240):
    used = [h for h in range(60) if pick.random() < 0.9 / (1 + h / 4)]
    own = pick.paretovariate(1.6) * 90
    hot = pick.random() ** 6
    FILES.append((own, used, hot, number // 12))
CORES = 8
MEMORY = 6_000.0

# EVOLVE-BLOCK-START
JOBS = 4
UNITY_FILES = 1
PRECOMPILED_HEADERS = 0
OPTIMIZATION_LEVEL = 1
HOT_SHARE = 0.0
INLINE_LIMIT = 25
LTO_PARTITIONS = 1
LTO_SHARE = 0.0
DEBUG_LEVEL = 2
SORT_LONGEST_FIRST = False
# EVOLVE-BLOCK-END

def units():
    groups = {}
    ordered = sorted(range(len(FILES)), key=lambda n: FILES[n][3])
    for at, number in enumerate(ordered):
        groups.setdefault(at // max(UNITY_FILES, 1), []).append(number)
    return list(groups.values())


def compile_cost(unit, hot_line):
    used = set()
    own = 0.0
    for number in unit:
        cost, headers, hot, _ = FILES[number]
        level = 3 if hot >= hot_line else OPTIMIZATION_LEVEL
        own += cost * (0.55 + 0.35 * level**1.4) * (1 + INLINE_LIMIT / 900) * (1 + 0.1 * DEBUG_LEVEL)
        used.update(headers)
    parse = sum(HEADERS[h] * (0.12 if h < PRECOMPILED_HEADERS else 1.0) for h in used)
    size = own + parse
    # A very large unit no longer fits the processor's caches.
    return 40 + size * (1 + (size / 9_000) ** 2), 250 + 0.1 * size


def schedule(jobs, workers):
    """Wall time with so many workers; more than there are cores only share them."""
    if SORT_LONGEST_FIRST:
        jobs = sorted(jobs, reverse=True)
    slow = max(1.0, workers / CORES)
    ends = [0.0] * workers
    for cost, _ in jobs:
        heapq.heappush(ends, heapq.heappop(ends) + cost * slow)
    return max(ends)


def build():
    hots = sorted((f[2] for f in FILES), reverse=True)
    hot_line = hots[min(int(HOT_SHARE * len(hots)), len(hots) - 1)] if HOT_SHARE > 0 else 2.0
    jobs = [compile_cost(unit, hot_line) for unit in units()]
    workers = max(1, int(JOBS))
    wall = schedule(jobs, workers)
    need = workers * sum(memory for _, memory in jobs) / len(jobs)
    if need > MEMORY:
        wall *= 1 + 4 * (need / MEMORY - 1)
    wall += sum(HEADERS[: max(PRECOMPILED_HEADERS, 0)]) * 1.3
    parts = max(1, int(LTO_PARTITIONS))
    wall += LTO_SHARE * 14_000 / min(parts, CORES) + 60 * parts * (LTO_SHARE > 0)
    return wall, hot_line


def speed(hot_line):
    """Seconds that the program takes: hot files matter most."""
    total = 0.0
    for _, _, hot, _ in FILES:
        level = 3 if hot >= hot_line else min(max(OPTIMIZATION_LEVEL, 0), 3)
        inline = INLINE_LIMIT / 120
        gain = 1 + 0.5 * level**0.6 + 0.25 * inline / (1 + inline**2)
        total += (hot + 0.01) / gain
    parts = max(1, int(LTO_PARTITIONS))
    return total * (1 - 0.12 * min(max(LTO_SHARE, 0.0), 1.0) ** 0.5 / parts**0.2)


wall, hot_line = build()
print(f"score: {wall / 1000 + 2.0 * speed(hot_line):.6f}")
