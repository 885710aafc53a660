"""A character language model in numpy, trained for TIME_BUDGET seconds.

The last few characters are embedded, put side by side and sent through one
hidden layer (Bengio et al., 2003). This is the file that experiments change.
"""

import time

from prepare import TIME_BUDGET, evaluate_bpb, load, windows

import numpy as np

# Model
CONTEXT = 8  # characters the model looks back
EMBED = 16  # size of a character's vector
HIDDEN = 128  # size of the hidden layer
DROPOUT = 0.3  # share of hidden units switched off in training

# Optimizer (Adam)
BATCH = 256
LEARNING_RATE = 0.03
BETA1 = 0.9
BETA2 = 0.999
WEIGHT_DECAY = 0.1
WARMUP = 0.1  # share of the time in which the learning rate rises to its full value
COOLDOWN = 0.1  # share of the time in which it falls to zero
SMOOTHING = 0.1  # share of a target's probability that is spread over all characters

SEED = 1337


def init(rng, vocab):
    def normal(*shape, scale):
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    return {
        "embed": normal(vocab, EMBED, scale=0.1),
        "w1": normal(CONTEXT * EMBED, HIDDEN, scale=0.05),
        "b1": np.zeros(HIDDEN, dtype=np.float32),
        "w2": normal(HIDDEN, vocab, scale=0.05),
        "b2": np.zeros(vocab, dtype=np.float32),
    }


def forward(params, contexts):
    x = params["embed"][contexts].reshape(len(contexts), -1)
    h = np.tanh(x @ params["w1"] + params["b1"])
    return x, h


def logits(params, contexts):
    _, h = forward(params, contexts)
    return h @ params["w2"] + params["b2"]


def gradients(params, contexts, targets, rng):
    rows, vocab = len(targets), len(params["b2"])
    x, h = forward(params, contexts)
    keep = (rng.random(h.shape, dtype=np.float32) >= DROPOUT) / np.float32(1 - DROPOUT)
    kept = h * keep
    scores = kept @ params["w2"] + params["b2"]
    p = np.exp(scores - scores.max(axis=1)[:, None])
    p /= p.sum(axis=1)[:, None]
    loss = -np.log(p[np.arange(rows), targets]).mean()

    # Backwards, line by line.
    p[np.arange(rows), targets] -= 1 - SMOOTHING
    p -= SMOOTHING / vocab
    d_scores = p / rows
    d_z = d_scores @ params["w2"].T * keep * (1 - np.square(h))
    d_x = (d_z @ params["w1"].T).reshape(-1, EMBED)
    one_hot = np.zeros((contexts.size, vocab), dtype=np.float32)
    one_hot[np.arange(contexts.size), contexts.reshape(-1)] = 1
    return loss, {
        "embed": one_hot.T @ d_x,
        "w1": x.T @ d_z,
        "b1": d_z.sum(axis=0),
        "w2": kept.T @ d_scores,
        "b2": d_scores.sum(axis=0),
    }


class Adam:
    def __init__(self, params):
        self.mean = {name: np.zeros_like(value) for name, value in params.items()}
        self.square = {name: np.zeros_like(value) for name, value in params.items()}
        self.step = 0

    def update(self, params, grads, rate):
        self.step += 1
        for name, grad in grads.items():
            self.mean[name] = BETA1 * self.mean[name] + (1 - BETA1) * grad
            self.square[name] = BETA2 * self.square[name] + (1 - BETA2) * np.square(grad)
            mean = self.mean[name] / (1 - BETA1**self.step)
            square = self.square[name] / (1 - BETA2**self.step)
            params[name] -= rate * (mean / (np.sqrt(square) + 1e-8) + WEIGHT_DECAY * params[name])


def schedule(progress):
    """The learning rate when `progress` (0 to 1) of the time is over."""
    if progress < WARMUP:
        return LEARNING_RATE * progress / WARMUP
    if progress > 1 - COOLDOWN:
        return LEARNING_RATE * (1 - progress) / COOLDOWN
    return LEARNING_RATE


def elapsed(start):
    """Seconds of processor time; wall time counts when the machine is very busy."""
    return max(time.process_time() - start[0], (time.perf_counter() - start[1]) / 1.5)


def main():
    begun = time.perf_counter()
    tokenizer, train, validation = load()
    rng = np.random.default_rng(SEED)
    params = init(rng, tokenizer.vocab_size)
    optimizer = Adam(params)
    contexts, targets = windows(train, CONTEXT)

    start = time.process_time(), time.perf_counter()
    smooth = None
    while (progress := elapsed(start) / TIME_BUDGET) < 1:
        rows = rng.integers(len(targets), size=BATCH)
        loss, grads = gradients(params, contexts[rows], targets[rows], rng)
        optimizer.update(params, grads, schedule(progress))
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        if optimizer.step % 500 == 0:
            print(f"step {optimizer.step:6d}  {100 * progress:3.0f} %  loss {smooth:.4f}")
    training_seconds = elapsed(start)

    val_bpb = evaluate_bpb(lambda batch: logits(params, batch), CONTEXT, validation)

    print("---")
    print(f"val_bpb:          {val_bpb:.6f}")
    print(f"training_seconds: {training_seconds:.1f}")
    print(f"total_seconds:    {time.perf_counter() - begun:.1f}")
    print(f"total_tokens_M:   {optimizer.step * BATCH / 1e6:.2f}")
    print(f"num_steps:        {optimizer.step}")
    print(f"num_params_M:     {sum(value.size for value in params.values()) / 1e6:.4f}")


if __name__ == "__main__":
    main()
