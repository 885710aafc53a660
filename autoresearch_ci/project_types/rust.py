"""A Cargo package, judged by the size of what its release build makes."""

from __future__ import annotations

import posixpath
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from autoresearch_ci.project_types.detected import NO_TESTS, SIZE_DELTA, Detected
from autoresearch_ci.project_types.project import Project


@dataclass(frozen=True, slots=True)
class _Product:
    """A crate's root file and the name of what cargo makes of it in target/release."""

    source: str
    file: str


def detect(project: Project) -> Detected | None:
    """The main source is the target; the binary's (or library's) KiB are the metric."""
    if not project.has("Cargo.toml"):
        return None
    product = next(
        (found for package in _packages(project) for found in _of(project, package)), None
    )
    settings = {
        "run_command": "cargo build --release",
        "metric_name": "binary_kb",
        "min_delta": SIZE_DELTA,
        "metric_direction": "lower_is_better",
        "setup_command": "cargo fetch --locked" if project.has("Cargo.lock") else "cargo fetch",
    }
    notes = []
    if product:
        settings["target_file"] = product.source
        built = shlex.quote(f"{_target_folder(project)}/{product.file}")
        settings["metric_parse"] = f"wc -c < {built} | awk '{{ printf \"%.3f\\n\", $1 / 1024 }}'"
    else:
        notes.append("Cargo.toml names no package whose main source is there; set target_file.")
    if _tested(project):
        settings["guard_command"] = "cargo test"
    else:
        notes.append(NO_TESTS)
    return Detected("rust", settings, tuple(notes), deletable_without_guard=False)


def _toml(project: Project, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(project.text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _packages(project: Project) -> Iterator[str]:
    """The folders of the packages that a build at the root builds; those with a binary first."""
    manifest = _toml(project, "Cargo.toml")
    if "package" in manifest:
        yield ""
    workspace = _table(manifest, "workspace")
    members = workspace.get("default-members") or workspace.get("members")
    patterns = (
        [each for each in members if isinstance(each, str)] if isinstance(members, list) else []
    )
    folders = [
        posixpath.dirname(path)
        for path in project.walk()
        if path.endswith("/Cargo.toml")
        and any(fnmatch(posixpath.dirname(path), pattern.strip("./")) for pattern in patterns)
    ]
    yield from sorted(folders, key=lambda folder: not project.has(f"{folder}/src/main.rs"))


def _of(project: Project, folder: str) -> Iterator[_Product]:
    """What a package makes: its binaries, then its library."""
    manifest = _toml(project, posixpath.join(folder, "Cargo.toml"))
    name = _table(manifest, "package").get("name")
    if not isinstance(name, str):
        return
    named: dict[str, str] = {}
    binaries = manifest.get("bin")
    for each in binaries if isinstance(binaries, list) else []:
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            path = each.get("path", f"src/bin/{each['name']}.rs")
            named[str(path)] = each["name"]
    library = _table(manifest, "lib")
    crate = str(library.get("name", name)).replace("-", "_")
    kinds = library.get("crate-type", ["lib"])
    dynamic = library.get("proc-macro") or not {"lib", "rlib"} & {*map(str, kinds)}
    choices = [
        ("src/main.rs", named.get("src/main.rs", name)),
        *named.items(),
        *(
            (f"src/bin/{posixpath.basename(path)}", posixpath.basename(path).removesuffix(".rs"))
            for path in project.walk(posixpath.join(folder, "src/bin"))
            if path.endswith(".rs")
        ),
        (str(library.get("path", "src/lib.rs")), f"lib{crate}.{'so' if dynamic else 'rlib'}"),
    ]
    for source, file in choices:
        path = posixpath.normpath(posixpath.join(folder, source))
        if project.has(path) and not path.startswith(".."):
            yield _Product(path, file)


def _target_folder(project: Project) -> str:
    for path in (".cargo/config.toml", ".cargo/config"):
        build = _table(_toml(project, path), "build")
        folder, platform = build.get("target-dir", "target"), build.get("target")
        if build:
            return posixpath.join(
                str(folder), platform if isinstance(platform, str) else "", "release"
            )
    return "target/release"


def _tested(project: Project) -> bool:
    return any(
        path.endswith(".rs") and ("#[test]" in (text := project.text(path)) or "::test]" in text)
        for path in project.walk()
    )
