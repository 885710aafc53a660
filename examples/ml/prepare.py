"""The text, its split, its tokens and the evaluation. Experiments must not change this file.

`python prepare.py` prints what the data looks like.
"""

import os
from pathlib import Path

# One thread, so that a run measures the model and not who else uses the machine.
# numpy's linear algebra reads these when it is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

TEXT = Path(__file__).parent / "moby-dick.txt"
VALIDATION_BYTES = 24_000

# Seconds of training; autoresearch-ci exports its `time_budget` setting under this name.
TIME_BUDGET = float(os.environ.get("AUTORESEARCH_TIME_BUDGET", "5"))


class Tokenizer:
    """One token for every character that the text knows."""

    def __init__(self, text):
        self.characters = sorted(set(text))
        self.vocab_size = len(self.characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}

    def encode(self, text):
        return np.array([self._ids[character] for character in text], dtype=np.int64)

    def decode(self, ids):
        return "".join(self.characters[i] for i in ids)


def load():
    """The tokenizer, the training ids and the validation ids.

    Validation is the end of the text, which training never sees.
    """
    text = TEXT.read_text(encoding="ascii")
    tokenizer = Tokenizer(text)
    ids = tokenizer.encode(text)
    return tokenizer, ids[:-VALIDATION_BYTES], ids[-VALIDATION_BYTES:]


def windows(ids, length):
    """Every run of `length` ids with the id that follows it: (count, length) and (count,)."""
    return np.lib.stride_tricks.sliding_window_view(ids[:-1], length), ids[length:]


def evaluate_bpb(logits, context, ids):
    """Bits per byte of `ids` under a model; lower is better.

    `logits` maps contexts (batch, context) to scores (batch, vocab), normalised
    here. Every character is one byte. The first 64 characters only serve as context,
    so that models with short and long contexts are scored on the same text.
    """
    assert 1 <= context <= 64, "the evaluation gives a model at most 64 characters of context"
    contexts, targets = windows(ids[64 - context :], context)
    nats = 0.0
    for start in range(0, len(targets), 1024):
        target = targets[start : start + 1024]
        scores = logits(contexts[start : start + 1024]).astype(np.float64)
        assert scores.shape[0] == len(target)
        top = scores.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
        nats += (total - scores[np.arange(len(target)), target]).sum()
    return nats / len(targets) / np.log(2)


if __name__ == "__main__":
    tokenizer, train, validation = load()
    print(f"{len(train):,} characters to train on, {len(validation):,} to validate on")
    print(f"{tokenizer.vocab_size} different characters: {''.join(tokenizer.characters)!r}")
