"""A model in training, as karpathy's autoresearch lays it out: train.py and prepare.py.

Its program.md says how the metric is read, `grep "^val_bpb:" run.log`, and which way is better.
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


def detect(project: Project) -> Detected | None:
    """train.py is the target, prepare.py (data and evaluation) must not change."""
    if not (project.has("train.py") and project.has("prepare.py")):
        return None
    metric, direction = _metric(project.text("program.md"))
    settings = {
        "target_file": "train.py",
        "run_command": f"{python(project)} train.py",
        "metric_name": metric,
        "metric_direction": f"{direction or 'lower'}_is_better",
        "image": _image(project),
        "readonly_files": "prepare.py",
    }
    if not is_printed_once(project.text("train.py"), metric):
        settings["metric_parse"] = f"""grep "^{metric}:" run.log | tail -1 | awk '{{print $2}}'"""
    without_uv = _locked(project) and not shutil.which("uv")
    notes = (
        *([_NO_UV] if without_uv else []),
        *([] if direction else [_UNSTATED.format(metric)]),
        *(_UNSEEN.format(name) for name in _caches(project.text("prepare.py"))),
    )
    return Detected(name="ml", settings=settings, notes=notes)


def _metric(words: str) -> tuple[str, str]:
    """The name that program.md looks for in run.log, and the way that its first goal says.

    Without words the layout's own is meant, of which less is better.
    """
    read = _READ.search(words)
    name = read[1] if read else _USUAL
    for sentence in re.split(r"[.\n]", words):
        lower, higher = _LOWER.search(sentence), _HIGHER.search(sentence)
        if name in sentence and bool(lower) != bool(higher):
            return name, "lower" if lower else "higher"
    return name, "lower" if name == _USUAL else ""


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
