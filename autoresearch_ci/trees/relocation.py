"""Dependencies that name the path that they were installed at, in a copy of them elsewhere.

Virtual environments, editable installs and pnpm write it into links and small scripts, which are
mended. A folder that was configured for its path, as CMake's are, has to be made anew.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from autoresearch_ci.core.files import Signature
from autoresearch_ci.trees.working_copy import look

_LARGEST = 1 << 18
_CONFIGURED = ("CMakeCache.txt", "config.status")
_OF_PROGRAMS = ("bin", ".bin")


def relocate(folder: str, old: str, new: str) -> list[str]:
    """Let what lies in a copy of `old` work at `new`; return the folders that cannot, a path each.

    They are relative to `folder`, and left as they are.
    """
    named = re.compile(re.escape(os.fsencode(old)) + rb"(?=[/\s'\":;,]|$)")
    bound = []
    for path, sig in look(folder):
        full, name = f"{folder}/{path}", path.rpartition("/")[2]
        if stat.S_ISLNK(sig[0]):
            target = os.readlink(full)
            if f"{target}/".startswith(f"{old}/"):
                os.unlink(full)
                os.symlink(new + target[len(old) :], full)
        elif stat.S_ISREG(sig[0]) and name in _CONFIGURED:
            if named.search(Path(full).read_bytes()):
                bound.append(path.rpartition("/")[0])
        elif stat.S_ISREG(sig[0]) and sig[1] <= _LARGEST and _may_name_a_path(path, name):
            _rewrite(full, named, os.fsencode(new), sig)
    return bound


def _may_name_a_path(path: str, name: str) -> bool:
    """Tell scripts of a virtual environment or of npm, and what Python reads at its start."""
    folder = os.path.basename(os.path.dirname(path))
    installed = name.endswith((".pth", ".egg-link")) or name.startswith("__editable__")
    return folder in _OF_PROGRAMS or installed


def _rewrite(path: str, named: re.Pattern[bytes], new: bytes, sig: Signature) -> None:
    data = Path(path).read_bytes()
    if b"\0" not in data and named.search(data):
        os.unlink(path)  # it may be closed to writing
        Path(path).write_bytes(named.sub(lambda _found: new, data))
        os.chmod(path, stat.S_IMODE(sig[0]))
        os.utime(path, ns=(sig[2], sig[2]))
