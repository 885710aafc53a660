"""A campaign's two branches moved together, to where they were merged with another machine's.

They leave commits of ours behind that nobody else has seen, so what is right cannot be told
from where they are. Where they go is written down first; a kill is made good from that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.workspace.branch import resolve
from autoresearch_ci.workspace.files import disk_errors, write_atomic
from autoresearch_ci.workspace.git import ZERO, Git
from autoresearch_ci.workspace.locks import clear_stale

_REASON = "autoresearch-ci: merge what was published"


class RefTransaction:
    """Moves of the branches of one campaign, each all or nothing."""

    def __init__(self, git: Git, git_dir: Path, common_dir: Path, tag: str) -> None:
        self._git, self._git_dir, self._common = git, git_dir, common_dir
        self._path = common_dir / "autoresearch" / "moves" / f"{quote(tag, safe='')}.json"

    def make(self, refs: Mapping[str, tuple[str, str]]) -> None:
        """Move each of `refs` from the first commit (empty: it is not there) to the second."""
        with disk_errors(f"write {self._path}"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            data = json.dumps(refs).encode()
            write_atomic(self._path, data)
        self._finish(refs)

    def recover(self) -> None:
        """Make the move that a kill cut short, if one was; nobody else is at work."""
        try:
            refs = json.loads(self._path.read_bytes())
            began = self._path.stat().st_mtime
        except FileNotFoundError:
            return
        left = [self._common / f"{name}.lock" for name in refs]
        young = [path for path in left if path.exists() and path.stat().st_mtime >= began - 1]
        clear_stale(young, self._git.cwd, self._git_dir)
        self._finish(refs)

    def _finish(self, refs: Mapping[str, tuple[str, str]]) -> None:
        lines = [
            f"update {name} {new} {old or ZERO}\n"
            for name, (old, new) in refs.items()
            if resolve(self._git, name) == old != new
        ]
        if lines:
            self._git.run("update-ref", "-m", _REASON, "--stdin", stdin="".join(lines).encode())
        self._path.unlink()
