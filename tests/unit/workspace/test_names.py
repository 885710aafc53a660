"""What other files name is known before anything is deleted from the target."""

from __future__ import annotations

import pytest

from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, make_repository

FILES = {
    "target.txt": "helper\nunused\n5\n",
    "experiment.sh": "tail -1 target.txt\n",
    "src/other.py": "import helper\n",
}


@pytest.mark.parametrize(("name", "found"), [("helper", True), ("unused", False), ("help", False)])
def test_a_name_in_another_file(tmp_path, name, found):
    """A whole word in a tracked file counts; the target itself does not."""
    folder = make_repository(tmp_path, FILES)
    with open_session(SessionRequest(folder, SETTINGS)) as session:
        assert session.campaign.names_elsewhere(name) is found
