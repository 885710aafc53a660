"""A Flutter app, judged by the size of its Android package."""

from __future__ import annotations

import re

from autoresearch_ci.project_types.detected import NO_TESTS, SIZE_DELTA, Detected
from autoresearch_ci.project_types.project import Project

_APK = "build/app/outputs/flutter-apk/app-release.apk"


def detect(project: Project) -> Detected | None:
    """lib/main.dart is the target; the release package's MiB are the metric."""
    if not project.has("pubspec.yaml"):
        return None
    settings = {
        "run_command": "flutter build apk --release",
        "metric_name": "apk_mb",
        "min_delta": SIZE_DELTA,
        "metric_parse": f"wc -c < {_APK} | awk '{{ printf \"%.3f\\n\", $1 / 1048576 }}'",
        "metric_direction": "lower_is_better",
        "setup_command": "flutter pub get",
    }
    main = _main(project)
    if main:
        settings["target_file"] = main
    tested = any(path.endswith("_test.dart") for path in project.walk("test"))
    if tested:
        settings["guard_command"] = "flutter test"
    return Detected(
        "flutter", settings, () if tested else (NO_TESTS,), deletable_without_guard=False
    )


def _main(project: Project) -> str | None:
    if project.has("lib/main.dart"):
        return "lib/main.dart"
    starts = re.compile(r"^\s*(void|Future<void>)?\s*main\s*\(", re.MULTILINE)
    dart = (path for path in project.walk("lib") if path.endswith(".dart"))
    return next((path for path in dart if starts.search(project.text(path))), None)
