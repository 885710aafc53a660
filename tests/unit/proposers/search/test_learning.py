import ast
import math
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.proposers.search.observations import Observations

TEXT = "LR = 0.02\nBATCH_SIZE = 64\nDROPOUT = 0.1\nDEPTH = 4\nIDLE_A = 17\nIDLE_B = 0.3\n"


def bowl(read):
    """Best at LR 0.13, BATCH_SIZE 27, DROPOUT 0.23, DEPTH 7; the rest does not matter."""

    def metric(text):
        return (
            1
            + 0.3 * math.log2(read(text, "LR") / 0.13) ** 2
            + 0.1 * math.log2(read(text, "BATCH_SIZE") / 27) ** 2
            + abs(read(text, "DROPOUT") - 0.23)
            + 0.02 * (read(text, "DEPTH") - 7) ** 2
        )

    return metric


def test_it_finds_what_is_better(campaign, read):
    """Forty experiments take an untuned program most of the way to its best."""
    run = campaign(TEXT, bowl(read), seed="a")
    before = run.best
    run.run(40)
    assert (before - run.best) / (before - 1) > 0.9


def test_most_experiments_go_where_the_metric_moves(campaign, read):
    """While there is something to gain, knobs that change nothing are soon left in peace."""
    idle = total = 0
    for seed in "abcdef":
        run = campaign(TEXT, bowl(read), seed=seed)
        start = run.best
        while (start - run.best) / (start - 1) < 0.97 and run.history.next_number < 40:
            run.step()
        total += len(run.proposals)
        idle += sum(all("IDLE" in name for name in p.change["set"]) for p in run.proposals)
    assert idle <= total / 4


@pytest.mark.parametrize("seed", "abc")
def test_a_lower_bound_never_goes_above_its_upper_one(campaign, read, seed):
    """Such a version crashes, or means nothing: however good the way there looks."""
    text = "MIN_SIZE = 10\nMAX_SIZE = 12\nDEPTH = 4\n"

    def metric(text):
        low, high = read(text, "MIN_SIZE"), read(text, "MAX_SIZE")
        return 10 - math.log(low) + math.log(high) + abs(read(text, "DEPTH") - 9)

    for proposal in campaign(text, metric, seed=seed).run(40).proposals:
        assert read(proposal.files.text, "MIN_SIZE") <= read(proposal.files.text, "MAX_SIZE")


def test_a_direction_that_crashed_is_not_pushed_further(campaign, read):
    """After a crash at some value no lone step goes to it or beyond, and others soon neither."""

    def metric(text):
        return None if read(text, "DEPTH") > 6 else 1 - 0.001 * read(text, "DEPTH")

    run = campaign("DEPTH = 4\nWIDTH = 10\n", metric, seed="a").run(30)
    crashed, alone = 0, []
    for proposal in run.proposals:
        move = proposal.change["set"].get("DEPTH")
        lone = len(proposal.change["set"]) == 1
        assert not (move and lone and any(move[1] >= depth for depth in alone))
        if move and move[1] > 6:
            crashed += 1
            alone += [move[1]] if lone else []
    assert 1 <= crashed <= 3


def test_steps_grow_where_they_help(campaign, read):
    """On a long slope the search doubles and doubles again."""
    run = campaign("RATE = 1.0\n", lambda text: 1 / read(text, "RATE"), seed="a").run(12)
    assert read(run.source.text, "RATE") > 64


def test_near_misses_are_combined(campaign, read):
    """Two moves that only help together are found together."""

    def metric(text):
        a, b = math.log2(read(text, "ALPHA")), math.log2(read(text, "GAIN"))
        return 5 + (a - b) ** 2 * 2 - 0.5 * min(a + b, 8)

    run = campaign("ALPHA = 1.0\nGAIN = 1.0\n", metric, seed="a").run(40)
    assert any(len(p.change["set"]) == 2 for p in run.proposals)


def test_titles_say_what_changed(campaign, read):
    """A title is the name with the old and the new text."""
    run = campaign("LR = 0.02\n", lambda text: read(text, "LR"), seed="a").run(3)
    assert re.fullmatch(r"LR 0\.02 -> \d[.\de-]*", run.proposals[0].title)


def test_the_note_is_small(campaign, read):
    """What is written to the ledger about an idea stays within a line."""
    run = campaign(TEXT, bowl(read), deletions=True, seed="a").run(40)
    sizes = sorted(len(str(dict(p.change))) for p in run.proposals)
    assert sizes[len(sizes) // 2] < 200
    assert sizes[-1] < 600


def test_tags_differ(campaign, read):
    """Two campaigns on the same source look in different places."""
    titles = {
        tuple(p.title for p in campaign(TEXT, bowl(read), seed=seed).run(8).proposals)
        for seed in "abcd"
    }
    assert len(titles) > 1


CODE = """\
import os
def f(x):
    spare = x
    if x:
        log(x)
    else:
        warn(x)
    return g(x)
def g(x):
    return x
def nobody():
    return None
"""


def test_with_a_size_metric_and_no_knobs_code_goes(campaign):
    """Where less is better and nothing can be tuned, deletions are tried and kept."""
    run = campaign(CODE, len, metric_name="bundle_kb", deletions=True).run(20)
    assert all("cut" in p.change for p in run.proposals)
    assert len(run.history.kept) > 4


def test_with_knobs_most_experiments_are_numbers(campaign, read):
    """A tunable program is tuned; a few deletions are tried on the side."""
    run = campaign(TEXT + CODE, bowl(read), deletions=True, seed="a").run(40)
    kinds = ["cut" in p.change for p in run.proposals]
    assert 1 <= sum(kinds) <= 15


def test_without_deletions_no_code_goes(campaign):
    """With no guard the search never deletes."""
    assert campaign(CODE, len, deletions=False).step() is None


def test_bounds_and_choices_of_marks_are_kept(campaign, read):
    """A marked range is never left, even where beyond would be better."""
    text = "SEED = 8  # autoresearch: tune 4..64 log\nX = 1.0 # autoresearch: freeze\n"
    run = campaign(text, lambda text: 1 / read(text, "SEED"), seed="a").run(20)
    assert read(run.source.text, "SEED") == 64
    assert all("X = 1.0" in p.files.text for p in run.proposals)


@pytest.mark.long
@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(
    lines=st.lists(
        st.sampled_from(
            [
                "x = 0.5",
                "y: int = 3",
                "if x:\n    y = 2",
                "def f(a, b=1.5):\n    return a * b",
                "z = f(1, b=2)",
                "s = 'é' + \"0.5\"",
                "import os",
                "@d\nclass A:\n    k = 7",
                "t = [1.5, -2.5]",
                "w = x if y else 9",
                "try:\n    x = 4\nexcept E:\n    pass",
                "while x > 5: x -= 3",
                "v = not True",
                "u = -x**2",
                "b = 1_000 or 5.e-3",
            ]
        ),
        min_size=1,
        max_size=8,
    )
)
def test_python_stays_python(campaign, lines):
    """Every proposal for a program that parses is a program that parses."""
    run = campaign("\n".join(lines) + "\n", lambda text: float(len(text) * 31 % 7), deletions=True)
    for proposal in run.run(12).proposals:
        ast.parse(proposal.files.text)


def test_each_experiment_is_read_once(campaign, monkeypatch):
    """A proposal late in a campaign looks only at what is new since the one before."""
    text = "".join(f"RATE_{n} = {n}.5\n" for n in range(1, 9))
    run = campaign(text, lambda text: 1 + len(text) % 97 / 97, seed="a").run(60)
    run.proposer.propose(run.source, run.history)
    read = []
    learn = Observations._learn
    monkeypatch.setattr(
        Observations,
        "_learn",
        lambda self, one, history: (read.append(one), learn(self, one, history)),
    )
    run.run(3)
    assert [one.experiment for one in read] == [61, 62]


GATED = "ALPHA = 1.0\nGAIN = 1.0\nORDER = 1\nSPREAD = 64\nREACH = 0.5\nCUTOFF = 8.0\n"


def test_tiny_gains_do_not_hide_the_knob_that_matters(campaign, read):
    """Every good knob is looked at early, also while others go on gaining a little."""

    def metric(text):
        little = 0.001 * sum(
            math.log2(read(text, name) * 9) ** 2 for name in ("ALPHA", "GAIN", "REACH", "CUTOFF")
        )
        return 1 + little - 0.5 * (read(text, "ORDER") == 2)

    for seed in "abcdef":
        run = campaign(GATED, metric, seed=seed).run(15)
        assert read(run.source.text, "ORDER") == 2


@pytest.mark.long
def test_what_a_leap_has_changed_is_tried_again(campaign, read):
    """A knob that did harm is moved again once another one has changed the picture."""

    def metric(text):
        opened = read(text, "ORDER") == 2
        spread = math.log2(read(text, "SPREAD") / 64)
        small = 0.002 * math.log2(read(text, "ALPHA") * 3) ** 2
        return 1 + small - (0.3 + 0.1 * min(spread, 4) if opened else -0.002 * spread)

    wide = [
        read(campaign(GATED, metric, seed=seed).run(40).source.text, "SPREAD") >= 512
        for seed in "abcdef"
    ]
    assert sum(wide) >= 4


@pytest.mark.long
def test_a_fresh_instance_proposes_what_the_old_one_would(campaign):
    """Late on a plateau the next idea depends on the history alone."""
    run = campaign(GATED, lambda text: 1 + len(text) / 1000 + sum(text.encode()) % 7, seed="a").run(
        90
    )
    fresh = SearchProposer(**run.options)
    assert fresh.propose(run.source, run.history) == run.proposer.propose(run.source, run.history)


def test_a_nudge_is_no_look(campaign, read):
    """A knob that was only ever nudged beside others is still moved far, and soon."""
    names = ("ALPHA", "GAIN", "REACH", "CUTOFF", "ORDER", "TERMS")
    text = "".join(f"{name} = 1.0\n" for name in names)
    run = campaign(text, lambda text: 1 / read(text, "ALPHA"), seed="a").run(20)
    far = {
        name
        for proposal in run.proposals
        for name, (old, new) in proposal.change["set"].items()
        if abs(math.log2(new / old)) > 0.9
    }
    assert far == set(names)


def test_what_is_hardly_a_setting_waits(campaign, read):
    """A comparison's border is not moved before every named number was."""
    names = ("ALPHA", "GAIN", "REACH", "CUTOFF")
    text = "".join(f"{name} = 1.0\n" for name in names) + "if a <= b:\n    go()\n"
    run = campaign(text, lambda text: 2 - math.log2(read(text, "ALPHA")) / 99, seed="a").run(12)
    moved = [set(proposal.change["set"]) for proposal in run.proposals]
    first = next((at for at, names in enumerate(moved) if any("<=" in n for n in names)), 99)
    assert set(names) <= set().union(*moved[:first])
