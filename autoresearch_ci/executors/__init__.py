"""Running a command and ending its whole process tree; where it runs is decided in `trees`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """One shell command to run.

    `shell` is given to `sh -c`. Standard input is the file `stdin`, else empty.
    With a `log`, standard output and error stream to that file, made anew, never
    larger than `log_limit` bytes: head and tail are kept and the middle is
    counted. Without one, the first 64 KiB of each are returned in `Run.output` and `Run.errors`.
    The whole process tree is killed at `kill_after` seconds. `memory_limit` is
    in bytes of resident memory of the tree. `env` is added to the allow-listed environment.
    """

    shell: str
    cwd: Path
    kill_after: float
    log: Path | None = None
    log_limit: int = 32 * 1024 * 1024
    memory_limit: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
