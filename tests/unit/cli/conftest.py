"""What a verb may do to its own short-lived process, the test run must not keep."""

from __future__ import annotations

import gc
import signal

import pytest

from autoresearch_ci.cli import main


@pytest.fixture(autouse=True)
def _handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    gc.enable()


@pytest.fixture
def init(tmp_path, capsys):
    """Calls the verb on a folder; what it printed."""

    def call(*words, code=0):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(tmp_path), "init", *words])
        out, err = capsys.readouterr()
        assert exit_.value.code == code, err
        return out + err

    return call
