"""Files that a run may hand to what measures, without being asked by name: data alone."""

from __future__ import annotations

import os
from pathlib import Path

_READ_BY_TOOLS = frozenset(
    """
    .a .bash .bat .c .cc .cfg .cjs .class .cmake .cmd .coveragerc .cpp .cs .csh .dll .dylib .el
    .env .erl .ex .exe .exs .fish .go .gradle .groovy .h .hpp .hs .ini .jar .java .jl .js .jsx .ko
    .kt .kts .lib .lua .m .mak .mjs .mk .ml .mts .o .obj .php .pl .pm .ps1 .pth .py .pyc .pyd .pyi
    .pyo .pyx .r .rb .rlib .rs .scala .sh .so .swift .toml .ts .tsx .vbs .vue .war .wasm .whl .yaml
    .yml .zsh
    """.split()  # noqa: SIM905 - dozens of quoted names read worse
)
"""Ends of names of what is imported, executed, or tells a tool what to do."""

_NAMES = frozenset(("makefile", "gnumakefile", "dockerfile", "procfile", "package.json"))


_BUILT = frozenset(
    """
    .a .beam .class .cjs .cmi .cmo .cmx .d .dex .dill .dll .dylib .exe .hi .jar .js .ko .lib .lo
    .mjs .node .o .obj .pdb .rlib .rmeta .so .tsbuildinfo .war .wasm
    """.split()  # noqa: SIM905
)
"""Ends of names of what builds write."""


def is_built(path: str, mode: int) -> bool:
    """Tell the output of a build, by its name and mode. Python's bytecode is none."""
    return bool(mode & 0o100) or os.path.splitext(path)[1] in _BUILT


def is_data(path: str, file: Path | None) -> bool:
    """Tell a file that nothing imports, executes or is configured by, by name and mode.

    `path` is relative to the project, `file` is where it lies, None where it is not any more.
    """
    name = path.rpartition("/")[2]
    if name.startswith(".") or name.lower() in _NAMES:
        return False
    if file is not None and os.access(file, os.X_OK):
        return False
    return os.path.splitext(name)[1].lower() not in _READ_BY_TOOLS
