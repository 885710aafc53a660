"""Options that compilers, virtual machines and compressors are known to take."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

COMPILERS = re.compile(
    r"(?<![\w-])(?:gcc|g\+\+|clang(?:\+\+)?|cc|c\+\+)(?:-\d+)?(?![\w.+/-])|\bC(?:XX|PP)?FLAGS\b"
)
"""A compiler of C or C++, or the variable that holds its options."""

PROGRAMS = re.compile(
    r"\s*(?:\w+=\S+\s+)*(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|nvcc|java|javac|node|go|cargo|rustc|make"
    r"|cmake|ninja|python3?|npx|tsc|esbuild|vite|webpack|rollup|gzip|pigz|bzip2|xz|zstd|brotli|lz4"
    r"|ffmpeg|sqlite3|psql|docker|mvn|gradle)\s"
)
"""The beginning of a string that is a command."""

LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
LEVEL = re.compile(r"(?<![\w-])(?P<value>-O(?:[0-3sgz]|fast))(?!\w)")
ADDED = ("-march=native", "-funroll-loops", "-flto")
"""Options to add after the level of gcc and clang; none of these changes a correct program."""

VARIABLES = frozenset(
    {
        "GOGC",
        "GOMAXPROCS",
        "MALLOC_ARENA_MAX",
        "MKL_NUM_THREADS",
        "NUMEXPR_MAX_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "UV_THREADPOOL_SIZE",
    }
)
"""Variables of the environment that hold a number, in quotes where a program sets them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """An option with a closed set of values: the group `value` of its pattern is what is set.

    Without a `name` the pattern's group `name` is it.
    """

    name: str
    whose: str
    pattern: re.Pattern[str]
    options: Callable[[str], tuple[str, ...]]
    weight: float = 0.5
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """An option with a whole number between two bounds: the group `value` of its pattern."""

    pattern: re.Pattern[str]
    low: float
    high: float


def _of(*values: str) -> Callable[[str], tuple[str, ...]]:
    return lambda _text: values


def _toggled(on: str, off: str) -> Callable[[str], tuple[str, ...]]:
    return lambda text: (off if text == on else on,)


def _negated(text: str) -> tuple[str, ...]:
    """`-fno-x` for `-fx`, and the reverse."""
    off = text.startswith("-fno-")
    return (f"-f{text.removeprefix('-fno-')}" if off else f"-fno-{text.removeprefix('-f')}",)


CHOICES = (
    Choices("level", "the compiler", LEVEL, _of(*LEVELS), 0.6),
    Choices(
        "", "gcc", re.compile(r"(?<![\w-])-(?P<name>march|mtune)=(?P<value>[\w.+-]+)"),
        _of("native"), 0.4,
    ),
    Choices(
        "", "gcc",
        re.compile(
            r"(?<![\w-])(?P<value>-f(?:no-)?(?P<name>unroll-loops|inline-functions"
            r"|omit-frame-pointer|tree-vectorize|peel-loops|prefetch-loop-arrays|split-loops"
            r"|strict-aliasing|plt|semantic-interposition|ipa-pta|gcse-las|devirtualize))(?![\w=-])"
        ),
        _negated, 0.4,
    ),
    Choices(
        "collector", "the JVM",
        re.compile(r"-XX:\+Use(?P<value>Serial|Parallel|G1|Z)GC\b"),
        _of("Serial", "Parallel", "G1", "Z"), 0.6,
    ),
    Choices(
        "", "the JVM",
        re.compile(
            r"-XX:(?P<value>[+-])(?P<name>(?:Use(?:StringDeduplication|CompressedOops"
            r"|TransparentHugePages|NUMA)|AlwaysPreTouch|TieredCompilation|DoEscapeAnalysis"
            r"|OptimizeStringConcat|AggressiveOpts))\b"
        ),
        _toggled("+", "-"), 0.4,
    ),
    Choices(
        "opt-level", "rustc", re.compile(r"\bopt-level=(?P<value>[0-3sz])\b"),
        _of("0", "1", "2", "3", "s", "z"), 0.6,
    ),
    Choices(
        "lto", "rustc", re.compile(r"-C\s*lto=(?P<value>fat|thin|off)\b"),
        _of("fat", "thin", "off"), 0.5,
    ),
    Choices(
        "target-cpu", "rustc", re.compile(r"\btarget-cpu=(?P<value>[\w.-]+)"), _of("native"), 0.4
    ),
)  # fmt: skip

NUMBERS = (
    Numbers(re.compile(r"-(?P<name>Xm[xsn]|Xss)(?P<value>\d+[kmgKMG])\b"), 1, 1e6),
    Numbers(re.compile(r"-XX:(?P<name>\w+)=(?P<value>\d+[kmgKMG]?)\b"), 1, 1e12),
    Numbers(
        re.compile(r"\b(?P<name>gzip|pigz|bzip2)\b[^|;&\r\n]*?\s-(?P<value>[1-9])(?!\w)"), 1, 9
    ),
    Numbers(re.compile(r"\b(?P<name>xz)\b[^|;&\r\n]*?\s-(?P<value>[0-9])(?!\w)"), 1, 9),
    Numbers(re.compile(r"\b(?P<name>zstd)\b[^|;&\r\n]*?\s-(?P<value>1?\d)(?!\w)"), 1, 19),
    Numbers(re.compile(r"\bcodegen-(?P<name>units)=(?P<value>\d+)\b"), 1, 256),
    Numbers(re.compile(r"-f(?P<name>inline-limit)=(?P<value>\d+)\b"), 1, 1e6),
)
