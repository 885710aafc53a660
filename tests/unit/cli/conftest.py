"""What a verb may do to its own short-lived process, the test run must not keep."""

from __future__ import annotations

import gc
import signal

import pytest


@pytest.fixture(autouse=True)
def _handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    gc.enable()
