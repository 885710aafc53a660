"""The set of files that a candidate is."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.core.model import FileSet


def test_one_file_is_named_as_git_names_it(tmp_path):
    """Records of one target can be looked up with git, and stay what they were."""
    text = "lr = 0.1 # µ\n"
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], input=text.encode(), capture_output=True, check=True
    )
    assert FileSet({"train.py": text}).digest == done.stdout.decode().strip()
    assert FileSet({"other.py": text}).digest == FileSet({"train.py": text}).digest


def test_several_files_are_named_by_all_of_them():
    """Another text, another path or another member is another version; the order is none."""
    files = {"a.py": "1\n", "b.py": "2\n"}
    others = [{**files, "b.py": "1\n"}, {"a.py": "1\n", "c.py": "2\n"}, {**files, "c.py": ""}]
    digests = {FileSet(each).digest for each in (files, *others, {"a.py": "1\n"})}
    assert len(digests) == 5
    assert FileSet(dict(reversed(files.items()))).digest == FileSet(files).digest


def test_a_version_with_another_text():
    """The target stays the first; the version it was made from stays as it was."""
    before = FileSet({"z.py": "1\n", "a.py": "2\n"})
    after = before | {"a.py": "3\n"}
    assert (after.target, after.text, dict(after)) == (
        "z.py",
        "1\n",
        {"z.py": "1\n", "a.py": "3\n"},
    )
    assert before["a.py"] == "2\n"
    assert after != before
    assert after | {"a.py": "2\n"} == before


def test_a_version_has_files():
    """Nothing to change is an error of ours, and told where it is made."""
    with pytest.raises(ValueError, match="without files"):
        FileSet({})
