"""A model and the search together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    FileSet,
    Proposal,
    ProposalRejected,
    Reason,
    Rejected,
    Status,
)
from autoresearch_ci.proposers.model_and_search import (
    PLATEAU_OF,
    REJECTIONS,
    SHARE,
    ModelThenSearch,
)
from autoresearch_ci.proposers.payoff import share
from autoresearch_ci.proposers.search import SearchProposer
from tests.unit.conftest import BASELINE

SOURCE = FileSet({"train.py": "LR = 0.1\nDROPOUT = 0.5\n"})


class Model:
    name = "model"

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def propose(self, source, history):
        self.asked += 1
        return self.answers.pop(0) if self.answers else idea(f"idea {self.asked}")

    def repair(self, source, history, failed, crash):
        return idea("mended")


def idea(title, added=("DROPOUT = 0.5",)):
    return Proposal(title, SOURCE | {"train.py": f"# {title}\n"}, "model", {"added": list(added)})


class Campaign:
    """A history that grows by whatever is proposed."""

    def __init__(self, model, *, search=None, price=0.0):
        self.model, self.price = model, price
        self.search = search or SearchProposer(metric_name="loss", seed="t")
        self.tuned = []
        self.history = History(Direction.LOWER)
        self.history.add(BASELINE)
        self.relay = self.fresh()

    def fresh(self):
        return ModelThenSearch(self.model, self.search, self.tuner)

    def tuner(self, lines):
        self.tuned.append(lines)
        return SearchProposer(metric_name="loss", seed="t", only=lines)

    def step(self, *, keep=False):
        found = self.relay.propose(SOURCE, self.history)
        number = self.history.next_number
        if isinstance(found, Proposal):
            self.history.add(
                replace(
                    BASELINE, experiment=number, proposer=found.proposer, change=found.change,
                    description=found.title, candidate=f"{number:040x}", prev=1.0,
                    status=Status.KEEP if keep else Status.DISCARD,
                    reason=Reason.IMPROVED if keep else Reason.WORSE,
                    value=0.9 if keep else 1.1,
                    cost_usd=self.price if found.proposer == "model" else 0.0,
                )
            )  # fmt: skip
        elif isinstance(found, Rejected):
            self.history.rejected.append(
                ProposalRejected("t", "s", "", number, "", found.problem, "model")
            )
        return found

    def run(self, count):
        return [self.step() for _ in range(count)]


def proposers(found):
    return [each.proposer if isinstance(each, Proposal) else "rejected" for each in found]


def test_the_model_is_asked_as_long_as_it_answers():
    """Without keeps there is nothing to tune, and the search does not cut in."""
    assert proposers(Campaign(Model()).run(5)) == ["model"] * 5


def test_a_kept_idea_is_tuned_by_the_search_at_no_cost():
    """The numbers it brought in, and only those, in turns with the model."""
    campaign = Campaign(Model())
    campaign.step(keep=True)
    found = campaign.run(6)
    assert proposers(found)[0] == "search"
    assert 2 <= proposers(found).count("model") <= 4
    tuned = [each for each in found if each.proposer == "search"]
    assert all("DROPOUT" in each.title for each in tuned)
    assert campaign.tuned[0] == frozenset({"DROPOUT = 0.5"})


def test_tuning_gets_more_where_it_pays():
    """Whoever has the better ideas for a unit of cost is asked more often, and neither never."""
    paying, idle = Campaign(Model()), Campaign(Model())
    for campaign in (paying, idle):
        campaign.step(keep=True)
        for _ in range(40):
            turn = campaign.relay.propose(SOURCE, campaign.history)
            campaign.step(keep=campaign is paying and turn.proposer == "search")
    counts = [
        sum(each.proposer == "search" for each in campaign.history.experiments[1:])
        for campaign in (paying, idle)
    ]
    assert counts[0] > counts[1] > 2


def test_an_expensive_model_is_asked_less():
    """Dollars count beside seconds: the search, which has none, gets more turns."""
    dear, free = Campaign(Model(), price=0.5), Campaign(Model())
    for campaign in (dear, free):
        campaign.step(keep=True)
        campaign.run(4)
    shares = [share("search", "model", campaign.history) for campaign in (dear, free)]
    assert shares[0] > shares[1]


def test_on_a_plateau_the_mix_is_even_and_the_log_says_so():
    """After ten experiments without a keep the past is no guide; the record has why."""
    campaign = Campaign(Model())
    campaign.step(keep=True)
    found = campaign.run(14)
    told = [each.change for each in found if each.proposer == "search"]
    assert PLATEAU_OF not in told[0]
    assert told[-1][SHARE] == 0.5
    assert told[-1][PLATEAU_OF] >= 10


def test_an_idea_without_numbers_is_not_tuned():
    """Where nothing can be tuned the model is asked at once."""
    campaign = Campaign(Model(idea("text", added=["call()"])))
    campaign.step(keep=True)
    assert proposers(campaign.run(2)) == ["model", "model"]


def test_the_search_takes_over_from_a_model_that_says_nothing_of_use():
    """After two rejected answers the experiment is the search's, and then the model has a turn."""
    campaign = Campaign(Model(*[Rejected("no", "model")] * REJECTIONS))
    found = proposers(campaign.run(REJECTIONS + 2))
    assert found == ["rejected"] * REJECTIONS + ["search", "model"]


def test_a_model_that_cannot_be_reached_is_left_alone_longer_and_longer():
    """Paid machines never idle, and a dead server is not asked before every experiment."""
    dead = Model(*[Rejected("down", "model", lasting=True)] * 100)
    campaign = Campaign(dead)
    found = proposers(campaign.run(40))
    assert found[:5] == ["rejected", "search", "rejected", "search", "search"]
    assert found.count("rejected") < 10


def test_a_model_that_comes_back_is_used_again():
    """One outage does not cost the rest of the session."""
    campaign = Campaign(Model(Rejected("down", "model", lasting=True)))
    assert proposers(campaign.run(4)) == ["rejected", "search", "model", "model"]


@pytest.mark.parametrize(
    "answer", [Rejected("no", "model"), Rejected("down", "model", lasting=True)]
)
def test_it_ends_when_neither_has_anything_left(answer):
    """With the search exhausted and the model silent the session ends; nothing goes round forever."""

    class Empty:
        name = "search"

        def propose(self, source, history):
            return None

        repair = Model.repair

    campaign = Campaign(Model(*[answer] * 100), search=Empty())
    found = campaign.run(20)
    assert found[-1] is None
    assert campaign.model.asked < 20


def test_a_fresh_instance_goes_on_alike():
    """On another machine the next proposal is the same."""
    campaign = Campaign(Model())
    campaign.step(keep=True)
    other = campaign.fresh()
    assert other.propose(SOURCE, campaign.history) == campaign.relay.propose(
        SOURCE, campaign.history
    )


def test_whoever_had_the_idea_mends_it():
    """The model mends its own crash, and not the search's."""
    campaign = Campaign(Model())
    relay, history = campaign.relay, campaign.history
    assert relay.repair(SOURCE, history, idea("x"), "Traceback").title == "mended"
    assert relay.repair(SOURCE, history, Proposal("x", SOURCE, "search"), "Traceback") is None
