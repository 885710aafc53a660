"""A campaign in one sentence, for whoever reads only the first line."""

from __future__ import annotations

from autoresearch_ci.core.history import History
from autoresearch_ci.core.text import brief, one_line, percent, plural

_LONGEST = 60


def sentence(history: History) -> str:
    """One line of plain text: how far it has come, by how many experiments.

    What was gained before the base moved is in the new baseline, and not counted again.
    """
    first, best = history.baseline, history.incumbent
    if first is None or best is None or first.value is None or best.value is None:
        return "There is no baseline yet."
    tried = sum(not each.is_baseline for each in history.experiments)
    metric = one_line(best.metric, _LONGEST)
    if best is first:
        after = f" after {plural(tried, 'experiment')}" if tried else ""
        return f"{metric} is {brief(first.value)}, and nothing is better yet{after}."
    share = percent(best.value, first.value).lstrip("+-")
    by = f" by {share}" if share else ""
    verb = "fell" if best.value < first.value else "rose" if best.value > first.value else "stayed"
    since = f" since the base moved at experiment {first.experiment}" if first.experiment else ""
    before, after = brief(first.value), brief(best.value)
    if before == after and best.value != first.value:
        before, after = f"{first.value:.12g}", f"{best.value:.12g}"
    return (
        f"{metric} {verb}{by}, from {before} to {after}{since}, in "
        f"{plural(tried, 'experiment')}; {_kept(len(history.kept_changes))} kept."
    )


def _kept(count: int) -> str:
    return "one was" if count == 1 else f"{count} were"
