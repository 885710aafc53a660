"""Names that a node of a Python syntax tree binds.

A plain name is a variable, `.loss` an attribute, `[loss]` an item under a constant
key, and `*` whatever the program works out while it runs.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator

ANYTHING = "*"

_NAMESPACES = {"globals", "locals", "vars"}
_FIELDS = {"__globals__", "f_globals", "f_locals"}
_MODULES = {"modules", "__main__", "__import__", "import_module", "getmodule"}
_LOOKS = {"get", "items", "keys", "values", "copy"}
_COPIES = {"dict", "list", "set", "sorted", "len", "print", "repr", "str", "iter"}
_SETTERS = {"setattr", "delattr", "__setattr__", "__delattr__"}
_RUNNERS = {"exec", "eval"}
_PARAMETERS_OF_TYPES = {"TypeVar", "ParamSpec", "TypeVarTuple"}
_WORD = re.compile(r"[^\W\d]\w*")


def normal(name: str) -> str:
    """The name as Python knows it."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def bound(node: ast.AST, parent: ast.AST | None = None) -> Iterator[str]:
    """The names that a node binds by itself, without what is in it."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.alias(name=name, asname=given):
            yield given or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Match(cases=cases):  # its subject is what they get
            yield from (n for case in cases for each in ast.walk(case.pattern) for n in bound(each))
        case _ if type(node).__name__ in _PARAMETERS_OF_TYPES:
            yield str(getattr(node, "name", ""))
        case ast.expr():
            yield from _by_value(node, parent)


def variable(name: str) -> str:
    """The variable that an attribute of a module or an item of a namespace may be."""
    return name[1:].removesuffix("]") if name[:1] in (".", "[") else ""


def reflects(node: ast.AST) -> bool:
    """True if it gets hold of a module or of a namespace as an object."""
    names = {node.name.partition(".")[0]} if isinstance(node, ast.alias) else {_last(node)}
    return not (_MODULES | _NAMESPACES | _FIELDS | {"__dict__"}).isdisjoint(names)


def _by_value(node: ast.expr, parent: ast.AST | None) -> Iterator[str]:
    """Through an object: its attribute, its item, or by a name that is a string."""
    match node:
        case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
            yield f".{name}"
        case ast.Subscript(value=base, slice=key, ctx=ast.Store() | ast.Del()):
            text = _constant(key)
            if text is not None:
                yield f"[{text}]"
            elif _is_namespace(base):
                yield ANYTHING
        case ast.Call():
            yield from _called(node)
    if _is_namespace(node) and not _is_only_read(node, parent):
        yield ANYTHING


def _called(call: ast.Call) -> Iterator[str]:
    name = _last(call.func)
    texts = [text for each in call.args if (text := _constant(each)) is not None]
    if name in _SETTERS:
        yield from (f".{text}" for text in texts[:1])
        if not texts and any(_is_module(each) for each in [call.func, *call.args[:1]]):
            yield ANYTHING
    elif name in _RUNNERS and (isinstance(call.func, ast.Name) or "builtins" in _words(call.func)):
        yield from (word for text in texts[:1] for word in _WORD.findall(text))
        if not texts:
            yield ANYTHING


def _is_only_read(node: ast.expr, parent: ast.AST | None) -> bool:
    """True if a namespace is looked at, and given to nobody who might write to it."""
    match parent:
        case ast.Subscript(value=value) if value is node:
            return True  # what is stored there is seen by its key
        case ast.Attribute(attr=name):
            return name in _LOOKS
        case ast.Call(func=function):
            return _last(function) in _COPIES
        case ast.keyword(arg=None) | ast.Dict() | ast.Compare() | ast.comprehension() | ast.Expr():
            return True
        case ast.For(iter=value) if value is node:
            return True
    return False


def _is_namespace(node: ast.expr) -> bool:
    """`globals()` and what else is the dictionary of a module's or a function's variables."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return name in _NAMESPACES
        case ast.Call(func=ast.Name(id="vars"), args=[base]):
            return _is_module(base)
        case ast.Attribute(attr="__dict__", value=base):
            return _is_module(base)
        case ast.Attribute(attr=name):
            return name in _FIELDS
    return False


def _is_module(node: ast.expr) -> bool:
    return not _MODULES.isdisjoint(_words(node))


def _words(node: ast.AST) -> set[str]:
    return {_last(each) for each in ast.walk(node)}


def _last(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _constant(node: ast.expr) -> str | None:
    """The string that an expression is bound to give; None for every other."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_constant(left), _constant(right)]
        case ast.JoinedStr(values=values):
            parts = [_constant(value) for value in values]
        case _:
            return None
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None
