"""A candidate that somebody else made, judged as an experiment of the campaign is."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Event, Proposal, StopReason
from autoresearch_ci.engine.loop import attempt, held, sync
from autoresearch_ci.engine.session import Session

PROPOSER = "given"
"""The proposer on the record of such an experiment."""

_MOST_NAMED = 5
_HUNK = re.compile(rb"^@@ |^GIT binary patch|^new file mode ", re.MULTILINE)


def proposal_of(
    session: Session, title: str, patch: bytes | None, name: str
) -> tuple[Proposal, str]:
    """The candidate as a proposal: a patch, the change of a branch, or of the working tree.

    It is put on the campaign's tip, or judged as it is where it only fits where it was made. With
    a note on what is no part of it. Raises SettingsError
    where there is no change, or where it does not fit the tip.
    """
    campaign, note = session.campaign, ""
    source = campaign.source()
    base = campaign.base
    if patch is None:
        patch, base, others = campaign.changes(name)
        if others:
            more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
            listed = ", ".join(others[:_MOST_NAMED])
            note = f"no part of the candidate, since only the target may change: {listed}{more}"
    files = campaign.reapplied(patch, base) if patch.strip() else source
    if files is None and not any("\r" in text for text in source.values()):
        files = campaign.reapplied(patch.replace(b"\r\n", b"\n"), base)  # saved on Windows
    paths = ", ".join(source)
    if files is None and not _HUNK.search(patch):
        raise SettingsError(
            "What is to be judged is no patch.",
            remedy="Give one as `git diff` writes it, with lines `--- a/FILE`, `+++ b/FILE` and "
            "`@@ ... @@`.",
        )
    if files is None:
        raise SettingsError(
            f"The change does not fit {paths} as it is on {campaign.branch}.",
            remedy=f"Bring it up to date: git diff {campaign.branch} -- {paths} shows what was "
            "kept since.",
        )
    if files == source and patch.strip():
        raise SettingsError(
            f"There is nothing to judge: {campaign.branch} has this change already.",
            remedy=f"git log {campaign.branch} shows what was kept.",
        )
    if files == source:
        raise SettingsError(
            f"There is no change of {paths} to judge.",
            detail=note,
            remedy="Edit it, or give --patch FILE or --branch NAME.",
        )
    return Proposal(title, files, proposer=PROPOSER), note


def judge(session: Session, proposal: Proposal, *, keep: bool) -> Generator[Event, None, None]:
    """A session of one experiment with this candidate. Only with `keep` may the branch move.

    A base branch that has moved is left for a session of the campaign's own: the candidate may
    be in it.
    """
    session = replace(session, follow="")
    yield from held(session, _once(session, proposal, keep=keep))


def _once(
    session: Session, proposal: Proposal, *, keep: bool
) -> Generator[Event, None, StopReason]:
    yield from attempt(session, proposal, keep=keep)
    yield from sync(session)
    return StopReason.MAX_EXPERIMENTS
