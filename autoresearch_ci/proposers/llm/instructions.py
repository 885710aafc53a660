"""The files that people wrote for whoever has the ideas: the only place that reads them.

They are read from a commit, the campaign's base or, for a pull request, the branch that it
is to be merged into. Never from the working tree: there an experiment, or a change that
nobody has agreed to, could have written them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.globs import matches
from autoresearch_ci.workspace import Workspace

PROGRAM = "program.md"
"""The `program_file` where none is named and there is one of this name."""

LARGEST = 1_000_000
"""Bytes of one such file, and of the context files together: more than any model is shown."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """The text of the `program_file`, and path to text of the `context_files`."""

    program: str
    context: Mapping[str, str]


def instructions(workspace: Workspace, commit: str, settings: Settings) -> Instructions:
    """Read what the settings name, as `commit` has it. SettingsError for what cannot be shown."""
    return Instructions(
        program=_program(workspace, commit, settings.program_file),
        context=_context(workspace, commit, settings),
    )


def unmatched(
    workspace: Workspace, commit: str, settings: Settings, made: Sequence[str] = ()
) -> list[str]:
    """Notes on patterns that name nothing: in the working tree, or in the commit for the rest.

    What setup_command has `made` counts as in the tree.
    """
    notes = [
        f"readonly_files names {pattern}, and nothing here is called so: it protects nothing. "
        "Correct the pattern, or take it out."
        for pattern in workspace.unmatched(settings.readonly_files)
        if not any(matches(path, [pattern]) for path in made)
    ]
    named = [("program_file", f"/{settings.program_file}")] if settings.program_file else []
    named += [("context_files", pattern) for pattern in settings.context_files]
    return notes + [
        f"{name} names {pattern.removeprefix('/')}, which is no file in {commit[:12]}, where the "
        "campaign began: no model can be shown it. Commit it and begin a new campaign with --new, "
        "or take it out."
        for name, pattern in named
        if not workspace.committed(commit, [pattern])
    ]


def _program(workspace: Workspace, commit: str, named: str | None) -> str:
    path = named or PROGRAM
    for file in workspace.committed(commit, [f"/{path}"]):
        if file.path == path:
            return _text(workspace, "program_file", file.path, file.blob, file.size)
    if named is None:
        return ""
    raise SettingsError(
        f"program_file names {path}, which is no file in {commit[:12]}, where the campaign began.",
        remedy="Commit it and begin a new campaign with --new, or name one that is committed.",
    )


def _context(workspace: Workspace, commit: str, settings: Settings) -> dict[str, str]:
    """In the order of the patterns, and of paths within one."""
    files: dict[str, str] = {}
    room = LARGEST
    for pattern in settings.context_files:
        found = workspace.committed(commit, [pattern])
        if not found:
            raise SettingsError(
                f"context_files names {pattern}, which is no file in {commit[:12]}, where the "
                "campaign began.",
                remedy="Commit it and begin a new campaign with --new, or take it out.",
            )
        for file in found:
            if file.path in {*files, settings.target_file, settings.program_file or PROGRAM}:
                continue
            room -= file.size
            if files and room < 0:
                return files
            files[file.path] = _text(workspace, "context_files", file.path, file.blob, file.size)
    return files


def _text(workspace: Workspace, setting: str, path: str, blob: str, size: int) -> str:
    if size > LARGEST:
        raise SettingsError(
            f"{setting} names {path}, which has {size:,} bytes; at most {LARGEST:,} can be shown.",
            remedy="Name a smaller file.",
        )
    data = workspace.objects.read(blob) or b""
    if b"\0" not in data:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    raise SettingsError(
        f"{setting} names {path}, which is not text in UTF-8.", remedy="Name only text files."
    )
