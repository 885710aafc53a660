"""Benchmarks and scripts that are there and could be the metric: each with the settings for it.

They are offered, and somebody chooses. Several numbers become one by their geometric mean, which no
large one outweighs; a script whose output is not known is measured by its wall time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from autoresearch_ci.project_types.java import wrapper
from autoresearch_ci.project_types.ml import python
from autoresearch_ci.project_types.project import Project

_LIKELY = re.compile(r"(^|[-_:.])(bench(mark)?s?|perf(ormance)?|measure)([-_:.]|$)", re.IGNORECASE)
_TARGET = re.compile(r"^([A-Za-z][\w.-]*)\s*:(?![=:])", re.MULTILINE)
_GO = re.compile(r"^func\s+Benchmark\w*\(\s*\w+\s+\*testing\.B\s*\)", re.MULTILINE)
_JMH = re.compile(r"\bme\.champeau\.(gradle\.)?jmh\b|\bjmhJar\b")
_MOST = 8

_SECONDS = {"metric_name": "seconds", "metric_parse": 'echo "$AUTORESEARCH_SECONDS"'}
_MEAN = 'END { if (n) printf "%.6g\\n", exp(s / n) }'
_PYTEST = (
    "import json, math; b = json.load(open('benchmark.json'))['benchmarks']; "
    "print(math.exp(sum(math.log(e['stats']['median']) for e in b) / len(b)))"
)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark that could be the metric: the word to choose it by, and what it is.

    `settings` are as they are written in the project's own folder.
    """

    name: str
    what: str
    settings: Mapping[str, str]


def benchmarks(project: Project) -> list[Benchmark]:
    """All that are found, the ones with numbers of their own first."""
    finders: tuple[Callable[[Project], Iterator[Benchmark]], ...] = (
        _pytest, _criterion, _go, _jmh, _scripts, _make
    )  # fmt: skip
    return [each for finder in finders for each in finder(project)][:_MOST]


def _pytest(project: Project) -> Iterator[Benchmark]:
    files = [path for path in project.walk(deepest=2) if path.endswith((".toml", ".txt", ".cfg"))]
    if any("pytest-benchmark" in project.text(path) for path in [*files, "setup.py"]):
        interpreter = python(project)
        start = "uv run pytest" if interpreter == "uv run" else f"{interpreter} -m pytest"
        reader = "python" if interpreter == "uv run" else interpreter
        settings = {
            "run_command": f"{start} --benchmark-only --benchmark-json=benchmark.json -q",
            "metric_name": "median_seconds",
            "metric_parse": f'{reader} -c "{_PYTEST}"',
            "artifacts": "benchmark.json",
        }
        yield _lower("pytest-benchmark", "the benchmarks of pytest, their median time", settings)


def _criterion(project: Project) -> Iterator[Benchmark]:
    if re.search(r"^\s*criterion\b", project.text("Cargo.toml"), re.MULTILINE):
        settings = {
            # Not the unit tests of the library, which know no such option.
            "run_command": "cargo bench --bench '*' -- --output-format bencher",
            "metric_name": "ns_per_iter",
            "metric_parse": 'awk \'/ bench: / { gsub(",", "", $5); n++; s += log($5) } '
            f"{_MEAN}' run.log",
        }
        yield _lower("criterion", "the benchmarks of Criterion, time an iteration", settings)


def _go(project: Project) -> Iterator[Benchmark]:
    tests = (path for path in project.walk() if path.endswith("_test.go"))
    if project.has("go.mod") and any(_GO.search(project.text(path)) for path in tests):
        settings = {
            "run_command": "go test -run '^$' -bench . ./...",
            "metric_name": "ns_per_op",
            "metric_parse": 'awk \'$1 ~ /^Benchmark/ { for (i = 2; i <= NF; i++) if ($i == "ns/op")'
            f" {{ n++; s += log($(i - 1)) }} }} {_MEAN}' run.log",
        }
        yield _lower("go-bench", "the benchmarks of go test, time an operation", settings)


def _jmh(project: Project) -> Iterator[Benchmark]:
    """Maven builds benchmarks.jar as JMH's archetype has it, Gradle's plugin a jar of its own."""
    gradle = ("build.gradle", "build.gradle.kts", "gradle/libs.versions.toml")
    if "jmh-core" in project.text("pom.xml"):
        program = wrapper(project, "mvnw", "mvn")
        build, jar = f"{program} -q -B -DskipTests package", "target/benchmarks.jar"
    elif any(_JMH.search(project.text(name)) for name in gradle):
        program = wrapper(project, "gradlew", "gradle")
        build, jar = f"{program} -q --no-daemon jmhJar", "build/libs/*-jmh.jar"
    else:
        return
    settings = {
        "run_command": f"{build} && java -jar {jar} -bm avgt -tu ns -rf csv -rff jmh.csv",
        "metric_name": "ns_per_op",
        "metric_parse": f"awk -F, 'NR > 1 {{ n++; s += log($5) }} {_MEAN}' jmh.csv",
        "artifacts": "jmh.csv",
    }
    yield _lower("jmh", "the benchmarks of JMH, average time", settings)


def _scripts(project: Project) -> Iterator[Benchmark]:
    scripts = project.json_object("package.json").get("scripts")
    for name in scripts if isinstance(scripts, dict) else ():
        if _LIKELY.search(name):
            settings = {"run_command": f"npm run --silent {name}", **_SECONDS}
            yield _lower(f"npm:{name}", "a script of package.json, its wall time", settings)


def _make(project: Project) -> Iterator[Benchmark]:
    for name in dict.fromkeys(_TARGET.findall(project.text("Makefile"))):
        if _LIKELY.search(name):
            settings = {"run_command": f"make --silent {name}", **_SECONDS}
            yield _lower(f"make:{name}", "a target of the Makefile, its wall time", settings)


def _lower(name: str, what: str, settings: Mapping[str, str]) -> Benchmark:
    return Benchmark(name, what, {**settings, "metric_direction": "lower_is_better"})
