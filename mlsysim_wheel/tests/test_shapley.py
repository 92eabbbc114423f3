"""Shapley values: the axioms, all 10! orders by another way, the lab's checks."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import shapley
from mlsysim.errors import MlsysimError
from mlsysim.shapley import exact_values, explain_requests, growth, stability, strongest

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731


def test_exact_values_of_the_claim():
    found = exact_values()
    assert [round(found[i], 3) for i in (2, 6, 8)] == [-0.139, 0.111, -0.385]
    r = explain_requests()
    assert sum(found) == pytest.approx(r.answer_share - r.without_share, abs=1e-12) == pytest.approx(-0.409, abs=5e-4)  # efficiency


def test_exact_values_agree_with_a_walk_over_all_orders():
    """The mean over all orders, computed over subsets by dynamic programming: orders that reach a subset times orders that leave it."""
    v, m = shapley._answers(), shapley.FEATURES
    for feature in (2, 8):
        total = 0.0
        for s in range(1 << m):
            if not s >> feature & 1:
                k = bin(s).count("1")
                total += math.factorial(k) * math.factorial(m - 1 - k) * (v[s | 1 << feature] - v[s])
        assert exact_values()[feature] == pytest.approx(total / math.factorial(m), rel=1e-9)


@pytest.mark.parametrize(("orders", "share"), [(3, 0.675), (10, 0.875), (30, 1.0)])
def test_top_three_of_repeated_samples(orders, share):
    assert stability(orders)[1] == near(share)


def test_a_hundred_orders_for_one_request_in_twenty():
    r = explain_requests()
    assert (r.growth, r.latency_s, r.limit, r.smallest_stable) == (near(51.05), near(0.064), "fleet", 10)


@pytest.mark.parametrize(
    ("controls", "limit"),
    [((3, 0.05), "unstable"), ((10, 0.2), "nothing"), ((300, 0.01), "waiting"), ((300, 0.05), "fleet and waiting"), ((300, 0.01, 256), "nothing")],
)
def test_what_stops_a_setting(controls, limit):
    assert explain_requests(*controls).limit == limit


def test_every_sample_sums_to_the_whole_change():
    r = explain_requests(10)
    for repeat in zip(*r.sampled, strict=True):
        assert sum(repeat) == pytest.approx(r.answer_share - r.without_share, abs=1e-12)  # each order telescopes


def test_errors_fall_with_the_root_of_the_orders():
    assert stability(3)[2] / stability(300)[2] == pytest.approx(10, rel=0.35)


@given(st.integers(1, 300), st.floats(0, 1), st.integers(1, 300), st.floats(1e-4, 1))
@settings(max_examples=30, deadline=None)
def test_cost_counts_calls(orders, share, parallel, call_s):
    r = explain_requests(orders, share, parallel, call_s)
    assert r.growth == pytest.approx(1 + share * (10 * orders + 1)) == pytest.approx(growth(share, orders))
    assert r.latency_s >= r.evaluations / parallel * call_s * (1 - 1e-12)
    assert 0 <= r.top_three_share <= 1 and 0 <= r.top_one_share <= 1


def test_bad_input_gives_no_number():
    for bad in ({"permutations": 0}, {"explained_share": 1.1}, {"parallel": 0}, {"call_s": 0}, {"call_s": float("nan")}, {"parallel": True}):
        with pytest.raises(MlsysimError):
            explain_requests(**bad)
    for bad in ((), (1.0, "2"), (float("nan"), 1.0)):
        with pytest.raises(MlsysimError):
            strongest(bad, 3)
    with pytest.raises(MlsysimError):
        growth(0.1, 0)
