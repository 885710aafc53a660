"""A short round trip through 70 towns by simulated annealing, a fixed number of tries."""

import math
import random

place = random.Random(3)
TOWNS = [(place.random(), place.random()) for _ in range(70)]
TRIES = 9_000


def between(a, b):
    return math.dist(TOWNS[a], TOWNS[b])


# EVOLVE-BLOCK-START
START_TEMPERATURE = 1.0
END_TEMPERATURE = 0.01
COOLING_POWER = 1.0
REVERSE_SHARE = 0.5
MAX_SPAN = 50
REHEATS = 0
REHEAT_FACTOR = 0.5
GREEDY_SHARE = 0.0
NEIGHBOURS = 40


def temperature(progress):
    part = progress * (REHEATS + 1)
    cycle = int(part)
    start = START_TEMPERATURE * REHEAT_FACTOR**cycle
    inside = (part - cycle) ** COOLING_POWER
    return start * (END_TEMPERATURE / max(start, END_TEMPERATURE)) ** inside


def tour(pick):
    count = len(TOWNS)
    order = list(range(count))
    near = [sorted(range(count), key=lambda b: between(a, b))[1 : NEIGHBOURS + 1] for a in order]
    where = order[:]
    for attempt in range(TRIES):
        progress = attempt / TRIES
        heat = temperature(progress) if progress < 1 - GREEDY_SHARE else 1e-9
        first = pick.randrange(count)
        if pick.random() < REVERSE_SHARE:
            # Bring a near town next to this one by turning what lies between.
            other = where[pick.choice(near[order[first]])]
            i, j = (first + 1, other) if first < other else (other + 1, first)
            if j - i < 1 or j - i > MAX_SPAN:
                continue
            a, b, c, d = order[i - 1], order[i], order[j], order[(j + 1) % count]
            change = between(a, c) + between(b, d) - between(a, b) - between(c, d)
            if change < 0 or pick.random() < math.exp(-change / heat):
                order[i : j + 1] = order[i : j + 1][::-1]
                for at in range(i, j + 1):
                    where[order[at]] = at
        else:
            second = (first + pick.randint(2, max(2, min(MAX_SPAN, count - 2)))) % count
            i, j = min(first, second), max(first, second)
            if j - i < 2 or j - i > count - 2:
                continue
            x, y = order[i], order[j]
            a, b = order[i - 1], order[i + 1]
            c, d = order[j - 1], order[(j + 1) % count]
            before = between(a, x) + between(x, b) + between(c, y) + between(y, d)
            after = between(a, y) + between(y, b) + between(c, x) + between(x, d)
            if after < before or pick.random() < math.exp((before - after) / heat):
                order[i], order[j] = y, x
                where[x], where[y] = j, i
    return order
# EVOLVE-BLOCK-END


lengths = []
for start in range(4):
    order = tour(random.Random(start))
    assert sorted(order) == list(range(len(TOWNS))), "not a round trip"
    lengths.append(sum(between(a, b) for a, b in zip(order, order[1:] + order[:1])))
print(f"tour_length: {sum(lengths) / len(lengths):.6f}")
