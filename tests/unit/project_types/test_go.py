from __future__ import annotations

import pytest

MAIN = "package main\n\nfunc main() {\n}\n"
MODULE = {"go.mod": "module example.org/tools/pick/v2\n\ngo 1.22\n"}


@pytest.mark.parametrize(
    ("files", "target", "package", "binary"),
    [
        ({"main.go": MAIN, "cmd/pick/main.go": MAIN}, "main.go", ".", "bin/pick"),
        ({"run.go": MAIN, "a.go": "package main\n"}, "run.go", ".", "bin/pick"),
        ({"lib.go": "package pick\n", "cmd/a/main.go": MAIN, "cmd/pick/main.go": MAIN},
         "cmd/pick/main.go", "./cmd/pick", "bin/pick"),
        ({"cmd/b/b.go": MAIN, "tool/main.go": MAIN}, "cmd/b/b.go", "./cmd/b", "bin/b"),
        ({"gen.go": "//go:build ignore\n\n" + MAIN, "cmd/b/main.go": MAIN},
         "cmd/b/main.go", "./cmd/b", "bin/b"),
    ],
)  # fmt: skip
def test_the_main_package(settings, files, target, package, binary):
    """The root's main package, else the command named like the module, else the first."""
    found = settings({**MODULE, **files})
    assert found["target_file"] == target
    assert found["run_command"] == f"go build -trimpath -buildvcs=false -o {binary} {package}"
    assert f"< {binary} |" in found["metric_parse"]


def test_guard(settings, notes):
    """`go test` is the guard where there is a test."""
    assert "guard_command" not in settings({**MODULE, "main.go": MAIN})
    assert "No tests were found" in notes({})
    assert settings({"main_test.go": "package main\n"})["guard_command"] == "go test ./..."


def test_a_library(settings, notes):
    """A module without a main package is told what to set."""
    found = settings({**MODULE, "a.go": "package pick\n"})
    assert "run_command" not in found
    assert "metric_name" not in found
    assert "no main package" in notes({})


def test_a_main_that_only_calls_is_followed(settings):
    """The code of a program whose main only calls another package is found there."""
    files = {
        **MODULE,
        "main.go": 'package main\n\nimport "example.org/tools/pick/v2/cmd"\n\n'
        "func main() { cmd.Execute() }\n",
        "cmd/root.go": "package cmd\n\n" + "func f() int { return 1 + 2 }\n" * 40,
        "cmd/root_test.go": "package cmd\n" * 999,
    }
    found = settings(files)
    assert found["target_file"] == "cmd/root.go"
    assert found["run_command"].endswith("-o bin/pick .")


def test_the_program_that_is_released(settings):
    """Of several programs the one that goreleaser or the Makefile builds is it."""
    files = {**MODULE, "cmd/a/main.go": MAIN, "cmd/tool/main.go": MAIN}
    assert settings(files)["target_file"] == "cmd/a/main.go"
    files[".goreleaser.yml"] = "builds:\n  - main: ./cmd/tool\n"
    assert settings(files)["target_file"] == "cmd/tool/main.go"
