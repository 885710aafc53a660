"""Play messages through a broker with the settings of a Go file; what they wait and what it costs."""

import random
import re

plain = re.sub(r"//.*", "", TEXT)
found = dict(re.findall(r"^const (\w+)\s*=\s*(\S+)$", plain, re.MULTILINE))
whole = lambda name: int(found[name].replace("_", ""))
flush = found["Flush"]
assert flush in ("FlushNever", "FlushEvery", "FlushTimed"), flush
assert found["Compress"] in ("true", "false")
partitions, batch, depth = whole("Partitions"), whole("BatchBytes"), whole("QueueDepth")
assert partitions >= 1 and batch >= 64 and depth >= 1 and 1 <= whole("ReplicaAcks") <= 3
linger, window = whole("LingerMicros") / 1000, whole("MaxInFlight")
assert linger >= 0 and window >= 1 and whole("FlushMillis") >= 1 and whole("SegmentKB") >= 16
level = whole("CompressLevel")
assert 1 <= level <= 9 and whole("FetchBytes") >= 128 and whole("FetchWait") >= 0

packed = 0.55 - 0.02 * level if found["Compress"] == "true" else 1.0
packing = 0.004 * 1.35**level if found["Compress"] == "true" else 0.0  # ms a KB
acks = {1: 0.3, 2: 0.9, 3: 2.4}[whole("ReplicaAcks")]
sync = {"FlushNever": 0.0, "FlushEvery": 1.6, "FlushTimed": 0.15}[flush]
cached = min(1.0, whole("CacheSegments") * whole("SegmentKB") / 6000)
cached *= 1.0 if whole("CacheSegments") * whole("SegmentKB") < 60_000 else 0.6  # no memory left
luck = random.Random(23)
free = [0.0] * partitions  # ms
filling = [None] * partitions  # first, bytes, messages
waited, lost, sent, now = 0.0, 0, 0, 0.0


def ship(at, when):
    global waited, lost, sent
    first, size, held = filling[at]
    filling[at] = None
    begin = max(when, free[at])
    if (begin - when) * 10 > depth / partitions:
        lost += len(held)
        return
    take = 0.25 + size / 1024 * (0.05 * packed + packing) + (sync + acks) / min(window, 4 + partitions)
    take += 0.02 * max(window - 8, 0) + 1.2 * size / 1024 / whole("SegmentKB")
    free[at] = begin + take
    pull = min(whole("FetchWait"), 1.5 + whole("FetchBytes") / max(size, 1) * 0.8)
    pull += 0.3 * size / max(whole("FetchBytes"), 1) + (1 - cached) * 2.5
    pull += 0.4 * whole("IndexEvery") / 65536 + (sync + acks) * 0.5
    for came in held:
        waited += begin + take + pull - came
        sent += 1


for number in range(5000):
    now += luck.expovariate(0.8)
    at = min(int(luck.betavariate(1, 1.3) * partitions), partitions - 1)
    size = int(luck.lognormvariate(5.6, 0.7))
    for other in range(partitions):
        if filling[other] and now - filling[other][0] >= linger:
            ship(other, filling[other][0] + linger)
    if not filling[at]:
        filling[at] = (now, 0, [])
    first, had, held = filling[at]
    filling[at] = (first, had + size, [*held, now])
    if had + size >= batch:
        ship(at, now)
risk = {"FlushNever": 4.0, "FlushEvery": 0.0, "FlushTimed": 0.02 * whole("FlushMillis")}[flush]
risk += {1: 2.0, 2: 0.2, 3: 0.0}[whole("ReplicaAcks")]
steady = 0.25 * abs(whole("HeartbeatMs") - 300) / 300 + 0.5 * abs(float(found["RebalanceShare"]) - 0.2)
cost = min(waited / max(sent, 1), 2000) + 400 * lost / 5000
cost += risk + steady + 0.06 * partitions + packed * 1.5
print(f"delivery_cost: {cost:.6f}")
