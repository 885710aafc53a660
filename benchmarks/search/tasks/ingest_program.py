"""Add up what each stage of a load takes; its cost in minutes, with what is lost or late."""

import math

import yaml

settings = yaml.safe_load(TEXT)
source, transform, sink = (settings[name] for name in ("source", "transform", "sink"))
ROWS, FILES, RAW_MB = 6e6, 240, 9000.0

level, prefetch = int(source["level"]), int(source["prefetch_files"])
assert 0 <= level <= 22 and prefetch >= 0
ratio, unpack = {
    "none": (1.0, 1e9),
    "gzip": (5.0 + 0.15 * min(level, 9), 300.0),
    "zstd": (5.5 + 0.11 * level, 900.0),
    "lz4": (3.2 + 0.06 * level, 2500.0),
}[source["compression"]]
packing = {"none": 0.0, "gzip": 0.4, "zstd": 0.06, "lz4": 0.02}[source["compression"]] * 1.25**level
transfer = RAW_MB / ratio / 22.0 + FILES * 1.1 / (1 + prefetch)
reading = transfer + RAW_MB / unpack + packing * 10
checks = 14.0 if source["verify_checksums"] else 0.0
lost = 0.0 if source["verify_checksums"] else 45.0

threads, batch = int(transform["threads"]), int(transform["batch_rows"])
assert threads >= 1 and batch >= 1
engine = transform["engine"]
each = {"rows": 22e-6, "vectors": 7e-6, "sql": 11e-6}[engine]
call = {"rows": 0.1e-3, "vectors": 6e-3, "sql": 15e-3}[engine]
held = batch * {"rows": 600, "vectors": 2600, "sql": 900}[engine] * threads / 1e6
together = threads / (1 + 0.04 * (threads - 1) + 0.08 * max(0, threads - 8))
work = ROWS * each + ROWS / batch * call

bits = float(transform["bloom_bits"])
dedup = transform["dedup"]
assert bits > 0
if dedup == "exact":
    work, memory = work + ROWS * 12e-6, 1500.0
elif dedup == "bloom":
    work, memory = work + ROWS * (1e-6 + 0.15e-6 * bits), ROWS * bits / 8e6
    lost += 900 * 0.6185**bits
else:
    memory, lost = 0.0, lost + {"insert": 160.0, "copy": 160.0, "upsert": 0.0}[sink["mode"]]

join, room = transform["join"], float(transform["join_memory_mb"])
assert room >= 1
if join == "nested":
    work += ROWS * 55e-6
elif join == "hash":
    passes = max(1.0, 1400 / room)
    work, memory = work + ROWS * 4e-6 * (1 + 1.2 * math.log2(passes)), memory + min(room, 3000)
else:
    work += ROWS * (3e-6 if transform["presorted"] else 16e-6)
sorting = 55.0 if transform["presorted"] else 0.0
memory += held
if memory > 16_000:
    raise MemoryError("the machine has no more")
swapping = 1 + 4 * max(0.0, memory / 12_000 - 1)

mode, commit, writers = sink["mode"], int(sink["commit_rows"]), int(sink["writers"])
assert commit >= 1 and writers >= 1
put = {"insert": 45e-6, "copy": 9e-6, "upsert": 30e-6}[mode]
write = ROWS * put + ROWS / commit * 8e-3 + (ROWS / 1e6) * commit / 4e5
index = {"during": ROWS * 30e-6, "after": 70.0}[sink["build_indexes"]]
partition = {"none": 1.0, "day": 0.75, "shop": 0.9, "both": 1.05}[sink["partition_by"]]
sorted_gain = 0.7 if transform["presorted"] and sink["partition_by"] in ("day", "both") else 1.0
locks = 1 + {"none": 0.35, "day": 0.12, "shop": 0.05, "both": 0.03}[sink["partition_by"]] * (writers - 1)
writing = (write + index) * partition * sorted_gain * locks / min(writers, 12)
failing = 0.02 * min(writers, 20) * (1 if mode != "upsert" else 0.5)
retries = int(sink["retries"])
again = 60 * failing ** (1 + max(retries, 0)) * 5 + 3.0 * abs(retries - 2)

stages = sorted([reading + checks, work / together * swapping + sorting, writing], reverse=True)
seconds = stages[0] + 0.45 * stages[1] + 0.2 * stages[2] + again
print(f"seconds: {seconds:.3f}")
print(f"load_cost: {seconds / 60 + lost / 60 + 0.02 * threads + 0.01 * memory / 100:.6f}")
