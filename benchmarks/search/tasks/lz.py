"""Compress a server's log with a dictionary coder; bits a byte, and a little for the time."""

import math
import random
from collections import Counter


def log_lines(count):
    pick = random.Random(0)
    users = [f"user{pick.randrange(1000):03d}" for _ in range(40)]
    paths = [f"/api/v{pick.randint(1, 2)}/{word}/" for word in "cart item order search login".split()]
    lines = []
    for at in range(count):
        user = users[min(int(pick.expovariate(0.12)), 39)]
        lines.append(
            f"2024-05-{1 + at // 90:02d}T{at % 24:02d}:{pick.randrange(60):02d} {user} "
            f"GET {pick.choice(paths)}{pick.randrange(500)} {pick.choice([200, 200, 200, 304, 404])} "
            f"{pick.randrange(20, 900)}ms"
        )
    return "\n".join(lines).encode()


DATA = log_lines(420)

# EVOLVE-BLOCK-START
WINDOW = 1024
MIN_MATCH = 3
MAX_MATCH = 18
MAX_CHAIN = 4
GOOD_MATCH = 12
LAZY = False
LAZY_GAIN = 1
BLOCK_TOKENS = 512
KEY_BYTES = 3
FAR_PENALTY = 0.0


def find(data, at, table, work):
    best, distance = 0, 0
    chain = table.get(data[at : at + KEY_BYTES], ())
    for place in chain[-1 : -1 - MAX_CHAIN : -1]:
        work[0] += 1
        if at - place > WINDOW:
            break
        size = 0
        while size < MAX_MATCH and at + size < len(data) and data[place + size] == data[at + size]:
            size += 1
        if size - FAR_PENALTY * math.log2(at - place) > best:
            best, distance = size, at - place
        if best >= GOOD_MATCH:
            break
    return best, distance


def parse(data):
    table, tokens, work = {}, [], [0]
    at = 0
    while at < len(data):
        size, distance = find(data, at, table, work)
        if LAZY and MIN_MATCH <= size < GOOD_MATCH:
            table.setdefault(data[at : at + KEY_BYTES], []).append(at)
            if find(data, at + 1, table, work)[0] > size + LAZY_GAIN:
                size = 0
        step = size if size >= MIN_MATCH else 1
        tokens.append((size, distance) if step > 1 or size >= MIN_MATCH else data[at])
        for place in range(at, at + step):
            table.setdefault(data[place : place + KEY_BYTES], []).append(place)
        at += step
    return tokens, work[0]
# EVOLVE-BLOCK-END


def entropy_bits(counts):
    total = sum(counts.values())
    return sum(n * math.log2(total / n) for n in counts.values()) + 7 * len(counts)


def bits(tokens):
    """What Huffman-like coding of the tokens takes, tables included, block by block."""
    total = 0.0
    for first in range(0, len(tokens), max(BLOCK_TOKENS, 16)):
        symbols, slots = Counter(), Counter()
        for token in tokens[first : first + max(BLOCK_TOKENS, 16)]:
            if isinstance(token, tuple):
                slot = token[1].bit_length()
                symbols[256 + token[0]] += 1
                slots[slot] += 1
                total += max(slot - 1, 0)
            else:
                symbols[token] += 1
        total += entropy_bits(symbols) + entropy_bits(slots)
    return total


def restore(tokens):
    out = bytearray()
    for token in tokens:
        if isinstance(token, tuple):
            for _ in range(token[0]):
                out.append(out[-token[1]])
        else:
            out.append(token)
    return bytes(out)


tokens, probes = parse(DATA)
assert restore(tokens) == DATA, "the text did not come back"
print(f"cost: {bits(tokens) / len(DATA) + 0.01 * probes / len(DATA):.6f}")
