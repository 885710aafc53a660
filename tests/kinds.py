"""The kind of a test, from what it uses: `fast`, `long`, `git`, `job` or `e2e`; the most demanding counts.

A test uses what its code, its fixtures and the tests' own helpers name, at any depth. So nobody
marks tests by hand, but where the program itself starts a process behind a plain function: there
`@pytest.mark.git` stands; `@pytest.mark.job` stands where a job of the Action is to be started
as the runner starts it, and not as a fork; and `@pytest.mark.long` where a test starts no process and takes
most of a second or more, for its many seeds or examples. A test that was taken for one that starts no
process and starts one fails, and says so.
"""

from __future__ import annotations

import inspect
import os
import sys
import types
from collections.abc import Iterator
from functools import cache, partial

import pytest

KINDS = ("e2e", "job", "git", "long", "fast")
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


def _kind(item: pytest.Item, used: frozenset[str]) -> str:
    if "e2e" in item.path.parts:
        return "e2e"
    return "git" if _starts_processes(used) else "fast"


@cache
def _starts_processes(used: frozenset[str]) -> bool:
    return any(f"{name}.".startswith(f"{each}.") for name in used for each in STARTERS)


def used_modules(item: pytest.Item) -> frozenset[str]:
    """The modules that what the test uses comes from."""
    if not isinstance(item, pytest.Function):
        return frozenset()
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return _used((item.function, *(each.func for all_ in fixtures for each in all_)))


@cache
def _used(functions: tuple[object, ...]) -> frozenset[str]:
    """The same for functions; the cases of a parametrized test have theirs in common."""
    used: set[str] = set()
    seen: set[int] = set()
    ahead = list(functions)
    while ahead:
        thing = ahead.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            modules, further = _named(thing)
            used |= modules
            ahead += further
    return frozenset(used)


_NAMED: dict[int, tuple[object, set[str], list[object]]] = {}
"""What was found of each thing, which is kept so that no other gets its id."""


def _named(thing: object) -> tuple[set[str], list[object]]:
    """The modules that one thing's own code names, and what of the tests it names."""
    if id(thing) not in _NAMED:
        modules: set[str] = set()
        further: list[object] = []
        for function in _functions(thing):
            modules.add(function.__module__)
            names = {name for code in _codes(function.__code__) for name in code.co_names}
            for name in names & function.__globals__.keys():
                value = function.__globals__[name]
                module = inspect.getmodule(value) if callable(value) else value
                modules.add(getattr(module, "__name__", ""))
                if isinstance(value, types.ModuleType) and value.__name__.startswith("tests."):
                    further += [vars(value)[inner] for inner in names & vars(value).keys()]
                elif (getattr(value, "__module__", "") or "").startswith("tests."):
                    further.append(value)
        _NAMED[id(thing)] = thing, modules, further
    return _NAMED[id(thing)][1:]


def _functions(thing: object) -> Iterator[types.FunctionType]:
    """Those of a function, a property, a class, a fixture or a property test."""
    if isinstance(thing, type):
        for inner in (*vars(thing).values(), *thing.__bases__):
            if not isinstance(inner, type) or inner.__module__.startswith("tests."):
                yield from _functions(inner)
    elif isinstance(thing, property):
        yield from _functions(thing.fget)
    elif isinstance(thing, partial):
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
