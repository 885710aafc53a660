"""Replay a day of requests against the settings; what a request costs in time, bytes and looks."""

import math
import random
from collections import OrderedDict

import yaml

settings = yaml.safe_load(TEXT)
server, cache, images, retry = (settings[name] for name in ("server", "cache", "images", "retry"))
luck = random.Random(17)
COST = {"png": 1.0, "jpeg": 0.8, "webp": 1.7, "avif": 6.0}[images["format"]]
BYTES = {"png": 3.0, "jpeg": 1.0, "webp": 0.68, "avif": 0.5}[images["format"]]
SHARP = {"nearest": 0.0, "bilinear": 0.6, "bicubic": 0.85, "lanczos": 1.0}[images["resize"]]
EFFORT = {"nearest": 0.5, "bilinear": 0.8, "bicubic": 1.2, "lanczos": 2.2}[images["resize"]]
quality = float(images["quality"])
assert 1 <= quality <= 100, "quality"
workers, limit, entries = int(server["workers"]), int(server["queue_limit"]), int(cache["entries"])
assert workers >= 1 and entries >= 0 and limit >= 0
assert server["dispatch"] in ("random", "round_robin", "least_busy", "affinity")
assert cache["policy"] in ("fifo", "lru", "lfu", "none")
if images["format"] == "png":
    looks, size = 1.0, BYTES
else:
    looks = 1 - 0.9 * math.exp(-quality / 22)
    size = BYTES * (0.15 + (quality / 90) ** 3)
looks *= 0.7 + 0.3 * SHARP
if images["progressive"] and images["format"] == "jpeg":
    size, COST, looks = size * 0.93, COST * 1.15, looks + 0.02
thumbnail = float(images["thumbnail_px"])
looks -= 0.15 * abs(math.log2(max(thumbnail, 1) / 160)) / 3
size *= 0.8 + 0.2 * (thumbnail / 160) ** 2
share = 6.0 / (6.0 + workers * 0.08 * workers)  # they share memory and cores
free = [0.0] * workers
held, uses, seen = OrderedDict(), {}, {}
now = total = 0.0
crowd = 0.015 * max(0, math.log2(max(entries, 1) / 400)) * entries / 100
for number in range(2500):
    now += luck.expovariate(3.4)
    key = min(int(luck.paretovariate(0.75)), 3000)
    if luck.random() < 0.3:
        key = 5000 + number
    seen[key] = seen.get(key, 0) + 1
    wait = 0.02 + (0.05 if luck.expovariate(0.08) > float(server["keep_alive_s"]) else 0.0)
    fresh = key in held and now - held[key] < float(cache["ttl_s"])
    if fresh:
        uses[key] += 1
        if cache["policy"] == "lru":
            held.move_to_end(key)
        if now - held[key] > 400:
            total += 0.12  # an outdated picture
    else:
        work = 0.28 * COST * EFFORT / share * luck.uniform(0.5, 1.6)
        if server["dispatch"] == "random":
            at = luck.randrange(workers)
        elif server["dispatch"] == "round_robin":
            at = number % workers
        elif server["dispatch"] == "affinity":
            at = key % workers
            work *= 0.82
        else:
            at = min(range(workers), key=free.__getitem__)
        behind = max(0.0, free[at] - now)
        tries = 0
        while behind > limit * 0.05 and tries < int(retry["attempts"]):
            tries += 1
            pause = float(retry["backoff_s"]) * {"constant": 1, "linear": tries, "exponential": 2 ** min(tries, 12)}[retry["backoff"]]
            behind, wait = max(0.0, behind - pause), wait + pause
        if behind > limit * 0.05:
            total += 4.0  # refused
            continue
        wait += behind + work
        free[at] = now + behind + work
        if cache["policy"] != "none" and entries and seen[key] >= int(cache["admit_after"]):
            if len(held) >= entries:
                gone = min(list(held)[:24], key=uses.__getitem__) if cache["policy"] == "lfu" else next(iter(held))
                del held[gone], uses[gone]
            held[key], uses[key] = now, 1
    total += min(wait, 12.0) + 0.25 * size + 1.2 * (1 - looks)
print(f"request_cost: {total / 2500 + crowd / 100 + 0.012 * workers:.6f}")
