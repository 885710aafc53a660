"""How often a pull request's head is asked for, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.action.pull_request import PAUSE, NoHead, PullHead
from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge import Pull
from autoresearch_ci.forge.offline import OfflineForge

THEN = Pull(7, "a" * 40, "topic", "c" * 40, "main", from_fork=False, open=True)


class Forge(OfflineForge):
    """Answers with what it is told to, and counts."""

    def __init__(self):
        self.asked, self.answer = 0, THEN

    def pull(self, number):
        assert number == 7
        self.asked += 1
        if isinstance(self.answer, ForgeError):
            raise self.answer
        return self.answer


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def forge():
    return Forge()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def head(forge, clock):
    return PullHead(forge, THEN, clock)


def test_at_most_once_a_minute(head, forge, clock):
    """However quick the experiments are."""
    for _ in range(4 * int(PAUSE)):
        clock.now += 0.5
        head.look()
    assert forge.asked == 2
    assert (head.note, head.gone) == ("", False)


def test_at_most_after_every_second_experiment(head, forge, clock):
    """However slow they are: 100 of them take 50 questions of the hour's budget."""
    for _ in range(100):
        clock.now += 1000
        head.look()
    assert forge.asked == 50


def test_the_last_look_is_always_taken(head, forge):
    """What is told at the end is how it is at the end."""
    forge.answer = replace(THEN, head_sha="b" * 40)
    head.look()
    assert not head.note
    head.look(last=True)
    assert "moved from aaaaaaaaaaaa to bbbbbbbbbbbb" in head.note
    assert not head.gone


@pytest.mark.parametrize("answer", [None, replace(THEN, open=False)])
def test_one_that_is_gone_is_not_asked_for_again(head, forge, answer):
    """A closed pull request, and one that nobody knows any more."""
    forge.answer = answer
    head.look(last=True)
    assert head.gone
    assert "was closed" in head.note
    head.look(last=True)
    assert forge.asked == 1


def test_no_answer_changes_nothing(head, forge, clock):
    """A server that is down is asked again later."""
    forge.answer = ForgeError("down", remedy="wait")
    head.look(last=True)
    assert (head.note, head.gone) == ("", False)
    forge.answer = replace(THEN, open=False)
    clock.now += 2 * PAUSE
    head.look()
    head.look()
    assert head.gone


def test_a_session_that_is_for_no_pull_request():
    """There is nothing to ask and nothing to say."""
    head = NoHead()
    head.look(last=True)
    assert (head.note, head.gone) == ("", False)
