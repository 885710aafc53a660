"""A repository beside the user's, for sessions that are to leave no trace in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.repository import Workspace

_CONFIG = """\
[include]
\tpath = {common}/config
[core]
\trepositoryformatversion = 1
\tbare = false
[extensions]
\tpreciousObjects = true
[gc]
\tauto = 0
"""
"""The user's, and that no git may delete objects here: what refers to them is elsewhere."""


class ShadowRepository(Workspace):
    """The same working tree and objects with refs, records, locks and outputs of its own.

    Its HEAD is at `commit` and on no branch. All of it is in `folder`, which is to be deleted;
    commits that were made here stay among the user's objects until git collects them.
    """

    def __init__(self, workspace: Workspace, commit: str, folder: Path) -> None:
        place, common = folder / "git", workspace.common_dir
        with disk_errors(f"write below {folder}"):
            (place / "refs" / "heads").mkdir(parents=True)
            (place / "info").mkdir()
            (place / "objects").symlink_to(common / "objects")
            (place / "HEAD").write_text(f"{commit}\n")
            (place / "config").write_text(_CONFIG.format(common=common))
            for name in ("info/exclude", "info/attributes", "shallow"):
                if (common / name).exists():
                    shutil.copy(common / name, place / name)
        git = Git(workspace.root, repository=place)
        super().__init__(workspace.root, place, place, git=git, outputs=folder)
        self.git.run("read-tree", commit)

    @property
    def head(self) -> str:
        """The commit that it began with."""
        return self.resolve("HEAD")

    def commit(self, path: str, text: str, base: str) -> str:
        """A commit on `base` with this text in a file; nothing refers to it."""
        with self.campaign("planted", target=path, base=base) as campaign:
            source = campaign.source()
            return campaign.trial(source | {path: text}).commit("planted")

    def maintain(self) -> None:
        """Collect nothing: the objects are the user's."""
