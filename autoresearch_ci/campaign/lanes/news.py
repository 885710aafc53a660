"""Records of a campaign's lanes, as far as they are here: in folders, in refs, on a branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autoresearch_ci.campaign.archive import LOG, waiting
from autoresearch_ci.campaign.ledger import read_lane
from autoresearch_ci.campaign.ledger.union import Entry, Streams
from autoresearch_ci.core.model import SessionStart
from autoresearch_ci.workspace import Remote, Workspace, lanes


class News:
    """Records that others have written; `own` is the folder of the lane that asks, None for none.

    Only what has changed is read again. Lanes in this repository are read from their own files,
    at once; those on other machines from the refs that were fetched last.
    """

    def __init__(
        self, workspace: Workspace, tag: str, remote: Remote | None, own: Path | None = None
    ) -> None:
        self._workspace, self._tag, self._remote, self._own = workspace, tag, remote, own
        self._known: dict[str, tuple[object, Streams]] = {}
        self._tips: dict[str, str] = {}
        self.on = ""

    def fetch(self, patience: float) -> None:
        """Bring here what is on the remote. Raises WorkspaceError."""
        if self._remote:
            self._remote.fetch_lanes(self._tag, patience=patience)

    def read(self) -> bool:
        """Read what is here now; whether any of it is new. Raises LedgerError."""
        before = (self.on, {name: stamp for name, (stamp, _) in self._known.items()})
        self.on = lanes.branch_tip(self._workspace, self._tag)
        self._tips = self._found()
        stamps: dict[str, object] = {**self._tips, **dict(self._files())}
        self._known = {name: self._entry(name, stamp) for name, stamp in stamps.items()}
        return before != (self.on, stamps)

    @property
    def streams(self) -> list[Streams]:
        """The streams of every place that was read."""
        return [streams for _, streams in self._known.values()]

    @property
    def lane_starts(self) -> list[SessionStart]:
        """The beginnings of the lanes' sessions whose records are not on the logs branch yet."""
        on_branch, found = set[str](), dict[str, Sequence[Entry]]()
        for place, (_, streams) in self._known.items():
            if place.startswith("branch "):
                on_branch |= streams.keys()
            else:
                found |= streams
        firsts = (stream[0].record for name, stream in found.items() if name not in on_branch)
        return [record for record in firsts if isinstance(record, SessionStart) and record.lane]

    @property
    def refs(self) -> dict[str, str]:
        """The lanes' refs on the remote as they were fetched, with their commits."""
        return lanes.refs(self._workspace, self._tag, self._remote.name) if self._remote else {}

    def file(self, path: str) -> bytes | None:
        """A patch or log by its path in the archive; None where it is not here."""
        _, session, file = path.split("/")
        for folder in lanes.lanes_here(self._workspace.common_dir, self._tag):
            waiting = folder / "pending" / self._tag / f"{session}-{file}"
            if waiting.is_file() and not waiting.is_symlink():
                return waiting.read_bytes()
        for place, tip in self._tips.items():
            if session in self._known[place][1] or place.startswith("branch "):
                data = self._workspace.objects.read(f"{tip}:{path}")
                if data is not None:
                    return data
        return None

    def archived(self) -> dict[str, str]:
        """The folders of patches and logs that lanes have archived: session to git's tree."""
        found = {}
        for tip in self._tips.values():
            for name, (_, sha) in self._workspace.objects.tree_at(tip, "experiments").items():
                if b"-" not in name:
                    found[name.decode()] = sha
        return found

    def waiting(self) -> dict[str, bytes]:
        """Files that lanes in this repository have not archived yet, by name."""
        found: dict[str, bytes] = {}
        for folder in lanes.lanes_here(self._workspace.common_dir, self._tag):
            found |= waiting(folder / "pending" / self._tag)
        return found

    def _found(self) -> dict[str, str]:
        """The tips of the logs that git has: of the campaign, and of the lanes."""
        tips = {f"branch {ref}": sha for ref, sha in lanes.logs_tips(self._workspace, self._tag)}
        name = self._remote.name if self._remote else ""
        for remote in {name, ""}:
            for writer, shas in lanes.published(self._workspace, self._tag, remote).items():
                if "log" in shas:
                    tips[f"lane {writer} {remote}"] = shas["log"]
        return tips

    def _files(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The logs of the lanes in this repository, which may be ahead of what git has."""
        for folder in lanes.lanes_here(self._workspace.common_dir, self._tag):
            path = folder / LOG
            if folder != self._own and path.is_file():
                found = path.stat()
                yield str(path), (found.st_size, found.st_mtime_ns)

    def _entry(self, name: str, stamp: object) -> tuple[object, Streams]:
        known = self._known.get(name)
        if known and known[0] == stamp:
            return known
        if name in self._tips:
            data = self._workspace.objects.read(f"{self._tips[name]}:{LOG}") or b""
        else:
            data = Path(name).read_bytes()
        return stamp, read_lane(data, name)
