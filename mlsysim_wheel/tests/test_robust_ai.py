"""Flipped bits, conformal sets, smoothing certificates, and the plan that composes them."""

import math
import struct
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import bit_flips, conformal, smoothing, track_inspection
from mlsysim.errors import MlsysimError

SHARE = {"rel": 5e-3}


def mean(values):
    return sum(values) / len(values)


# flipped bits


@pytest.mark.parametrize(
    ("weight_format", "clamped", "percent"), [("bf16", False, 1.65), ("bf16", True, 0.651), ("fp16", False, 1.39), ("int8", False, 0.0521)]
)
def test_mean_share_of_changed_answers(weight_format, clamped, percent):
    assert 100 * mean(bit_flips.changed_shares(weight_format, clamped)) == pytest.approx(percent, **SHARE)


def test_the_top_exponent_bit_does_the_damage():
    bf16 = bit_flips.study_flips("bf16")
    assert (bf16.worst_bit, bf16.worst_kind) == (14, "exponent")
    assert 100 * bf16.worst_changed_share == pytest.approx(24.0, **SHARE)
    assert 100 * bf16.worst_share == pytest.approx(90.6, **SHARE)
    assert 100 * bit_flips.study_flips("fp32").worst_share == pytest.approx(92.8, **SHARE)
    assert (bf16.trials, bf16.changed) == (16 * 24 * 20, 127)


def test_a_year_of_the_fleet():
    r = bit_flips.study_flips()
    assert r.incidents_per_year == pytest.approx(4.95, **SHARE)
    assert r.detection_s == pytest.approx(28 * 3600)
    assert r.wrong_per_year == pytest.approx(413_000, **SHARE)
    assert bit_flips.study_flips("bf16", True, 6 * 3600).wrong_per_year == pytest.approx(40_600, **SHARE)
    assert bit_flips.study_flips("int8").wrong_per_year == pytest.approx(13_000, **SHARE)


def forward(first, last, x):
    hidden = [max(0.0, sum(w * v for w, v in zip(row, x, strict=True))) if all(map(math.isfinite, row)) else math.nan for row in first]
    return [sum(w * v for w, v in zip(row, hidden, strict=True)) for row in last]


def test_the_injection_agrees_with_a_network_run_anew_for_every_flip():
    """No short cuts: each flip computes the whole network on every input."""
    draw, normal = Random(21).random, NormalDist().inv_cdf
    first = [[normal(draw()) * math.sqrt(2 / 16) for _ in range(16)] for _ in range(32)]
    last = [[normal(draw()) * math.sqrt(2 / 32) for _ in range(32)] for _ in range(4)]
    inputs = [[normal(draw()) for _ in range(16)] for _ in range(20)]
    clean = [(v := forward(first, last, x)).index(max(v)) for x in inputs]
    pick, shares = Random(22).random, []
    for bit in range(16):
        changed = 0
        for _ in range(24):
            u = int(pick() * 640)
            matrix, row, column = (first, *divmod(u, 16)) if u < 512 else (last, *divmod(u - 512, 32))
            kept = matrix[row][column]
            code = struct.unpack(">H", struct.pack(">e", kept))[0] ^ (1 << bit)
            matrix[row][column] = struct.unpack(">e", struct.pack(">H", code))[0]
            for x, answer in zip(inputs, clean, strict=True):
                logits = forward(first, last, x)
                changed += any(map(math.isnan, logits)) or logits.index(max(logits)) != answer
            matrix[row][column] = kept
        shares.append(changed / 480)
    ours = bit_flips.changed_shares("fp16")
    assert ours == pytest.approx(shares, abs=24 / 480)  # where a weight becomes infinite, the oracle calls its unit NaN
    assert ours[:14] == pytest.approx(shares[:14])


@given(st.sampled_from(bit_flips.WEIGHT_FORMATS), st.integers(0, 31), st.floats(-1, 1))
@settings(max_examples=60, deadline=None)
def test_a_second_flip_restores_the_rounded_value(weight_format, bit, value):
    bit %= len(bit_flips.changed_shares(weight_format))
    once = bit_flips.flipped(value, weight_format, bit, 1 / 127)
    if not math.isfinite(once) or (weight_format == "int8" and once < -1):
        return
    twice = bit_flips.flipped(once, weight_format, bit, 1 / 127)
    steps = {"fp32": 2**-24, "bf16": 2**-8, "fp16": 2**-11, "int8": 1 / 254}
    assert abs(twice - value) <= steps[weight_format] * 1.001


def test_int8_bounds_the_damage_of_a_flip():
    assert max(abs(bit_flips.flipped(w / 127, "int8", bit, 1 / 127)) for w in range(-127, 128) for bit in range(8)) <= 128 / 127
    assert bit_flips.flipped(0.5, "bf16", 14) > 1e38


@given(st.floats(60, 1e7), st.floats(0.05, 1.0))
@settings(max_examples=50, deadline=None)
def test_detection_is_a_uniform_moment_and_a_geometric_wait(period_s, coverage):
    waits = sum(coverage * (1 - coverage) ** k * (k + 0.5) for k in range(2000))
    assert bit_flips.detection_s(period_s, coverage) == pytest.approx(period_s * waits, rel=1e-6)


def test_the_best_change_is_the_lowest_option():
    seen = set()
    for weight_format in bit_flips.WEIGHT_FORMATS:
        for coverage in (0.2, 0.6, 0.8, 0.95):
            r = bit_flips.study_flips(weight_format, coverage=coverage)
            assert dict(r.options)[r.best_change] == min(v for _, v in r.options)
            seen.add(r.best_change)
    assert seen == {"int8", "period", "coverage"}


def test_some_corruption_within_a_month():
    hours = bit_flips.corruption_between_s() / 3600
    assert hours == 3_538_944
    assert bit_flips.any_corruption(2000, 30 * 86400, hours * 3600) == pytest.approx(1 - (1 - 1 / hours) ** (2000 * 30 * 24), rel=1e-5)


# conformal sets


@pytest.mark.parametrize(("shifted_share", "percent"), [(0.0, 90.7), (0.1, 84.0), (0.3, 69.5)])
def test_static_coverage_under_shift(shifted_share, percent):
    assert 100 * conformal.run_stream(shifted_share).coverage_share == pytest.approx(percent, **SHARE)


def test_static_sets_do_not_grow():
    r = conformal.run_stream(0.3)
    assert (r.mean_size, 100 * r.people_share, 100 * r.automatic_error_share) == pytest.approx((1.06, 16.0, 28.0), **SHARE)
    assert (r.usual_size, 100 * r.usual_people_share) == pytest.approx((1.06, 13.0), **SHARE)
    assert (r.signal, r.state) == ("none", "promise broken")


def test_adaptive_sets_keep_the_promise_and_fill_the_queue():
    r = conformal.run_stream(0.3, 0.1, "adaptive")
    assert (100 * r.coverage_share, r.mean_size, 100 * r.people_share) == pytest.approx((89.3, 4.56, 76.7), **SHARE)
    assert r.state == "queue overflows"
    mild = conformal.run_stream(0.1, 0.1, "adaptive")
    assert (100 * mild.coverage_share, 100 * mild.people_share) == pytest.approx((89.7, 34.2), **SHARE)
    assert mild.state == "kept"


def test_calibrated_sets_cover_what_they_promise_on_fresh_samples():
    """The guarantee itself, on samples drawn here: coverage of at least 1 − α without shift, up to chance."""
    rng = Random(5)
    for alpha in (0.05, 0.1, 0.2):
        q, hits = conformal.threshold(alpha), 0
        for _ in range(4000):
            logits = [rng.gauss(3.0 if k == 0 else 0.0, 1.0) for k in range(10)]
            top = math.exp(logits[0])
            hits += 1 - top / sum(map(math.exp, logits)) <= q
        assert hits / 4000 == pytest.approx(1 - alpha, abs=0.03)  # 500 calibration samples: standard deviation 1.3 points


@given(st.floats(0, 1), st.sampled_from([0.05, 0.1, 0.2]), st.sampled_from(conformal.POLICIES), st.sampled_from([0.005, 0.02, 0.05]))
@settings(max_examples=40, deadline=None)
def test_a_stream_is_consistent(shifted_share, alpha, policy, gamma):
    r = conformal.run_stream(shifted_share, alpha, policy, gamma)
    assert 0 <= r.mean_size <= 10
    assert r.automatic_error_share * (1 - r.people_share) <= 1 - r.coverage_share + 1e-9  # an error nobody sees is a miss
    assert (r.state == "promise broken") == (r.short_share > 0.05)
    if policy == "adaptive":  # Gibbs and Candès, proposition 4.1, over the last 600 of the stream
        assert abs(r.short_share) <= 2 * (1 + gamma) / (600 * gamma)


def test_mixture():
    assert conformal.mixed_coverage(0.9, 0.2, 0.3) == pytest.approx(0.69)


# certificates


def tail(p, k, n):
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p) for i in range(k, n + 1)]
    return math.fsum(map(math.exp, logs))


@given(st.integers(1, 2000), st.floats(0.01, 1.0), st.sampled_from([0.001, 0.01, 0.05]))
@settings(max_examples=50, deadline=None)
def test_the_bound_solves_the_binomial_tail(n, share, alpha):
    k = max(1, round(share * n))
    assert tail(smoothing.least_probability(k, n, alpha), k, n) == pytest.approx(alpha, rel=1e-6)


def test_published_size_of_a_thousandfold_effort():
    assert smoothing.unanimous_radius(1.0, 100) == pytest.approx(1.50, **SHARE)
    assert smoothing.unanimous_radius(1.0, 100_000) == pytest.approx(3.81, **SHARE)
    assert smoothing.unanimous_gain(100, 100_000) == pytest.approx(2.54, **SHARE)


def test_one_certificate():
    r = smoothing.certify(1000, 0.5, 0.9)
    assert (r.bound_share, r.radius) == pytest.approx((0.867, 0.557), **SHARE)
    assert smoothing.certify(100_000).gpu_s == pytest.approx(2.76, **SHARE)
    abstains = smoothing.certify(100, 0.5, 0.6)
    assert (abstains.state, abstains.limits, abstains.radius) == ("abstains", "nothing", 0.0)
    assert abstains.bound_share == pytest.approx(0.441, **SHARE)


@given(st.sampled_from(smoothing.SAMPLES), st.sampled_from(smoothing.SIGMAS), st.integers(50, 100))
@settings(max_examples=40, deadline=None)
def test_more_of_anything_never_shrinks_the_radius(samples, sigma, votes):
    r = smoothing.certify(samples, sigma, votes / 100)
    assert r.radius <= r.more_samples_radius + 1e-12
    assert r.radius <= r.clearer_radius + 1e-12
    assert votes == 100 or r.radius <= max(0.0, sigma * NormalDist().inv_cdf(votes / 100)) + 1e-9


def test_no_published_guarantee_is_kept_by_more_images_at_a_larger_radius():
    for _, stairs in smoothing.certify().staircase:
        shares = [share for _, share in stairs]
        assert shares == sorted(shares, reverse=True)


# the plan


def test_plans_of_the_board():
    far = track_inspection.plan_inspection("bf16", True, 6 * 3600, "adaptive", 0.1, 0.25, 1000, 0.001)
    assert (far.wrong_per_year, far.radius, far.accuracy_share, far.compute) == pytest.approx((40_600, 0.495, 0.67, 2.03), **SHARE)
    near = track_inspection.plan_inspection("int8", False, 86400, "static", 0.05, 0.5, 100, 0.01)
    assert (near.wrong_per_year, near.radius, near.accuracy_share, near.compute) == pytest.approx((13_000, 0.675, 0.56, 1.20), **SHARE)
    assert (100 * near.coverage_share, 100 * near.people_share) == pytest.approx((89.0, 26.2), **SHARE)
    start = track_inspection.plan_inspection("bf16", False, 86400, "static", 0.1, 0.25, 100, 0.01)
    assert (start.wrong_per_year, 100 * start.coverage_share, start.radius) == pytest.approx((413_000, 84.0, 0.337), **SHARE)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bit_flips.study_flips("fp8"),
        lambda: bit_flips.study_flips(period_s=0),
        lambda: bit_flips.study_flips(coverage=0),
        lambda: bit_flips.study_flips(clamped=1),
        lambda: bit_flips.study_flips(gpus=1.5),
        lambda: bit_flips.flipped(1e39, "bf16", 0),
        lambda: bit_flips.flipped(0.5, "int8", 8),
        lambda: bit_flips.any_corruption(1, -1, 1),
        lambda: conformal.run_stream(1.1),
        lambda: conformal.run_stream(alpha=0),
        lambda: conformal.run_stream(policy="none"),
        lambda: conformal.threshold(math.nan),
        lambda: smoothing.least_probability(5, 4),
        lambda: smoothing.certify(0),
        lambda: smoothing.certify(sigma=0.3),
        lambda: smoothing.certify(vote_share=1.2),
        lambda: smoothing.radius(0, 1, 1),
        lambda: track_inspection.plan_inspection("fp32", False, 60, "static", 0.1, 0.5, 100, 0.01),
    ],
)
def test_impossible_requests_raise_a_sentence(call):
    with pytest.raises(MlsysimError, match=r"\.$"):
        call()
