"""Bindings of a name in a Python program, by its syntax tree and Python's rules of scope.

Of attributes and items it is not known whose they are: those of one name are one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from autoresearch_ci.source_code.frozen_lines.binding import (
    ANYTHING,
    bound,
    normal,
    reflects,
    variable,
)
from autoresearch_ci.source_code.syntax.python_tree import python_tree

SUFFIXES = (".py", ".pyw", ".pyi")

_LINE_END = re.compile(r"\r\n|\r|\n")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_PLACED = (ast.expr, ast.stmt, ast.excepthandler, ast.pattern, ast.alias, ast.keyword)


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the text, by its characters: its statements, or with `part` itself alone."""

    start: int
    end: int
    part: str = ""


@dataclass(slots=True)
class _Scope:
    """A function, or the module at 0; a class is none of its own."""

    parent: int
    site: Site
    names: tuple[str, ...] = ()
    parameters: dict[str, ast.expr | None] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    bound: dict[str, list[Site]] = field(default_factory=dict)


class _Place(NamedTuple):
    """The walk's position. `fixed` within a string, whose parts have no places of their own."""

    scope: int
    site: Site
    parent: ast.AST | None = None
    in_class: bool = False
    fixed: bool = False


class Program:
    """A text that is Python. Raises SyntaxError, or what else `ast` does, for what is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._scopes = [_Scope(0, Site(0, len(text) + 1))]
        self._found: list[tuple[str, int, Site]] = []
        self._anywhere: dict[str, list[Site]] = {}
        self._uses: list[tuple[str, ast.Call | None, Site]] = []
        self._names_of: dict[ast.Lambda, tuple[str, ...]] = {}
        self._hidden: set[ast.AST] = set()
        self._through: list[tuple[str, int, Site]] = []
        self._reflects = False
        self._walk(python_tree(text))
        if self._reflects:
            self._found += self._through
        for name, scope, site in self._found:
            self._scopes[self._target(name, scope)].bound.setdefault(name, []).append(site)

    def setting(self, names: Iterable[str], start: int, end: int) -> Iterator[Site]:
        """The bindings of these names that count for a statement between these characters."""
        inside = {self._around(start)}
        inside |= {
            at for at, s in enumerate(self._scopes) if start <= s.site.start and s.site.end <= end
        }
        for name in {normal(name) for name in names}:
            yield from self._anywhere.get(name, ())
            for scope in [self._scopes[at] for at in {self._resolved(name, at) for at in inside}]:
                yield from scope.bound.get(name, ())
                yield from scope.bound.get(ANYTHING, ())
                if name in scope.parameters:
                    yield from self._given(scope, name)

    def _around(self, offset: int) -> int:
        inside = [at for at, s in enumerate(self._scopes) if s.site.start <= offset < s.site.end]
        return max(inside, key=lambda at: (self._scopes[at].site.start, at))

    def _resolved(self, name: str, at: int) -> int:
        """The scope whose variable a name means where it is used in this one."""
        while at:
            scope = self._scopes[at]
            if name in scope.globals:
                return 0
            if name not in scope.nonlocals and (name in scope.bound or name in scope.parameters):
                return at
            at = scope.parent
        return 0

    def _target(self, name: str, at: int) -> int:
        """The scope whose variable is set where this one sets it."""
        if name in self._scopes[at].globals:
            return 0
        if name in self._scopes[at].nonlocals:
            at = self._scopes[at].parent
            sets = {(name, scope) for name, scope, _ in self._found}
            while at and (name, at) not in sets and name not in self._scopes[at].parameters:
                at = self._scopes[at].parent
        return at

    def _given(self, scope: _Scope, parameter: str) -> Iterator[Site]:
        """The values of a parameter: its default, and the argument of each call by name."""
        part = f"{parameter}="
        if default := scope.parameters[parameter]:
            yield self._site(default, part)
        for name, call, site in self._uses:
            if name not in scope.names:
                continue
            if call is None:
                yield site
            else:
                yield from (self._site(v, part) for v in _arguments(scope, call, parameter))

    def _offset(self, line: int, column: int) -> int:
        """The character at a line, from 1, and a column in bytes of UTF-8."""
        start = self._lines[line - 1] or int(self._text.startswith("\ufeff"))
        text = self._text[start : self._lines[line] if line < len(self._lines) else None]
        return start + (column if text.isascii() else len(text.encode()[:column].decode()))

    def _site(self, node: ast.expr | ast.stmt, part: str = "") -> Site:
        start = self._offset(node.lineno, node.col_offset)
        return Site(start, self._offset(node.end_lineno or 0, node.end_col_offset or 0), part)

    def _walk(self, tree: ast.Module) -> None:
        todo: list[tuple[ast.AST, _Place]] = [(tree, _Place(0, Site(0, 1)))]
        while todo:
            node, at = todo.pop()
            site = at.site
            if isinstance(node, _PLACED) and not at.fixed:
                start = self._offset(node.lineno, node.col_offset)
                site = Site(start, start + 1)
            if isinstance(node, ast.JoinedStr) and not at.fixed:
                site = self._site(node)
            self._prepare(node)
            self._bind(node, at, site)
            self._use(node, at, site)
            fixed = at.fixed or isinstance(node, ast.JoinedStr)
            in_class = isinstance(node, ast.ClassDef) or (
                at.in_class and isinstance(node, ast.stmt | ast.expr)
            )
            here = _Place(at.scope, site, node, in_class, fixed)
            outside = inside = list(ast.iter_child_nodes(node))
            inner = here
            if isinstance(node, _FUNCTIONS):
                body = [node.body] if isinstance(node, ast.Lambda) else node.body
                body = [*body, *getattr(node, "type_params", ())]
                outside, inside = [n for n in inside if n not in body], list(body)
                inner = _Place(self._enter(node, at, site), site, node, fixed=fixed)
                todo += [(child, here) for child in outside]
            todo += [(child, inner) for child in inside]

    def _prepare(self, node: ast.AST) -> None:
        match node:
            case ast.comprehension(target=target):  # its variable is seen in it alone
                self._hidden |= {n for n in ast.walk(target) if isinstance(n, ast.Name)}
            case ast.Assign(targets=targets, value=ast.Lambda() as value):
                self._names_of[value] = tuple(t.id for t in targets if isinstance(t, ast.Name))
            case ast.NamedExpr(target=ast.Name(id=name), value=ast.Lambda() as value):
                self._names_of[value] = (name,)

    def _bind(self, node: ast.AST, at: _Place, site: Site) -> None:
        scope = self._scopes[at.scope]
        if isinstance(node, ast.Global):
            scope.globals |= set(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals |= set(node.names)
        self._reflects = self._reflects or reflects(node)
        for name in bound(node, at.parent) if node not in self._hidden else ():
            for place in _places(node, site, self._site):
                if name == ANYTHING:
                    self._found += [(name, at.scope, place), (name, 0, place)]
                elif seen := variable(name):
                    self._anywhere.setdefault(name, []).append(place)
                    self._through += [(seen, at.scope, place), (seen, 0, place)]
                else:
                    self._found.append((name, at.scope, place))
                if at.in_class:
                    self._anywhere.setdefault(f".{name}", []).append(place)

    def _use(self, node: ast.AST, at: _Place, site: Site) -> None:
        """Note each call of a function by its name, and where else the name is used."""
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if not at.fixed:
                self._uses.append((name, node, site))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                self._uses.append((name, None, site))
            case ast.Name(id=name, ctx=ast.Load()):
                if not (isinstance(at.parent, ast.Call) and at.parent.func is node):
                    self._uses.append((name, None, site))

    def _enter(self, node: _Function, at: _Place, site: Site) -> int:
        names = self._names_of.get(node, ()) if isinstance(node, ast.Lambda) else (node.name,)
        end = at.site.end if at.fixed else self._site(node).end
        a = node.args
        positional = [*a.posonlyargs, *a.args]
        defaults = [*[None] * (len(positional) - len(a.defaults)), *a.defaults]
        parameters = dict(zip([p.arg for p in positional], defaults, strict=True))
        parameters |= zip([p.arg for p in a.kwonlyargs], a.kw_defaults, strict=True)
        parameters |= {p.arg: None for p in (a.vararg, a.kwarg) if p}
        places = tuple(p.arg for p in positional)
        self._scopes.append(_Scope(at.scope, Site(site.start, end), names, parameters, places))
        return len(self._scopes) - 1


def _places(node: ast.AST, site: Site, whole: Callable[..., Site]) -> Iterator[Site]:
    """The extent of a binding; all of a class, and of what a decorator makes something else of."""
    yield site
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        decorators = node.decorator_list
        if decorators or isinstance(node, ast.ClassDef):
            yield Site(whole((*decorators, node)[0]).start - 1, whole(node).end)


def _arguments(scope: _Scope, call: ast.Call, parameter: str) -> list[ast.expr]:
    """The argument of a call for a parameter; all that may be it, where that cannot be told."""
    by_name = [k.value for k in call.keywords if k.arg == parameter]
    unpacked = [k.value for k in call.keywords if k.arg is None]
    if by_name or parameter not in scope.positional:
        rest = [k.value for k in call.keywords if k.arg and k.arg not in scope.parameters]
        variadic = [] if by_name else [*call.args[len(scope.positional) :], *rest]
        return [*by_name, *variadic, *unpacked]
    place = scope.positional.index(parameter)
    if scope.positional[0] in ("self", "cls") and isinstance(call.func, ast.Attribute):
        place -= 1
    starred = [v for v in call.args[: place + 1] if isinstance(v, ast.Starred)]
    return [*starred, *([] if starred else call.args[place : place + 1]), *unpacked]
