"""Queues: closed forms against each other, against a simulation, and against stated values."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import queue_simulation, queueing
from mlsysim.errors import MlsysimError, OutOfRange, WrongType
from mlsysim.quantity import show_work
from mlsysim.queue_simulation import fifo, tail_remedies, two_point_queue
from mlsysim.queueing import ecdf, erlang_c, mg1, mg1_wait_s, mgc, mm1, mm1_percentile_s, mmc, mmc_wait_percentile_s, percentile

loads = st.floats(0.05, 0.95)
few = settings(max_examples=40, deadline=None)


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


def simulated(load, servers, draw_service, count=60_000, seed=1):
    """Mean response of a long run with service times of mean 1."""
    random = Random(seed)
    time, arrivals, services = 0.0, [], []
    for _ in range(count):
        time += random.expovariate(load * servers)
        arrivals.append(time)
        services.append(draw_service(random))
    responses = fifo(arrivals, services, servers).responses_s
    return sum(responses) / count, sorted(responses)


# --- stated values of the volume I lab on serving, part A -------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings_of_run", "field", "value"),
    [
        ({"load": 0.8}, "p99_s", 0.724),
        ({"load": 0.5}, "p99_s", 0.266),
        ({"load": 0.9}, "p99_s", 1.14),
        ({"load": 0.8}, "theory_mean_s", 0.150),
        ({"load": 0.8}, "mean_s", 0.144),
        ({"load": 0.8}, "p50_s", 0.110),
        ({"load": 0.8}, "cs2", 2.25),
        ({"load": 0.8, "servers": 2}, "p99_s", 0.363),
        ({"load": 0.8, "long_factor": 21, "long_share": 0.05}, "p99_s", 1.24),
        ({"load": 0.8, "long_factor": 1, "short_s": 0.02}, "p99_s", 0.243),
    ],
)
def test_two_point_queue_reproduces_the_stated_values(settings_of_run, field, value):
    assert getattr(two_point_queue(**settings_of_run), field) == about(value)


def test_a_longer_run_settles_at_a_p99_of_731_ms():
    pooled = sorted(r for seed in range(4) for r in two_point_queue(0.8, requests=100_000, seed=seed).response_s)
    assert percentile(pooled, 0.99) == about(0.731, rel=0.05)


def test_without_long_requests_the_tail_shrinks_most_by_default():
    remedies = tail_remedies(0.8)
    assert remedies.best == "no long requests"
    assert (remedies.p99_s, remedies.no_long_p99_s, remedies.joined_p99_s) == (about(0.724), about(0.243), about(0.363))
    assert remedies.less_load_p99_s == two_point_queue(0.72).p99_s


def test_erlang_c_of_the_volume_ii_lab_on_inference():
    assert erlang_c(16, 0.85) == about(0.433)
    assert mmc(13.6, 1.0, 16).wait_s == about(0.181)


# --- formulas against the simulation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_mm1_agrees_with_a_simulation(load):
    mean, ordered = simulated(load, 1, lambda r: r.expovariate(1.0))
    assert mean == about(mm1(load, 1.0).response_s, rel=0.04)
    assert percentile(ordered, 0.9) == about(mm1_percentile_s(load, 1.0, 0.9), rel=0.05)


@pytest.mark.parametrize(("servers", "load"), [(2, 0.7), (8, 0.8)])
def test_mmc_agrees_with_a_simulation(servers, load):
    mean, _ = simulated(load, servers, lambda r: r.expovariate(1.0))
    assert mean == about(mmc(load * servers, 1.0, servers).response_s, rel=0.04)


@pytest.mark.parametrize(
    ("cs2", "draw"), [(0.0, lambda r: 1.0), (1 / 3, lambda r: 2 * r.random()), (2.25, lambda r: 5.5 if r.random() < 0.1 else 0.5)],
)
def test_mg1_agrees_with_a_simulation(cs2, draw):
    mean, _ = simulated(0.6, 1, draw)
    assert mean == about(mg1(0.6, 1.0, cs2).response_s, rel=0.05)


def test_lee_and_longton_is_close_for_two_servers():
    mean, _ = simulated(0.8, 2, lambda r: 5.5 if r.random() < 0.1 else 0.5)
    assert mean == about(mgc(1.6, 1.0, 2.25, 2).response_s, rel=0.1)


def test_the_two_point_run_is_the_general_simulation_with_the_stated_draws():
    random, time, arrivals, services = Random(13), 0.0, [], []
    for _ in range(2000):
        time += -math.log(1 - random.random()) / 80.0
        arrivals.append(time)
        services.append(0.11 if random.random() < 0.1 else 0.01)
    expected = sorted(fifo(arrivals, services, 2).responses_s)
    assert two_point_queue(0.8, servers=2, requests=2000).response_s == pytest.approx(expected, rel=1e-6, abs=1e-9)


# --- what must always hold --------------------------------------------------------------------------------------------


@few
@given(load=loads, servers=st.integers(1, 40))
def test_erlang_c_is_a_probability_between_its_neighbours(load, servers):
    assert 0 <= erlang_c(servers + 1, load) <= erlang_c(servers, load) <= load * (1 + 1e-12)
    assert mmc(load, 1.0, 1).wait_s == pytest.approx(mg1(load, 1.0, 1.0).wait_s) == pytest.approx(load / (1 - load))


@few
@given(load=loads, cs2=st.floats(0, 20), service=st.floats(1e-4, 10))
def test_the_mean_wait_rises_with_load_and_with_variation(load, cs2, service):
    assert mg1_wait_s(load, service, cs2) <= mg1_wait_s(load * 1.02, service, cs2)
    assert mg1_wait_s(load, service, cs2) <= mg1_wait_s(load, service, cs2 + 1)
    assert mg1_wait_s(load, service, cs2) == pytest.approx(load * service * (1 + cs2) / (2 * (1 - load)))


@settings(max_examples=15, deadline=None)
@given(load=st.floats(0.1, 1.05), factor=st.integers(1, 21), share=st.floats(0, 0.2), servers=st.sampled_from([1, 2, 4]))
def test_percentiles_of_a_run_are_ordered_and_no_request_is_faster_than_its_service(load, factor, share, servers):
    run = two_point_queue(load, factor, share, servers, requests=2000)
    assert run.response_s[0] >= 0.01 * (1 - 1e-9)
    assert run.p50_s <= run.p95_s <= run.p99_s <= run.response_s[-1]
    assert run.queue_steps[0] == (0.0, 0) and min(number for _, number in run.queue_steps) >= 0
    times = [time for time, _ in run.queue_steps]
    assert times == sorted(times)


def test_at_a_load_of_one_and_more_the_queue_grows_with_the_number_of_requests():
    short, long = (two_point_queue(1.05, requests=n) for n in (5_000, 20_000))
    assert short.state == "queue grows without end" and math.isinf(short.theory_mean_s)
    assert long.p50_s > 2 * short.p50_s
    assert math.isinf(mm1(10, 0.1).wait_s) and math.isinf(mmc_wait_percentile_s(40, 0.1, 4, 0.9))


def test_more_load_is_a_longer_p99_on_the_same_draws():
    p99 = [two_point_queue(load / 20, requests=4000).p99_s for load in range(2, 22)]
    assert p99 == sorted(p99)


def test_the_queue_counts_who_waits():
    trace = fifo([0.0, 1.0, 2.0, 10.0], [5.0, 1.0, 1.0, 1.0])
    steps = queue_simulation._queue_steps(list(trace.arrivals_s), list(trace.starts_s), 20.0)
    assert steps == ((0.0, 0), (1.0, 1), (2.0, 2), (5.0, 1), (6.0, 0))


def test_percentile_is_the_sample_of_that_rank():
    assert [percentile(range(1, 101), q) for q in (0.01, 0.5, 0.55, 0.99, 1.0)] == [1, 50, 55, 99, 100]
    assert percentile([7.0], 0.01) == 7.0


def test_a_thinned_distribution_keeps_both_ends():
    values, shares = ecdf(range(20_000), points=200)
    assert len(values) == 250 and values[0] == 0 and values[-1] == 19_999 and shares[-1] == 1.0
    assert list(values) == sorted(set(values))


def test_the_work_of_a_queue_can_be_shown():
    assert "W" in show_work(mg1(40, 0.02, 2.25)).markdown() and show_work(two_point_queue(0.5)).text()


# --- what is refused --------------------------------------------------------------------------------------------------

BAD = [math.nan, math.inf, True, "1", None, -1]


@pytest.mark.parametrize("bad", BAD)
def test_wrong_input_never_yields_a_number(bad):
    for call in (
        lambda: mm1(bad, 1.0),
        lambda: mm1(1.0, bad),
        lambda: mmc(1.0, 1.0, bad),
        lambda: mg1(1.0, 1.0, bad),
        lambda: erlang_c(bad, 0.5),
        lambda: mm1_percentile_s(1.0, 0.5, bad),
        lambda: percentile([1.0], bad),
        lambda: two_point_queue(bad),
        lambda: two_point_queue(0.5, bad),
        lambda: two_point_queue(0.5, 2, bad),
        lambda: two_point_queue(0.5, requests=bad),
        lambda: tail_remedies(0.5, servers=bad),
        lambda: fifo([0.0], [bad]),
        lambda: fifo([0.0], bad),
    ):
        with pytest.raises(MlsysimError):
            call()


def test_sequences_that_make_no_sense_are_refused():
    with pytest.raises(WrongType, match="needs both"):
        fifo([0.0, 1.0], [1.0])
    with pytest.raises(OutOfRange, match="ascending"):
        fifo([1.0, 0.0], [1.0, 1.0])
    with pytest.raises(OutOfRange, match="empty"):
        queueing.percentile([], 0.5)
    with pytest.raises(OutOfRange):
        mm1_percentile_s(1.0, 0.5, 1.0)


def test_the_tail_of_a_single_exponential_like_queue_meets_its_closed_form():
    """Many short services with one mean approach M/M/1: a fine grid over an exponential service time."""
    import math

    grid = [((i + 0.5) / 50, math.exp(-i / 50) - math.exp(-(i + 1) / 50)) for i in range(1000)]
    rest = 1 - math.fsum(p for _, p in grid)
    services = tuple(grid) + ((20.0, rest),)
    found = queueing.mg1_response_percentile_s(0.8, services, 0.99)
    assert found == pytest.approx(mm1_percentile_s(0.8, 1.0, 0.99), rel=0.01)


def test_the_tail_by_theory_is_near_a_long_run():
    run = two_point_queue(0.8, requests=400_000)
    theory = queueing.mg1_response_percentile_s(run.arrivals_per_s, ((0.01, 0.9), (0.11, 0.1)), 0.99)
    assert run.p99_s == pytest.approx(theory, rel=0.05)


def test_the_tail_refuses_what_is_no_distribution():
    for services in ((), ((0.01, 0.5),), ((0.01, 1.0, 2),), "abc", ((-1.0, 1.0),)):
        with pytest.raises(MlsysimError):
            queueing.mg1_response_percentile_s(1.0, services, 0.99)
    assert queueing.mg1_response_percentile_s(100.0, ((0.01, 1.0),), 0.99) == float("inf")
