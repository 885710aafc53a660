"""A model in training, as karpathy's autoresearch lays it out: train.py and prepare.py.

Its program.md says how the metric is read, `grep "^val_bpb:" run.log`, and which way is better; or
which other script runs the training, and prints it.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator

from autoresearch_ci.project_types.detected import Detected
from autoresearch_ci.project_types.project import Project

_NO_UV = (
    "uv.lock is there and uv is not installed: plain Python is used, with the packages it has. "
    "Install uv (`pip install uv`), or set run_command to what starts the training here."
)
_UNSTATED = "program.md does not say whether a lower or a higher {} is better: lower is taken."
_UNNAMED = (
    "Nothing here names {0}, the metric of karpathy's layout: say what is printed instead, by "
    "metric_name and metric_direction."
)
_UNSEEN = (
    "prepare.py keeps its data in ~/.cache/{}: runs see that where sandbox_read names it, as an "
    "absolute path."
)
_CACHE = re.compile(r"""\.cache(?:['"]\s*[,/]\s*['"]|/)([\w.-]+)""")
_SEEN = ("autoresearch", "huggingface", "kagglehub", "torch")
_READ = re.compile(r"grep\s+(?:-\w+\s+)*['\"]\^([^\s:|\\'\"]+):")
_LOWER = re.compile(r"\b(lowest|lower is better|minimi[sz]\w*)\b", re.IGNORECASE)
_HIGHER = re.compile(r"\b(highest|higher is better|maximi[sz]\w*)\b", re.IGNORECASE)
_USUAL = "val_bpb"
_STARTED = re.compile(r"\b(?:uv run (?:python3? )?|python3? )([\w./-]+\.py)\b")
# `print(f"val_loss: {x:.4f}")`, `print("accuracy", a)`: a name that is known for a number.
PRINTED = re.compile(
    r"print\(\s*f?['\"]\s*([A-Za-z]\w*)\s*[:=]\s*(?:\{|%|['\"]\s*,)",
)


def detect(project: Project) -> Detected | None:
    """train.py is the target, prepare.py (data and evaluation) must not change."""
    if not (project.has("train.py") and project.has("prepare.py")):
        return None
    script = _started(project)
    metric, direction = _metric(project, script)
    settings = {
        "target_file": "train.py",
        "run_command": f"{python(project)} {script}",
        "metric_name": metric,
        "metric_direction": f"{direction or 'lower'}_is_better",
        "image": _image(project),
        "readonly_files": "prepare.py" if script == "train.py" else f"prepare.py, {script}",
    }
    if settings["run_command"].startswith("uv "):
        # Runs have no network in the Action: what `uv run` would fetch is there before.
        settings["setup_command"] = "uv sync --inexact"
    if script != "train.py":
        settings["metric_parse"] = last_printed(metric)
    elif not is_printed_once(project.text(script), metric):
        settings["metric_parse"] = f"""grep "^{metric}:" run.log | tail -1 | awk '{{print $2}}'"""
    without_uv = _locked(project) and not shutil.which("uv")
    notes = (
        *([_NO_UV] if without_uv else []),
        *([] if direction else [_UNSTATED.format(metric)]),
        *([] if _is_named(project, metric) else [_UNNAMED.format(metric)]),
        *(_UNSEEN.format(name) for name in _caches(project.text("prepare.py"))),
    )
    return Detected(name="ml", settings=settings, notes=notes)


def _started(project: Project) -> str:
    """The script that program.md has people start: train.py, or the only other one."""
    named = set(_STARTED.findall(project.text("program.md"))) - {"prepare.py"}
    there = [name for name in named if project.has(name)]
    return there[0] if len(there) == 1 else "train.py"


def _metric(project: Project, script: str) -> tuple[str, str]:
    """The metric's name, and the way that is better, empty where nothing says that.

    The name is what program.md looks for in run.log, else what the script prints and program.md
    mentions; without either the layout's own, of which less is better.
    """
    words = project.text("program.md")
    read = _READ.search(words)
    printed = dict.fromkeys(PRINTED.findall(project.text(script)))
    mentioned = [name for name in printed if re.search(rf"\b{name}\b", words)]
    name = read[1] if read else mentioned[0] if len(mentioned) == 1 else _USUAL
    for sentence in re.split(r"[.\n]", f"{words}\n{project.text('prepare.py')}"):
        lower, higher = _LOWER.search(sentence), _HIGHER.search(sentence)
        if name in sentence and bool(lower) != bool(higher):
            return name, "lower" if lower else "higher"
    return name, "lower" if name == _USUAL else ""


def _is_named(project: Project, metric: str) -> bool:
    """False where there is a program.md, and neither it nor a script has the metric's name."""
    texts = [project.text(name) for name in ("program.md", "train.py", "prepare.py")]
    return not texts[0] or any(metric in text for text in texts)


def last_printed(name: str) -> str:
    """A `metric_parse` for the last line that begins with this name and a number."""
    return f"sed -n 's/^ *{name} *[:=] *\\([-+.0-9eE]*\\).*/\\1/p' run.log | tail -1"


def python(project: Project) -> str:
    """The command that starts the project's Python."""
    managed = _locked(project) or any(each.has("pyproject.toml") for each in project.upwards())
    if managed and shutil.which("uv"):
        return "uv run"
    # Debian and macOS ship no `python`.
    return "python3" if not shutil.which("python") and shutil.which("python3") else "python"


def _caches(text: str) -> list[str]:
    """Folders of the user's cache that a script names and that runs are not shown."""
    return [name for name in dict.fromkeys(_CACHE.findall(text)) if name not in _SEEN]


def _image(project: Project) -> str:
    version = re.match(r"3\.\d+", project.text(".python-version").strip())
    tag = version[0] if version else "3.13"
    uv = _locked(project) or project.has("pyproject.toml")
    return f"ghcr.io/astral-sh/uv:python{tag}-bookworm" if uv else f"python:{tag}"


def is_printed_once(text: str, name: str) -> bool:
    """Tell whether a script prints this name and a number alone, once: in no loop, or in `main`.

    Then the metric is read from its output without more; else the last of many has to be chosen.
    """
    try:
        printed = list(_printed(ast.parse(text), name))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return printed == [True]


def _printed(node: ast.AST, name: str, *, once: bool = True) -> Iterator[bool]:
    """Each print of the name below a node: True where it prints the number alone, and once."""
    if isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.Lambda):
        once = False
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        once = once and node.name == "main"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        head, rest = _words(node)
        if re.match(rf"\s*{re.escape(name)}\s*[:=]", head):
            number = re.fullmatch(rf"\s*{re.escape(name)}\s*[:=]\s*", head) and rest == 1
            yield bool(once and number and not node.keywords)
    for child in ast.iter_child_nodes(node):
        yield from _printed(child, name, once=once)


def _words(call: ast.Call) -> tuple[str, int]:
    """The text that a print begins with, and how many things come after it."""
    first, *further = call.args or [ast.Constant("")]
    parts = first.values if isinstance(first, ast.JoinedStr) else [first]
    head, *rest = parts or [ast.Constant("")]
    text = head.value if isinstance(head, ast.Constant) and isinstance(head.value, str) else ""
    further += [e for e in rest if not (isinstance(e, ast.Constant) and not str(e.value).strip())]
    return text, len(further)


def _locked(project: Project) -> bool:
    return any(each.has("uv.lock") for each in project.upwards())
