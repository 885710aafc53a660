"""A project in a folder of the repository: its settings as they are written at the root."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace

from autoresearch_ci.project_types.detected import Detected

_INTO = re.compile(r"cd ([\w./@+-]+) && (.*)", re.DOTALL)
_PATHS = ("target_file", "readonly_files")


def placed(detected: Detected, folder: str) -> Detected:
    """A detection in `folder`, rewritten for commands that begin at the repository's root."""
    return replace(
        detected,
        settings=placed_settings(detected.settings, folder),
        others=tuple(posixpath.join(folder, path) for path in detected.others),
        members=tuple(posixpath.join(folder, path) for path in detected.members),
    )


def placed_settings(settings: Mapping[str, str], folder: str) -> dict[str, str]:
    """Settings of a project in `folder`, as they are written at the root."""
    return {name: _placed(name, value, folder) for name, value in settings.items()}


def _placed(name: str, value: str, folder: str) -> str:
    if name in _PATHS:
        return posixpath.join(folder, value)
    # What parses is written for the root from the first: run.log lies there.
    return inside(folder, value) if name.endswith("_command") else value


def inside(folder: str, command: str) -> str:
    """The command as it has to be written where `folder` is seen from; one `cd` at most."""
    further = _INTO.fullmatch(command)
    if further:
        folder, command = posixpath.normpath(posixpath.join(folder, further[1])), further[2]
    return command if folder in {"", "."} else f"cd {shlex.quote(folder)} && {command}"
