"""The text, its split, its tokens and the evaluation. Experiments must not change this file.

`python prepare.py` prints what the data looks like, `python prepare.py measure` the value of
the last run, from the scores that it has saved.
"""

import os
import sys
from pathlib import Path

# One thread, so that a run measures the model and not who else uses the machine.
# numpy's linear algebra reads these when it is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

TEXT = Path(__file__).parent / "moby-dick.txt"
VALIDATION_BYTES = 24_000
LONGEST = 64  # characters of context, at most
SCORES = Path(__file__).parent / "scores.npy"

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
    so that models with short and long contexts are scored on the same text. The
    scores are saved, so that the number can be worked out again without the model.
    """
    assert 1 <= context <= LONGEST, f"a model gets at most {LONGEST} characters of context"
    contexts, targets = windows(ids[LONGEST - context :], context)
    parts = range(0, len(targets), 1024)
    scores = np.concatenate([logits(contexts[at : at + 1024]) for at in parts]).astype(np.float32)
    np.save(SCORES, scores)
    return bits_per_byte(scores, targets)


def bits_per_byte(scores, targets):
    """The mean of what each character costs; `scores` are (characters, vocab)."""
    scores = scores.astype(np.float64)
    top = scores.max(axis=1, keepdims=True)
    total = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
    return (total - scores[np.arange(len(targets)), targets]).mean() / np.log(2)


def measure():
    """Work the number out from the scores that a run has saved, whatever it printed.

    The file is taken away: another run has to make its own.
    """
    tokenizer, _, validation = load()
    scores = np.load(SCORES)
    SCORES.unlink()
    targets = validation[LONGEST:]
    assert scores.shape == (len(targets), tokenizer.vocab_size), scores.shape
    return bits_per_byte(scores, targets)


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        print(f"{measure():.6f}")
    else:
        tokenizer, train, validation = load()
        print(f"{len(train):,} characters to train on, {len(validation):,} to validate on")
        print(f"{tokenizer.vocab_size} different characters: {''.join(tokenizer.characters)!r}")
