from __future__ import annotations

import os

import pytest


def test_a_byte_order_mark_is_no_text(tmp_path, project):
    """A JSON file that an editor gave a byte order mark is read like any other."""
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert project({}).json_object("a.json") == {"a": 1}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '"x"', "[" * 100_000])
def test_what_is_no_object_is_empty(project, text):
    """Broken, empty, foreign or absurdly nested JSON reads as an empty object."""
    assert project({"a.json": text}).json_object("a.json") == {}


def test_links_out_of_the_repository_are_not_followed(tmp_path, project):
    """A link to a file elsewhere on the machine is no file of the project."""
    inside = tmp_path / "repository"
    inside.mkdir()
    (tmp_path / "secret").write_text("secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    from autoresearch_ci.project_types import Project

    assert not Project(inside).has("link")
    assert Project(inside).text("link") == ""
    assert Project(inside).text("../secret") == ""


def test_a_huge_file_is_not_read(project):
    """A file of more than a MiB, which nobody wrote by hand, reads as empty."""
    assert project({"big.js": "x" * (1024 * 1024 + 1)}).text("big.js") == ""


@pytest.mark.skipif(os.name == "nt", reason="NOT RUN: Windows has no pipes in folders")
def test_a_pipe_does_not_block(tmp_path, project):
    """A named pipe is no plain file: reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert not project({}).has("pipe")
    assert project({}).text("pipe") == ""
    assert "pipe" not in list(project({}).walk())


def test_a_walk_skips_what_is_not_the_projects_own(project):
    """Dependencies, outputs and hidden folders are left out, packages of those names are not."""
    found = project(
        {
            "src/a.js": "",
            "src/main/java/build/B.java": "",
            "node_modules/x/x.js": "",
            "build/out.js": "",
            "target/out.js": "",
            ".hidden/h.js": "",
        }
    ).walk()
    assert list(found) == ["src/a.js", "src/main/java/build/B.java"]


def test_a_walk_ends_in_a_loop_of_links(tmp_path, project):
    """A link to a parent folder does not make the walk endless."""
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(project({"a/b.txt": ""}).walk()) == ["a/b.txt"]
