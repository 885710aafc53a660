"""A process that is told to exit ignores Ctrl-C from then on; the test run must not."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(autouse=True)
def _handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
