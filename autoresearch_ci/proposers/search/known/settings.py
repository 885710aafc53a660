"""Settings of build tools and databases whose values are a closed set."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """A key in files of this name, and its values as plain words; `ordered` from less to more."""

    files: re.Pattern[str]
    key: str
    values: tuple[str, ...]
    ordered: bool = False


def _rows(files: str, *rows: tuple[str, str, bool]) -> tuple[Setting, ...]:
    pattern = re.compile(files, re.IGNORECASE)
    return tuple(Setting(pattern, key, tuple(values.split()), more) for key, values, more in rows)


SETTINGS = (
    *_rows(
        r"Cargo\.toml",
        ("opt-level", "0 1 2 3 s z", False),
        ("lto", "false off thin fat true", False),
        ("strip", "none debuginfo symbols true false", False),
        ("codegen-units", "1 2 4 8 16 32 64 256", True),
    ),
    *_rows(
        r"vite\.config\.\w+",
        ("minify", "true false esbuild", False),
        ("modulePreload", "true false", False),
    ),
    *_rows(
        r"(?:vite|webpack|rollup|rolldown|esbuild|tsup|rspack|swc|babel|build|bundle)[\w.-]*\.\w+",
        ("target", "es2015 es2016 es2017 es2018 es2019 es2020 es2021 es2022 esnext", True),
        ("legalComments", "inline eof linked external none", False),
        ("treeshake", "true safest recommended smallest false", False),
        ("chunks", "async initial all", False),
        ("mode", "development production", False),
        ("moduleIds", "named natural deterministic size", False),
        ("chunkIds", "named natural deterministic size", False),
        ("usedExports", "true global false", False),
        ("mangleExports", "deterministic size false", False),
    ),
    *_rows(
        r"tsconfig[\w.-]*\.json",
        ("target", "es2015 es2016 es2017 es2018 es2019 es2020 es2021 es2022 esnext", True),
        ("importsNotUsedAsValues", "remove preserve error", False),
    ),
    *_rows(
        r"redis[\w.-]*\.conf",
        (
            "maxmemory-policy",
            "noeviction allkeys-lru allkeys-lfu allkeys-random volatile-lru volatile-lfu",
            False,
        ),
        ("appendfsync", "always everysec no", False),
    ),
    *_rows(
        r"postgres[\w.-]*\.conf",
        ("synchronous_commit", "off local on", False),
        ("wal_compression", "off pglz lz4 zstd on", False),
        ("wal_level", "minimal replica logical", False),
        ("plan_cache_mode", "auto force_generic_plan force_custom_plan", False),
        ("constraint_exclusion", "off partition on", False),
    ),
)

PRAGMAS: dict[str, tuple[tuple[str, ...], ...]] = {
    "journal_mode": (("delete", "truncate", "persist", "memory", "wal", "off"),),
    "synchronous": (("off", "normal", "full", "extra"), ("0", "1", "2", "3")),
    "temp_store": (("default", "file", "memory"), ("0", "1", "2")),
    "locking_mode": (("normal", "exclusive"),),
    "auto_vacuum": (("none", "full", "incremental"), ("0", "1", "2")),
    "cache_spill": (("on", "off"), ("true", "false"), ("1", "0")),
    "automatic_index": (("on", "off"), ("true", "false"), ("1", "0")),
    "page_size": (("512", "1024", "2048", "4096", "8192", "16384", "32768", "65536"),),
}
"""The pragmas of SQLite, each with the sets that its value may be of."""

NUMBERS = frozenset(
    {
        "cache_size",
        "effective_cache_size",
        "effective_io_concurrency",
        "hash_mem_multiplier",
        "jit_above_cost",
        "journal_size_limit",
        "maintenance_work_mem",
        "max_parallel_workers_per_gather",
        "mmap_size",
        "random_page_cost",
        "seq_page_cost",
        "temp_buffers",
        "threads",
        "wal_autocheckpoint",
        "work_mem",
    }
)
"""Pragmas of SQLite and settings of PostgreSQL that are numbers."""
