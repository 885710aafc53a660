"""What to type to call this program again, from where it was called."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "autoresearch-ci"


def called() -> str:
    """The name where that finds it, else the path: what is printed can be pasted."""
    script = Path(sys.argv[0])
    if script.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m autoresearch_ci"
    if script.name == NAME and script.is_file() and shutil.which(NAME) is None:
        return shlex.quote(str(script.absolute()))
    return NAME
