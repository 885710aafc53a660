"""A log-structured key-value store: pages touched for each operation of a mixed workload."""

import random
from collections import OrderedDict

pick = random.Random(8)
OPERATIONS = []
for at in range(9_000):
    key = int(pick.paretovariate(0.6)) % 4_000
    kind = pick.random()
    OPERATIONS.append(("put" if kind < 0.45 else "get" if kind < 0.95 else "scan", key * 7 % 4_001))
MEMORY_UNITS = 1_200


def writing(entries):
    """Pages that a run of entries takes, to write or to read in order."""
    return entries / 16


def fetching(block_entries, ahead):
    """Pages that a read at a random place costs, with so many blocks read ahead."""
    return 1 + block_entries / 32 + 0.1 * ahead * (ahead - 1) / 2


def syncing(entries):
    """Pages that making so many entries safe costs."""
    return 1 + entries / 32


# EVOLVE-BLOCK-START
MEMTABLE_ENTRIES = 64
LEVEL_FANOUT = 10
LEVEL_ZERO_RUNS = 8
BLOOM_BITS = 2
BLOCK_ENTRIES = 8
CACHE_BLOCKS = 16
READ_AHEAD = 1
TRIVIAL_MOVE = True
SYNC_EVERY = 16


class Run:
    made = 0

    def __init__(self, entries):
        Run.made += 1
        self.number = Run.made
        self.entries = entries
        self.keys = sorted(entries)
        self.places = {key: at for at, key in enumerate(self.keys)}

    def may_hold(self, key, salt):
        """A Bloom filter of so many bits an entry, with the errors one would make."""
        if key in self.places:
            return True
        error = 0.6185**BLOOM_BITS if BLOOM_BITS > 0 else 1.0
        return hash((key, salt, len(self.keys))) % 10_000 < 10_000 * error


class Store:
    def __init__(self):
        self.table = {}
        self.levels = [[]]
        self.cache = OrderedDict()
        self.pages = 0.0
        self.unsynced = 0

    def put(self, key):
        self.table[key] = key
        self.unsynced += 1
        if self.unsynced >= SYNC_EVERY:
            self.pages += syncing(self.unsynced)
            self.unsynced = 0
        if len(self.table) >= MEMTABLE_ENTRIES:
            self.levels[0].append(Run(self.table))
            self.pages += writing(len(self.table))
            self.table = {}
            self.compact()

    def compact(self):
        level = 0
        while level < len(self.levels):
            runs = self.levels[level]
            limit = LEVEL_ZERO_RUNS if level == 0 else 1
            room = MEMTABLE_ENTRIES * LEVEL_ZERO_RUNS * LEVEL_FANOUT**level
            full = len(runs) > limit or (level and sum(len(r.keys) for r in runs) > room)
            if full:
                if level + 1 == len(self.levels):
                    self.levels.append([])
                below = self.levels[level + 1]
                if TRIVIAL_MOVE and not below and len(runs) == 1:
                    self.levels[level + 1] = runs
                else:
                    merged = {}
                    for run in [*below, *runs]:
                        merged.update(run.entries)
                        self.pages += writing(len(run.keys))
                    self.pages += writing(len(merged))
                    self.levels[level + 1] = [Run(merged)]
                self.levels[level] = []
            level += 1

    def read(self, run, place):
        block = (run.number, place // BLOCK_ENTRIES)
        if block in self.cache:
            self.cache.move_to_end(block)
            return
        self.pages += fetching(BLOCK_ENTRIES, READ_AHEAD)
        for ahead in range(READ_AHEAD):
            self.cache[(run.number, block[1] + ahead)] = run
        while len(self.cache) > CACHE_BLOCKS:
            self.cache.popitem(last=False)

    def get(self, key):
        if key in self.table:
            return
        for salt, level in enumerate(self.levels):
            for run in reversed(level):
                if run.may_hold(key, salt):
                    self.read(run, run.places.get(key, hash(key) % max(len(run.keys), 1)))
                    if key in run.places:
                        return

    def scan(self, key):
        for level in self.levels:
            for run in level:
                for step in range(0, 24, BLOCK_ENTRIES):
                    self.read(run, hash(key) % max(len(run.keys), 1) + step)


def serve(operations):
    store = Store()
    for kind, key in operations:
        getattr(store, kind)(key)
    return store
# EVOLVE-BLOCK-END


store = serve(OPERATIONS)
entries = sum(len(run.keys) for level in store.levels for run in level)
memory = MEMTABLE_ENTRIES + CACHE_BLOCKS * BLOCK_ENTRIES + entries * max(BLOOM_BITS, 0) / 64
memory += entries / max(BLOCK_ENTRIES, 1) * 0.25
risk = 0.002 * SYNC_EVERY
over = max(0.0, memory / MEMORY_UNITS - 1)
print(f"pages_per_op: {store.pages / len(OPERATIONS) * (1 + 5 * over) + risk:.6f}")
