"""The files that a session writes in the user's checkout: `run.log`, the table, the log."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace.state import State, save


def test_a_log_of_the_users_is_put_aside(repo):
    """Last night's `run.log` is not overwritten: it is moved, and where to is said."""
    repo.write("run.log", "last night\n")
    workspace = repo.open()
    assert workspace.claim_outputs()
    said = workspace.put_log_aside()
    assert not (repo.path / "run.log").exists()
    place = said.removesuffix(" now.").rpartition(" it is ")[2]
    assert repo.read(place) == "last night\n"
    repo.write("run.log", "ours\n")
    workspace.note_outputs()
    assert not repo.open().claim_outputs()
    assert repo.read("run.log") == "ours\n"
    repo.write("run.log", "yours again\n")
    assert repo.open().claim_outputs()


def test_a_log_after_a_killed_session_is_put_aside(repo):
    """Whoever ran the project by hand since has the log of that: nobody can tell by now."""
    workspace = repo.open()
    workspace.state_dir.mkdir(parents=True)
    save(State("s", "t"), workspace.state_dir / "session.json")
    repo.write("run.log", "by hand\n")
    assert repo.open().claim_outputs()


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("mkdir run.log; echo x > run.log/file", "run.log"),
        ("ln -s notes.txt results.tsv", "results.tsv"),
        ("mkdir elsewhere; ln -s elsewhere .claude", ".claude"),
        ("mkdir -p .claude/logs/autoresearch.jsonl", ".claude/logs/autoresearch.jsonl"),
    ],
)
def test_what_stands_where_the_loop_writes_is_refused(repo, script, name):
    """A folder or a link under one of the loop's names is never replaced by a file."""
    repo.sh(script)
    before = repo.manifest
    with pytest.raises(WorkspaceError, match="no plain") as error:
        repo.open().claim_outputs()
    assert error.value.remedy.endswith(f"mv {name} {name}.old")
    assert repo.manifest == before
