"""Clean a sensor's signal: spikes, noise and sudden steps."""

import numpy as np

rng = np.random.default_rng(11)
time = np.arange(3_000)
clean = np.sin(time / 70) + 0.4 * np.sin(time / 19) + (time // 500 % 2) * 1.2
noisy = clean + rng.normal(0, 0.35, time.size)
spikes = rng.random(time.size) < 0.03
noisy[spikes] += rng.normal(0, 4, spikes.sum())

# EVOLVE-BLOCK-START
MEDIAN_WINDOW = 3
SPIKE_THRESHOLD = 6.0
SMOOTH_WINDOW = 5
POLY_ORDER = 1
PASSES = 1
EDGE_THRESHOLD = 5.0
EDGE_WINDOW = 8
EDGE_BLEND = 0.5
EMA_ALPHA = 0.9
PAD_MODE = True


def windows(x, size):
    half = max(int(size) // 2, 0)
    padded = np.pad(x, half, mode="edge" if PAD_MODE else "reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)


def despike(x):
    view = windows(x, MEDIAN_WINDOW)
    middle = np.median(view, axis=1)
    spread = np.median(np.abs(x - middle)) * 1.4826 + 1e-9
    return np.where(np.abs(x - middle) > SPIKE_THRESHOLD * spread, middle, x)


def smooth(x, size):
    half = max(int(size) // 2, 1)
    at = np.arange(-half, half + 1)
    design = np.vander(at, min(POLY_ORDER, 2 * half) + 1, increasing=True)
    kernel = np.linalg.pinv(design)[0]
    return windows(x, 2 * half + 1) @ kernel


def edges(x):
    lag = max(int(EDGE_WINDOW), 1)
    jump = np.abs(np.roll(x, -lag) - np.roll(x, lag))
    return jump > EDGE_THRESHOLD * np.median(jump)


def ema(x):
    out = np.empty_like(x)
    level = x[0]
    for i, value in enumerate(x):
        level += EMA_ALPHA * (value - level)
        out[i] = level
    return out


def clean_up(signal):
    x = despike(signal)
    sharp = smooth(x, 3)
    for _ in range(PASSES):
        x = smooth(x, SMOOTH_WINDOW)
    near = edges(x)
    x = np.where(near, EDGE_BLEND * sharp + (1 - EDGE_BLEND) * x, x)
    return ema(x)[::-1] if EMA_ALPHA >= 1 else (ema(x) + ema(x[::-1])[::-1]) / 2
# EVOLVE-BLOCK-END


result = clean_up(noisy.copy())
print(f"rmse: {np.sqrt(np.mean((result - clean) ** 2)):.6f}")
