"""A Maven or Gradle build in Java or Kotlin, judged by its wall time."""

from __future__ import annotations

import os
import posixpath
import re

from autoresearch_ci.project_types.detected import NO_TESTS, Detected
from autoresearch_ci.project_types.project import Project

_SCRIPTS = ("pom.xml", "build.gradle", "build.gradle.kts")
_MAIN = re.compile(
    r"\bvoid\s+main\s*\(|^\s*(?:suspend\s+)?fun\s+main\s*\(|@SpringBootApplication", re.MULTILINE
)
# How a build script names the main class: Maven's elements, Gradle's properties, manifests.
_NAMED = re.compile(
    r"<(?:mainClass|exec\.mainClass|start-class|main\.class)>\s*([\w.$]+)\s*<"
    r"|\bmainClass(?:Name)?\s*(?:=|\.set\s*\()\s*['\"]([\w.$]+)['\"]"
    r"|Main-Class['\"]?\]?\s*(?::|=|to|,)\s*['\"]([\w.$]+)['\"]"
)


def detect(project: Project) -> Detected | None:
    """The main class is the target; the metric is the seconds of a clean package build."""
    scripts = [name for name in _SCRIPTS if project.has(name)]
    if not scripts:
        return None
    sources = [path for path in project.walk() if path.endswith((".java", ".kt"))]
    tested = any(_is_test(path) for path in sources)
    maven = "pom.xml" in scripts and (
        len(scripts) == 1 or project.has("mvnw") or not project.has("gradlew")
    )
    settings = _maven(project, tested=tested) if maven else _gradle(project, tested=tested)
    settings |= {
        "metric_name": "build_seconds",
        # The loop hands over the wall time of the run that it has just measured.
        "metric_parse": 'echo "$AUTORESEARCH_SECONDS"',
        "metric_direction": "lower_is_better",
    }
    notes = []
    main = _main_class(project, [path for path in sources if not _is_test(path)])
    if main:
        settings["target_file"] = main
    else:
        notes.append("No Java or Kotlin source was found; set target_file.")
    if not tested:
        notes.append(NO_TESTS)
    return Detected("java", settings, tuple(notes), deletable_without_guard=False)


def _maven(project: Project, *, tested: bool) -> dict[str, str]:
    maven = f"{_wrapper(project, 'mvnw', 'mvn')} -q -B"
    settings = {
        "run_command": f"{maven} clean package -DskipTests",
        # Once with the tests, so that everything a run or the guard needs is downloaded.
        "setup_command": f"{maven} clean package" + ("" if tested else " -DskipTests"),
    }
    return {**settings, "guard_command": f"{maven} test"} if tested else settings


def _gradle(project: Project, *, tested: bool) -> dict[str, str]:
    # A daemon would outlive its run, and a warm one would flatter the next.
    gradle = f"{_wrapper(project, 'gradlew', 'gradle')} -q --no-daemon"
    settings = {
        "run_command": f"{gradle} --no-build-cache clean assemble",
        "setup_command": f"{gradle} assemble" + (" test" if tested else ""),
    }
    return {**settings, "guard_command": f"{gradle} test"} if tested else settings


def _wrapper(project: Project, wrapper: str, program: str) -> str:
    if not project.has(wrapper):
        return program
    return f"./{wrapper}" if os.access(project.root / wrapper, os.X_OK) else f"sh {wrapper}"


def _is_test(path: str) -> bool:
    folders = path.split("/")[:-1]
    return "test" in folders or any(re.fullmatch(r"\w+Test|tests?", each) for each in folders)


def _main_class(project: Project, sources: list[str]) -> str | None:
    """What the build names, else a class that can be started, else the largest source."""
    for script in (path for path in project.walk() if posixpath.basename(path) in _SCRIPTS):
        for found in _NAMED.finditer(project.text(script)):
            path = _source_of(project, sources, next(filter(None, found.groups())))
            if path:
                return path
    proper = [path for path in sources if "src/main/" in path] or sources
    startable = [path for path in proper if _MAIN.search(project.text(path))]
    likely = re.compile(r"(main|app|application)(kt)?$", re.IGNORECASE)
    return min(
        startable or proper,
        key=lambda path: (
            not (startable and likely.search(posixpath.splitext(path)[0])),
            -project.size(path),
        ),
        default=None,
    )


def _source_of(project: Project, sources: list[str], name: str) -> str | None:
    """The file of a class; Kotlin's `MainKt` is made of Main.kt, whatever folder that is in."""
    package, _, simple = name.rpartition(".")
    stem = simple.split("$")[0]
    stems = {stem, stem.removesuffix("Kt")}
    named = [path for path in sources if posixpath.splitext(posixpath.basename(path))[0] in stems]
    declared = re.compile(rf"^\s*package\s+{re.escape(package)}\s*;?\s*(//.*)?$", re.MULTILINE)
    fitting = [path for path in named if not package or declared.search(project.text(path))]
    return next(iter(fitting), None)
