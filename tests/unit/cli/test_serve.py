"""A campaign served to a browser on this machine."""

from __future__ import annotations

import json
import threading
from argparse import Namespace
from dataclasses import replace
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.cli import results as results_verb
from autoresearch_ci.cli.serve import LOOPBACK, Live, Server
from autoresearch_ci.core.model import Reason
from tests.projects import make_project


@pytest.fixture
def view(monkeypatch, session_start, make_history, tmp_path):
    """What is read of the campaign."""
    log = tmp_path / "log"
    log.write_text("one")
    made = SimpleNamespace(
        tag="mar17", history=make_history((0.9, Reason.IMPROVED)), sessions=[session_start],
        running=None, log_path=log, branch=session_start.branch, under_way=(), grows=(),
    )  # fmt: skip
    monkeypatch.setattr(results_verb, "look", lambda _repo, _tag: made)
    made.project = make_project(tmp_path / "p")
    return made


@pytest.fixture
def server(view):
    """The server at work."""
    arguments = Namespace(repo=view.project, tag=None, quiet=False, theme=None)
    with Server(0, Live(arguments)) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def get(server, path, host=None):
    """Status, headers and text of an answer."""
    connection = HTTPConnection(LOOPBACK, server.server_port)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def test_the_page_is_live(server, view):
    """The page asks for new data, and gets some only once the log has grown."""
    status, headers, text = get(server, f"/{server.secret}/")
    assert status == 200
    assert '"live":true' in text
    assert "connect-src 'self'" in headers["Content-Security-Policy"]
    _, _, text = get(server, f"/{server.secret}/data.json")
    data = json.loads(text)
    seen = data["stamp"].replace(" ", "%20")
    assert get(server, f"/{server.secret}/data.json?seen={seen}")[0] == 204
    view.history.add(replace(view.history.experiments[1], experiment=2))
    view.log_path.write_text("more")
    status, _, text = get(server, f"/{server.secret}/data.json?seen={seen}")
    assert (status, len(json.loads(text)["rows"])) == (200, 3)


def test_an_experiments_texts(server):
    """Asked for when somebody looks at it; of one that is not there nothing comes."""
    assert get(server, f"/{server.secret}/experiments/1.json")[::2] == (200, "{}")
    for path in ("experiments/9.json", "experiments/-1.json", "experiments/x", "../etc/passwd"):
        assert get(server, f"/{server.secret}/{path}")[0] == 404


def test_nobody_else_reads_it(server):
    """Neither who does not know the address, nor a page of another host that leads here."""
    assert server.server_address[0] == "127.0.0.1"
    assert get(server, "/")[0] == 404
    assert get(server, f"/{'x' * 22}/")[0] == 404
    assert get(server, f"/{server.secret}/", host="evil.example")[0] == 404
    assert get(server, f"/{server.secret}/", host=f"localhost:{server.server_port}")[0] == 200


def test_a_port_that_is_taken(server, view, capsys):
    """It is said, with what to do."""
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(view.project), "serve", "--port", str(server.server_port)])
    assert exit_.value.code == 1
    assert "none for a free one" in capsys.readouterr().err
    with pytest.raises(SystemExit) as exit_:
        main(["serve", "--port", "70000"])
    assert exit_.value.code == 2
