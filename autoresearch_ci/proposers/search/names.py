"""Hints of a name about its value: worth tuning, a fraction, or none of our business."""

from __future__ import annotations

import re
from itertools import pairwise

from autoresearch_ci.source_code.frozen_lines.seeds import WORDS as SEEDS

# Words are matched against a name split at underscores, dashes, dots and camel humps.
_HUMPS = re.compile(r"[^\W_]+?(?=[A-Z][a-z]|[\W_\d]|$|(?<=[a-z])(?=[A-Z]))|\d+|[A-Z]+")


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


FROZEN = SEEDS | word_set(
    "rng version versions ver revision"
    " protocol port ports expose year date copyright license timeout timeouts deadline time_budget"
    " budget time_limit kill_after max_seconds max_time schema magic crc checksum epoch_time"
    " sdk abi uuid hash_seed pid uid gid timestamp"
)
FROZEN_WHY = "by its name a seed, a version, a port, a date or a time limit"
# What is worth a try before anything else.
FIRST = frozenset({"lr", "learning_rate", "step_size"})
TUNABLE = word_set(
    "lr learning rate batch width depth hidden layer layers embd embed dim dims head heads dropout"
    " momentum beta beta1 beta2 betas decay warmup warmdown cooldown epochs steps temperature temp"
    " cooling alpha gamma lambda mu sigma tau eta window threshold capacity cache size buffer"
    " level quality iterations iters k rank cutoff ratio order penalty weight weights scale clip"
    " bits block chunk stride kernel filters units gain smoothing margin tolerance limit restarts"
    " population mutation crossover probability prob fraction frac interval blend damping friction"
    " inertia bandwidth radius neighbors neighbours trees leaves split max min bins terms degree"
    " ngram swap noise kp ki kd patience parallelism workers threads jobs inline unroll"
)
DULL = word_set(
    "eps epsilon tol log print verbose debug display report plot figure fig width_px fontsize color"
    " colour width_in"
    " dpi index idx offset id code status exit column col row line indent tab test tests demo"
)
FRACTION = word_set(
    "dropout drop momentum beta beta1 beta2 betas p prob probability ratio frac fraction"
    " percentile quantile q smoothing keep damping cooling discount blend mix split share"
    " decay forget forgetting retention"
)
_PERCENTAGE = frozenset({"percent", "percentage", "percentile", "pct", "quality"})
SIZES = word_set(
    "size sizes capacity cache buffer bytes entries limit length width window memory kb mb blocks"
)
SHAPES = word_set("axis dim dims ndim dtype shape keepdims bits arity base radix width_bits")
# Calls whose numbers are structure, not settings.
STRUCTURAL = word_set(
    "range len round int float str zeros ones empty full reshape view transpose permute sum mean"
    " max min argmax argmin squeeze unsqueeze slice substr substring charAt slice split join pow"
    " append push insert pop exit sys.exit enumerate isinstance index format sleep arange linspace"
    " parseInt toString toFixed toPrecision from_str_radix strtol strtoul ParseInt ParseUint"
    " ParseFloat FormatInt FormatFloat setprecision RandomState default_rng manual_seed seed Random"
    " srand assert_ expect assertEqual Date"
)


def split_name(name: str) -> tuple[str, ...]:
    """`learningRate` and `LEARNING_RATE` are both ("learning", "rate")."""
    return tuple(part.lower() for part in _HUMPS.findall(name) if part)


def is_frozen(name: str) -> bool:
    """Seeds, versions, ports, dates and time limits are not ours to change."""
    words = split_name(name)
    joined = "_".join(words)
    return (
        any(word in FROZEN for word in words)
        or joined in FROZEN
        or any(f"{a}_{b}" in FROZEN for a, b in pairwise(words))
    )


def is_percentage(name: str) -> bool:
    """True if a whole number of this name is a part of a hundred; Go's `SetGCPercent` is none."""
    words = split_name(name)
    return not _PERCENTAGE.isdisjoint(words) and "gc" not in words


def is_first(name: str) -> bool:
    """True if a name is that of the setting which hardly anybody gets right at once."""
    words = split_name(name)
    return "lr" in words or any(f"{a}_{b}" in FIRST for a, b in pairwise(words))


def is_fraction(name: str) -> bool:
    """True if values of this name live between 0 and 1."""
    words = split_name(name)
    return bool(words) and any(word in FRACTION for word in words) and "weight" not in words


def is_size(name: str) -> bool:
    """True if values of this name are hundreds rather than ones."""
    return any(word in SIZES for word in split_name(name))
