"""The build of a package.json: its commands, and the folders they write for the browser."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping

from autoresearch_ci.project_types.project import Project
from autoresearch_ci.project_types.web_bundlers import BUNDLERS, Output, compiled

# Programs that write nothing for the browser. tsc is one only beside a bundler.
_HARMLESS = frozenset(
    {"eslint", "prettier", "biome", "stylelint", "oxlint", "echo", "true", "rimraf", "rm", "mkdir"}
    | {"vue-tsc", "svelte-check", "del-cli", "tsc"}
)
_RUNNERS = frozenset({"npx", "bunx", "exec", "dlx", "cross-env", "env", "dotenv", "--"})
_MANAGERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_SEQUENCERS = frozenset({"run-s", "run-p", "npm-run-all", "npm-run-all2"})


def commands(scripts: Mapping[str, str], start: str = "build") -> list[list[str]]:
    """The words of every command that the script runs, other scripts followed, each once."""
    found: list[list[str]] = []
    waiting, seen = [start], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for script in (f"pre{name}", name, f"post{name}"):
            for part in re.split(r"&&|\|\||[;|&\n]", scripts.get(script, "")):
                words = _program(part)
                followed = _scripts_run(words, scripts)
                waiting += followed
                if words and not followed:
                    found.append(words)
    return found


def output(project: Project, built: list[list[str]], packages: frozenset[str]) -> Output | None:
    """The folders that the commands write, or None where reading cannot tell."""
    written: list[Output | None] = []
    for program, *arguments in built:
        if program not in _HARMLESS:
            bundler = BUNDLERS.get(program)
            written.append(bundler(project, arguments, packages) if bundler else None)
    if not written:
        written = [compiled(project, words) for words in built if words[0] == "tsc"]
    known = [each for each in written if each is not None]
    folders = {posixpath.normpath(folder) for each in known for folder in each.folders}
    outside = any(folder.startswith(("..", "/")) or folder == "." for folder in folders)
    if len(known) < len(written) or not folders or outside:
        return None
    outer = {
        folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders)
    }
    return Output(tuple(sorted(outer)), all(each.cleans for each in known))


def _program(part: str) -> list[str]:
    """The program's bare name and its arguments, whatever starts it."""
    try:
        words = shlex.split(part)
    except ValueError:
        words = part.split()
    while words and (words[0] in _RUNNERS or re.fullmatch(r"\w+=.*", words[0])):
        words = words[1:]
    if len(words) > 2 and words[0] in _MANAGERS and words[1] in _RUNNERS:  # noqa: PLR2004 - npm exec X
        words = words[2:]
    if words:
        words[0] = posixpath.basename(words[0]) or words[0]
    return words


def _scripts_run(words: list[str], scripts: Mapping[str, str]) -> list[str]:
    """The names of package.json's scripts that a command runs."""
    names = [word.split(" ")[0] for word in words[1:] if not word.startswith("-")]
    if words and words[0] in _MANAGERS:
        names = names[1:2] if names[:1] in (["run"], ["run-script"]) else names[:1]
    elif not words or words[0] not in _SEQUENCERS:
        return []
    return [name for name in names if name in scripts]
