"""A product of matrices in tiles on an accelerator, by a model of it: the milliseconds it takes."""

import math

# EVOLVE-BLOCK-START
BLOCK_M = 16
BLOCK_N = 16
BLOCK_K = 8
TILE_M = 1
TILE_N = 1
STAGES = 1
VECTOR = 1
UNROLL = 1
SPLIT_K = 1
PADDING = 0
SWIZZLE_LOG = 0
GROUP_ROWS = 1
PERSISTENT = False
# EVOLVE-BLOCK-END

ROWS, COLUMNS, DEPTH = 3072, 2048, 4096
PROCESSORS, SHARED_KB, REGISTERS = 60, 96, 65536

assert min(BLOCK_M, BLOCK_N, BLOCK_K, TILE_M, TILE_N, STAGES, UNROLL, SPLIT_K, GROUP_ROWS) >= 1
assert BLOCK_M % TILE_M == 0 and BLOCK_N % TILE_N == 0, "a block is made of whole tiles"
assert VECTOR in (1, 2, 4, 8) and BLOCK_K % VECTOR == 0, "loads of a power of two"
threads = (BLOCK_M // TILE_M) * (BLOCK_N // TILE_N)
assert threads <= 1024, "too many threads"
shared = STAGES * (BLOCK_M + BLOCK_N) * (BLOCK_K + PADDING) * 2 / 1024
if shared > SHARED_KB:
    raise MemoryError("shared memory")
registers = 24 + TILE_M * TILE_N + (TILE_M + TILE_N) * (1 + UNROLL / 4) + 4 * VECTOR
if registers > 255:
    raise MemoryError("registers")

blocks = math.ceil(ROWS / BLOCK_M) * math.ceil(COLUMNS / BLOCK_N) * SPLIT_K
warps = math.ceil(threads / 32)
resident = min(SHARED_KB / max(shared, 1), REGISTERS / (registers * warps * 32), 2048 / (warps * 32), 16)
resident = max(1, int(resident))
active = min(resident * warps, 64)
waves = math.ceil(blocks / (PROCESSORS * resident))
tail = 1.0 if PERSISTENT else waves / max(blocks / (PROCESSORS * resident), 1e-9)
steps = math.ceil(DEPTH / SPLIT_K / BLOCK_K)
work = 2.0 * BLOCK_M * BLOCK_N * BLOCK_K * steps * blocks
# Each thread loads its rows and columns for every product of them.
intensity = TILE_M * TILE_N / (TILE_M + TILE_N)
rate = 9e12 * intensity / (intensity + 1.6) * min(1.0, threads / 32) * (32 * warps / 32 / warps)
rate *= threads / (32 * warps)
rate *= 1 - 0.25 * 0.6 ** (UNROLL - 1) - 0.05 * max(0, math.log2(UNROLL / 8))
conflicts = 1.0 if PADDING % 8 == 4 or SWIZZLE_LOG in (2, 3) else 1.35
computing = work / rate * conflicts
moved = (BLOCK_M + BLOCK_N) * BLOCK_K * 2.0 * steps * blocks
reuse = 1 / (1 + 0.5 * math.exp(-(((math.log2(GROUP_ROWS) - 3) / 1.5) ** 2)))
bandwidth = 7e11 * (0.35 + 0.65 * math.log2(VECTOR * 2) / 4) * (0.5 + 0.5 * min(BLOCK_K / 32, 1))
moving = moved * reuse / bandwidth
waiting = steps * waves * 6e-7 / min(STAGES, 4) * (1 + 8 / active)
split = 1e-4 * (SPLIT_K - 1) * ROWS * COLUMNS / 6e6
hidden = min(1.0, 0.3 + 0.2 * (STAGES - 1) + active / 64)
seconds = max(computing, moving) + (1 - 0.7 * hidden) * min(computing, moving) + waiting
print(f"milliseconds: {seconds * 1000 * tail + split * 1000 + 0.02 * PERSISTENT:.6f}")
