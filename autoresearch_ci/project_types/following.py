"""From a file that only hands on to others, such as a barrel of exports, to where the code is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from autoresearch_ci.project_types.detected import OTHERS, TESTS
from autoresearch_ci.project_types.project import Project

# Below so many characters of code of its own, a file that hands on has nothing to try.
_ENOUGH = 120
# What it hands on to has so many times as much.
_MORE = 4
_MOST_FILES = 200

Links = Callable[[str, str], Iterable[str]]
"""(path, text) -> the project's files that it names."""


def fullest(project: Project, path: str, handing_on: re.Pattern[str], links: Links) -> str:
    """`path`, or where it only hands on, the file with the most code of those it leads to.

    `handing_on` matches what is no code of a file's own: comments, imports, exports of
    what other files have.
    """

    def own(each: str) -> int:
        return len("".join(handing_on.sub("", project.text(each)).split()))

    weights = {path: own(path)}
    waiting = [path] if weights[path] < _ENOUGH else []
    while waiting and len(weights) < _MOST_FILES:
        here = waiting.pop(0)
        for each in links(here, project.text(here)):
            if each not in weights and project.size(each):
                weights[each] = own(each)
                if weights[each] < _ENOUGH:
                    waiting.append(each)
    best = max(weights, key=lambda each: weights[each])
    return best if weights[best] >= _MORE * max(weights[path], 1) else path


def offered(
    project: Project, target: str, likely: Iterable[str], rest: Iterable[str]
) -> tuple[str, ...]:
    """Other possible targets: the likely ones in order, then the largest of the rest."""
    largest = sorted(rest, key=project.size, reverse=True)
    every = dict.fromkeys(
        path for path in (*likely, *largest) if project.size(path) and not TESTS.search(path)
    )
    return tuple(path for path in every if path != target)[:OTHERS]
