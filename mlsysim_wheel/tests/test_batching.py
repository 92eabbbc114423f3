"""Batching: dynamic batches on measured cards, and full batches under the Iron Law, against stated values."""

import math
from bisect import bisect_left
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import iron_law
from mlsysim.batching import dynamic_batching, fleet, latency_curve
from mlsysim.errors import MlsysimError, UnknownName
from mlsysim.fixed_batching import batch_sizes, fixed_batching, measured_batches, resnet50_fp16
from mlsysim.inference_cards import InferenceCard, card_names, inference_card
from mlsysim.quantity import show_work
from mlsysim.queueing import mg1


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


# --- stated values of the volume I lab on serving, part B and decision ------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "batch", "wait", "field", "value"),
    [
        (70, 1, 0, "p50_s", 0.0580),
        (70, 1, 0, "p99_s", 0.309),
        (70, 16, 0, "p99_s", 0.0256),
        (1000, 16, 0, "p99_s", 0.0333),
        (1000, 64, 0, "p99_s", 0.0395),
        (1000, 16, 0, "mean_batch", 13.2),
        (200, 64, 0.020, "p50_s", 0.0254),
        (200, 64, 0.020, "p99_s", 0.0329),
        (20, 16, 0.020, "p50_s", 0.0329),
        (20, 16, 0, "p50_s", 0.0129),
    ],
)
def test_dynamic_batching_reproduces_the_stated_values(rate, batch, wait, field, value):
    assert getattr(dynamic_batching(rate, batch, wait), field) == about(value)


def test_batching_lowers_the_p99_twelvefold():
    assert dynamic_batching(70).p99_s / dynamic_batching(70, 16).p99_s == about(12, rel=0.05)


@pytest.mark.parametrize(("batch", "rate"), [(1, 54), (4, 280), (16, 1180)])
def test_the_stated_rates_meet_100_ms_and_some_more_do_not(batch, rate):
    assert dynamic_batching(rate, batch).p99_s <= 0.1 < dynamic_batching(1.06 * rate, batch).p99_s


@pytest.mark.parametrize("rate", [20, 70, 200, 1000])
def test_a_wait_limit_lowers_no_p99(rate):
    assert dynamic_batching(rate, 64, 0.02).p99_s >= dynamic_batching(rate, 64).p99_s


def test_the_decision_breaks_on_the_day_a_card_is_lost():
    day = fleet(1400, card="t4", cards=2, max_batch=16)
    assert (day.p99_s, day.one_lost_p99_s) == (about(0.0260), about(0.832))
    assert math.isinf(fleet(1400, card="v100", cards=1, max_batch=32).one_lost_p99_s)


@pytest.mark.parametrize(
    ("card", "cards", "batch", "cost", "p99", "lost"), [("t4", 3, 16, 1.05, 0.0254, 0.0262), ("v100", 2, 32, 4.96, 0.0238, 0.0255)]
)
def test_two_very_different_fleets_keep_the_promise(card, cards, batch, cost, p99, lost):
    busy = fleet(1700, card=card, cards=cards, max_batch=batch)
    assert (busy.cost_usd_per_h, busy.p99_s, busy.one_lost_p99_s) == (about(cost), about(p99), about(lost))
    for rate in (1400, 1500, 1600):
        run = fleet(rate, card=card, cards=cards, max_batch=batch)
        assert run.p99_s <= 0.035 and run.one_lost_p99_s <= 0.1 and run.cost_usd_per_h <= 5.2


# --- cards ------------------------------------------------------------------------------------------------------------


def test_cards_serve_a_batch_at_the_floor_or_at_their_rate():
    t4 = inference_card("t4")
    assert t4.batch_time_s(1) == 0.0129 and t4.batch_time_s(64) == about(64 / 1190)
    assert t4.capacity_per_s(1) == about(77.5) and t4.capacity_per_s(64) == about(1190)
    assert inference_card("V100", "fp32").rate_per_s == 1261 and card_names() == ("t4", "v100")


@pytest.mark.parametrize("name", ["t4", "v100"])
def test_the_law_stays_within_a_fifth_of_every_mixed_precision_row(name):
    card = inference_card(name)
    for batch, measured_s in card.measured:
        assert card.batch_time_s(batch) == pytest.approx(measured_s, rel=0.2)
    with pytest.raises(UnknownName):
        inference_card("t40")


# --- what must always hold --------------------------------------------------------------------------------------------


def test_batches_of_one_on_one_card_are_a_queue_with_constant_service():
    run = dynamic_batching(50, requests=60_000)
    assert sum(run.response_s) / 60_000 == about(mg1(50, 0.0129, 0.0).response_s, rel=0.03)


def replay(rate, limit, wait, card, cards, count):
    """The policy written down word for word, for comparison."""
    random, time, arrivals = Random(13), 0.0, []
    for _ in range(count):
        time += -math.log(1 - random.random()) / rate
        arrivals.append(time)
    free, responses, first = [0.0] * cards, [], 0
    while first < count:
        lane = free.index(min(free))
        fills = arrivals[first + limit - 1] if first + limit <= count else math.inf
        start = max(free[lane], arrivals[first], min(arrivals[first] + wait, fills))
        aboard = [a for a in arrivals[first : first + limit] if a <= start]
        free[lane] = start + card.batch_time_s(len(aboard))
        responses += [free[lane] - a for a in aboard]
        first += len(aboard)
    return sorted(responses)


@settings(max_examples=25, deadline=None)
@given(
    rate=st.floats(10, 1500),
    limit=st.sampled_from([1, 4, 16, 256]),
    wait=st.sampled_from([0, 0.005, 0.05]),
    cards=st.integers(1, 3),
    name=st.sampled_from(["t4", "v100"]),
)
def test_the_fast_simulation_is_the_policy_and_beats_no_card(rate, limit, wait, cards, name):
    card = inference_card(name)
    run = dynamic_batching(rate, limit, wait, card=card, cards=cards, requests=400)
    assert run.response_s == pytest.approx(replay(rate, limit, wait, card, cards, 400), rel=1e-6, abs=1e-9)
    assert run.response_s[0] >= card.floor_s * (1 - 1e-9) and run.p50_s <= run.p99_s
    assert 1 <= run.mean_batch <= limit and run.throughput_per_s <= run.capacity_per_s * (1 + 1e-9)
    lanes = {}
    for start, end, lane, items in run.batches:
        assert start >= lanes.get(lane, 0.0) - 1e-12 and 1 <= items <= limit
        lanes[lane] = end


def test_beyond_the_capacity_the_tail_grows_with_the_run():
    short, long = (dynamic_batching(100, requests=n) for n in (2000, 8000))
    assert short.state == "queue grows without end" and long.p99_s > 3 * short.p99_s and long.binding == "queue"


def test_what_binds_is_the_largest_part_of_the_p99():
    assert dynamic_batching(70).binding == "queue"
    assert dynamic_batching(70, 16).binding == "batch service time"
    assert dynamic_batching(20, 16, 0.05).binding == "wait limit"


def test_a_latency_curve_rises_and_ends_beyond_its_capacity():
    curve = latency_curve(16)
    assert list(curve.rates_per_s) == sorted(curve.rates_per_s) and len(curve.p99_s) == 9
    assert curve.rates_per_s[-1] == about(1.05 * curve.capacity_per_s) and curve.p99_s[-1] > 3 * curve.p99_s[0]
    assert curve.p99_s[3] == dynamic_batching(curve.rates_per_s[3], 16, requests=curve.requests).p99_s
    assert latency_curve(256, card="v100", cards=5).rates_per_s[-1] == about(1500)


# --- full batches: stated values of the first volume I lab, part C ----------------------------------------------------


@pytest.mark.parametrize(("batch", "trip", "overlapped"), [(1, 0.0129, 0.0125), (32, 0.0225, 0.0125), (128, 0.0525, 0.0335)])
def test_the_band_of_a_trip(batch, trip, overlapped):
    run = fixed_batching(batch, 600)
    assert (run.trip_s, run.overlapped_s) == (about(trip), about(overlapped))


@pytest.mark.parametrize(
    ("batch", "rate", "p95", "late"),
    [(16, 600, 0.0422, 0), (32, 600, 0.0723, 0), (64, 600, 0.132, 0.35), (4, 30, 0.129, None), (1, 600, 21.3, None)]
)
def test_fixed_batching_reproduces_the_stated_values(batch, rate, p95, late):
    run = fixed_batching(batch, rate)
    assert run.p95_s == about(p95)
    if late is not None:
        assert run.late_share == pytest.approx(late, abs=5e-3)


def test_why_photos_are_late():
    assert [fixed_batching(b, 600).cause for b in (1, 32, 64)] == ["server too slow", "nobody is late", "batch fills too slowly"]
    assert fixed_batching(1, 600).capacity_per_s == about(77.7)


def test_every_measured_batch_lies_within_the_band():
    assert [b for b, _ in measured_batches()] == [1, 32, 256]
    sizes = batch_sizes(600, batches=(1, 32, 256))
    for low, (_, measured_s), high in zip(sizes.overlapped_s, sizes.measured, sizes.trip_s):
        assert low <= measured_s <= high


def test_the_p95_over_the_batch_has_a_minimum_between_the_two_failures():
    sizes = batch_sizes(600)
    good = [b for b, p95 in zip(sizes.batches, sizes.p95_s) if p95 <= 0.1]
    assert (good[0], good[-1]) == (16, 40)
    assert sizes.p95_s[4] == fixed_batching(16, 600).p95_s


@settings(max_examples=25, deadline=None)
@given(batch=st.sampled_from([1, 2, 8, 20, 64]), rate=st.floats(30, 1500))
def test_trips_do_not_overlap_and_nobody_leaves_before_the_batch_is_full(batch, rate):
    run = fixed_batching(batch, rate, items=500)
    assert len(run.response_s) == 500 and run.response_s[0] >= iron_law.on_machine(resnet50_fp16(), _machine(), 1).time_s * (1 - 1e-9)
    for (_, end, _), (start, _, _) in zip(run.trips, run.trips[1:]):
        assert start >= end
    assert all(start >= arrival and late == (end - arrival > 0.1) for arrival, start, end, _, late in run.passengers)
    on_time = bisect_left(run.response_s, math.nextafter(0.1, 1))
    assert run.late_share == pytest.approx(1 - on_time / 500)


def _machine():
    from mlsysim import catalog

    return catalog.machine("v100_eager")


def test_the_work_can_be_shown():
    for result in (
        dynamic_batching(70, 16), fleet(1400, card="t4", cards=2, max_batch=16), latency_curve(4), fixed_batching(8, 600), batch_sizes(100),
    ):
        assert show_work(result).text()


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, True, "x", None, -1])
def test_wrong_input_never_yields_a_number(bad):
    for call in (
        lambda: dynamic_batching(bad),
        lambda: dynamic_batching(70, bad),
        lambda: dynamic_batching(70, 1, bad),
        lambda: dynamic_batching(70, cards=bad),
        lambda: dynamic_batching(70, card=bad),
        lambda: dynamic_batching(70, precision=bad),
        lambda: latency_curve(bad),
        lambda: latency_curve(points=bad),
        lambda: fleet(70, card="t4", cards=bad, max_batch=1),
        lambda: fixed_batching(bad, 600),
        lambda: fixed_batching(8, bad),
        lambda: fixed_batching(8, 600, bad),
        lambda: fixed_batching(8, 600, machine=bad),
        lambda: batch_sizes(600, batches=bad),
        lambda: InferenceCard("a", "A", "mixed", bad, 100.0, 1.0),
    ):
        with pytest.raises(MlsysimError):
            call()
    with pytest.raises(MlsysimError, match="no trip would ever be full"):
        fixed_batching(5000, 600)
