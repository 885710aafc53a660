"""The model of past experiments, and what is chosen by it."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Reason, Status
from autoresearch_ci.proposers.search.importance import importances
from autoresearch_ci.proposers.search.landscape import Space, landscape
from autoresearch_ci.proposers.search.observations import Keep, Observation, Observations
from autoresearch_ci.proposers.search.surrogate import Evidence, Surrogate, expected_gain
from autoresearch_ci.proposers.search.tuning import ranked
from tests.unit.proposers.search import reading
from tests.unit.proposers.search.conftest import setting

TEXT = "LR = 0.1\nDEPTH = 4\nUSE_MASK = True\n"


def observed(*lessons, keeps=(Keep({}, 0.0),), seconds=1.0):
    """Observations of (moves, gain[, seconds]), all of them on the last of these keeps."""
    found = Observations(keeps=list(keeps), seconds=seconds)
    for number, (moves, gain, *took) in enumerate(lessons, 1):
        age, long = len(keeps), took[0] if took else seconds
        found.lessons.append(Observation(number, moves, gain, False, age, long, 1, moves))
        if gain is None:
            found.crashes.append(moves)
    return found


def experiment(number, moves, value):
    return Experiment(
        tag="t", session="s", timestamp="", experiment=number, metric="loss", description="",
        status=Status.CRASH if value is None else Status.DISCARD if number else Status.KEEP,
        reason=(Reason.NONZERO_EXIT if value is None else Reason.WORSE) if number else None,
        value=value, prev=1.0 if number else None, commit="", parent="", candidate="",
        proposer="search", change={"set": moves},
    )  # fmt: skip


def first(parameters, observations, count=1):
    moves = ranked(parameters, observations, random.Random(1))
    return [next(moves) for _ in range(count)]


def test_the_expected_gain_is_that_of_a_normal_variable():
    """The approximation of the normal distribution is as good as the library's."""
    for z in (-6.0, -2.0, -0.3, 0.0, 0.7, 3.0):
        exact = z * 0.5 * math.erfc(-z / math.sqrt(2)) + math.exp(-z * z / 2) / math.sqrt(
            2 * math.pi
        )
        found = expected_gain(np.array([z * 2]), np.array([2.0]))[0]
        assert found == pytest.approx(2 * exact, abs=1e-6)


def test_a_parameter_that_does_nothing_gets_a_long_reach():
    """The lengths follow the evidence: what moves the value is told from what does not."""
    chance = np.random.default_rng(0)
    points = chance.uniform(-2, 2, (40, 3))
    evidence = Evidence(
        points=points,
        categories=np.array([False, False, False]),
        values=np.sin(2 * points[:, 0]),
        typical=0.0,
        noise=np.zeros(40),
        worked=np.ones(40),
        seconds=np.zeros(40),
    )
    found = Surrogate(evidence, np.full(3, 0.1), np.zeros((1, 3)), np.zeros(3)).lengths
    assert found[0] > 5 * max(found[1:])


def test_a_discarded_version_is_known_by_all_its_settings():
    """Where parameters stood in an old experiment follows from today's source and the ledger."""
    parameters = reading.parameters(TEXT)
    keeps = [Keep({}, 0.0), Keep({"LR": (0.05, 0.1)}, 0.3)]
    observations = observed(keeps=keeps)
    moves = {"DEPTH": (4.0, 8.0)}
    observations.lessons.append(Observation(1, moves, -0.2, False, 1, 1.0, 1, moves))
    space = Space(parameters)
    points = landscape(space, observations).evidence.points
    lr, depth = space.index["LR"], space.index["DEPTH"]
    places = [parameters[lr].scale.place(value) for value in (0.05, 0.05)]
    assert points[:, lr].tolist() == places
    assert points[1, depth] == parameters[depth].scale.place(8.0)


def test_a_change_of_somebody_else_is_a_shift():
    """What a model's idea gained is not taken for the work of the parameters before it."""
    parameters = reading.parameters(TEXT)
    moves = {"LR": (0.1, 0.2)}
    tried = Observation(1, moves, -0.5, False, 1, 1.0, 1, moves)
    alone, shifted = Observations(keeps=[Keep({}, 0.0)]), Observations(keeps=[Keep({}, 0.0)])
    shifted.keeps.append(Keep({}, 40.0))
    for each in (alone, shifted):
        each.lessons.append(tried)
    values = [landscape(Space(parameters), each).evidence.values for each in (alone, shifted)]
    assert values[0].tolist() == values[1].tolist()


def test_what_takes_ten_times_as_long_is_not_tried_first():
    """Of two that promise the same the cheap one is tried, by the seconds that were seen."""
    parameters = reading.parameters("ALPHA = 1.0\nBETA = 1.0\n")
    for slow, quick in (("ALPHA", "BETA"), ("BETA", "ALPHA")):
        lessons = [
            ({slow: (1.0, 2.0)}, -0.1, 30.0),
            ({slow: (1.0, 4.0)}, -0.2, 60.0),
            ({quick: (1.0, 2.0)}, -0.1, 1.0),
            ({quick: (1.0, 4.0)}, -0.2, 1.0),
        ]
        found = first(parameters, observed(*lessons), 10)
        slower = [s for steps in found for s in steps if s.parameter.id == slow and s.new > 1.5]
        assert not slower


def test_no_experiment_repeats_a_joint_crash():
    """What two parameters together broke is not tried again, nor further in that direction."""
    parameters = reading.parameters(TEXT)
    crash = ({"LR": (0.1, 0.2), "DEPTH": (4.0, 8.0)}, None)
    for steps in ranked(parameters, observed(crash), random.Random(1)):
        to = {step.parameter.id: step.new for step in steps}
        assert not (to.get("LR", 0) >= 0.2 and to.get("DEPTH", 0) >= 8)


def test_a_suspect_of_a_crash_waits():
    """What was one of two moves that crashed is no part of the next ideas, whatever else it is."""
    text = "LR = 0.1\nDEPTH = 4\nWIDTH = 64\n"
    observations = observed(({"DEPTH": (4.0, 8.0), "WIDTH": (64.0, 128.0)}, None))
    for steps in first(reading.parameters(text), observations, 12):
        further = {step.parameter.label for step in steps if step.new > step.old}
        assert not further & {"DEPTH", "WIDTH"}


def test_a_suspect_that_has_worked_since_leaves_the_other():
    """Once one of two moves has worked elsewhere, the crash is laid on the other one."""
    history = History(Direction.LOWER)
    for number, (moves, value) in enumerate(
        [({}, 1.0), ({"LR": [0.1, 0.4], "DEPTH": [4, 8]}, None), ({"LR": [0.1, 0.4]}, 1.1)]
    ):
        history.add(experiment(number, moves, value))
    observations = Observations()
    observations.read(history)
    assert observations.blamed == [{"DEPTH": (4.0, 8.0)}]


def test_what_was_far_worse_is_not_gone_further():
    """After a loss out of all proportion nothing is tried that goes as far or further that way."""
    near = [({"LR": (0.1, 0.1 + n / 100)}, -0.1) for n in (-2, -1, 1, 2)]
    observations = observed(*near, ({"DEPTH": (4.0, 8.0)}, -50.0))
    for steps in first(reading.parameters(TEXT), observations, 8):
        assert all(step.parameter.label != "DEPTH" or step.new < 8.0 for step in steps)


def test_a_number_stays_the_multiple_that_the_source_wants():
    """Neither of the two is moved to where one no longer divides the other."""
    parameters = reading.parameters("WIDTH = 128\nHEADS = 2\nassert WIDTH % HEADS == 0\n")
    found = list(ranked(parameters, observed(), random.Random(1)))
    assert found
    for steps in found:
        to = {step.parameter.label: step.new for step in steps}
        assert to.get("WIDTH", 128) % to.get("HEADS", 2) == 0


def test_a_crash_is_laid_on_what_was_never_so_far():
    """Of two moves that broke it, the one to where there was a value before is not to blame."""
    parameters = reading.parameters(TEXT)
    history = History(Direction.LOWER)
    for number, (moves, value) in enumerate(
        [({}, 1.0), ({"DEPTH": [4, 8]}, 1.1), ({"DEPTH": [4, 8], "LR": [0.1, 0.2]}, None)]
    ):
        history.add(experiment(number, moves, value))
    observations = Observations()
    observations.read(history)
    assert observations.crashes == [{"LR": (0.1, 0.2)}]
    for steps in ranked(parameters, observations, random.Random(1)):
        assert all(step.new < 0.2 for step in steps if step.parameter.id == "LR")


def test_two_crashes_that_share_one_move_bar_it():
    """What moved the same way in two crashes, and alone did so, is not tried in a third."""
    parameters = reading.parameters("COUNT = 26\nRATE = 0.5\nGAIN = 2.0\n")
    crashed = [
        {"COUNT": (26.0, 40.0), "RATE": (0.5, 1.0)},
        {"COUNT": (26.0, 30.0), "GAIN": (2.0, 4.0)},
    ]
    history = History(Direction.LOWER)
    history.add(experiment(0, {}, 2.0))
    for number, moves in enumerate(crashed, 1):
        history.add(experiment(number, moves, None))
    observations = Observations()
    observations.read(history)
    for steps in first(parameters, observations, count=100):
        assert all(step.new < 30 for step in steps if step.parameter.id == "COUNT")


def test_what_breaks_both_ways_is_left_alone():
    """A number that crashed above and below by itself is part of the structure, and no setting."""
    parameters = reading.parameters("COUNT = 26\nRATE = 0.5\n")
    history = History(Direction.LOWER)
    for number, count in enumerate((None, 52.0, 13.0)):
        moves = {"COUNT": (26.0, count)} if count else {}
        history.add(experiment(number, moves, None if count else 1.0))
    observations = Observations()
    observations.read(history)
    for steps in ranked(parameters, observations, random.Random(1)):
        assert all(step.parameter.id != "COUNT" for step in steps)


def test_what_would_take_longer_than_anything_that_worked_is_doubted():
    """Where longer ones have crashed, there may be a limit of time: it is not tried at once."""
    points = np.array([[0.0], [1.0], [2.0], [3.0], [3.5]])
    evidence = Evidence(
        points=points,
        categories=np.array([False]),
        values=np.array([0.0, 0.5, 1.0, -1.0, -1.0]),
        typical=0.0,
        noise=np.zeros(5),
        worked=np.array([1.0, 1.0, 1.0, 0.0, 0.0]),
        seconds=np.array([0.0, 1.0, 2.0, 0.0, 0.0]),
    )
    model = Surrogate(evidence, np.full(1, 0.001), points[2], np.zeros(1))
    told = model.forecast(np.array([[1.0], [2.0], [5.0]]))
    assert told.seconds[2] > 3
    assert told.works[2] < 0.5 * min(told.works[:2])


@pytest.mark.parametrize("worst", [-1e100, -1e200, -1e308])
def test_one_value_that_exploded_does_not_hide_the_others(worst):
    """Next to a loss of 1e100 and more a difference of hundredths is still a difference."""
    parameters = reading.parameters(TEXT)
    lessons = [({"LR": (0.1, 0.1 * 2**n)}, -0.01 * n) for n in range(1, 6)]
    observations = observed(*lessons, ({"LR": (0.1, 6.4)}, worst))
    values = landscape(Space(parameters), observations).evidence.values
    assert values[1] - values[5] > 0.3


def test_a_crash_that_a_further_step_refutes_bars_no_direction():
    """Where something beyond has worked, only the very setting that crashed is left out."""
    parameters = reading.parameters("DEPTH = 4\n")
    observations = observed(({"DEPTH": (4.0, 6.0)}, None), ({"DEPTH": (4.0, 8.0)}, -0.1))
    observations.reached["DEPTH"] = 8.0, 8.0
    moves = ranked(parameters, observations, random.Random(1))
    found = {step.new for steps in moves for step in steps}
    assert 6.0 not in found
    assert max(found) > 8


def test_the_important_parameter_is_told():
    """Shares are of what moving a parameter changes; its value now is told with it."""
    parameters = reading.parameters(TEXT)
    lessons = [({"LR": (0.1, 0.1 * 2**n)}, -(n**2) * 0.1) for n in (-2, -1, 1, 2, 3)]
    lessons += [({"DEPTH": (4.0, d)}, -0.001) for d in (2.0, 3.0, 6.0)]
    found = importances(parameters, observed(*lessons))
    assert [each.parameter for each in found] == ["LR", "DEPTH"]
    assert found[0].share > 0.8
    assert (found[0].now, found[0].tried) == ("0.1", 5)


def test_a_number_that_went_far_one_way_is_told(campaign):
    """A metric that only ever gets better the further a number goes may have a hole: say which."""
    endless = campaign("RATE = 1.0\n", lambda text: 1 / setting(text, "RATE"), seed="a").run(12)
    turned = campaign("RATE = 1.0\n", lambda text: abs(setting(text, "RATE") - 3), seed="a").run(12)
    (told,) = endless.proposer.importances(endless.source, endless.history)
    assert told.began == "1.0"
    (told,) = turned.proposer.importances(turned.source, turned.history)
    assert not told.began


def test_nothing_moved_is_nothing_known():
    """Before the first experiment of the search there is nothing to tell."""
    assert not importances(reading.parameters(TEXT), observed())


K_MODULE = """\
# loader: ['csv_reader', 'json_reader', 'xml_reader', 'parquet_reader', 'sql_reader']
# preprocess: ['normalize', 'standardize', 'minmax', 'scale', 'none']
# algorithm: ['quicksort', 'mergesort', 'heapsort', 'bubblesort', 'insertion']
# formatter: ['json', 'xml', 'csv', 'yaml', 'protobuf']
config = {
    'loader': 'json_reader',
    'preprocess': 'standardize',
    'algorithm': 'mergesort',
    'formatter': 'xml',
}
"""


@pytest.mark.long
def test_four_choices_of_five_are_found_within_sixty_experiments(campaign):
    """Without a hint which of them is right, the right ones of 625 are found."""
    right = ("csv_reader", "normalize", "quicksort", "json")

    def metric(text):
        return -sum(f": '{word}'," in text for word in right) / 4

    for seed in "abcde":
        assert campaign(K_MODULE, metric, seed=seed).run(60).best == -1
