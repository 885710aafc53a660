"""A Cargo package, judged by the size of what its release build makes."""

from __future__ import annotations

import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from autoresearch_ci.project_types.detected import NO_TESTS, SIZE_DELTA, Detected, as_artifacts
from autoresearch_ci.project_types.following import fullest, offered
from autoresearch_ci.project_types.project import Project

# Comments, attributes, imports, exports and the names of modules.
_HANDS_ON = re.compile(
    r"//[^\n]*|/\*.*?\*/|#!?\[[^\]]*\]|^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|mod|extern\s+crate)\s[^;{]*"
    r"(?:\{[^;]*\}[^;]*)?;",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Product:
    """A crate's root file and the name of what cargo makes of it in target/release."""

    source: str
    file: str


_MODULE = re.compile(
    r"^[ \t]*(#\[cfg\(test\)\]\s*)?(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", re.MULTILINE
)
"""A module in a file of its own, and the mark of one that is for tests alone."""


def detect(project: Project) -> Detected | None:
    """The main source is the target; the binary's (or library's) KiB are the metric."""
    if not project.has("Cargo.toml"):
        return None
    settings = {
        "metric_name": "binary_kb",
        "min_delta": SIZE_DELTA,
        "metric_direction": "lower_is_better",
        "image": "rust:1",
        "setup_command": "cargo fetch --locked" if _has_lock(project) else "cargo fetch",
    }
    notes = []
    if _tested(project):
        settings["guard_command"] = "cargo test"
    else:
        notes.append(NO_TESTS)
    packages = list(_packages(project))
    members = tuple(each for each in packages if each)
    others: tuple[str, ...] = ()
    products = [found for package in packages for found in _of(project, package)]
    if len(members) > 1 and not _one_of_many(project, members):
        return Detected(
            "rust", settings, tuple(notes), deletable_without_guard=False, members=members
        )
    settings["run_command"] = "cargo build --release"
    if products:
        product = products[0]
        target = fullest(project, product.source, _HANDS_ON, _links)
        here = posixpath.dirname(product.source)
        rest = [path for path in project.walk(here) if path.endswith(".rs")]
        others = offered(project, target, [each.source for each in products], rest)
        settings["target_file"] = target
        built = shlex.quote(f"{_target_folder(project)}/{product.file}")
        settings["artifacts"] = as_artifacts([f"{_target_folder(project)}/{product.file}"])
        settings["metric_parse"] = f"wc -c < {built} | awk '{{ printf \"%.3f\\n\", $1 / 1024 }}'"
    else:
        notes.insert(0, "Cargo.toml names no package whose main source is there; set target_file.")
    return Detected(
        "rust",
        settings,
        tuple(notes),
        deletable_without_guard=False,
        parse_counts_output=True,
        others=others,
    )


def _one_of_many(project: Project, members: tuple[str, ...]) -> bool:
    """True if the root is a package itself, or one member alone makes a program."""
    if "package" in _toml(project, "Cargo.toml"):
        return True
    return sum(_makes_program(project, folder) for folder in members) == 1


def _makes_program(project: Project, folder: str) -> bool:
    manifest = _toml(project, f"{folder}/Cargo.toml")
    return project.has(f"{folder}/src/main.rs") or bool(manifest.get("bin"))


def _has_lock(project: Project) -> bool:
    return any(each.has("Cargo.lock") for each in project.upwards())


def _links(path: str, text: str) -> Iterator[str]:
    """The modules that a file declares, and the library beside a program."""
    folder, name = posixpath.split(path)
    if name == "main.rs":
        yield posixpath.join(folder, "lib.rs")
    if name not in {"main.rs", "lib.rs", "mod.rs"}:
        folder = posixpath.join(folder, name.removesuffix(".rs"))
    for tested, module in _MODULE.findall(text):
        if not tested and module not in {"tests", "test"}:
            yield from (f"{folder}/{module}.rs", f"{folder}/{module}/mod.rs")


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
    folders = members_of(project, "default-members") or members_of(project)
    yield from sorted(folders, key=lambda folder: not project.has(f"{folder}/src/main.rs"))


def members_of(project: Project, key: str = "members") -> list[str]:
    """The folders of a workspace's members, by its list `key`."""
    members = _table(_toml(project, "Cargo.toml"), "workspace").get(key)
    patterns = (
        [each for each in members if isinstance(each, str)] if isinstance(members, list) else []
    )
    return [
        posixpath.dirname(path)
        for path in project.walk()
        if path.endswith("/Cargo.toml")
        and any(fnmatch(posixpath.dirname(path), pattern.strip("./")) for pattern in patterns)
    ]


def _of(project: Project, folder: str) -> Iterator[_Product]:
    """The artifacts of a package: its binaries, then its library."""
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
    """From the repository's root: cargo builds where the workspace is, if there is one above."""
    levels = [*project.upwards()]
    top = next((each for each in levels if _holds(each, project)), project)
    for each in levels:
        for path in (".cargo/config.toml", ".cargo/config"):
            build = _table(_toml(each, path), "build")
            platform = build.get("target")
            if build:
                folder = build.get("target-dir")
                below = each.at(str(folder)) if folder else top.at("target")
                return posixpath.join(
                    below, platform if isinstance(platform, str) else "", "release"
                )
    return top.at("target/release")


def _holds(above: Project, project: Project) -> bool:
    """True if the workspace at `above` has the package as a member."""
    if above.folder == project.folder or not _table(_toml(above, "Cargo.toml"), "workspace"):
        return False
    package = posixpath.relpath(f"/{project.folder}", f"/{above.folder}")
    return package in members_of(above, "members")


def _tested(project: Project) -> bool:
    return any(
        path.endswith(".rs") and ("#[test]" in (text := project.text(path)) or "::test]" in text)
        for path in project.walk()
    )
