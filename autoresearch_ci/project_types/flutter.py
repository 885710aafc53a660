"""A Flutter app, judged by the size of its Android package."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from autoresearch_ci.project_types.detected import (
    NO_TESTS,
    OTHERS,
    SIZE_DELTA,
    Detected,
    as_artifacts,
)
from autoresearch_ci.project_types.project import Project

_NO_APP = (
    "Nothing in lib has a main(), so no app is built; set target_file, run_command and a metric."
)
_APK = "build/app/outputs/flutter-apk/app-release.apk"


def detect(project: Project) -> Detected | None:
    """lib/main.dart is the target; the release package's MiB are the metric."""
    if not project.has("pubspec.yaml"):
        return None
    if members := members_of(project):
        return Detected(
            "flutter",
            {"metric_name": "apk_mb", "metric_direction": "lower_is_better"},
            deletable_without_guard=False,
            members=members,
        )
    main = _main(project)
    if main is None:
        return _package(project)
    apk = shlex.quote(project.at(_APK))
    target = "" if main == "lib/main.dart" else f" --target {shlex.quote(main)}"
    settings = {
        "target_file": main,
        "run_command": f"flutter build apk --release{target}",
        "metric_name": "apk_mb",
        "min_delta": SIZE_DELTA,
        "metric_parse": f"wc -c < {apk} | awk '{{ printf \"%.3f\\n\", $1 / 1048576 }}'",
        "artifacts": as_artifacts([project.at(_APK)]),
        "metric_direction": "lower_is_better",
        "image": "ghcr.io/cirruslabs/flutter:stable",
        "setup_command": "flutter pub get",
    }
    tested = any(path.endswith("_test.dart") for path in project.walk("test"))
    if tested:
        settings["guard_command"] = "flutter test"
    return Detected(
        "flutter",
        settings,
        () if tested else (NO_TESTS,),
        deletable_without_guard=False,
        parse_counts_output=True,
        others=tuple(path for path in _starting(project) if path != main)[:OTHERS],
    )


def _package(project: Project) -> Detected:
    """A package that starts nothing, and so has no size of its own."""
    dart = [path for path in project.walk("lib") if path.endswith(".dart")]
    return Detected(
        "flutter",
        {},
        (_NO_APP,),
        others=tuple(sorted(dart, key=project.size, reverse=True)[:OTHERS]),
    )


def members_of(project: Project) -> tuple[str, ...]:
    """The packages that a workspace's pubspec only names."""
    listed = re.search(
        r"^workspace:[ \t]*\n((?:[ \t]+-[^\n]*\n?)+)", project.text("pubspec.yaml"), re.MULTILINE
    )
    folders = re.findall(r"-\s*['\"]?([\w./-]+)", listed[1]) if listed else []
    there = tuple(each for each in folders if project.has(f"{each}/pubspec.yaml"))
    return () if project.has("lib/main.dart") else there


def _main(project: Project) -> str | None:
    if project.has("lib/main.dart"):
        return "lib/main.dart"
    return next(_starting(project), None)


def _starting(project: Project) -> Iterator[str]:
    starts = re.compile(r"^\s*(void|Future<void>)?\s*main\s*\(", re.MULTILINE)
    dart = (path for path in project.walk("lib") if path.endswith(".dart"))
    return (path for path in dart if starts.search(project.text(path)))
