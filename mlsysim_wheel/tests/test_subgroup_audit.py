"""An audit in 36 cells: exact figures against simulated audits, and against a hand's worth of cells."""

import math
import random
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlsysim import subgroup_audit
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.subgroup_audit import audit, expected_worst, wilson


def simulated(plants, sampling="population", rule="single", weak=0.9, audits=100):
    """Audits drawn plant by plant: mean of the lowest share, audits with a false claim, audits that find the weak cell."""
    ill, z, draw = subgroup_audit.ill_per_cell(plants, sampling, 0.05), subgroup_audit.RULES[rule], random.Random(15)
    worst, false, found = [], 0, 0
    for _ in range(audits):
        shares, claims = [], set()
        for i, k in enumerate(ill):
            right = sum(draw.random() < (weak if i == subgroup_audit.WEAK else 0.9) for _ in range(k))
            if k:
                shares.append(right / k)
                if wilson(right, k, z)[1] < 0.85:
                    claims.add(i)
        weak_cell = {subgroup_audit.WEAK} if weak < 0.85 else set()
        worst.append(min(shares))
        false, found = false + bool(claims - weak_cell), found + bool(claims & weak_cell)
    return sum(worst) / audits, false / audits, found / audits


# plants, sampling, rule, weak cell → what a hundred drawn audits gave: lowest, false claims, found
DRAWN = [
    ((2_000, "population", "single", 0.9), (0.202, 0.75, 0.0)),
    ((10_000, "population", "single", 0.9), (0.442, 0.52, 0.0)),
    ((10_000, "population", "corrected", 0.9), (0.442, 0.07, 0.0)),
    ((10_000, "population", "single", 0.7), (0.385, 0.51, 0.11)),
    ((10_000, "equal", "single", 0.9), (0.711, 0.28, 0.0)),
    ((50_000, "population", "single", 0.7), (0.619, 0.31, 0.45)),
    ((50_000, "population", "corrected", 0.7), (0.619, 0.01, 0.08)),
    ((50_000, "equal", "corrected", 0.7), (0.699, 0.0, 0.67)),
]


@pytest.mark.parametrize(("setting", "drawn"), DRAWN)
def test_exact_figures_agree_with_a_hundred_audits(setting, drawn):
    if setting[0] <= 10_000:
        assert simulated(*setting) == pytest.approx(drawn, abs=6e-4)
    r = audit(*setting)
    assert r.worst_measured == pytest.approx(drawn[0], abs=0.05)
    for exact, share in ((r.false_claims, drawn[1]), (r.found_weak, drawn[2])):
        assert abs(exact - share) <= 3 * math.sqrt(exact * (1 - exact) / 100) + 0.005


def test_default():
    r = audit()
    assert (r.worst_measured, r.false_claims) == (pytest.approx(0.412, rel=5e-3), pytest.approx(0.571, rel=5e-3))
    assert (r.cells, r.smallest_cell, r.state) == (36, 1, subgroup_audit.ACCUSES)


def test_small_tests_leave_cells_unaudited():
    r = audit(2_000)
    assert (r.cells_without_ill, r.state, len(r.forest)) == (6, subgroup_audit.UNAUDITED, 30)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.5, 0.7, 0.9, 1.0])), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_lowest_share_by_listing_every_outcome(cells):
    cells = [c for c in cells if c[0]]
    mean = 0.0
    for rights in product(*(range(k + 1) for k, _ in cells)):
        p = math.prod(math.comb(k, j) * s**j * (1 - s) ** (k - j) for (k, s), j in zip(cells, rights, strict=True))
        mean += p * min((j / k for (k, _), j in zip(cells, rights, strict=True)), default=1.0)
    assert expected_worst([k for k, _ in cells], [s for _, s in cells]) == pytest.approx(mean if cells else expected_worst([0], [0.5]), abs=1e-9)


@given(st.integers(1, 400), st.floats(0.05, 0.99), st.integers(-1, 400))
@example(370, 0.0625, 316)  # whose largest term is too small for a float
@settings(max_examples=50, deadline=None)
def test_tail_of_the_binomial(k, s, most):
    exact = math.fsum(math.comb(k, j) * s**j * (1 - s) ** (k - j) for j in range(min(most, k) + 1))
    assert subgroup_audit._cdf(most, k, s) == pytest.approx(exact, rel=1e-9, abs=1e-12)


@given(st.integers(1, 500), st.data(), st.sampled_from([1.645, 2.991]))
@settings(max_examples=50, deadline=None)
def test_wilson_ends_solve_the_score_equation(k, data, z):
    right = data.draw(st.integers(0, k))
    low, high = wilson(right, k, z)
    assert 0 <= low <= right / k + 1e-12 and right / k <= high + 1e-12 <= 1 + 1e-12
    for p in (low, high):  # the ends are where the measured share lies z standard errors away
        if 1e-9 < p < 1 - 1e-9:
            assert abs(right / k - p) == pytest.approx(z * math.sqrt(p * (1 - p) / k), rel=1e-6)


def test_shares_and_drawn_audit():
    assert math.fsum(subgroup_audit.SHARES) == pytest.approx(1)
    assert subgroup_audit.SHARES[subgroup_audit.WEAK] == pytest.approx(0.003)
    r = audit(50_000, weak_sensitivity=0.5)
    assert r.forest[0][1] == max(row[1] for row in r.forest) and sum(row[6] for row in r.forest) == 1
    assert r.claims_drawn == sum(row[5] for row in r.forest)


def test_without_ill_plants_there_is_nothing_to_audit():
    with pytest.raises(Infeasible, match="nothing to audit.$"):
        audit(1_000, "equal", prevalence=0.01)


def test_each_help_can_be_the_best():
    every = {
        h
        for n in subgroup_audit.SIZES
        for s in subgroup_audit.SAMPLING
        for rule in subgroup_audit.RULES
        for w in (0.5, 0.7, 0.9)
        for h in audit(n, s, rule, w).best_help.split(" or ")
    }
    assert every == {"plants", "equal", "corrected", "fewer", "none"}


@pytest.mark.parametrize(
    "wrong",
    [
        dict(plants=0),
        dict(plants=10.5),
        dict(sampling="all"),
        dict(rule="none"),
        dict(weak_sensitivity=0),
        dict(prevalence=float("inf")),
        dict(prevalence="5 %"),
    ],
)
def test_bad_input_is_a_sentence(wrong):
    with pytest.raises(MlsysimError, match=r"[.?]$"):
        audit(**wrong)
