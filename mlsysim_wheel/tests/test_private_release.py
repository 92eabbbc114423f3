"""Training with privacy, naming members, taking a layer: checked numbers, bounds that no attack beats, and independent oracles."""

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import logit_extraction, membership, privacy_accounting, private_release, private_training
from mlsysim.errors import MlsysimError

NORMAL = NormalDist()
SHARES, EPSILONS = st.floats(1e-4, 0.5), st.floats(0.01, 10)


@pytest.mark.parametrize(("batch", "noise", "epochs", "epsilon"), [(256, 1.12, 60, 2.92), (256, 0.6, 30, 9.77), (256, 1.2, 10, 1.20)])
def test_privacy_of_the_three_tutorial_runs(batch, noise, epochs, epsilon):
    assert privacy_accounting.privacy_loss(60_000, batch, epochs, noise).epsilon == pytest.approx(epsilon, rel=5e-3)


def test_privacy_of_the_example_of_abadi_and_others():
    """Deep Learning with Differential Privacy (CCS 2016), section 3.2: q = 0.01, σ = 4, 10,000 steps, δ = 1e-5 give ε ≈ 1.26."""
    loss = privacy_accounting.privacy_loss(1_000_000, 10_000, 100, 4.0)
    assert (loss.sampling_share, loss.steps) == (0.01, 10_000) and loss.epsilon == pytest.approx(1.26, abs=5e-3)


@pytest.mark.parametrize(
    ("changes", "epsilon"),
    [({}, 1.92), ({"batch": 1024}, 3.77), ({"batch": 4096}, 8.16), ({"epochs": 80}, 3.40), ({"noise_multiplier": 2}, 0.652), ({"records": 400_000}, 1.24)],
)
def test_privacy_of_the_assistant(changes, epsilon):
    assert private_training.train_privately(**changes).epsilon == pytest.approx(epsilon, rel=5e-3)


@pytest.mark.parametrize(("noise", "epochs", "points", "published"), [(1.2, 10, 4.00, 4.0), (1.12, 60, 2.14, 2.4), (0.6, 30, 1.78, 1.7)])
def test_accuracy_of_the_three_tutorial_runs(noise, epochs, points, published):
    assert private_training.accuracy_loss(256, noise, epochs, 60_000) == pytest.approx(points, rel=5e-3)
    assert points == pytest.approx(published, rel=0.12)


def test_gradients_of_every_record_fill_the_gpu_and_ghost_clipping_empties_it():
    full, ghost = private_training.train_privately(1024), private_training.train_privately(1024, clipping="ghost")
    assert full.gradient_bytes == pytest.approx(102.4e9) and full.state == private_training.FULL
    assert ghost.memory_bytes == pytest.approx(10.4e9) and ghost.state == private_training.OK
    assert ghost.time_s / full.time_s == pytest.approx(1.9 / 1.3)


def test_divergence_of_a_step_agrees_with_an_integral_over_the_mixture():
    """E over the noise of (mixture/noise)^a for one sampled step, by the trapezoid rule."""
    share, noise, order = 0.05, 1.5, 6
    grid, total = 40_000, 0.0
    for i in range(grid + 1):
        z = -15 + 35 * i / grid
        ratio = 1 - share + share * math.exp((2 * z - 1) / (2 * noise**2))
        total += ratio**order * math.exp(-(z**2) / (2 * noise**2)) / (noise * math.sqrt(2 * math.pi)) * 35 / grid
    exact = math.log(total) / (order - 1)
    assert privacy_accounting._divergences(share, noise)[privacy_accounting.ORDERS.index(order)] == pytest.approx(exact, rel=1e-6)


@given(st.integers(1, 2000), st.floats(0.001, 2))
@settings(max_examples=50, deadline=None)
def test_composition_is_never_worse_than_the_sum_and_never_below_one_release(k, epsilon):
    total = privacy_accounting.composed_epsilon(k, epsilon)
    assert epsilon * (1 - 1e-12) <= total <= k * epsilon * (1 + 1e-12)


def test_attack_at_the_default_and_without_unusual_members():
    r, plain = membership.attack(), membership.attack(None, 0.0)
    assert (r.auc, r.named_share, r.member_share) == pytest.approx((0.592, 0.0190, 0.950), rel=5e-3)
    assert (plain.named_share, plain.member_share) == pytest.approx((0.00263, 0.725), rel=5e-3)
    assert r.named_members == pytest.approx(1895, rel=5e-3)


def test_bounds_that_private_training_promises():
    bounds = [membership.attack(e).bound_share for e in (8.0, 4.0, 2.0, 1.0)]
    assert bounds == pytest.approx([0.9997, 0.0546, 0.00739, 0.00272], rel=5e-3)
    assert membership.attack(2.0).ceiling_share == pytest.approx(0.881, rel=5e-3)
    assert membership.attack(4.0, 0.02, 1e-4).ceiling_share == pytest.approx(0.982, rel=5e-3)


def test_attack_agrees_with_drawn_people():
    rng, f, n = random.Random(9), 0.05, 200_000
    line = NORMAL.inv_cdf(1 - f)
    members = [rng.gauss(4.0 if rng.random() < 0.03 else 0.4, 1) for _ in range(n)]
    named = sum(m > line for m in members) / n
    r = membership.attack(None, 0.03, f, 0.4)
    assert r.named_share == pytest.approx(named, rel=0.02)
    outside = [rng.gauss(0, 1) for _ in range(n)]
    assert r.auc == pytest.approx(sum(m > o for m, o in zip(members, outside, strict=True)) / n, abs=0.005)
    assert sum(people for _, people in membership.named_people(r)[:2]) == pytest.approx(named * 50_000, rel=0.02)


@given(EPSILONS, SHARES, SHARES, st.floats(0, 3), st.floats(0.01, 0.9))
@settings(max_examples=50, deadline=None)
def test_nobody_is_named_beyond_the_bound_and_no_attack_is_right_beyond_the_ceiling(epsilon, u, f, shift, prior):
    r = membership.attack(epsilon, u, f, shift, prior)
    assert max(r.typical_named_share, r.unusual_named_share, r.named_share) <= r.bound_share * (1 + 1e-12)
    assert r.member_share <= min(r.ceiling_share, r.without_share) + 1e-12
    assert f * (1 - 1e-9) <= r.bound_share <= 1
    assert membership.needed_for(r.member_share, f, prior) == pytest.approx(r.named_share, rel=1e-6)


def test_bound_is_that_of_randomised_response():
    """Somebody who tells the truth with odds e^ε is named at f = 1/(1 + e^ε) with e^ε/(1 + e^ε): the corner of the region."""
    for epsilon in (0.5, 1.0, 3.0):
        f = 1 / (1 + math.exp(epsilon))
        assert membership.named_at_most(epsilon, f, 0.0) == pytest.approx(1 - f)


def test_price_of_the_layer():
    prices = [logit_extraction.extract(a).cost_usd for a in ("full logits", "top-5 + bias", "argmax + bias")]
    assert prices == pytest.approx([0.00164, 20.6, 823], rel=5e-3)
    assert logit_extraction.extract().time_s == pytest.approx(14.9 * 86_400, rel=5e-3)
    assert logit_extraction.extract("top-5 only").cost_usd == math.inf
    assert logit_extraction.extract(noise_nats=0.1).cost_usd == pytest.approx(2060, rel=5e-3)
    assert logit_extraction.extract(noise_nats=1.0).changed_share == pytest.approx(0.24, rel=5e-3)


def test_width_that_the_toy_reads():
    assert [logit_extraction.extract(noise_nats=n).toy_width for n in (0, 0.01, 0.1, 0.3, 1.0)] == [12, 12, 12, 12, 8]


def test_pivots_multiply_to_the_determinant():
    """Of a 3 × 3 matrix by Sarrus."""
    rows = [[2.0, 1.0, -1.0], [4.0, -6.0, 0.5], [-2.0, 7.0, 3.0]]
    a, b, c = rows
    det = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    pivots = logit_extraction._eliminate([list(r) for r in rows])
    assert math.prod(pivots) * 7.0**3 == pytest.approx(abs(det))


def test_elimination_stops_at_the_rank():
    rng = random.Random(4)
    base = [[rng.gauss(0, 1) for _ in range(10)] for _ in range(4)]
    rows = [
        [sum(w * v for w, v in zip(weights, column, strict=True)) for column in zip(*base, strict=True)]
        for weights in ([rng.gauss(0, 1) for _ in range(4)] for _ in range(8))
    ]
    pivots = logit_extraction._eliminate(rows)
    assert len(pivots) == 5 and pivots[3] > 1e-3 and pivots[4] <= 1e-12


@given(st.sampled_from(logit_extraction.APIS), st.floats(0.01, 1), st.floats(0.1, 1000), st.integers(1, 10_000))
@settings(max_examples=30, deadline=None)
def test_hiding_more_never_makes_the_layer_cheaper(api, noise, rate, width):
    r = logit_extraction.extract(api, noise, rate, width)
    assert r.cost_usd >= logit_extraction.extract("full logits", 0.0, rate, width).cost_usd
    assert r.changed_share <= 0.5


def test_two_releases_that_hold_and_the_default_that_does_not():
    first, second = private_release.release(512, 1.2, 40, api="top-5 only"), private_release.release(4096, 3.0, 40, "ghost", "top-5 + bias", 0.1)
    assert (first.epsilon, first.loss_points, first.memory_bytes / 1e9, first.time_s / 3600) == pytest.approx((2.58, 1.72, 61.6, 0.72), rel=5e-3)
    assert (second.epsilon, second.loss_points, second.memory_bytes / 1e9, second.time_s / 3600, second.cost_usd) == pytest.approx(
        (2.47, 1.59, 10.4, 1.06, 2060), rel=5e-3
    )
    assert private_release.release().loss_points == pytest.approx(2.40, rel=5e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: private_training.train_privately(200, records=100),
        lambda: private_training.train_privately(clipping="none"),
        lambda: private_training.train_privately(noise_multiplier=math.nan),
        lambda: private_training.accuracy_loss(0, 1, 1, 1),
        lambda: private_training.which_saves(1),
        lambda: private_training.over_batches(None),
        lambda: membership.attack(-1.0),
        lambda: membership.attack(1.0, 1.5),
        lambda: membership.attack(1.0, 0.1, 0.0),
        lambda: membership.attack(prior_share=1),
        lambda: membership.named_at_most(701, 0.1),
        lambda: membership.needed_for(0.5, 1),
        lambda: membership.named_if_out_by(0.1, 50),
        lambda: membership.roc("x"),
        lambda: membership.scores(0),
        lambda: membership.what_protects(2),
        lambda: logit_extraction.extract("api"),
        lambda: logit_extraction.extract(noise_nats=-1),
        lambda: logit_extraction.extract(rate_per_s=0),
        lambda: logit_extraction.extract(width=2.5),
        lambda: logit_extraction.queries_for_layer(10, 100, 1),
        lambda: logit_extraction.ladder(3),
        lambda: logit_extraction.what_stops(None),
        lambda: privacy_accounting.composed_epsilon(0, 1),
        lambda: privacy_accounting.composed_epsilon(3, 1, 1.0),
        lambda: private_release.release(True),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(MlsysimError):
        call()
