"""The end of what a killed session's runs in copies have left, as a program: MARK PLACE USER."""

from __future__ import annotations

import sys

from autoresearch_ci.executors.process_tree import sweep
from autoresearch_ci.executors.users import kill_all_of
from autoresearch_ci.trees.watcher import is_bereft


def main() -> None:
    """Kill until nothing runs as USER; without one, nothing with MARK=PLACE in its variables."""
    variable, place, user = sys.argv[1:]
    if not is_bereft():
        return
    while kill_all_of(int(user)) if user else sweep(variable, place):
        pass


if __name__ == "__main__":
    main()
