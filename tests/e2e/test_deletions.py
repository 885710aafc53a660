"""Code is deleted only where a broken target is noticed, with the compiler and tests of a language."""

from __future__ import annotations

import shutil

import pytest

from autoresearch_ci.core.model import Mutant
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import experiments, make_repository


@pytest.mark.skipif(shutil.which("go") is None, reason="NOT RUN: go is not installed")
def test_a_binary_whose_main_no_test_runs_keeps_its_usage_text(tmp_path):
    """In Go, too: `go test` that never runs main lets no part of main go."""
    main = (
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc add(a, b int) int {\n'
        '\treturn a + b\n}\n\nfunc main() {\n\tif len(os.Args) < 2 {\n\t\tfmt.Println("usage")\n'
        "\t\tos.Exit(2)\n\t}\n\tfmt.Println(add(1, 2))\n}\n"
    )
    test = (
        'package main\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n'
        "\tif add(1, 2) != 3 {\n\t\tt.Fatal()\n\t}\n}\n"
    )
    repository = make_repository(
        tmp_path / "g",
        {"go.mod": "module example.org/size\n\ngo 1.20\n", "main.go": main, "main_test.go": test,
         ".gitignore": "bin/\n"},
    )  # fmt: skip
    with open_session(
        SessionRequest(repository, {"max_experiments": 3, "proposer": "search", "tag": "t"})
    ) as lab:
        events = list(research(lab))
        assert lab.settings.min_delta.relative
        assert lab.history.mutations.mutants == (Mutant("a crash at its start"),)
    assert not [e for e in experiments(events)[1:] if "remove" in e.description]
