"""Functions in Python of the same shape: `max` for `min`, `np.median` for `np.mean`, `F.gelu`.

Of the source's own functions those that take the same arguments and share a word of their names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autoresearch_ci.proposers.search.kinds.library import full_name
from autoresearch_ci.proposers.search.names import split_name, word_set
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.source import Source

_FAMILIES = (
    ("min", "max"),
    ("numpy.mean", "numpy.median"),
    ("numpy.minimum", "numpy.maximum"),
    ("numpy.min", "numpy.max"),
    ("numpy.argmin", "numpy.argmax"),
    ("numpy.floor", "numpy.ceil", "numpy.round"),
    ("numpy.hanning", "numpy.hamming", "numpy.blackman", "numpy.bartlett"),
    ("numpy.tanh", "numpy.arctan"),
    ("math.floor", "math.ceil", "math.trunc"),
    ("statistics.mean", "statistics.median", "statistics.fmean"),
    ("heapq.nsmallest", "heapq.nlargest"),
    ("bisect.bisect_left", "bisect.bisect_right"),
    ("random.uniform", "random.gauss"),
    ("numpy.random.uniform", "numpy.random.normal"),
    (
        "torch.nn.functional.relu",
        "torch.nn.functional.gelu",
        "torch.nn.functional.silu",
        "torch.nn.functional.elu",
        "torch.nn.functional.leaky_relu",
        "torch.nn.functional.mish",
    ),
    ("torch.relu", "torch.tanh", "torch.sigmoid"),
    ("torch.nn.ReLU", "torch.nn.GELU", "torch.nn.SiLU", "torch.nn.ELU", "torch.nn.Tanh"),
    ("torch.optim.Adam", "torch.optim.AdamW", "torch.optim.NAdam", "torch.optim.RAdam"),
    ("torch.nn.init.xavier_uniform_", "torch.nn.init.xavier_normal_"),
    ("torch.nn.init.kaiming_uniform_", "torch.nn.init.kaiming_normal_"),
)
_SIBLINGS = {name: family for family in _FAMILIES for name in family}
# Choosing the other end of what is limited turns a program around more often than it helps.
_WEIGHTS = {"min": 0.06, "max": 0.06, "numpy": 0.12, "math": 0.1, "torch": 0.4}
_OWN = 0.3
# Words that tell nothing of what a function is for.
_VERBS = word_set("get set make is run do compute calc to from of a the by in on new")
_NOTHING_GIVEN = frozenset({"torch.nn.ReLU", "torch.nn.GELU", "torch.nn.SiLU", "torch.nn.ELU"})
_Function = ast.FunctionDef


def find(source: Source) -> Iterator[Parameter]:
    """Every call of a function that another could stand in for."""
    own = _Own(source)
    for scope, call in source.nodes:
        if not isinstance(call, ast.Call):
            continue
        name = call.func
        if isinstance(name, ast.Name) and name.id in own.functions:
            if options := own.instead(name.id, scope):
                yield _parameter(source, name, scope, [name.id, *options], _OWN)
        else:
            yield from _known(source, call, scope)


def _known(source: Source, call: ast.Call, scope: str) -> Iterator[Parameter]:
    """A function of a library, by its import, or `min` and `max`."""
    func = call.func
    imported = source.imported
    name = func.id if isinstance(func, ast.Name) and func.id not in imported else ""
    name = name or full_name(func, imported)
    family = _SIBLINGS.get(name, ())
    if name in _NOTHING_GIVEN and (call.args or call.keywords):
        return
    if name in ("min", "max") and (len(call.args) != 1 or call.keywords):
        return  # a limit, or a choice by a key: the other one makes no sense there
    if isinstance(func, ast.Attribute):
        written = {one.rpartition(".")[2]: one for one in family}
        options = [func.attr, *(short for short, full in written.items() if full != name)]
    else:  # a bare name, which the other one has to be as well
        names = {full: short for short, full in imported.items()} | {"min": "min", "max": "max"}
        shown = func.id if isinstance(func, ast.Name) else ""
        options = [shown, *(names[one] for one in family if one in names and one != name)]
    if len(options) > 1:
        weight = _WEIGHTS.get(name.split(".")[0], 0.1)
        yield _parameter(source, func, scope, options, weight)


def _parameter(
    source: Source, node: ast.expr, scope: str, options: list[str], weight: float
) -> Parameter:
    end = source.span(node)[1]
    start = end - len(options[0])
    return Parameter(
        f"{scope}.{options[0]}()~".lstrip("."), f"{options[0]}()", start, end, options[0], weight,
        options=tuple(options), line=source.line_of(start), evidence="functions of the same shape",
    )  # fmt: skip


class _Own:
    """The functions that the source defines at its top."""

    def __init__(self, source: Source) -> None:
        body = source.tree.body if source.tree else ()
        self.functions = {node.name: node for node in body if isinstance(node, _Function)}
        self._alike: dict[str, list[str]] = {}
        self._called: dict[str, set[str]] = {}

    def instead(self, name: str, scope: str) -> list[str]:
        """The functions that may be called for this one in a function without coming back to it."""
        if name not in self._alike:
            self._alike[name] = self._like(self.functions[name])
        return [other for other in self._alike[name] if scope not in (other, *self._reached(other))]

    def _like(self, node: _Function) -> list[str]:
        """The other functions that take the same arguments, and share a word of their names."""
        words = {*split_name(node.name)} - _VERBS
        near = [
            other
            for other in self.functions.values()
            if other is not node and words.intersection(split_name(other.name))
        ]
        if not near or not (node.args.args or node.args.kwonlyargs):
            return []
        shape, gives = _shape(node), _gives(node)
        return [one.name for one in near if _shape(one) == shape and _gives(one) == gives]

    def _reached(self, name: str) -> set[str]:
        """All functions of the source that a call of this one may come to."""
        reached, todo = set[str](), [name]
        while todo:
            here = todo.pop()
            if here not in self._called:
                inside = ast.walk(self.functions[here])
                self._called[here] = {one.id for one in inside if isinstance(one, ast.Name)}
            for called in self._called[here] & self.functions.keys() - reached:
                reached.add(called)
                todo.append(called)
        return reached


def _shape(node: _Function) -> str:
    """Arguments with their defaults and annotations, decorators, and whether it waits."""
    decorators = [ast.unparse(one) for one in node.decorator_list]
    return f"{ast.unparse(node.args)} {decorators}"


def _gives(node: _Function) -> tuple[bool, int]:
    """Return whether it yields, and the greatest number of values that it returns at once."""
    inside = list(ast.walk(node))
    yields = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in inside)
    returned = [one.value for one in inside if isinstance(one, ast.Return) and one.value]
    return yields, max(
        (len(one.elts) if isinstance(one, ast.Tuple) else 1 for one in returned), default=0
    )
