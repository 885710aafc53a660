"""Two sessions wrote to one campaign: the records of both, each once and as it was written.

What is published keeps its place. The records of our own that are not published yet follow it, and
what they count as there is found when they are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autoresearch_ci.campaign.ledger.reading import CampaignLog, arranged, in_order
from autoresearch_ci.campaign.ledger.union import PLAIN, Entry, entries, split, union


@dataclass(frozen=True, slots=True)
class Merged:
    """`log` is the campaign with the records of both.

    `tip` is the commit of the incumbent in what was published, empty without one. `moved` has the
    number of each of our unpublished experiments before, and now.
    """

    log: CampaignLog
    tip: str
    moved: Mapping[int, int]


def merge(published: CampaignLog, own: CampaignLog) -> Merged:
    """`published`, then what only `own` has. Neither is changed."""
    incumbent = published.history.incumbent
    tip = incumbent.commit if incumbent else ""
    log = _both(published, own, tip) if published.lines else own
    keys = (own.history.key(number) for number in range(own.history.next_number))
    moved = {
        before: now
        for before, key in enumerate(keys)
        if published.history.number(key) is None and (now := log.history.number(key)) is not None
    }
    return Merged(log, tip, moved)


def _both(published: CampaignLog, own: CampaignLog, tip: str) -> CampaignLog:
    theirs, ours = entries(published.lines), entries(own.lines)
    if not (published.lanes or own.lanes):
        return in_order(own.tag, [*theirs, *_unpublished(theirs, ours)])
    streams, others = split(theirs), split(ours)
    plain = streams.get(PLAIN, ())
    both = [*plain, *_unpublished(plain, others.get(PLAIN, ()))]
    return arranged(own.tag, {**union(streams, others), PLAIN: both}, tip)


def _unpublished(published: Iterable[Entry], own: Sequence[Entry]) -> list[Entry]:
    """Those of our own that are not `published`.

    One process writes the records of a session, in order, and publishes a beginning of them. So
    their count says which are there.
    """
    there, left = Counter(each.session for each in published), []
    for each in own:
        if there[each.session]:
            there[each.session] -= 1
        else:
            left.append(each)
    return left
