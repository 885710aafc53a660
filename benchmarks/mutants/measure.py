"""Small faults put into the code one by one, and whether the tests that import the code notice.

    python benchmarks/mutants/measure.py --count 100 --seed 1 autoresearch_ci/judge

Works in a clone of a commit, so that nothing here is changed. One line a mutant, then the sum.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
}  # fmt: skip


def faults(tree: ast.AST) -> list[tuple[int, str, Callable[[], None]]]:
    """Line, name and deed of every fault that can be put into a module."""
    found: list[tuple[int, str, Callable[[], None]]] = []

    def swap(node: ast.AST, field: str, old: ast.AST, line: int) -> None:
        new = SWAPS.get(type(old))
        if new is not None:
            name = f"{type(old).__name__} -> {new.__name__}"
            found.append((line, name, lambda: setattr(node, field, new())))

    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            new = SWAPS[type(node.ops[0])]
            name = f"{type(node.ops[0]).__name__} -> {new.__name__}"
            found.append((line, name, lambda n=node, o=new: setattr(n, "ops", [o()])))
        elif isinstance(node, (ast.BoolOp, ast.BinOp)):
            swap(node, "op", node.op, line)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append((line, "not not", lambda n=node: setattr(n, "operand", _negated(n))))
        elif isinstance(node, ast.If):
            found.append((line, "if not", lambda n=node: setattr(n, "test", _denied(n.test))))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
            new_value = (not node.value) if isinstance(node.value, bool) else node.value + 1
            name = f"{node.value} -> {new_value}"
            found.append((line, name, lambda n=node, v=new_value: setattr(n, "value", v)))
    return found


def _denied(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _negated(node: ast.UnaryOp) -> ast.expr:
    return _denied(copy.deepcopy(node.operand))


def tests_of(clone: Path, module: str, below: list[str]) -> list[str]:
    """The test files that import the module, or something from its folder."""
    room = module.rpartition(".")[0]
    pattern = re.compile(rf"\b(?:{re.escape(module)}|from {re.escape(room)} import)\b")
    tests = [path for folder in below for path in (clone / folder).rglob("test_*.py")]
    return sorted(
        str(path.relative_to(clone))
        for path in tests
        if "e2e" not in path.parts
        and "action" not in path.parts
        and pattern.search(path.read_text())
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", help="modules and folders of the package")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="folders of tests to run")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    give_up = time.monotonic() + 60 * options.minutes
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        subprocess.run(["git", "-C", clone, "checkout", "-q", options.commit], check=True)
        modules = [
            path
            for name in options.paths
            for path in sorted(
                (clone / name).rglob("*.py") if (clone / name).is_dir() else [clone / name]
            )
            if faults(ast.parse(path.read_text()))
        ]
        while sum(outcomes.values()) < options.count and time.monotonic() < give_up:
            path = chance.choices(modules, [path.stat().st_size for path in modules])[0]
            outcome, line, name = _try(clone, path, chance, options.tests)
            outcomes[outcome] += 1
            print(f"{outcome:9}{path.relative_to(clone)}:{line}: {name}", flush=True)
    print(dict(outcomes))


def _try(clone: Path, path: Path, chance: random.Random, below: list[str]) -> tuple[str, int, str]:
    """Put one fault into a module, run its tests, and put it right again."""
    source = path.read_text()
    tree = ast.parse(source)
    line, name, put = chance.choice(faults(tree))
    put()
    module = ".".join(path.relative_to(clone).with_suffix("").parts).removesuffix(".__init__")
    tests = tests_of(clone, module, below)
    if not tests:
        return "untested", line, name
    path.write_text(ast.unparse(ast.fix_missing_locations(tree)))
    words = ["-m", "pytest", "-qx", "-p", "no:cacheprovider", f"--basetemp={clone.parent}/tmp"]
    try:
        done = subprocess.run(
            [sys.executable, *words, *tests], cwd=clone, check=False, capture_output=True,
            timeout=600, env={**os.environ, "PYTHONPATH": str(clone)},
        )  # fmt: skip
        outcome = "survived" if done.returncode == 0 else "killed"
    except subprocess.TimeoutExpired:
        outcome = "killed"  # a loop without an end is noticed
    path.write_text(source)
    return outcome, line, name


if __name__ == "__main__":
    main()
