"""Two sessions, fifty experiments each, one campaign."""

from __future__ import annotations

from itertools import pairwise

from tests import racing_sessions
from tests.github.git_server import GitServer

EXPERIMENTS = 50
TOKEN = "s3cret-token"
PAUSE = 1.0


def test_fifty_experiments_of_each_of_two_racing_sessions_are_all_there(tmp_path):
    """However often they meet: nothing lost, nothing twice, one line of kept commits."""
    with GitServer(tmp_path / "git") as server:
        server.tokens.add(TOKEN)
        bare = server.create("octo/lab", source=racing_sessions.make_project(tmp_path / "source"))
        url = server.remote("octo/lab")
        sides = [
            racing_sessions.start(
                racing_sessions.clone(bare, url, tmp_path / side),
                side,
                EXPERIMENTS,
                TOKEN,
                pause=PAUSE,
            )
            for side in ("left", "right")
        ]
        for side in sides:
            said, _ = side.communicate()
            assert side.returncode == 0, said[-3000:]
        done = racing_sessions.check(bare, EXPERIMENTS)
        made = [d["description"].split()[0] for d in done[1:]]
        met = sum(a != b for a, b in pairwise(made))
        assert met > 2, "one after the other would be 1; a busy machine pushes many at a time"
        assert any(d["reason"] == "superseded" for d in done)
