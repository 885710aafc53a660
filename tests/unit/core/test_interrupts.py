"""Signals end a session in order."""

from __future__ import annotations

import os
import signal

import pytest

from autoresearch_ci.core.interrupts import Interrupted, deferred, interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_of_them_interrupts(number):
    """Ctrl-C, kill and a closed terminal raise the same, after saying so."""
    said = []

    def wait():
        with interruptible(lambda: said.append("stopping")):
            os.kill(os.getpid(), number)
            signal.pause()

    with pytest.raises(Interrupted):
        wait()
    assert said == ["stopping"]


def test_a_second_one_does_not_tear_the_cleaning_up():
    """While cleaning up, further signals are ignored."""
    cleaned = []

    def work():
        with interruptible(lambda: None):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                signal.pause()
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGTERM)
                cleaned.append(True)

    with pytest.raises(Interrupted):
        work()
    assert cleaned


def test_one_that_comes_much_later_counts_again(monkeypatch):
    """Cleaning up that hangs can still be ended."""
    now = [100.0]
    monkeypatch.setattr("autoresearch_ci.core.interrupts.time.monotonic", lambda: now[0])
    with interruptible(lambda: None):
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)
        now[0] += 60
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_nohup_ignores_stays_ignored():
    """A session under nohup outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible(lambda: None):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_handlers_of_before_come_back():
    """Afterwards the process is as it was."""
    before = signal.getsignal(signal.SIGTERM)
    with interruptible(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_must_be_done_as_a_whole_is_done_first():
    """A signal in the middle of writing down and moving the branch waits for the end of it."""
    steps = []
    with pytest.raises(Interrupted), interruptible(lambda: steps.append("announced")):
        with deferred():
            steps.append("begun")
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("done")
        steps.append("never")
    assert steps == ["begun", "announced", "done"]
