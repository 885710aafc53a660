"""Calls to a hotline in six days, with other luck in each run: what waiting and staff cost a day."""

import heapq
import os
import random

luck = random.Random(os.environ.get("RUN", "0"))

# EVOLVE-BLOCK-START
CLERKS = 6
SPECIALISTS = 2
PAUSE_MINUTES = 20.0
PAUSE_SPREAD = 0.0
CALLBACK_AFTER = 30.0
CALLBACK_SHARE = 0.1
PRIORITY_WEIGHT = 1.0
TRANSFER_AFTER = 12.0
SHORT_FIRST = False
MORNING_SHARE = 0.5
GREETING_SECONDS = 45
SURVEY_RATE = 0.05
# EVOLVE-BLOCK-END


def day():
    calls, now = [], 0.0
    while now < 480:
        busy = 1.6 if 60 < now < 180 else 0.8
        now += luck.expovariate(busy)
        hard = luck.random() < 0.18
        calls.append((now, luck.lognormvariate(1.2, 0.6) * (2.2 if hard else 1.0), hard, luck.random() < 0.15))
    return calls


def cost():
    clerks, special = min(max(int(CLERKS), 1), 60), min(max(int(SPECIALISTS), 0), 60)
    early = int(clerks * min(max(MORNING_SHARE, 0.0), 1.0) + 0.5)
    free = [(0.0, n) for n in range(clerks)]
    desks = [0.0] * special
    total = 25.0 * clerks + 42.0 * special
    heapq.heapify(free)
    for at, length, hard, vip in day():
        ready, who = heapq.heappop(free)
        start = max(at, ready)
        wait = start - at
        if vip:
            wait /= 1 + max(PRIORITY_WEIGHT, 0.0) * 0.4
            total += 0.15 * max(PRIORITY_WEIGHT, 0.0) ** 2
        if wait > CALLBACK_AFTER and luck.random() < CALLBACK_SHARE:
            total += 2.5
            wait = CALLBACK_AFTER
        talk = length + GREETING_SECONDS / 60 * (0.5 + 0.5 * (not hard))
        if GREETING_SECONDS < 20:
            talk += 0.9 * (20 - GREETING_SECONDS) / 20  # they ask again
        if SHORT_FIRST and length < 3:
            wait *= 0.8
        elif SHORT_FIRST:
            wait *= 1.1
        if luck.random() < SURVEY_RATE:
            talk += 1.0
        if hard and desks and length > TRANSFER_AFTER * 0.5:
            desk = min(range(len(desks)), key=desks.__getitem__)
            begin = max(start + TRANSFER_AFTER * 0.3, desks[desk])
            wait += 0.5 * (begin - start)
            desks[desk] = begin + length * 0.5
            talk = TRANSFER_AFTER * 0.3
        end = start + talk
        if luck.random() < 1 / max(PAUSE_MINUTES, 1.0):
            end += 4.0 if PAUSE_SPREAD < luck.random() else 2.0 + 3.0 * PAUSE_SPREAD
        if (who < early) == (at > 240) and luck.random() < 0.3:
            end += 2.0
        heapq.heappush(free, (end, who))
        total += 0.9 * min(wait, 60.0) + 0.02 * min(wait, 60.0) ** 1.5
    return total + 900 / max(PAUSE_MINUTES, 1.0)


print(f"day_cost: {sum(cost() for _ in range(6)) / 60:.6f}")
