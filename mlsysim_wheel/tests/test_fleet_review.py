"""A fleet of all layers: the numbers of a known design, layers that multiply to what is delivered, levers, a sample and its frontier."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import fleet_frontier, fleet_levers, fleet_parts, fleet_review, queueing
from mlsysim.errors import MlsysimError
from mlsysim.fleet_parts import PRESET
from mlsysim.fleet_review import FULL, LATE, OUTSIDE, RUNS, review_fleet

NUMERICS = PRESET._replace(
    nodes=128, tensor=4, oversubscription=8, interval_s=600, saving="asynchronous", recovery="automatic", cap_share=0.8, number_format="fp8"
)
MOVED = PRESET._replace(nodes=144, tensor=4, interval_s=600, saving="asynchronous", recovery="automatic", region="sweden", lending=True)
designs = st.builds(fleet_parts.Design, *[st.sampled_from(options) for options in fleet_frontier.ALL_OPTIONS.values()])
few = settings(max_examples=50, deadline=None)


def close(value, wanted):
    return value == pytest.approx(wanted, rel=5e-3)


def test_the_preset():
    r = review_fleet()
    assert close(r.step_s, 6.30) and close(r.useful_share, 0.942) and close(r.days, 76.1) and close(r.delivered_share, 0.235)
    assert close(r.cost_usd, 5.46e6) and close(r.carbon_t, 743) and close(r.memory_bytes, 32.5e9)
    assert close(r.capacity_per_s, 639) and close(r.load, 0.438) and close(r.ttft_s, 0.0892) and r.serving_batch == 256
    assert r.state == RUNS and r.worst_layer == "kernels"


def test_layers_of_the_preset():
    kept = dict(review_fleet().layers)
    wanted = {"serving": 0.75, "layout": 1.0, "kernels": 0.532, "batch": 0.948, "exchange": 0.793, "bubble": 0.857, "network": 0.998, "failures": 0.942}
    assert all(close(kept[name], value) for name, value in wanted.items()) and kept["stragglers"] == 0.97


def test_power_caps_lower_what_can_be_served():
    assert close(review_fleet(cap_share=0.5).capacity_per_s, 518)


def test_two_designs_that_differ_in_what_they_bet_on():
    a, b = review_fleet(*NUMERICS), review_fleet(*MOVED)
    assert close(a.days, 63.3) and close(a.cost_usd, 4.42e6) and close(a.carbon_t, 461)
    assert close(b.days, 65.8) and close(b.cost_usd, 4.84e6) and close(b.carbon_t, 125)


@few
@given(designs)
def test_layers_multiply_to_what_is_delivered(design):
    r = review_fleet(*design)
    assert r.delivered_share == pytest.approx(math.prod(kept for _, kept in r.layers), rel=1e-9)
    assert 0 < r.delivered_share < (1.3 if r.number_format == "fp8" else 1.0)
    left = 1 + math.fsum(change for _, change in fleet_review.falls(r.layers))
    assert left == pytest.approx(r.delivered_share, rel=1e-9)


@few
@given(designs)
def test_days_are_work_over_what_is_delivered(design):
    r, flop = review_fleet(*design), 6 * 70.6e9 + 12 * 80 * 8192 * 8192
    assert r.days - r.moving_days == pytest.approx(4e12 * flop / (r.peak_flop_per_s * r.delivered_share) / 86_400, rel=1e-6)


@few
@given(designs, st.integers(50, 600))
def test_serving_is_a_queue_of_its_replicas(design, rate):
    r = review_fleet(*design, requests_per_s=rate)
    queue = queueing.mmc(rate, 2 * r.serving_nodes / r.capacity_per_s, 2 * r.serving_nodes)
    assert r.load == pytest.approx(queue.load, rel=1e-9) and r.ttft_s >= r.prefill_s
    assert (r.ttft_s == math.inf) == (r.load >= 1)


@few
@given(designs)
def test_a_cap_never_speeds_a_run_up_and_a_faster_network_never_slows_it(design):
    n = fleet_parts.training_nodes(design)
    rate = fleet_parts.tokens_per_s(design, n)
    assert fleet_parts.tokens_per_s(design, n, fleet_parts.CALM._replace(cap=0.5)) <= rate * (1 + 1e-12)
    assert fleet_parts.tokens_per_s(design, n, gradient=2.0) >= rate and fleet_parts.tokens_per_s(design, n, fleet_parts.CALM._replace(failures=6)) < rate


def test_spares_shorten_a_restart_and_more_of_them_more_surely():
    none, two, four = (review_fleet(spares=n).restart_s for n in (0, 2, 4))
    assert none == 1800 and 900 < four < two < none


def test_every_state_is_reached():
    assert review_fleet(tensor=2, pipeline=1).state == FULL and review_fleet(96, 0.15).state == OUTSIDE and review_fleet(96, 0.4).state == LATE


def test_levers_of_the_preset():
    r = fleet_levers.fleet_levers()
    saved = {name: days for name, days, _ in r.rows}
    assert close(saved["kernels"], 5.47) and close(r.no_failures_days, 1.46) and close(saved["tensor"], 9.78) and close(saved["fp8"], 13.9)
    assert close(saved["lending"], 6.50) and saved["network"] == 0.0 and r.why == "hidden" and r.best == "fp8"
    assert fleet_levers.fleet_levers("oversubscription").state == fleet_levers.NOTHING
    assert fleet_levers.fleet_levers("tensor", tensor=2).state == fleet_levers.NOT


@few
@given(designs)
def test_levers_are_the_fleet_computed_anew(design):
    rows = {name: (days, usd) for name, days, usd in fleet_levers.fleet_levers("kernels", 0.1, *design).rows}
    if not design.lending:
        other = review_fleet(*design._replace(lending=True))
        own = review_fleet(*design)
        if other.memory_bytes <= 76e9:
            assert rows["lending"] == pytest.approx((own.days - other.days, other.cost_usd - own.cost_usd), abs=1e-6)
    assert all(rows[name][0] >= -1e-9 for name in fleet_levers.IMPROVED)


def test_where_gradients_stick_out_the_network_counts():
    r = fleet_levers.fleet_levers("network", 1.0, pipeline=1, oversubscription=16)
    assert r.why == "exposed" and r.exposed_s > 0 and r.saved_days > 1


def test_a_sample_is_drawn_as_stated():
    draw = Random(61)
    wanted = [options[int(draw.random() * len(options))] for options in fleet_frontier.OPTIONS.values()]
    assert list(fleet_frontier.sample(61)[0][0]) == wanted and len(fleet_frontier.sample(61)) == 300


@pytest.mark.parametrize("seed", [1, 61, 99])
def test_frontier_and_dominance_by_brute_force(seed):
    f = fleet_frontier.fleet_frontier(seed)
    rows = []
    for design, _, _ in fleet_frontier.sample(seed):
        r = review_fleet(*design)
        if r.memory_bytes <= 76e9 and r.load < 0.95:
            rows.append((r.days, r.cost_usd, r.carbon_t))
    own = (f.days, f.cost_usd, f.carbon_t)
    better = lambda a, b: all(x <= y for x, y in zip(a, b, strict=True)) and a != b  # noqa: E731 - told twice below
    assert f.feasible == len(rows) and f.dominating == sum(better(a, own) for a in rows)
    assert f.frontier == sum(not any(better(a, b) for a in rows) for b in rows)


def test_the_known_sample():
    f = fleet_frontier.fleet_frontier()
    assert (f.feasible, f.frontier, f.dominating, f.best_objective) == (134, 23, 10, "days")


def test_drills():
    assert fleet_review.delivered(0.5, 0.5) == 0.25
    assert fleet_parts.requests_per_replica(100, 0.1, 0.03, 300, 0.5) == pytest.approx(1 / (0.2 + 0.09))
    assert fleet_review.days_on(100, 100, 0.2, 200) == pytest.approx(60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nodes": 0}, {"nodes": 100.5}, {"serving_share": math.nan}, {"serving_share": 0.9}, {"tensor": 3}, {"pipeline": "4"}, {"oversubscription": 0},
        {"interval_s": True}, {"saving": "never"}, {"recovery": None}, {"cap_share": 0.1}, {"region": "mars"}, {"number_format": "int4"}, {"lending": 1},
        {"spares": -1}, {"requests_per_s": math.inf},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(wrong):
    for function in (review_fleet, fleet_frontier.board_fleet):
        with pytest.raises(MlsysimError, match=next(iter(wrong))):
            function(**wrong)
