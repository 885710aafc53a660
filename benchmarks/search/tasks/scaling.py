"""A training run as laws of scaling describe it: the loss, and the seconds that it would take."""

import math

# EVOLVE-BLOCK-START
WIDTH = 128
DEPTH = 4
HEADS = 2
STEPS = 2000
BATCH_SIZE = 16
LEARNING_RATE = 1e-4
WARMUP_SHARE = 0.0
WEIGHT_DECAY = 0.0
DROPOUT = 0.2
CONTEXT = 256
GRAD_CLIP = 10.0
COSINE = False
EMA_DECAY = 0.0
# EVOLVE-BLOCK-END

assert WIDTH >= 8 and DEPTH >= 1 and HEADS >= 1 and STEPS >= 1 and BATCH_SIZE >= 1 and CONTEXT >= 8
assert WIDTH % HEADS == 0, "the width is a multiple of the heads"
size = 12 * DEPTH * WIDTH**2 + 5_000 * WIDTH
if size * 16 > 2.5e9:
    raise MemoryError("the model does not fit")
tokens = STEPS * BATCH_SIZE * CONTEXT
seconds = 6.0 * size * tokens / 2.5e13 * (1 + CONTEXT / 4096) * (1 + 8 / BATCH_SIZE) + 4
if seconds > 3600:
    raise TimeoutError("longer than an hour")
loss = 1.7 + 410 / size**0.34 + 411 / tokens**0.28 * (1 + 0.15 * math.log2(1 + BATCH_SIZE / 256))
best_rate = 0.02 / math.sqrt(WIDTH / 16) * math.sqrt(BATCH_SIZE / 64) / DEPTH**0.25
best_rate *= 1 + 1.5 * min(WARMUP_SHARE / 0.05, 1)
away = math.log2(LEARNING_RATE / best_rate)
if away > 2.5 and GRAD_CLIP > 3:
    raise FloatingPointError("the loss is not a number")
loss += 0.045 * away**2 / (1 + 0.04 * away**2) + (0.1 * max(away, 0) ** 2 if GRAD_CLIP > 2 else 0)
loss += 0.06 * (0 if WARMUP_SHARE > 0.01 else 1) + 0.3 * max(WARMUP_SHARE - 0.1, 0)
loss += 0.08 * (math.log10((WEIGHT_DECAY + 1e-3) / 0.1)) ** 2 / 3
seen = tokens / 4e7
loss += 0.25 * max(DROPOUT, 0) ** 1.2 / (1 + seen) + 0.05 * seen * max(0.15 - DROPOUT, 0)
loss += 0.08 * abs(math.log2(WIDTH / HEADS / 64)) / 3 + 0.05 * abs(math.log2(WIDTH / DEPTH / 64)) / 3
loss += 0.10 / (1 + CONTEXT / 128) + 0.05 * (0 if COSINE else 1)
loss -= 0.04 * (0.9 <= EMA_DECAY < 0.9999) * (1 if STEPS > 500 else -2)
loss += 0.1 * max(0.0, 0.5 - GRAD_CLIP)
print(f"seconds: {seconds:.3f}")
print(f"val_loss: {loss:.6f}")
