"""The files of a run that count as data, which what measures may see without asking."""

from __future__ import annotations

import pytest

from autoresearch_ci.trees.artifacts import is_data, is_nameless

DATA = (
    *("out.txt", "made/model.bin", "metrics.json", "a/b/config.json", "deep/result.CSV", "x.npy"),
    *("report.json.gz", "weights.safetensors", "tokenizer_config.json", "plot.png"),
)
OBEYED = {
    "a module of Python, its compiled form, its path": ("json.py", "a/b.pyc", "evil.pth"),
    "a module that Node takes before score.js": ("lib/score", "lib/score.node", "lib/score.mjs"),
    "a file that make takes for a target that is made": ("test", "bench", "sub/all"),
    "cargo's runner, Maven's agent, git's hooks": (".cargo/config", ".mvn/jvm.config", ".git/HEAD"),
    "dependencies nearer than the real ones": ("src/node_modules/x.json", "vendor/modules.txt"),
    "plugins of pytest": ("evil-1.dist-info/entry_points.txt", "e.egg-info/entry_points.txt"),
    "settings of tools": ("babel.config.json", "tsconfig.json", "package.json", "x/.eslintrc.json"),
    "what build tools read": ("CMakeLists.txt", "go.work", "Directory.Build.props", "a.gradle"),
    "languages": ("a.pmc", "a.cs", "a.dart", "a.zig", "a.unheard-of"),
}


@pytest.mark.parametrize("path", DATA)
def test_data(path):
    """Whoever reads it has asked for it by name."""
    assert is_data(path, None)


@pytest.mark.parametrize("paths", OBEYED.values(), ids=OBEYED)
def test_what_tools_import_or_obey(paths):
    """A tool finds it by itself, so it is handed on where `artifacts` names it alone."""
    assert [path for path in paths if is_data(path, None)] == []


def test_what_may_be_executed(tmp_path):
    """Whatever its name."""
    file = tmp_path / "out.txt"
    file.write_text("#!/bin/sh\n")
    assert is_data("out.txt", file)
    file.chmod(0o755)
    assert not is_data("out.txt", file)


def test_what_may_be_data():
    """A name without an end says nothing; that of a build file and a hidden one do."""
    assert is_nameless("made/model", None)
    for path in ("Makefile", "sub/BUILD", ".cargo/config", "vendor/x", "a.py", ".env"):
        assert not is_nameless(path, None)
