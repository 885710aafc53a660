"""Train a small network to tell two spirals apart, within a fixed amount of arithmetic."""

import numpy as np


def spirals(count, rng):
    turn = np.sqrt(rng.random(count)) * 1.5 * np.pi
    side = rng.integers(0, 2, count)
    angle = turn + np.pi * side
    points = np.stack([turn * np.cos(angle), turn * np.sin(angle)], 1) / 5
    noise = rng.normal(0, 0.04, (count, 2))
    spare = rng.normal(0, 0.5, (count, 2))
    return np.concatenate([points + noise, spare], 1), side


rng = np.random.default_rng(0)
train_x, train_y = spirals(600, rng)
valid_x, valid_y = spirals(600, rng)
MULTIPLICATIONS = 12_000_000


def affordable_steps(weights, batch):
    """How many steps of training the arithmetic allowed pays for."""
    return max(1, min(MULTIPLICATIONS // (3 * batch * sum(w.size for w in weights)), 1_200))


# EVOLVE-BLOCK-START
LEARNING_RATE = 0.05
MOMENTUM = 0.5
WEIGHT_DECAY = 1e-3
HIDDEN = 16
LAYERS = 2
BATCH_SIZE = 32
INIT_SCALE = 1.0
WARMUP_FRACTION = 0.05
FINAL_LR_FRACTION = 0.5
GRAD_CLIP = 10.0
LOG_EVERY = 50


def build(rng):
    sizes = [train_x.shape[1]] + [HIDDEN] * LAYERS + [1]
    weights = [
        rng.normal(0, INIT_SCALE / np.sqrt(a), (a, b)) for a, b in zip(sizes, sizes[1:])
    ]
    return weights, [np.zeros(w.shape[1]) for w in weights]


def forward(weights, biases, x):
    outs = [x]
    for w, b in zip(weights[:-1], biases[:-1]):
        outs.append(np.tanh(outs[-1] @ w + b))
    logit = (outs[-1] @ weights[-1] + biases[-1])[:, 0]
    return outs, 1 / (1 + np.exp(-np.clip(logit, -30, 30)))


def schedule(progress):
    if progress < WARMUP_FRACTION:
        return LEARNING_RATE * (progress + 1e-3) / (WARMUP_FRACTION + 1e-3)
    return LEARNING_RATE * (1 - progress * (1 - FINAL_LR_FRACTION))


def train(rng):
    weights, biases = build(rng)
    moves = [np.zeros_like(w) for w in weights]
    steps = affordable_steps(weights, BATCH_SIZE)
    history = []
    for step in range(steps):
        rows = rng.integers(0, len(train_x), BATCH_SIZE)
        outs, p = forward(weights, biases, train_x[rows])
        error = ((p - train_y[rows]) / BATCH_SIZE)[:, None]
        lr = schedule(step / steps)
        for i in range(len(weights) - 1, -1, -1):
            grad = outs[i].T @ error + WEIGHT_DECAY * weights[i]
            size = np.sqrt((grad * grad).sum())
            if size > GRAD_CLIP:
                grad *= GRAD_CLIP / size
            back = (error @ weights[i].T) * (1 - outs[i] ** 2) if i else None
            moves[i] = MOMENTUM * moves[i] - lr * grad
            weights[i] = weights[i] + moves[i]
            biases[i] = biases[i] - lr * error.sum(0)
            error = back
        if step % LOG_EVERY == 0:
            history.append(float(np.abs(p - train_y[rows]).mean()))
    return weights, biases
# EVOLVE-BLOCK-END


losses = []
for run in range(2):
    model = train(np.random.default_rng(run + 1))
    p = np.clip(forward(*model, valid_x)[1], 1e-6, 1 - 1e-6)
    losses.append(-np.mean(valid_y * np.log(p) + (1 - valid_y) * np.log(1 - p)))
print(f"val_loss: {np.mean(losses):.6f}")
