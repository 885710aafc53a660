"""The packages that a workspace of npm, pnpm, yarn or lerna holds together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

from autoresearch_ci.project_types.project import Project

_DEEPEST = 5


def members(project: Project, package: Mapping[str, Any]) -> tuple[str, ...]:
    """The folders of the packages, those that something is built from first."""
    patterns = _patterns(project, package)
    taken = [each.strip("./").rstrip("/") for each in patterns if not each.startswith("!")]
    left = [each[1:].strip("./") for each in patterns if each.startswith("!")]
    found = []
    for path in project.walk(deepest=_DEEPEST):
        folder, name = posixpath.split(path)
        if name != "package.json" or not folder or any(_fits(folder, each) for each in left):
            continue
        named = "name" in project.json_object(path)  # else it only marks the files beside it
        if named and any(_fits(folder, each) for each in taken):
            found.append(folder)
    return tuple(sorted(found, key=lambda each: not _builds(project, each)))


def _fits(folder: str, pattern: str) -> bool:
    if pattern.endswith("/**"):
        return folder.startswith(pattern.removesuffix("**"))
    return fnmatch(folder, pattern) and folder.count("/") == pattern.count("/")


def _builds(project: Project, folder: str) -> bool:
    scripts = project.json_object(f"{folder}/package.json").get("scripts")
    return isinstance(scripts, dict) and "build" in scripts


def _patterns(project: Project, package: Mapping[str, Any]) -> list[str]:
    listed = package.get("workspaces")
    if isinstance(listed, dict):
        listed = listed.get("packages")
    if not isinstance(listed, list):
        listed = project.json_object("lerna.json").get("packages")
    found = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    block = re.search(
        r"^packages:[ \t]*\n((?:[ \t]*(?:-[^\n]*|#[^\n]*)?\n?)*)",
        project.text("pnpm-workspace.yaml"),
        re.MULTILINE,
    )
    if block:
        found += re.findall(r"^[ \t]*-[ \t]*['\"]?([^'\"\s#]+)", block[1], re.MULTILINE)
    return found
