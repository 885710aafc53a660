"""What npm, pnpm, yarn or bun build for the browser, judged by its size."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from autoresearch_ci.project_types import web_build, web_entry
from autoresearch_ci.project_types.detected import NO_TESTS, SIZE_DELTA, Detected
from autoresearch_ci.project_types.ignored import Ignored
from autoresearch_ci.project_types.project import Project
from autoresearch_ci.project_types.web_bundlers import Output

# `built` runs a command over the files that the build wrote; sizes are in KiB. Where
# there are none, nothing is printed, which is no metric rather than a very good one.
_PARSE = (
    "built() { find %s ! -name '*.map' ! -name '*.d.ts' -exec \"$@\" {} +; }; "
    "kb() { wc -c | awk '$1 { printf \"%%.3f\\n\", $1 / 1024 }'; }; "
    'echo "bundle_gzip_kb: $(built gzip -9nc | kb)" >> run.log; built cat | kb'
)
# Where a build writes is not always to be read anywhere. Then what counts is what is
# newer than package.json, and the run touches that first.
_ANYWHERE = (
    r". \( -name node_modules -o -name .git -o -name .claude -o -name .turbo -o -name '*cache*' \)"
    " -prune -o -type f -newer package.json ! -name '*.log' ! -name '*.tsbuildinfo'"
)

_INSTALL = {
    "npm": ("npm ci", "npm install --no-package-lock"),
    "pnpm": ("pnpm install --frozen-lockfile", "pnpm install --no-lockfile"),
    "yarn": ("yarn install --frozen-lockfile", "yarn install --no-lockfile"),
    "bun": ("bun install --frozen-lockfile", "bun install --no-save"),
}
_LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
_NO_BUILD = "package.json has no `build` script; add one, or set run_command."
_UNREADABLE = "package.json holds no JSON object that can be read; mend it, or set run_command."


def detect(project: Project) -> Detected | None:
    """The file that the bundle starts in is the target; the metric is the bundle in KiB."""
    if not project.has("package.json"):
        return None
    package = project.json_object("package.json")
    scripts = _strings(package.get("scripts"))
    packages = frozenset(
        name
        for key in ("dependencies", "devDependencies", "optionalDependencies")
        for name in _strings(package.get(key))
    )
    manager = _manager(project, package)
    commands = web_build.commands(scripts)
    output = web_build.output(project, commands, packages)
    folders = output.folders if output else ()
    ignored = Ignored(project)

    guard = _guard(manager, scripts)
    settings = {
        "target_file": web_entry.main_source(project, package, packages, commands, folders),
        **_measured(manager, output, ignored),
        "setup_command": _setup(project, manager, package) if packages else None,
        "guard_command": guard,
    }
    notes = [] if guard else [NO_TESTS]
    notes += [_not_ignored(folder) for folder in folders if not ignored.covers(folder)]
    if packages and not ignored.covers("node_modules"):
        notes.insert(0, "git does not ignore node_modules/; add it to .gitignore.")
    if "build" not in scripts:
        del settings["run_command"]
        notes.insert(0, _NO_BUILD if package else _UNREADABLE)
    return Detected(
        "web",
        {name: value for name, value in settings.items() if value},
        tuple(notes),
        deletable_without_guard=False,
    )


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _manager(project: Project, package: Mapping[str, Any]) -> str:
    named = re.match(r"(npm|pnpm|yarn|bun)\b", str(package.get("packageManager", "")))
    if named:
        return named[1]
    return next((manager for lock, manager in _LOCKS.items() if project.has(lock)), "npm")


def _setup(project: Project, manager: str, package: Mapping[str, Any]) -> str:
    locked = any(project.has(lock) for lock, by in _LOCKS.items() if by == manager)
    modern = project.has(".yarnrc.yml") or re.match(
        r"yarn@([2-9]|\d\d)", str(package.get("packageManager", ""))
    )
    if manager == "yarn" and modern:
        return "yarn install --immutable" if locked else "yarn install"
    return _INSTALL[manager][0 if locked else 1]


def _measured(manager: str, output: Output | None, ignored: Ignored) -> dict[str, str | None]:
    """How to build so that nothing old is counted, and how to count.

    A folder is emptied first only where git ignores it: nothing else in it can be lost.
    """
    build = f"{manager} run build"
    folders = " ".join(shlex.quote(folder) for folder in output.folders) if output else ""
    if output and output.cleans:
        found = f"{folders} -type f"
    elif output and all(ignored.covers(folder) for folder in output.folders):
        build, found = f"rm -rf {folders} && {build}", f"{folders} -type f"
    else:
        build, found = f"touch package.json && {build}", _ANYWHERE
    return {
        "run_command": build,
        "metric_name": "bundle_kb",
        "min_delta": SIZE_DELTA,
        "metric_parse": _PARSE % found,
        "metric_direction": "lower_is_better",
    }


def _guard(manager: str, scripts: Mapping[str, str]) -> str | None:
    """The tests, once: CI=1 keeps runners from watching."""
    for name in ("test:ci", "test", "test:unit", "test:run"):
        script = scripts.get(name, "")
        if not script.strip() or "no test specified" in script or _watches(script):
            continue
        run = (
            f"{manager} {name}" if name == "test" and manager != "bun" else f"{manager} run {name}"
        )
        karma = re.search(r"\b(ng test|karma)\b", script)
        return f"CI=1 {run} -- --watch=false" if karma else f"CI=1 {run}"
    return None


def _watches(script: str) -> bool:
    return bool(re.search(r"--watch(All)?(?!=false|\w)|\bvitest watch\b", script))


def _not_ignored(folder: str) -> str:
    return (
        f"git does not ignore {folder}/, where the build writes: if its files are committed, every "
        f"run counts as changing more than the target. Add `{folder}/` to .gitignore and run "
        f"`git rm -r --cached {folder}`."
    )
