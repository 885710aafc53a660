"""Projects that npm, pnpm, yarn or bun build for the browser, judged by their size."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from autoresearch_ci.project_types import web_build, web_entry
from autoresearch_ci.project_types.detected import (
    NO_TESTS,
    SIZE_DELTA,
    Detected,
    as_artifacts,
)
from autoresearch_ci.project_types.ignored import Ignored
from autoresearch_ci.project_types.placing import inside
from autoresearch_ci.project_types.project import Project
from autoresearch_ci.project_types.web_bundlers import Output
from autoresearch_ci.project_types.web_members import members

# `built` runs a command over the files that the build wrote; sizes are in KiB. Where
# there are none, nothing is printed, which is no metric rather than a very good one.
_PARSE = (
    "built() { find %s ! -name '*.map' ! -name '*.d.ts' -exec \"$@\" {} +; }; "
    "kb() { wc -c | awk '$1 { printf \"%%.3f\\n\", $1 / 1024 }'; }; "
    'echo "bundle_gzip_kb: $(built gzip -9nc | kb)" >> run.log; built cat | kb'
)
# Where a build writes is not always to be read anywhere, or holds other things as well. Then what
# counts is what came between two files that the run touches.
_BEGAN, _ENDED = ".autoresearch-began", ".autoresearch-ended"
_ANYWHERE = (
    r"{} \( -name node_modules -o -name .git -o -name .claude -o -name .turbo -o -name '*cache*' \)"
    " -prune -o -type f -newer {} ! -newer {} ! -name '.autoresearch-*' ! -name '*.log'"
    " ! -name '*.tsbuildinfo'"
)
# Folders to which builds write, as far as they hold nothing of the project's own.
_USUAL = tuple(
    "dist build out public lib es esm cjs umd www _site .next .output .svelte-kit".split()  # noqa: SIM905
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
# Scripts that may build, by their names, and by what they run.
_BUILDS = re.compile(r"^(build|bundle|compile|dist|prod|production|prepack|prepare|make)\b")
_BUNDLES = re.compile(
    r"\b(vite build|webpack|rollup|esbuild|parcel build|tsc|tsup|unbuild|ng build)\b"
)
_RUN = ("run_command", "metric_parse", "artifacts")
_MARKS = frozenset({"type", "private", "sideEffects", "main", "module", "types"})
_NODE = "24"
_UNREADABLE = "package.json holds no JSON object that can be read; mend it, or set run_command."


def detect(project: Project) -> Detected | None:
    """The file that the bundle starts in is the target; the metric is the bundle in KiB."""
    if not project.has("package.json"):
        return None
    package = project.json_object("package.json")
    if project.folder and package.keys() <= _MARKS:
        return None  # only says of what kind the files beside it are
    scripts = _strings(package.get("scripts"))
    packages = frozenset(
        name
        for key in ("dependencies", "devDependencies", "optionalDependencies")
        for name in _strings(package.get(key))
    )
    manager, home = _manager(project)
    commands = web_build.commands(scripts)
    output = web_build.output(project, commands, packages)
    folders = output.folders if output else ()
    ignored = Ignored(project)

    guard = _guard(manager, scripts)
    target, others = web_entry.main_source(project, package, packages, commands, folders)
    settings = {
        "target_file": target,
        **_measured(project, f"{manager} run build", output, ignored),
        "image": _image(project, manager),
        "setup_command": _setup(project, manager, home)
        if packages or home.folder != project.folder
        else None,
        "guard_command": guard,
    }
    notes = [] if guard else [NO_TESTS]
    notes += [_not_ignored(project.at(f)) for f in folders if not ignored.covers(f)]
    if packages and not ignored.covers("node_modules"):
        notes.insert(0, "git does not ignore node_modules/; add it to .gitignore.")
    held = members(project, package)
    entries = web_entry.entries_of(project, package, packages, commands, folders)
    if held and not any(not _within(path, held) for path in entries):
        for name in ("target_file", *_RUN):
            del settings[name]
        others = ()
    else:
        held = ()
    if "build" not in scripts and not held:
        for name in _RUN:
            del settings[name]
        notes.insert(0, _no_build(project, manager, scripts, packages) if package else _UNREADABLE)
    return Detected(
        "web",
        {name: value for name, value in settings.items() if value},
        tuple(notes),
        deletable_without_guard=False,
        parse_counts_output=True,
        others=others,
        members=held,
    )


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _no_build(
    project: Project, manager: str, scripts: Mapping[str, str], packages: frozenset[str]
) -> str:
    """The scripts that may be the build, and what to write for the likeliest."""
    likely = [name for name in scripts if _BUILDS.search(name) and not _watches(scripts[name])]
    likely = likely or [name for name in scripts if _BUNDLES.search(scripts[name])]
    if not likely:
        return (
            "package.json has no `build` script. Add one, or set run_command to what builds and "
            "metric_parse to what prints the size of its output."
        )
    commands = web_build.commands(scripts, likely[0])
    output = web_build.output(project, commands, packages)
    found = _measured(project, f"{manager} run {likely[0]}", output, Ignored(project))
    command = inside(project.folder, found["run_command"] or "")
    where = " or ".join(f"`{name}`" for name in likely[:4])
    return (
        f"package.json has no `build` script; {where} may be it. Name it `build` there, or set "
        f"run_command to `{command}` and metric_parse to what prints the size of its output."
    )


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _manager(project: Project) -> tuple[str, Project]:
    """The package manager, and the folder where it installs: a workspace's is above."""
    levels = [*project.upwards()]
    home = next((each for each in levels if any(each.has(lock) for lock in _LOCKS)), project)
    for each in levels:
        field = each.json_object("package.json").get("packageManager", "")
        if named := re.match(r"(npm|pnpm|yarn|bun)\b", str(field)):
            return named[1], home
    return next((manager for lock, manager in _LOCKS.items() if home.has(lock)), "npm"), home


def _setup(project: Project, manager: str, home: Project) -> str:
    locked = any(home.has(lock) for lock, by in _LOCKS.items() if by == manager)
    field = str(home.json_object("package.json").get("packageManager", ""))
    modern = home.has(".yarnrc.yml") or re.match(r"yarn@([2-9]|\d\d)", field)
    if manager == "yarn" and modern:
        install = "yarn install --immutable" if locked else "yarn install"
    else:
        install = _INSTALL[manager][0 if locked else 1]
    return inside(project.way_to(home), install)


def _measured(
    project: Project, build: str, output: Output | None, ignored: Ignored
) -> dict[str, str | None]:
    """Commands that build so that nothing old is counted, and that count.

    A folder is emptied first only where git ignores it: nothing else in it can be lost.
    """
    artifacts = output.folders if output else _unknown(project, ignored)
    folders = " ".join(map(shlex.quote, output.folders)) if output else ""
    seen = " ".join(shlex.quote(project.at(each)) for each in output.folders) if output else ""
    if output and output.cleans:
        found = f"{seen} -type f"
    elif output and all(ignored.covers(folder) for folder in output.folders):
        build, found = f"rm -rf {folders} && {build}", f"{seen} -type f"
    else:
        artifacts = (*artifacts, _BEGAN, _ENDED)
        build = f"touch {_BEGAN} && {build} && touch {_ENDED}"
        found = _ANYWHERE.format(*(shlex.quote(project.at(at)) for at in (".", _BEGAN, _ENDED)))
    return {
        "run_command": build,
        "artifacts": as_artifacts(map(project.at, artifacts)),
        "metric_name": "bundle_kb",
        "min_delta": SIZE_DELTA,
        "metric_parse": _PARSE % found,
        "metric_direction": "lower_is_better",
    }


def _unknown(project: Project, ignored: Ignored) -> tuple[str, ...]:
    """The usual folders of output that are ignored, or not there yet."""
    return tuple(each for each in _USUAL if ignored.covers(each) or not project.has_folder(each))


def _image(project: Project, manager: str) -> str | None:
    """The official image that has the package manager; pnpm has none."""
    if manager in {"bun", "pnpm"}:
        return "oven/bun:1" if manager == "bun" else None
    texts = (each.text(name) for each in project.upwards() for name in (".nvmrc", ".node-version"))
    wanted = next(filter(None, (re.match(r"v?(\d+)\b", text.strip()) for text in texts)), None)
    return f"node:{wanted[1] if wanted else _NODE}"


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
