"""`run` and `setup`: what the words on the command line mean."""

from __future__ import annotations

from autoresearch_ci.cli.run import from_root


def test_a_target_is_named_as_seen_from_here(tmp_path, monkeypatch):
    """In a subdirectory TARGET is what the shell completes, or a path from the root."""
    below = tmp_path / "a b" / "src"
    below.mkdir(parents=True)
    (below / "x.py").write_text("a = 1\n")
    (tmp_path / "top.py").write_text("a = 1\n")
    monkeypatch.chdir(below)
    assert from_root("x.py", tmp_path) == "a b/src/x.py"
    assert from_root(str(below / "x.py"), tmp_path) == "a b/src/x.py"
    assert from_root("../../top.py", tmp_path) == "top.py"
    assert from_root("top.py", tmp_path) == "top.py"
    assert from_root("a b/src/x.py", tmp_path) == "a b/src/x.py"
    assert from_root("missing.py", tmp_path) == "missing.py"


def test_a_file_of_another_place_is_not_taken(tmp_path, monkeypatch):
    """With --repo the words are a path in that repository, whatever lies about here."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "x.py").write_text("a = 1\n")
    monkeypatch.chdir(tmp_path / "here")
    assert from_root("x.py", tmp_path / "repo") == "x.py"
