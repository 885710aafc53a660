"""The user's files stay where they are, whatever `readonly_files` names and a run adds."""

from __future__ import annotations

import pytest

from tests.unit.workspace.conftest import Repo

CANDIDATE = "lr = 0.2\nsteps = 10\n"


def manifest(repo: Repo) -> str:
    """Every path outside .git with its type, mode, size and content or link."""
    script = (
        "find . -path ./.git -prune -o -printf '%P %y %m %l\\n' | sort; "
        "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum"
    )
    return repo.sh(script)


@pytest.mark.parametrize(
    ("pattern", "script"),
    [
        ("data/*", "echo x > data/labels.cache"),
        ("data/**", "mkdir data/new; echo x > data/new/file"),
        ("data", "echo x > data/images/deep/labels.cache"),
        ("*.bin", "echo x > data/new.bin"),
        ("data/**", "mkdir data/images/deep/__pycache__; echo x > data/images/deep/__pycache__/a"),
    ],
)
def test_a_folder_that_was_there_stays(repo, pattern, script):
    """What a run adds beside read-only files goes; files and folders that were there stay."""
    repo.sh(
        "mkdir -p data/images/deep data/empty/below; echo 1 > data/images/1.png; ln -s images data/link"
    )
    repo.sh("echo 2 > data/images/deep/2.png; ln -s nowhere data/images/dangling")
    before = manifest(repo)
    with repo.campaign(readonly=[pattern]) as campaign, campaign.trial(CANDIDATE) as trial:
        for _ in range(2):
            repo.sh(script)
            trial.clean()
    assert manifest(repo) == before
