"""Files that a run may hand to what measures, without being asked by name: data alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

_DATA = frozenset(
    """
    .avro .arrow .bin .bmp .bst .cbm .ckpt .csv .dat .data .db .diff .dump .err .feather .fits .flac
    .folded .geojson .gguf .gif .glb .h5 .hdf5 .hist .htm .html .idx .jpeg .jpg .joblib .json .jsonl
    .keras .lcov .log .mat .md .metrics .model .mp3 .mp4 .mtx .nc .ndjson .npy .npz .ogg .onnx .orc
    .out .parquet .patch .pb .pbm .pdf .perf .pgm .pickle .pkl .ply .png .ppm .pred .prof .profile
    .pt .raw .rds .report .result .results .rst .safetensors .score .sqlite .sqlite3 .stats .stl
    .svg .tab .tap .tar .tfrecord .tflite .tgz .tif .tiff .trace .tsv .txt .ubj .vocab .wav .webm
    .webp .weights .wkt .zip
    """.split()  # noqa: SIM905 - dozens of quoted names read worse
)
"""Ends of names of what is read by those alone who ask for it.

What has none is no data: Node takes a file `score` before `score.js`, and make one `test` for made.
"""

_PACKED = frozenset((".br", ".bz2", ".gz", ".lz4", ".lzma", ".xz", ".zst"))

_FOR_TOOLS = re.compile(
    r"(?:package|composer|deno|project|nx|turbo|lerna|bower|nodemon)\.json"
    r"|.+\.config\.json|[jt]sconfig.*\.json|.*(?:rc|-lock)\.json|CMakeLists\.txt"
    r"|(?:requirements|constraints).*\.txt",
    re.IGNORECASE,
)
"""Names of data that tell a tool what to do."""

_DEPENDENCIES = re.compile(
    r"\..*|node_modules|vendor|(?:site|dist)-packages|__py.*__|META-INF|.*\.(?:dist|egg)-info",
    re.IGNORECASE,
)
"""Names of folders in which tools look for what they import or obey, and of all hidden ones."""

_BUILD_FILES = frozenset(
    """
    BUILD Brewfile Containerfile Dockerfile GNUmakefile Gemfile Jenkinsfile Justfile
    Makefile Pipfile Procfile Rakefile Taskfile Vagrantfile WORKSPACE justfile makefile
    """.split()  # noqa: SIM905
)

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
    stem, end = os.path.splitext(path.lower())
    if end in _PACKED:
        end = os.path.splitext(stem)[1]
    return end in _DATA and not _is_obeyed(path, file)


def is_nameless(path: str, file: Path | None) -> bool:
    """Tell a file whose name has no end, and is not known as a build file's: perhaps data.

    Only where the unchanged project leaves one there as well: see `_DATA`.
    """
    name = path.rpartition("/")[2]
    return not (os.path.splitext(name)[1] or name in _BUILD_FILES or _is_obeyed(path, file))


def _is_obeyed(path: str, file: Path | None) -> bool:
    *folders, name = path.split("/")
    if any(map(_DEPENDENCIES.fullmatch, folders)) or _FOR_TOOLS.fullmatch(name):
        return True
    return name.startswith(".") or (file is not None and os.access(file, os.X_OK))
