"""Patterns of paths mean what they mean in a .gitignore."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.core.globs import matches, unmatched

_PATHS = (
    "data/x",
    "data/x/y",
    "deep/data/x",
    "a.py",
    "q/a.py",
    "src/a.ts",
    "src/b/c/a.ts",
    "[a",
    "*",
)


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("*.py", "q/z.py", True),
        ("/z.py", "q/z.py", False),
        ("data/*", "data/x/y", True),
        ("data/*", "deep/data/x", False),
        ("data/", "data", True),
        ("src/**/*.ts", "src/a.ts", True),
        ("src/**/*.ts", "src/b/c/a.ts", True),
        ("a?c", "a/c", False),
        ("[!a]c", "ac", False),
        ("./a/b", "a/b", True),
        ("!x", "!x", True),
        ("#x", "deep/#x", True),
        ("page[1", "pages/page[1", True),
    ],
)
def test_one(pattern, path, meant):
    """A pattern names a path, or what lies below it; one that git cannot read is a name."""
    assert matches(path, (pattern,)) is meant


def test_those_that_name_nothing(tmp_path):
    """A pattern that means no file is told, so that a slip does not pass for protection."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text("")
    assert unmatched(str(tmp_path), ["data/*", "dta/*"]) == ["dta/*"]


@pytest.mark.parametrize(
    "pattern", ["data/*", "*.py", "src/**", "**/x", r"\*", "[]a]*", "/a.py", "d*"]
)
def test_as_git_does(pattern, tmp_path):
    """git ignores exactly the files that the same pattern names here."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text(f"{pattern}\n")
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=tmp_path, input="\n".join(_PATHS), text=True, capture_output=True, check=False,
    )  # fmt: skip
    ignored = {line.strip('"') for line in asked.stdout.splitlines()}
    assert {path for path in _PATHS if matches(path, (pattern,))} == ignored
