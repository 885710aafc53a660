"""The full names of the refs of a campaign and of its lanes."""

from __future__ import annotations

from typing import NamedTuple

CODE, LOGS = "autoresearch", "autoresearch-logs"


class Refs(NamedTuple):
    """The ref of the kept commits, and that of the records."""

    code: str
    logs: str


def campaign_refs(tag: str) -> Refs:
    """The two branches that people read."""
    return Refs(f"refs/heads/{CODE}/{tag}", f"refs/heads/{LOGS}/{tag}")


def lane_refs(tag: str, writer: str, remote: str = "") -> Refs:
    """The two refs that one lane writes, and nobody else; those of a remote as fetched from there.

    They are no branches: nobody's list of branches grows, and no push event fires.
    """
    place = f"refs/autoresearch/remotes/{remote}/lanes" if remote else "refs/autoresearch/lanes"
    return Refs(f"{place}/{tag}/{writer}/code", f"{place}/{tag}/{writer}/log")
