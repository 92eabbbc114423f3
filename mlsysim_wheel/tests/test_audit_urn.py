"""Audits that make their own data: the lab's checks, and Pólya's urn in closed form."""

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import audit_urn
from mlsysim.audit_urn import audit_regions, limiting_deviation, ten_times
from mlsysim.errors import MlsysimError

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731


def test_a_year_of_audits_that_follow_the_file():
    r = audit_regions()
    assert (r.p5, r.median, r.p95, r.width) == (near(0.268), near(0.547), near(0.757), near(0.489))
    assert (r.state, len(r.paths), r.ends[0], r.ends[-1]) == (audit_urn.CHANCE, 60, r.least_watched, r.most_watched)


@pytest.mark.parametrize(
    ("controls", "width"),
    [({"random_share": 0.2}, 0.195), ({"policy": "corrected"}, 0.0506), ({"on_file": 50}, 0.1325),
     ({"random_share": 0.1}, 0.281), ({"finds": 7300}, 0.516),
     ({"random_share": 0.1, "finds": 7300}, 0.265), ({"policy": "corrected", "finds": 7300}, 0.0189), ({"rate_1": 0.11}, 0.439),
     ({"rate_1": 0.11, "random_share": 0.3}, 0.140)],
)  # fmt: skip
def test_widths(controls, width):
    assert audit_regions(**controls).width == near(width)


def test_the_highest_count_ends_all_or_nothing():
    assert set(audit_regions("highest").ends) <= {0.0, 0.5, 1.0}


def test_a_little_worse_region_draws_far_more_audits_than_it_deserves():
    r = audit_regions(rate_1=0.15)
    assert (r.state, r.true_share) == (audit_urn.RUNAWAY, near(0.6)) and r.median > 0.8
    assert audit_regions("corrected", rate_1=0.15).state == audit_urn.STEADY


def test_more_data_narrows_only_a_loop_that_is_broken():
    assert [ten_times(audit_regions(**c)) for c in ({}, {"random_share": 0.1}, {"policy": "corrected"})] == ["stays", "stays", "narrows"]


def test_the_urn_spreads_as_in_closed_form():
    """The share of a Pólya urn from (c, c) after n finds has the variance (1/4)·n/(n + 2c)·1/(2c + 1)·… → Beta(c, c)."""
    c, n = 5, 730
    exact = math.sqrt(0.25 / (2 * c + 1) * n / (n + 2 * c))
    assert exact == pytest.approx(limiting_deviation(c), rel=0.01)
    assert statistics.pstdev(audit_regions(finds=n).ends) == pytest.approx(exact, rel=0.25)  # 60 runs: an error of 9 % is usual
    draw = random.Random(3)
    assert statistics.pstdev(draw.betavariate(c, c) for _ in range(20_000)) == pytest.approx(limiting_deviation(c), rel=0.02)


@given(st.sampled_from(list(audit_urn.POLICIES)), st.floats(0, 1), st.floats(0.05, 0.3), st.integers(1, 60), st.integers(10, 120))
@settings(max_examples=30, deadline=None)
def test_random_audits_are_a_floor_for_both_regions(policy, eps, rate, on_file, finds):
    r = audit_regions(policy, eps, rate, on_file, finds)
    assert eps / 2 - 1e-12 <= r.least_watched <= r.p5 <= r.median <= r.p95 <= r.most_watched <= 1 - eps / 2 + 1e-12
    assert all(p[0] == (0.0, 0.5) and p[-1][0] == finds and [x for x, _ in p] == sorted({x for x, _ in p}) for p in r.paths)


def test_bad_input_gives_no_number():
    for bad in ({"policy": "fair"}, {"random_share": 1.1}, {"rate_1": 0}, {"on_file": 0}, {"finds": 9}, {"finds": True}, {"rate_1": float("inf")}):
        with pytest.raises(MlsysimError):
            audit_regions(**bad)
    with pytest.raises(MlsysimError):
        limiting_deviation(0)
