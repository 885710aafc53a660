"""The members of a workspace: of npm, pnpm, yarn, lerna, Cargo, Maven, Gradle, Go and pub.

Projects that only lie in one repository, as Go modules without a go.work do, are members too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from autoresearch_ci.project_types import flutter, java, rust, web_members
from autoresearch_ci.project_types.candidates import candidates
from autoresearch_ci.project_types.project import Project

_MOST = 200


def members(project: Project) -> dict[str, str]:
    """Each member's folder, as seen from the repository's root, and its name; empty without any."""
    package = project.json_object("package.json")
    folders = [
        *web_members.members(project, package),
        *rust.members_of(project),
        *java.members_of(project),
        *flutter.members_of(project),
        *_of_go(project),
    ]
    found = dict.fromkeys(posixpath.normpath(each) for each in folders)
    listed = [project.at(each) for each in found if each not in {"", "."}]
    below = candidates(project.base, project.folder, _MOST) if not listed else ()
    listed += [each.folder for each in below if each.folder]
    return {each: _name(project, posixpath.relpath(each, project.folder or ".")) for each in listed}


def chosen(members: Mapping[str, str], wanted: str) -> list[str]:
    """The folders that a word may mean: a folder, a name, or the end of either."""
    word = wanted.strip().removeprefix("./").rstrip("/")
    exact = [folder for folder, name in members.items() if word in {folder, name}]
    last = [
        folder
        for folder, name in members.items()
        if word in {posixpath.basename(folder), name.rpartition("/")[2]}
    ]
    return exact or last


def _of_go(project: Project) -> list[str]:
    """The modules that a Go workspace uses."""
    work = re.sub(r"//[^\n]*", "", project.text("go.work"))
    blocks = re.findall(r"^use\s*\(([^)]*)\)", work, re.MULTILINE)
    words = [word for block in blocks for word in block.split()]
    words += re.findall(r"^use\s+([^\s(]+)\s*$", work, re.MULTILINE)
    named = (posixpath.normpath(word.strip("\"'")) for word in words)
    return [each for each in named if project.has(f"{each}/go.mod")]


def _name(project: Project, folder: str) -> str:
    """The name in the member's manifest; its folder where there is none."""
    name = project.json_object(f"{folder}/package.json").get("name")
    if isinstance(name, str) and name:
        return name
    for file, pattern in (
        ("Cargo.toml", r"^\s*name\s*=\s*\"([^\"]+)\""),
        ("go.mod", r"^module\s+\"?([^\s\"]+)"),
        ("pubspec.yaml", r"^name:\s*(\S+)"),
    ):
        if found := re.search(pattern, project.text(f"{folder}/{file}"), re.MULTILINE):
            return found[1]
    pom = re.sub(r"<parent>.*?</parent>", "", project.text(f"{folder}/pom.xml"), flags=re.DOTALL)
    found = re.search(r"<artifactId>\s*([^<\s]+)", pom)
    return found[1] if found else folder
