"""`python -m autoresearch_ci.action` is the Action's step, with `post` what follows it."""

from __future__ import annotations

import sys

from autoresearch_ci.action.job import main, post

if __name__ == "__main__":
    (post if sys.argv[1:] == ["post"] else main)()
