"""Code is deleted only where a broken target is noticed: real git, real processes."""

from __future__ import annotations

import sys

import pytest

from autoresearch_ci.campaign.ledger import dumps, loads
from autoresearch_ci.core.model import Mutant, MutationCheck, Note, Reason, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.source_code.mutants import crashing, emptied
from tests.projects import experiments, make_repository

PYTHON = """\
import sys

import pytest


def _spare():
    return 5


def usage():
    text = "usage: tool FILE"
    text = text.strip()
    print(text)
    return 2


def work(name):
    total = len(name)
    if total > 3:
        total += 1
    return total


if __name__ == "__main__":
    sys.exit(usage() if len(sys.argv) < 2 else 0)
"""
SIZE = {
    "target_file": "tool.py",
    "run_command": "true",
    "metric_name": "size_bytes",
    "metric_parse": "wc -c < tool.py",
    "proposer": "search",
    "tag": "t",
}


def session(repository, limit=6, **settings):
    with open_session(
        SessionRequest(repository, {**SIZE, "max_experiments": limit, **settings})
    ) as lab:
        return list(research(lab)), lab.history


def project(tmp_path, test, text=PYTHON):
    return make_repository(tmp_path / "p", {"tool.py": text, "check.py": test})


def guard():
    return {"guard_command": f"{sys.executable} -B check.py"}


def test_only_what_is_private_and_unused_goes_where_nobody_notices_a_broken_target(tmp_path):
    """A guard that never runs the target protects nothing, so nothing that is used is deleted."""
    events, history = session(project(tmp_path, "assert True\n"), **guard())
    tried = experiments(events)[1:]
    deleted = [e for e in tried if e.description.startswith("remove")]
    assert [e.description for e in deleted] == ["remove unused _spare()"]
    assert deleted[0].status is Status.KEEP
    assert history.mutations.noticed is False
    told = [event.text for event in events if isinstance(event, Note)]
    assert any("noticed by neither" in text and "guard_command" in text for text in told)


def test_code_goes_where_a_broken_target_is_noticed(tmp_path):
    """Tests that need the target let the search delete what they do not need, checked once."""
    test = "import tool\nassert tool.work('abcd') == 5 and tool.usage() == 2\n"
    repository = project(tmp_path, test)
    events, history = session(repository, **guard())
    assert history.mutations.noticed
    assert [mutant.by for mutant in history.mutations.mutants] == ["guard", "guard"]
    assert Reason.GUARD_FAILED in [e.reason for e in experiments(events)]
    again, _ = session(repository, limit=1, **guard())
    assert not [event for event in again if isinstance(event, MutationCheck)]


def test_a_metric_that_never_moves_deletes_nothing(tmp_path):
    """An evaluator that swallows every error says of no deletion that it does no harm."""
    evaluate = "try:\n    import tool\n    tool.missing()\nexcept Exception:\n    pass\nprint(0)\n"
    events, _ = session(
        project(tmp_path, evaluate),
        run_command=f"{sys.executable} -B check.py",
        metric_name="error",
        metric_parse="tail -1 run.log",
    )
    kept = [e for e in experiments(events)[1:] if e.status is Status.KEEP]
    assert kept == []


CHECKS = """\
import sys


def count(text, lower=False):
    if not isinstance(text, str):
        raise TypeError("text must be a string")
    if lower:
        text = text.lower()
    text = text.strip()
    return len(text.split())


def main(arguments):
    if not arguments:
        print("usage: tool TEXT", file=sys.stderr)
        return 2
    print(count(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def test_what_no_test_runs_stays_whatever_it_would_save(tmp_path):
    """Usage, checks and options that the guard never comes to stay; what it runs may go."""
    test = "import subprocess, sys\nrun = [sys.executable, '-B', 'tool.py', 'a b']\n"
    test += "assert subprocess.check_output(run) == b'2\\n'\n"
    events, history = session(project(tmp_path, test, CHECKS), limit=14, **guard())
    assert history.mutations.noticed
    tried = experiments(events)[1:]
    refused = [e for e in tried if e.reason is Reason.UNTESTED]
    assert {e.status for e in refused} == {Status.DISCARD}
    assert "remove if not isinstance(text, str)" in {e.description for e in refused}
    assert all("neither run nor guard" in e.error for e in refused)
    kept = [e.description for e in tried if e.status is Status.KEEP]
    assert kept == ["remove assignment text = text.strip()"]


def test_another_guard_is_looked_at_anew(tmp_path):
    """Better tests in the middle of a campaign count from the next session on."""
    repository = project(tmp_path, "assert True\n")
    session(repository, limit=2, **guard())
    better = (
        f"{sys.executable} -B -c \"import tool; assert tool.work('abcd') == 5; tool.usage() > 1\""
    )
    _, history = session(repository, limit=2, guard_command=better)
    assert history.mutations.noticed


def test_a_record_of_the_check_is_read_back():
    """What was found out is on record, for the next session and for people."""
    record = MutationCheck(
        tag="t",
        session="s",
        timestamp="2026-03-17T14:35:00+00:00",
        mutants=(Mutant("a crash at its start", "run"), Mutant("an emptied function", "", "f")),
        rules="r",
    )
    assert loads(dumps(record)) == record


@pytest.mark.parametrize(
    ("path", "text", "crash", "left", "name"),
    [
        ("a.py", PYTHON, "raise RuntimeError('planted')", "return None", "usage"),
        ("a.js", "const f = (a) => {\n  return a;\n};\n", "throw new", "if (Date.now()) return;", "f"),
        ("a.ts", "export function f(a: X): Y {\n  g(a);\n}\n", "throw new", "undefined as never", "f"),
        ("a.c", "static char *f(int a) {\n  g(a);\n}\n", "__builtin_trap();", "return 0;", "f"),
        ("a.rs", "fn f() -> Vec<u8> {\n  vec![]\n}\n", "panic!", "Default::default()", "f"),
        ("a.go", "func f(a int) (T, error) {\n\tg()\n}\n", "panic(", "*new(T), *new(error)", "f"),
        ("A.java", "class A {\n  public static int f() {\n}\n}\n", "throw new", "return 0;", "f"),
        ("a.sh", "f() {\n  g\n}\n", "exit 3", "return 0", "f"),
    ],
)  # fmt: skip
def test_a_mutant_is_a_program_that_does_less(path, text, crash, left, name):
    """In each language a crash at the start, and the largest function that returns at once."""
    assert crash in crashing(path, text)
    mutant, function = emptied(path, text)
    assert left in mutant
    assert function == name


@pytest.mark.parametrize("text", ["", "(", "\0", "\ud800", "def f(:\n", "func f() {", "}{" * 50])
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.go", "a.c", "a.rs", "a.zzz"])
def test_no_text_is_too_odd_for_a_mutant(path, text):
    """What cannot be read has no mutants, and raises nothing."""
    crashing(path, text)
    emptied(path, text)
