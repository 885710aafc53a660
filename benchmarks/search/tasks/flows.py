"""Flows that share a slow link: what gets through, how fairly, and how long it waits."""

import random

LINK = 100
ROUNDS = 700
FLOWS = [(2, 0), (3, 0), (4, 50), (6, 100), (9, 200), (5, 350)]

# EVOLVE-BLOCK-START
START_WINDOW = 1.0
SLOW_START_LIMIT = 16.0
INCREASE = 0.5
DECREASE = 0.5
QUEUE_LIMIT = 400
MARK_LOW = 100.0
MARK_HIGH = 300.0
MARK_MAX = 0.05
QUEUE_WEIGHT = 0.2
DELAY_TARGET = 10.0
DELAY_GAIN = 0.0
PACING = True


class Flow:
    def __init__(self, trip, start):
        self.trip = trip
        self.start = start
        self.window = START_WINDOW
        self.limit = SLOW_START_LIMIT
        self.hurt = 0

    def wants(self, now):
        if now < self.start:
            return 0.0
        if PACING:
            return self.window / self.trip
        return self.window if now % self.trip == 0 else 0.0

    def hear(self, now, lost, wait):
        if now < self.start:
            return
        if lost and now >= self.hurt:
            self.window = max(1.0, self.window * DECREASE)
            self.limit = max(2.0, self.window)
            self.hurt = now + self.trip + int(wait)
        elif self.window < self.limit:
            self.window *= 1 + 0.69 / self.trip
        else:
            self.window += INCREASE / self.trip
            if wait > DELAY_TARGET:
                self.window = max(1.0, self.window * (1 - DELAY_GAIN / self.trip))


def chance(average):
    if average <= MARK_LOW:
        return 0.0
    if average >= MARK_HIGH:
        return 1.0
    return MARK_MAX * (average - MARK_LOW) / max(MARK_HIGH - MARK_LOW, 1e-9)
# EVOLVE-BLOCK-END


def share(seed):
    luck = random.Random(seed)
    flows = [Flow(trip, start) for trip, start in FLOWS]
    through = [0.0] * len(flows)
    queue = average = waited = 0.0
    for now in range(ROUNDS):
        sent = [max(0.0, min(flow.wants(now), 400.0)) for flow in flows]
        total = sum(sent)
        average += min(max(QUEUE_WEIGHT, 0.0), 1.0) * (queue - average)
        served = min(LINK, queue + total)
        dropped = max(0.0, queue + total - served - min(QUEUE_LIMIT, 600))
        queue = queue + total - served - dropped
        wait = queue / LINK * 10
        waited += wait
        for at, flow in enumerate(flows):
            part = sent[at] / total if total else 0.0
            gone = dropped * part
            through[at] += max(0.0, min(sent[at], served * part) - gone)
            marked = sent[at] > 0 and luck.random() < 1 - (1 - chance(average)) ** sent[at]
            flow.hear(now, gone > 0.5 or marked, wait)
    rates = [got / (ROUNDS - flow.start) for got, flow in zip(through, flows)]
    fair = sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))
    used = sum(through) / (LINK * ROUNDS)
    return used * fair / (1 + waited / ROUNDS / 20)


print(f"utility: {sum(share(seed) for seed in range(5)) / 5:.6f}")
