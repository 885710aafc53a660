"""Run one version of a public task under that project's own evaluator, in a process of its own.

    public_run.py openevolve CHECKOUT EXAMPLE TARGET
    public_run.py algotune CHECKOUT TASK TARGET

Prints what the evaluator returns, a line `name: value` each; for AlgoTune the milliseconds of
processor time, if the task's `is_solution` takes what was solved.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import time
import types
from pathlib import Path

SIZES = {"psd_cone_projection": 60}
SIZE = 100_000
PROBLEMS = 3
REPEATS = 5


def main() -> None:
    project, checkout, name, target = sys.argv[1:]
    run = {"openevolve": openevolve, "algotune": algotune}[project]
    with contextlib.redirect_stdout(io.StringIO()):
        found = run(Path(checkout), name, target)
    for key, value in found.items():
        if isinstance(value, int | float):
            print(f"{key}: {float(value):.9g}")


def openevolve(checkout: Path, name: str, target: str) -> dict[str, object]:
    """The metrics of an example's `evaluate`; none where it caught an error."""
    results = loaded("openevolve.evaluation_result", checkout / "openevolve/evaluation_result.py")
    sys.modules["openevolve"] = types.ModuleType("openevolve")
    sys.modules[results.__name__] = results
    evaluator = loaded("evaluator", checkout / "examples" / name / "evaluator.py")
    found = evaluator.evaluate(target)
    metrics = getattr(found, "metrics", found)
    failed = "error" in metrics or metrics.get("validity") == 0 or "metrics" in metrics
    return {} if failed else metrics


def algotune(checkout: Path, name: str, target: str) -> dict[str, object]:
    """The time of a task's `solve`, as its `is_solution` in the checkout wants it."""
    base = types.ModuleType("AlgoTuneTasks.base")
    base.Task = type("Task", (), {"__init__": lambda _self, **_: None})  # type: ignore[attr-defined]
    base.register_task = lambda _name: lambda task: task  # type: ignore[attr-defined]
    sys.modules["AlgoTuneTasks"], sys.modules[base.__name__] = types.ModuleType("a"), base
    original = task_of(checkout / "AlgoTuneTasks" / name / f"{name}.py")
    changed = task_of(Path(target))
    problems = [original.generate_problem(SIZES.get(name, SIZE), seed) for seed in range(PROBLEMS)]
    seconds = 0.0
    for problem in problems:
        best = float("inf")
        for _ in range(REPEATS):
            began = time.process_time()
            solution = changed.solve(problem)
            best = min(best, time.process_time() - began)
        if not original.is_solution(problem, solution):
            sys.exit(f"{name}: is_solution refuses what was solved")
        seconds += best
    return {"milliseconds": 1000 * seconds / PROBLEMS}


def task_of(path: Path) -> object:
    module = loaded("task_" + path.stem, path)
    tasks = [one for one in vars(module).values() if isinstance(one, type)]
    return next(
        one for one in tasks if one.__module__ == module.__name__ and "solve" in vars(one)
    )()


def loaded(name: str, path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
