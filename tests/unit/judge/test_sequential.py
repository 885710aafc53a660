"""The judge for metrics with noise, in whole campaigns and at its edges."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger.records import decode, dumps
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, MinDelta, Reason, Sample, Side, Status, Verdict
from autoresearch_ci.judge import (
    Comparison,
    NoiseModel,
    counting,
    sequential,
    single_run,
)
from autoresearch_ci.judge import (
    incumbent_level as level,
)
from autoresearch_ci.judge.noise_model import RECENT, Posterior
from autoresearch_ci.judge.scale import scatter
from tests.unit.judge.campaign import Campaign, Program, fresh

EFFECTS = [0.0, 5.0, -2.5, 0.3, -0.8, 9.0, 0.0, -6.0, 1.0, 0.0, -1.5, 2.0, 0.0, -4.0]


def told(records):
    return [(r.status, r.reason, [s.side for s in r.samples]) for r in records]


def held(program, effects=EFFECTS, **options):
    """The records of a campaign in which what is kept changes the program."""
    campaign = Campaign(program, **options)
    for effect in effects:
        if campaign.try_one(effect).status is Status.KEEP:
            program.level += effect
    return campaign.history.experiments


def test_a_metric_that_repeats_exactly_costs_one_run_a_candidate():
    """Beyond that it costs two runs of the baseline, and one more of either side for a keep."""
    program = Program(noise=0.0)
    records = held(program)
    assert len(program.runs) == 2 + len(EFFECTS) + 2 * 5
    assert [r.experiment for r in records if r.status is Status.KEEP] == [0, 3, 5, 8, 11, 14]
    ours = [[s.value for s in r.samples if s.side is Side.CANDIDATE] for r in records]
    assert all(r.value == values[-1] for r, values in zip(records, ours, strict=True))


def test_an_exact_metric_is_known_again_in_the_next_session():
    """One run of the incumbent that gives the value on record is all a later session needs."""
    campaign = Campaign(Program(noise=0.0))
    campaign.try_one(-2.0)
    campaign.measure.level -= 2.0
    campaign.session = "next"
    assert campaign.open() == 1
    campaign.measure.level += 7.0  # another compiler: another value, as exact as before
    campaign.session = "third"
    assert campaign.open() == 2
    assert fresh(campaign.try_one(0.5)) == (0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_clearly_worse_costs_one_run(seed):
    """A candidate far out of the noise is thrown out by its first run.

    After some in a row the incumbent is run once: it may have been the machine.
    """
    campaign = Campaign(Program(seed=seed))
    for harm in (12.0, 9.5, 11.0, 10.0, 15.0):
        record = campaign.try_one(harm)
        looked = harm == 11.0
        assert (record.reason, fresh(record)) == (Reason.WORSE, (int(looked), 1))


@pytest.mark.parametrize("seed", range(5))
def test_a_keep_rests_on_fresh_runs_of_both_sides(seed):
    """A big improvement is kept, after runs of both versions in the same experiment."""
    campaign = Campaign(Program(seed=seed))
    record = campaign.try_one(-8.0)
    assert record.reason is Reason.IMPROVED
    assert fresh(record)[0] >= 1
    assert fresh(record)[1] >= 2
    assert record.value - record.prev == pytest.approx(-8.0, abs=3.0)


@pytest.mark.long
def test_the_claim_is_no_lucky_number():
    """The gains that are written down are on average the real ones, not the luckiest runs."""
    claimed = true = 0.0
    for seed in range(60):
        program = Program(seed=seed)
        rng = random.Random(seed)
        effects = [rng.choice((0.0, 0.0, 2.5, -1.5)) for _ in range(25)]
        records = held(program, effects)
        kept = [(r, e) for r, e in zip(records[1:], effects, strict=True) if r.status == "keep"]
        claimed += sum(record.prev - record.value for record, _ in kept)
        true -= sum(effect for _, effect in kept)
    assert claimed == pytest.approx(true, rel=0.15)


@pytest.mark.long
def test_where_nothing_improves_little_is_kept():
    """200 candidates that change nothing: at most two are kept, on average far fewer."""
    kept = [
        sum(record.reason is Reason.IMPROVED for record in held(Program(seed=seed), [0.0] * 200))
        for seed in range(8)
    ]
    assert max(kept) <= 2
    assert sum(kept) <= 8


def test_a_machine_that_gets_slower_hides_no_improvement():
    """The bar follows the machine: what is better than the incumbent now is kept."""
    program = Program(seed=3)
    campaign = Campaign(program)
    for _ in range(60):
        campaign.try_one(0.0)
        program.level += 0.1
    assert campaign.try_one(-6.0).status is Status.KEEP


@pytest.mark.parametrize("slower", [4.0, 8.0, 20.0, 1000.0])
def test_a_machine_that_gets_slower_at_once_is_found_out(slower):
    """After a few candidates that all look far worse, an improvement is kept again."""
    kept = 0
    for seed in range(10):
        program = Program(seed=seed)
        campaign = Campaign(program)
        program.level += slower
        for _ in range(4):
            campaign.try_one(0.0)
        kept += campaign.try_one(-6.0).status is Status.KEEP
    assert kept >= 8


@pytest.mark.parametrize("faster", [6.0, 12.0, 50.0])
def test_a_machine_that_gets_faster_improves_nothing(faster):
    """A candidate that changes nothing is not kept for the machine's sake; a real gain still is."""
    false, real = 0, 0
    for seed in range(30):
        program = Program(seed=seed)
        campaign = Campaign(program)
        program.level -= faster
        false += campaign.try_one(0.0).status is Status.KEEP
        if seed < 10:
            record = campaign.try_one(-6.0)
            gain = -record.delta * (
                1 - faster / 100
            )  # as much of the value on record as of today's
            real += record.status is Status.KEEP and abs(gain - 6) < 4
    assert false <= 3
    assert real >= 8


@pytest.mark.parametrize("cold", [10.0, 100.0, 400.0])
@pytest.mark.parametrize("later", [False, True])
def test_a_cold_first_run_is_no_bar(cold, later):
    """A session's first run may be far slower than the others: they are no easier to beat."""
    kept = 0
    for seed in range(20):
        program = Program(seed=seed)
        program.cold = 0.0 if later else cold
        campaign = Campaign(program)
        if later:
            campaign.session, program.cold = "next", cold
            campaign.open()
        kept += campaign.try_one(0.0).status is Status.KEEP
    assert kept <= 2


def test_crashes_do_not_hide_that_a_machine_got_slower():
    """They say nothing of it: candidates that look far worse are counted across them."""
    for seed in range(10):
        program = Program(seed=seed)
        campaign = Campaign(program)
        program.level += 20
        for _ in range(6):
            campaign.try_one(0.0)
            crash = Verdict(Status.CRASH, Reason.NONZERO_EXIT)
            campaign.write(crash, None, None, campaign.samples)
        assert campaign.try_one(-6.0).status is Status.KEEP


def test_what_looked_far_off_on_one_machine_says_nothing_of_the_next():
    """In a new session a candidate that is clearly worse costs one run again."""
    campaign = Campaign(Program(seed=2))
    for _ in range(2):
        campaign.try_one(12.0)
    campaign.session = "next"
    campaign.open()
    assert fresh(campaign.try_one(12.0)) == (0, 1)


def test_fresh_runs_far_off_are_the_new_bar_where_most_of_them_are():
    """Two of two are; two of four are as likely outliers, and the old bar stands."""
    campaign = Campaign(Program(seed=2))
    for _ in range(10):
        campaign.try_one(0.0)
    known = campaign.noise_model

    def seen(*fresh_runs):
        runs = [Sample(Side.CANDIDATE, 120.0)] + [Sample(Side.INCUMBENT, v) for v in fresh_runs]
        return Posterior.of(known, (*campaign.samples, *runs), Direction.LOWER)

    before, two = seen(), seen(120.0, 120.5)
    assert two.incumbent == pytest.approx(-120.25, abs=0.5)
    assert level.moments(two.belief)[1] > 1.5 * level.moments(before.belief)[1]
    assert seen(120.0, 100.0, 120.5, 100.0).origin == before.origin == known.level
    assert before.incumbent - 0.3 > seen(102.0, 102.5).incumbent > -102.5


@pytest.mark.parametrize("max_repeats", [2, 3])
def test_a_cold_first_run_among_few_is_no_bar_either(max_repeats):
    """With two or three runs of the baseline the others still say where it stands."""
    program = Program(seed=4)
    program.cold = 50.0
    campaign = Campaign(program, judge=sequential(max_repeats))
    for _ in range(3):
        campaign.try_one(0.0)
    assert campaign.noise_model.level == pytest.approx(-100, abs=3)


def test_a_cold_first_run_is_no_noise():
    """The improvements that can be told without one can be told with it."""
    cold, warm = [], []
    for first, found in ((30.0, cold), (0.0, warm)):
        for seed in range(20):
            program = Program(seed=seed)
            program.cold = first
            found.append(Campaign(program).try_one(-4.0).status is Status.KEEP)
    assert sum(cold) >= 0.9 * sum(warm) > 15


def test_where_ticks_are_coarse_a_first_run_apart_stays_noise():
    """One value that differs from several equal ones leaves open whether the metric is exact."""
    ticks = iter([3.0] + [1.0] * 5 + [1.0, 1.0, 2.0] * 20)
    campaign = Campaign(lambda _side, _effect: next(ticks))
    seen = NoiseModel().repeating(campaign.samples, campaign.direction)
    assert not seen.exact
    assert seen.luck(2, 2) > counting.RARE


@pytest.mark.parametrize("speed", [0.05, 0.8, 1.25, 20.0])
@pytest.mark.parametrize("direction", Direction)
def test_a_gain_on_another_machine_is_written_down_for_the_one_on_record(speed, direction):
    """Half of the time saved is half of the recorded time, however long that takes today.

    What is worse is as much worse on record as it is today.
    """
    for seed in range(5):
        program = Program(seed=seed)
        campaign = Campaign(program, direction=direction)
        program.scale, campaign.session = speed, "next"
        campaign.open()
        harm = campaign.try_one(-direction.gain(50.0, 0.0))
        gain = campaign.try_one(direction.gain(50.0, 0.0))
        begin = campaign.history.baseline.value
        assert (harm.status, gain.status) == (Status.DISCARD, Status.KEEP)
        assert harm.value == pytest.approx(direction.better(begin, -begin / 2), abs=3)
        assert gain.value == pytest.approx(direction.better(begin, begin / 2), abs=3)


@pytest.mark.long
def test_however_many_records_come_at_once_the_noise_is_carried_once():
    """Also where more experiments of another machine come than are looked at closely."""
    campaign = Campaign(Program(seed=3))
    for effect in EFFECTS:
        campaign.try_one(effect)
    known = campaign.noise_model
    begun = campaign.history.next_number
    campaign.measure.scale, campaign.session = 0.5, "next"
    campaign.open()
    for _ in range(RECENT + 10):
        campaign.try_one(3.0)
    found = known.plus(campaign.history.experiments[begun:], campaign.direction)
    assert scatter(found.differences) == pytest.approx(scatter(known.differences) / 2, rel=0.5)


@given(*[st.floats(-1e150, 1e150)] * 3, st.sampled_from(Direction))
def test_a_value_on_record_is_a_number_whatever_was_measured(gain, beside, recorded, way):
    """However far apart, they make a value that is no worse for a gain and no better for a loss."""
    value = Verdict(Status.KEEP, Reason.IMPROVED, gain, beside).value(recorded, way)
    assert math.isfinite(value)
    assert way.gain(value, recorded) * gain >= 0


POSITIVE = st.floats(1e-3, 1e6)


@given(st.floats(-1e6, 1e6), POSITIVE, POSITIVE, st.floats(1e-3, 1e3), st.sampled_from(Direction))
def test_a_value_on_record_does_not_depend_on_the_speed_of_today(gain, beside, old, speed, way):
    """A machine that takes twice as long for everything gives the same value."""
    here = Verdict(Status.KEEP, Reason.IMPROVED, gain, beside).value(old, way)
    there = Verdict(Status.KEEP, Reason.IMPROVED, gain * speed, beside * speed).value(old, way)
    assert there == pytest.approx(here, rel=1e-9, abs=1e-9 * (old + abs(gain * old / beside)))


@pytest.mark.parametrize(
    ("speed", "cold"),
    [(0.05, 0.0), (0.5, 0.0), (1.3, 0.0), (20.0, 0.0), (1.3, 50.0), (4.0, 50.0)],
)
def test_a_session_on_another_machine_decides_as_on_the_one_before(speed, cold):
    """Noise grows and shrinks with the values: so do what is kept and what is not."""
    decided = []
    for factor in (1.0, speed):
        program = Program(seed=5)
        campaign = Campaign(program)
        for effect in EFFECTS:
            campaign.try_one(effect)
        program.scale, program.cold, campaign.session = factor, cold * factor, "next"
        campaign.open()
        decided.append([campaign.try_one(effect) for effect in EFFECTS])
    assert told(decided[1]) == told(decided[0])


def test_a_gain_where_zero_is_near_is_written_down_as_it_was_measured():
    """What is mostly noise is no measure for anything, and nor is a value of the other sign."""
    for low in (2.0, -2.0, 0.0):
        program = Program(level=low, seed=1)
        campaign = Campaign(program)
        program.level, campaign.session = low * 1.5, "next"
        campaign.open()
        record = campaign.try_one(-9.0)
        assert (record.status, record.delta) == (Status.KEEP, pytest.approx(-9, abs=2))
    kept = Verdict(Status.KEEP, Reason.IMPROVED, gain=7.0, beside=-40.0)
    assert kept.value(20.0, Direction.LOWER) == 13


def test_a_lucky_incumbent_is_no_unbeatable_bar():
    """An outlier among the runs of the incumbent does not stop the next improvement."""
    program = Program(seed=1)
    campaign = Campaign(program)
    lucky = campaign.samples[0]._replace(value=70.0)
    campaign.samples = (*campaign.samples[:-1], lucky)
    assert campaign.try_one(-6.0).status is Status.KEEP


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("level", [0.0, -100.0, 1e-9, 1e12])
def test_sign_and_direction_do_not_matter(direction, level):
    """The mirrored campaign has the same verdicts, around zero and below it as well."""
    sign = 1 if direction is Direction.LOWER else -1
    records = held(Program(), direction=Direction.LOWER)
    mirrored = Program(scale=sign * 2.0**10, shift=0.0)
    assert told(held(mirrored, direction=direction)) == told(records)
    moved = held(Program(level=level, seed=5), [-8.0, 8.0])
    assert [r.status for r in moved] == ["keep", "keep", "discard"]


@pytest.mark.long
@given(
    seed=st.integers(0, 1000),
    power=st.integers(-300, 300),
    shift=st.sampled_from([0.0, -64.0, 1024.0]),
    min_delta=st.sampled_from([0.0, 0.5, 2.0]),
)
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter(seed, power, shift, min_delta):
    """Seconds or nanoseconds, from zero or from anywhere: the decisions are the same."""
    plain = held(Program(seed=seed), min_delta=MinDelta(min_delta))
    unit = 2.0**power
    scaled = Program(seed=seed, scale=unit, shift=shift * unit)
    assert told(held(scaled, min_delta=MinDelta(min_delta * unit))) == told(plain)


@pytest.mark.long
@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=14), data=st.data()
)
@settings(max_examples=200, deadline=None)
def test_it_always_ends_within_max_repeats_a_side(values, data):
    """Whatever a program prints, an experiment is decided in so many runs of either side."""
    most = data.draw(st.integers(1, 7))
    numbers = iter(values * 20)
    campaign = Campaign(lambda _side, _effect: next(numbers), judge=sequential(most))
    for _ in range(3):
        incumbent, candidate = fresh(campaign.try_one())
        assert incumbent <= most
        assert 1 <= candidate <= most
    assert len(campaign.history.experiments[0].samples) <= max(1, most)


@pytest.mark.long
@given(seed=st.integers(0, 10_000), cut=st.integers(1, len(EFFECTS)), torn=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_restart_decides_the_same(seed, cut, torn):
    """What the judge knows comes back from the log's lines: the next decision is the same."""
    campaign = Campaign(Program(seed=seed))
    for effect in EFFECTS[:cut]:
        if campaign.try_one(effect).status is Status.KEEP:
            campaign.measure.level += effect
    again = Campaign(Program(seed=seed))
    history = History(Direction.LOWER)
    for number, record in enumerate(campaign.history.experiments):
        history.add(decode(json.loads(dumps(record)), number))
    again.remember(history)
    again.samples = campaign.samples
    assert again.noise_model == campaign.noise_model
    if torn:  # a new session measures the incumbent again, and knows the noise already
        campaign.session = again.session = "next"
        assert campaign.comparison().noise_model.differences
    for one in (campaign, again):
        one.measure = Program(seed=seed + 1, level=100.0)
        if torn:
            assert one.open() == 2
    for effect in (-7.0, 0.0, 7.0):
        assert told([campaign.try_one(effect)]) == told([again.try_one(effect)])


@given(
    samples=st.lists(
        st.tuples(st.sampled_from(Side), st.floats(allow_nan=False, allow_infinity=False))
    )
)
def test_max_repeats_1_is_the_single_run_rule(samples):
    """The setting at 1 gives the plain rule itself."""
    comparison = Comparison(
        Direction.LOWER, MinDelta(), tuple(Sample(*each) for each in samples), lambda: False
    )
    assert sequential(1) is single_run
    assert sequential(1)(comparison) == single_run(comparison)


def test_min_delta_is_honoured_in_noise():
    """An improvement below `min_delta` is within noise however sure it is; one above is kept."""
    small = [held(Program(seed=s), [-5.0], min_delta=MinDelta(8.0))[1] for s in range(10)]
    assert {record.status for record in small} == {Status.DISCARD}
    large = [held(Program(seed=s), [-14.0], min_delta=MinDelta(8.0))[1] for s in range(10)]
    assert {record.status for record in large} == {Status.KEEP}
    share = MinDelta(0.08, relative=True)
    assert held(Program(seed=1), [-5.0], min_delta=share)[1].status is Status.DISCARD
    assert held(Program(seed=1), [-14.0], min_delta=share)[1].status is Status.KEEP


def test_a_share_of_nothing_is_nothing():
    """A relative `min_delta` is 0 at an incumbent around 0, and improvements are still found."""
    share = MinDelta(0.5, relative=True)
    assert held(Program(level=0.0, seed=2), [-9.0], min_delta=share)[1].status is Status.KEEP


def test_bytes_are_exact():
    """A bundle that is one byte smaller is smaller; a second run of either side says so."""
    sizes = iter([48211, 48211, 48210, 48211, 48210, 48212, 48210])
    campaign = Campaign(lambda _side, _effect: float(next(sizes)))
    assert campaign.try_one().reason is Reason.IMPROVED
    assert [campaign.try_one().reason for _ in range(2)] == [Reason.WORSE, Reason.EQUAL]


def test_a_lucky_run_of_a_coarse_clock_is_not_kept():
    """One run that is a tick better is run again; what was taken for exact is so no more."""
    ticks = iter([3.0, 3.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0])
    campaign = Campaign(lambda _side, _effect: next(ticks))
    assert campaign.try_one().status is Status.DISCARD
    assert not campaign.noise_model.repeating(campaign.samples, campaign.direction).exact


def test_what_was_kept_for_odd_runs_bars_nothing_for_ever():
    """After some candidates in a row that are worse the incumbent is run again: the bar follows."""
    ticks = iter([3.0, 3.0, 2.0, 3.0, 2.0])
    campaign = Campaign(lambda _side, _effect: next(ticks, 3.0))
    assert campaign.try_one().reason is Reason.IMPROVED
    reasons = [campaign.try_one().reason for _ in range(6)]
    assert reasons == [Reason.WORSE] * 3 + [Reason.EQUAL] * 3
    assert campaign.noise_model.level == -3.0


def test_a_record_without_a_run_of_the_incumbent_is_learned_from():
    """Such as a baseline that another session's went before: it is no end of the campaign."""
    campaign = Campaign(Program(noise=0.0))
    campaign.session = "next"
    runs = (Sample(Side.CANDIDATE, 90.0),) * 2
    campaign.write(Verdict(Status.DISCARD, Reason.DUPLICATE), 90.0, 100.0, runs)
    assert campaign.noise_model.level == -90.0


def test_one_run_is_believed_once_the_metric_was_seen_to_repeat():
    """After two dozen runs that repeated a value a keep takes one run of the candidate."""
    program = Program(noise=0.0)
    campaign = Campaign(program)
    for _ in range(25):
        assert fresh(campaign.try_one(0.0)) == (0, 1)
    assert fresh(record := campaign.try_one(-1.0)) == (0, 1)
    assert record.reason is Reason.IMPROVED


def test_the_last_bit_is_no_noise():
    """What the rounding of a sum does to a metric is neither a gain nor a reason to run again."""
    jitter = random.Random(1)
    program = Program(level=0.25, noise=0.0)
    campaign = Campaign(lambda *run: program(*run) * (1 + jitter.randrange(-2, 3) * 2.0**-52))
    assert [campaign.try_one(0.0).reason for _ in range(20)] == [Reason.EQUAL] * 20
    record = campaign.try_one(-0.135)
    assert record.reason is Reason.IMPROVED
    assert record.value == pytest.approx(0.115, rel=1e-9)


@pytest.mark.long
def test_rounded_noise_is_noise():
    """A clock with coarse ticks makes many ties, and they do not pass for exactness."""
    kept = 0
    for seed in range(10):
        program = Program(seed=seed, digits=0)
        campaign = Campaign(program)
        assume_noisy = len({s.value for s in campaign.samples}) > 1
        if assume_noisy:
            kept += sum(campaign.try_one().status is Status.KEEP for _ in range(60))
    assert kept <= 6


def test_simpler_needs_evidence():
    """Fewer lines are kept if they are shown to cost nothing, and not if they cost something."""
    verdicts = [held(Program(seed=s), [0.0] * 3, simpler=True)[1:] for s in range(10)]
    kept = [r for records in verdicts for r in records if r.reason is Reason.SIMPLER]
    assert len(kept) >= 5
    assert all(min(fresh(record)) >= 1 and fresh(record)[1] >= 2 for record in kept)
    costly = [held(Program(seed=s), [2.5] * 3, simpler=True)[1:] for s in range(10)]
    assert sum(r.status is Status.KEEP for records in costly for r in records) <= 2


@pytest.mark.parametrize("noise", [1e-4, 1e-9, 1e-15])
def test_a_gain_as_large_as_any_is_written_down_whole(noise):
    """However small the noise beside it, the claim is the real gain and the next bar is right."""
    program = Program(level=1.0, noise=noise, seed=1)
    records = held(program, [-0.5] + [0.0] * 20)
    assert records[1].status is Status.KEEP
    assert records[1].value == pytest.approx(0.5, abs=5 * noise)
    assert sum(record.status is Status.KEEP for record in records[2:]) <= 1


def test_a_candidate_between_two_speeds_is_judged():
    """Runs of it that differ far more than the incumbent's are no crash of the judge."""
    opening = [0.9999999, 1.0, 1.0, 0.9999999, 1.0, 1.0]
    runs = iter([*opening, 0.8395625094444836, 0.7266219532068853, 0.9999999, *[0.78, 0.79] * 20])
    campaign = Campaign(lambda _side, _effect: next(runs))
    first, *_ = (campaign.try_one() for _ in range(4))
    assert first.reason is Reason.IMPROVED
    assert 0.72 < first.value < 0.84


def test_values_at_the_ends_of_what_a_float_holds_are_judged():
    """Differences that overflow are no crash of the judge."""
    ends = iter([1e308, -1e308] * 40)
    campaign = Campaign(lambda _side, _effect: next(ends))
    assert isinstance(campaign.try_one().status, Status)
    tiny = iter([5e-324, 0.0] * 40)
    assert isinstance(Campaign(lambda _side, _effect: next(tiny)).try_one().status, Status)


def test_experience_is_of_this_session_where_it_is_of_the_machine():
    """The level is forgotten with the session, the noise is not."""
    campaign = Campaign(Program())
    known = campaign.noise_model
    assert known.level is not None
    assert known.within("another").level is None
    assert known.within("another").differences == known.differences
    assert math.isfinite(known.level)
    assert NoiseModel().within("s").differences == ()
