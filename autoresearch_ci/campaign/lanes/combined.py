"""A combination's way to share: both branches and the end of the lanes' refs, in one push."""

from __future__ import annotations

from collections.abc import Callable

from autoresearch_ci.campaign.sync import HURRY, Synced
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import PATIENCE, Campaign, Remote


class CombinedSync:
    """Publishes once, at the end: until then the lanes' refs have all there is.

    `refs` are those refs on the remote, as they were read. `forget` deletes what is here of the
    lanes. Where somebody else was faster, `raced` says so: the whole is to be done again.
    """

    def __init__(
        self,
        campaign: Campaign,
        remote: Remote | None,
        refs: dict[str, str],
        forget: Callable[[], None],
    ) -> None:
        self._campaign, self._remote, self._refs, self._forget = campaign, remote, refs, forget
        self.trouble, self.raced = "", False

    def announce(self) -> None:
        """Tell nobody: no lane waits for what is tried here."""

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        if not last:
            return Synced()
        self._forget()
        if self._remote is None:
            return Synced()
        refs, push = self._campaign.refs, self._remote.push
        patience = HURRY if hurry else PATIENCE
        try:
            done = push(
                {**refs, **dict.fromkeys(self._refs, "")}, patience=patience, leases=self._refs
            )
            # A lane that is at work has pushed meanwhile: its refs are for the next one.
            self.raced = not (done or push(refs, patience=patience))
            if done and not hurry:  # what is here of the lanes' refs there is forgotten, too
                self._remote.fetch_lanes(self._campaign.tag)
        except WorkspaceError as error:
            self.trouble = f"not published: {error.message} {error.remedy}"
            again = "`autoresearch-ci combine` publishes it; it is in this clone."
            return Synced(notes=(f"{self.trouble} {again}",))
        return Synced()
