"""The noise of a metric, and what to do about it, in words."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.core.text import duration, number, plural
from autoresearch_ci.engine.calibrate import Calibration

_DRIFTS = 2.0
_COARSE = 0.02
_SHORT = 2.0
_DEAR = 10.0


def findings(found: Calibration, metric: str, max_repeats: int) -> Iterator[str]:
    """The findings, then advice where there is any; lines of plain words."""
    runs = plural(len(found.values), "run")
    each = f"{duration(found.seconds)} each"
    if found.exact:
        yield f"{metric} is {number(found.middle)} in all of {runs}, {each}: it repeats exactly."
        yield "An idea that is no better costs one run, and any beyond min_delta can be told."
        yield "A keep takes two, and one of the incumbent, until two dozen runs repeated a value."
        return
    yield f"{metric} is {number(found.middle)} in the middle of {runs}, {each}."
    yield f"noise: one run is usually off by {_amount(found.noise, found.middle)}."
    if found.smallest is None:
        yield f"With max_repeats {max_repeats}, not even eight times that can be told reliably."
    else:
        yield (
            f"With max_repeats {max_repeats}, an improvement of "
            f"{_amount(found.smallest, found.middle)} is kept four times out of five."
        )
        yield f"Such a keep takes about {found.runs_a_keep:.1f} runs."
    yield f"An idea without effect takes about {found.runs_a_discard:.1f} runs."
    yield from (f"advice: {each}" for each in advice(found, max_repeats))


def advice(found: Calibration, max_repeats: int) -> Iterator[str]:
    """Suggest what would make verdicts cheaper or sharper."""
    if abs(found.drift) > _DRIFTS:
        yield (
            "the later runs differ from the earlier ones by more than noise. Let the machine warm "
            "up in setup_command, or leave it alone while a campaign runs."
        )
    if _relative(found.noise, found.middle) > _COARSE:
        if found.seconds < _SHORT:
            yield (
                "runs are short, and short runs are noisy. Let one run do more work (more "
                "repetitions, more data) and print the total or the median."
            )
        else:
            yield "average over more data or more repetitions within a run."
        yield (
            "if the program draws random numbers, set its seed: where a metric repeats exactly, "
            "one run of most ideas is enough."
        )
    if found.smallest is None or found.runs_a_keep > _DEAR:
        yield (
            f"raise max_repeats (now {max_repeats}) if smaller improvements matter more than "
            "time, or set min_delta to what is worth having."
        )


def _relative(amount: float, middle: float) -> float:
    return amount / abs(middle) if middle else 0.0


def _amount(amount: float, middle: float) -> str:
    share = _relative(amount, middle)
    return f"{number(amount)} ({share:.2%})" if share else number(amount)
