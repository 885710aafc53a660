"""Which paths .gitignore names, without asking git: enough for build folders."""

from __future__ import annotations

from fnmatch import fnmatch

from autoresearch_ci.project_types.project import Project


class Ignored:
    """The plain patterns of the repository's own .gitignore."""

    def __init__(self, project: Project) -> None:
        lines = (line.strip() for line in project.text(".gitignore").splitlines())
        self._patterns = [line for line in lines if line and not line.startswith("#")]

    def covers(self, folder: str) -> bool:
        """Whether everything in `folder` is ignored; False when in doubt."""
        parts = folder.split("/")
        ignored = False
        for pattern in self._patterns:
            negated, plain = pattern.startswith("!"), pattern.lstrip("!").rstrip("/")
            plain = plain.removesuffix("/**").removesuffix("/*")
            if negated:
                # An exception below the folder, or of it, leaves something to lose.
                if plain.strip("/").startswith(folder) or folder.startswith(plain.strip("/")):
                    ignored = False
            elif _matches(plain, parts):
                ignored = True
        return ignored


def _matches(pattern: str, parts: list[str]) -> bool:
    pattern = pattern.removeprefix("**/") if pattern.count("/") == 1 else pattern
    if "/" not in pattern:
        return any(fnmatch(part, pattern) for part in parts)
    anchored = pattern.lstrip("/")
    return any(fnmatch("/".join(parts[:end]), anchored) for end in range(1, len(parts) + 1))
