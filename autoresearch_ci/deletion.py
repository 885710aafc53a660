"""Deleting what a hostile program made: folders in folders, deeper than a path can name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

_AT_ONCE = 100  # paths among the arguments of one program


def delete(paths: Iterable[str]) -> None:
    """Delete these and all that is below them; no link is followed. What cannot be deleted stays.

    Folders by programs that go down step by step, where every call with a path would fail.
    """
    folders = []
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            folders.append(path)
        elif os.path.lexists(path):
            os.unlink(path)
    for first in range(0, len(folders), _AT_ONCE):
        # `chmod` follows a link that is an argument, and none that it meets.
        for words in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run(
                [*words, "--", *folders[first : first + _AT_ONCE]], check=False, capture_output=True
            )
