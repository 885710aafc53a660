"""What people want tried, on its way through a model."""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.core.history import AGAIN, IDEAS
from autoresearch_ci.core.model import FileSet, IdeaRequest, Proposal, Reason, Rejected
from autoresearch_ci.proposers.queued_ideas import QueuedIdeas

SOURCE = FileSet({"train.py": "lr = 1\n"})


class Model:
    """Answers with what it was given, in turn."""

    name = "model"

    def __init__(self, *answers):
        self._answers = list(answers)

    def propose(self, _source, _history):
        return self._answers.pop(0)

    def repair(self, _source, _history, _failed, _crash):
        return self._answers.pop(0)


def proposal(title):
    return Proposal(title, SOURCE | {"train.py": f"{title}\n"}, "model", {"hypothesis": "h"})


def queue(history, *texts):
    for text in texts:
        history.queue(IdeaRequest("mar17", f"id of {text}", "2026-03-17T14:35:00Z", text))


def test_each_proposal_takes_one_idea_off_the_queue(make_history):
    """The oldest first; an answer that cannot be used takes none."""
    history = make_history((1.1, Reason.WORSE))
    queue(history, "warm-up", "less depth")
    model = QueuedIdeas(
        Model(Rejected("no", "model"), proposal("one"), proposal("two"), proposal("x"))
    )
    assert isinstance(model.propose(SOURCE, history), Rejected)
    for text in ("warm-up", "less depth"):
        found = model.propose(SOURCE, history)
        assert found.change == {"hypothesis": "h", IDEAS: [f"id of {text}"]}
        done = replace(
            history.experiments[-1],
            experiment=history.next_number,
            candidate=found.files.text,
            change=found.change,
        )
        history.add(done)
    assert history.ideas == []
    assert model.propose(SOURCE, history).change == {"hypothesis": "h"}


def test_a_mended_idea_is_still_the_one_that_was_asked_for(make_history):
    """What crashed and was mended is neither queued nor tried again once more."""
    failed = replace(proposal("one"), change={IDEAS: ["a"], AGAIN: 3, "hypothesis": "old"})
    found = QueuedIdeas(Model(proposal("mended"))).repair(SOURCE, make_history(), failed, "boom")
    assert found.change == {"hypothesis": "h", IDEAS: ["a"], AGAIN: 3}
