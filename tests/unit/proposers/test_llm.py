"""A model as a proposer: what becomes of its answers, and of its silence."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import ProviderError, SettingsError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet, Proposal, Rejected
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.proposers import CutOff
from autoresearch_ci.proposers.llm.budget import Allowance, Prices
from autoresearch_ci.proposers.llm.proposer import ModelProposer, added
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Message, Reply, Role
from autoresearch_ci.providers.scripted import ScriptedProvider

SOURCE = FileSet({"train.py": "LR = 0.1\nSTEPS = 10\n"})
GOOD = """TITLE: a larger step
HYPOTHESIS: it learns faster

<<<<<<< SEARCH
LR = 0.1
=======
LR = 0.2
>>>>>>> REPLACE
"""
BAD = GOOD.replace("LR = 0.1", "LR = 0.3")
DOWN = ProviderError("No answer from the server.", remedy="Try later.", usage=Usage(7, 3, 7.0))


class Briefing:
    """Texts that are easy to look for."""

    def ask(self, source, history):
        return said(f"idea {history.next_number}: {source.text}")

    def correct(self, problem):
        return f"wrong: {problem}"

    def leaks(self, text):
        return "s3cret" in text

    def repair(self, source, history, failed, crash):
        return said(f"mend {failed.title}: {crash}")


def said(text):
    return Conversation((Block("rules"),), (Message(Role.USER, (Block(text),)),))


def proposer(*answers, **limits):
    provider = ScriptedProvider(answers)
    allowance = Allowance(Prices(1.0, 2.0), **limits)
    return ModelProposer(provider, Briefing(), allowance, lambda: "2026-03-17"), provider


def propose(model):
    return model.propose(SOURCE, History(Direction.LOWER))


def test_an_answer_becomes_a_proposal_with_its_cost():
    """Title, text, what it brought in, tokens and dollars."""
    model, provider = proposer(GOOD)
    found = propose(model)
    assert isinstance(found, Proposal)
    assert (found.title, found.files.text) == ("a larger step", "LR = 0.2\nSTEPS = 10\n")
    assert found.change["added"] == ["LR = 0.2"]
    assert found.change["hypothesis"] == "it learns faster"
    sent = provider.worst_case(provider.asked[0]).input
    assert found.tokens == sent + len(GOOD)
    assert found.cost_usd == pytest.approx((sent + 2 * len(GOOD)) / 1e6)


def test_an_answer_that_does_not_apply_goes_back_once_with_the_reason():
    """The model is told what is wrong and may mend it; both calls are counted."""
    model, provider = proposer(BAD, GOOD)
    found = propose(model)
    assert isinstance(found, Proposal)
    turns = provider.asked[1].messages
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert turns[1].blocks[0].text == BAD
    assert turns[2].blocks[0].text.startswith("wrong: ")
    assert found.tokens > len(GOOD) + len(BAD)


def test_a_credential_in_an_answer_is_recorded_nowhere():
    """Neither the target, nor the title, nor the reason for a rejection holds it."""
    leaky = GOOD.replace("a larger step", "s3cret").replace("LR = 0.2", "LR = 0.2  # s3cret")
    model, _ = proposer(leaky, leaky)
    found = propose(model)
    assert isinstance(found, Rejected)
    assert "s3cret" not in str(found)


def test_a_second_bad_answer_is_rejected_with_its_cost():
    """No experiment is started, and what it cost is not forgotten."""
    model, provider = proposer(BAD, "I would rather not.", GOOD)
    found = propose(model)
    assert isinstance(found, Rejected)
    assert len(provider.asked) == 2
    assert found.tokens > 0
    assert found.problem
    assert not found.lasting


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.FILTERED])
def test_a_refusal_is_no_answer(ending):
    """What is said in a refusal is not taken for an idea, even if it reads like one."""
    model, _ = proposer(Reply(GOOD, ending, Usage(5, 5, 5.0)))
    found = propose(model)
    assert isinstance(found, Rejected)
    assert ending.value in found.problem


def test_an_answer_that_was_cut_off_is_told_so():
    """An answer without its end is not applied, not even its whole blocks; the model hears why."""
    more = GOOD.replace("LR = 0.2", "LR = 0.5") + "\n<<<<<<< SEARCH\nSTEPS"
    for cut in (GOOD[:60], GOOD, more):
        model, provider = proposer(Reply(cut, Ending.LENGTH, Usage(5, 5, 5.0)), GOOD)
        found = propose(model)
        assert isinstance(found, Proposal)
        assert "LR = 0.2" in found.files.text
    assert "cut off for its length" in provider.asked[1].messages[2].blocks[0].text


def test_a_server_that_is_down_is_a_lasting_rejection():
    """The reason and the remedy are told, and failed calls may have cost something."""
    model, _ = proposer(DOWN)
    found = propose(model)
    assert found == Rejected(
        "No answer from the server. Try later.", "scripted", "", 10, pytest.approx(13e-6), True
    )


def test_the_limit_holds_before_the_call_is_made():
    """With the worst case over the limit nothing is sent, also not the correction."""
    model, provider = proposer(GOOD, max_tokens=100)
    found = propose(model)
    assert isinstance(found, Rejected)
    assert found.lasting
    assert "max_tokens" in found.problem
    assert not provider.asked
    worst = provider.worst_case(said("x")).tokens
    model, provider = proposer(BAD, GOOD, max_tokens=worst + 200)
    assert isinstance(propose(model), Rejected)
    assert len(provider.asked) == 1


def test_spending_adds_up_over_a_session():
    """The limit counts every call of the session."""
    model, provider = proposer(*[GOOD] * 50, max_cost_usd=0.035)
    cost = 0.0
    for _ in range(50):
        found = propose(model)
        cost += found.cost_usd
        if isinstance(found, Rejected):
            break
    assert isinstance(found, Rejected)
    assert 0 < cost <= 0.035
    assert provider.asked


def test_a_crash_is_mended_from_the_version_that_crashed():
    """The mending is applied to what was run, and costs only what it cost itself."""
    failed = Proposal(
        "bold", SOURCE | {"train.py": "LR = nan()\nSTEPS = 10\n"}, "scripted", tokens=500
    )
    mend = GOOD.replace("LR = 0.1", "LR = nan()")
    model, provider = proposer(mend)
    found = model.repair(SOURCE, History(Direction.LOWER), failed, "NameError: nan")
    assert isinstance(found, Proposal)
    assert found.files.text == "LR = 0.2\nSTEPS = 10\n"
    assert found.tokens < 500
    assert "mend bold: NameError: nan" in provider.asked[0].messages[0].blocks[0].text


def test_a_mending_that_takes_the_idea_back_is_no_idea():
    """The incumbent is not run again under another title."""
    failed = Proposal("bold", SOURCE | {"train.py": SOURCE.text.replace("0.1", "x")}, "scripted")
    back = GOOD.replace("LR = 0.1", "LR = x").replace("LR = 0.2", "LR = 0.1")
    model, _ = proposer(back, back)
    assert isinstance(model.repair(SOURCE, History(Direction.LOWER), failed, ""), Rejected)


def test_what_was_taken_out_does_not_come_back_as_code():
    """A model that copies our mark for a removed secret into the target is told so."""
    mark = GOOD.replace("LR = 0.2", "LR = 0.2  # [REDACTED]")
    model, provider = proposer(mark, GOOD)
    assert isinstance(propose(model), Proposal)
    assert "[REDACTED]" in provider.asked[1].messages[2].blocks[0].text


def test_a_crash_that_does_not_fit_into_a_brief_is_not_mended():
    """Then the crash stands; the session goes on."""

    class Full(Briefing):
        def repair(self, source, history, failed, crash):
            raise SettingsError("brief_tokens is too small.", remedy="Raise it.")

    model = ModelProposer(ScriptedProvider([]), Full(), Allowance(Prices()), lambda: "2026-03-17")
    failed = Proposal("bold", SOURCE | {"train.py": "LR = 1\n"}, "scripted")
    found = model.repair(SOURCE, History(Direction.LOWER), failed, "")
    assert isinstance(found, Rejected)
    assert found.tokens == 0


def test_what_an_idea_brought_in_is_a_few_lines():
    """Lines that moved or stayed are not new, and a rewrite does not fill the log."""
    assert added("a = 1\nb = 2\n", "  b = 2\na = 1\nc = 3\nc = 3\n") == ["c = 3"]
    assert len(added("", "".join(f"x{n} = {n}\n" for n in range(500)))) == 40


def test_a_call_that_is_interrupted_counts_with_its_worst_case():
    """What a cut call may have cost goes on record, since nobody can tell what it did."""
    model, provider = proposer(GOOD)

    def interrupted(conversation):
        raise KeyboardInterrupt

    provider.ask = interrupted
    with pytest.raises(CutOff) as cut:
        propose(model)
    worst = provider.worst_case(Briefing().ask(SOURCE, History(Direction.LOWER)))
    assert cut.value.rejected.tokens == worst.tokens


def test_an_answer_may_change_several_files():
    """Each block is of the file whose path stands before it; a file may be added where that is allowed."""
    source = FileSet({**SOURCE, "model.py": "DEPTH = 4\n"})
    block = "<<<<<<< SEARCH\nDEPTH = 4\n=======\nDEPTH = 5\n>>>>>>> REPLACE\n"
    model, _ = proposer(f"{GOOD}\nmodel.py\n{block}")
    found = model.propose(source, History(Direction.LOWER))
    assert isinstance(found, Proposal)
    assert dict(found.files) == {"train.py": "LR = 0.2\nSTEPS = 10\n", "model.py": "DEPTH = 5\n"}
    assert found.change["added"] == ["LR = 0.2", "DEPTH = 5"]
