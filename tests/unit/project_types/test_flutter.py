from __future__ import annotations


def test_an_app(settings):
    """lib/main.dart is the target, and the release package is measured."""
    found = settings({"pubspec.yaml": "name: a\n", "lib/main.dart": "void main() {}"})
    assert found["target_file"] == "lib/main.dart"
    assert found["run_command"] == "flutter build apk --release"


def test_an_app_of_flavors(settings):
    """Where there is no lib/main.dart, the first file that starts an app is the target."""
    files = {"lib/a.dart": "class A {}", "lib/main_dev.dart": "Future<void> main() async {}"}
    found = settings({"pubspec.yaml": "name: a\n", **files})
    assert found["target_file"] == "lib/main_dev.dart"
    assert found["run_command"].endswith(" --release --target lib/main_dev.dart")


def test_a_package(settings, notes):
    """A package that starts nothing is told what to set, and is no app to build."""
    found = settings({"pubspec.yaml": "name: a\n", "lib/a.dart": "int f() => 1;"})
    assert "run_command" not in found
    assert "metric_name" not in found
    assert "no app is built" in notes({})


def test_guard(settings, notes):
    """`flutter test` is the guard where there is a test."""
    app = {"pubspec.yaml": "", "lib/main.dart": "void main() {}"}
    assert "guard_command" not in settings(app)
    assert "No tests were found" in notes({})
    assert settings({"test/a_test.dart": "x"})["guard_command"] == "flutter test"
