"""The kind of a test, from what it uses: `fast`, `git`, `job` or `e2e`; the most demanding counts.

A test uses what its code, its fixtures and the tests' own helpers name, at any depth. So nobody
marks tests by hand, but where the program itself starts a process behind a plain function: there
`@pytest.mark.git` stands; and `@pytest.mark.job` stands where a job of the Action is to be started
as the runner starts it, and not as a fork. A test that was taken for fast and starts a process fails, and says so.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
from collections.abc import Iterator

import pytest

KINDS = ("e2e", "job", "git", "fast")
STARTERS = (
    "subprocess",
    "tests.prepared_steps",
    "autoresearch_ci.doctor",
    "autoresearch_ci.engine.assembly",
    "autoresearch_ci.executors",
    "autoresearch_ci.workspace",
)
"""Modules that are used to start processes."""

SHARING = {"tests.action_jobs", "autoresearch_ci.executors.users"}
"""Modules whose users may kill whatever runs as the experiments' users."""

EVENTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system")
"""Python's own names for the start of a process."""


def sort(items: list[pytest.Item], *, share_users: bool) -> None:
    """Mark every test with its kind, and those that may not run beside each other.

    `share_users`: the tests run as root and in sight of each other's processes.
    """
    for item in items:
        used = used_modules(item)
        kind = next((k for k in KINDS if item.get_closest_marker(k)), None)
        if kind is None:
            kind = _kind(item, used)
            item.add_marker(kind)
        if share_users and (kind == "e2e" or used & SHARING):
            item.add_marker(pytest.mark.xdist_group("users"))
        elif kind == "e2e":
            image = "tests.action_image" in used
            item.add_marker(pytest.mark.xdist_group("image" if image else item.path.stem))


def _kind(item: pytest.Item, used: set[str]) -> str:
    if "e2e" in item.path.parts:
        return "e2e"
    starts = any(f"{name}.".startswith(f"{each}.") for name in used for each in STARTERS)
    return "git" if starts else "fast"


def used_modules(item: pytest.Item) -> set[str]:
    """The modules that what the test uses comes from."""
    used: set[str] = set()
    if isinstance(item, pytest.Function):
        fixtures = item._fixtureinfo.name2fixturedefs.values()
        seen: set[int] = set()
        for function in (item.function, *(each.func for all_ in fixtures for each in all_)):
            _follow(function, used, seen)
    return used


def _follow(thing: object, used: set[str], seen: set[int]) -> None:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    for function in _functions(thing):
        used.add(function.__module__)
        names = {name for code in _codes(function.__code__) for name in code.co_names}
        for name in names & function.__globals__.keys():
            value = function.__globals__[name]
            module = inspect.getmodule(value) if callable(value) else value
            used.add(getattr(module, "__name__", ""))
            if isinstance(value, types.ModuleType) and value.__name__.startswith("tests."):
                for inner in names & vars(value).keys():
                    _follow(vars(value)[inner], used, seen)
            elif (getattr(value, "__module__", "") or "").startswith("tests."):
                _follow(value, used, seen)


def _functions(thing: object) -> Iterator[types.FunctionType]:
    """Those of a function, a property, a class, a fixture or a property test."""
    if isinstance(thing, type):
        for inner in (*vars(thing).values(), *thing.__bases__):
            if not isinstance(inner, type) or inner.__module__.startswith("tests."):
                yield from _functions(inner)
    elif isinstance(thing, property):
        yield from _functions(thing.fget)
    elif isinstance(thing, functools.partial):
        yield from _functions(thing.func)
    elif hasattr(thing, "hypothesis"):
        yield from _functions(thing.hypothesis.inner_test)
    elif hasattr(thing, "_get_wrapped_function"):
        yield from _functions(thing._get_wrapped_function())
    elif isinstance(
        found := inspect.unwrap(thing) if callable(thing) else thing, types.MethodType
    ) or isinstance(found, (staticmethod, classmethod)):
        yield from _functions(found.__func__)
    elif isinstance(found, types.FunctionType):
        yield found


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code and that of everything inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


class Watch:
    """Notes the processes that this one starts."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self._here = os.getpid()
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and os.getpid() == self._here:
            self.started.append(f"{event}{arguments[:2]}")
