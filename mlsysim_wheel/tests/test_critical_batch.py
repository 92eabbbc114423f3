"""Batch size against time to target, and a run on a rented card that composes it with memory and speed."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import critical_batch, rented_run
from mlsysim.critical_batch import choose
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

JOBS = tuple(critical_batch.jobs())


@pytest.mark.parametrize(("batch", "seconds"), [(256, 41.5), (465, 38.3), (8192, 173)])
def test_time_to_target_on_cifar(batch, seconds):
    assert choose("cifar10", batch).time_s == pytest.approx(seconds, rel=5e-3)


def test_the_faster_step_is_the_slower_run():
    small, large = choose("cifar10", 256), choose("cifar10", 8192)
    assert large.throughput_per_s / small.throughput_per_s == pytest.approx(1.88, rel=5e-3)
    assert large.time_s / small.time_s == pytest.approx(4.18, rel=5e-3)
    assert choose("cifar10", 17_100).exhausted is False and choose("cifar10", 17_101).exhausted is True


def test_presets():
    net, words = choose("imagenet"), choose("gpt2")
    assert (net.best_batch, net.best_time_s) == (pytest.approx(861, rel=5e-3), pytest.approx(26_000, rel=5e-3))
    assert words.critical_batch == pytest.approx(713_000, rel=5e-3) and words.item == "tokens"


@settings(max_examples=50)
@given(st.sampled_from(JOBS), st.floats(1, 1e7), st.floats(0.1, 10))
def test_the_best_batch_is_the_minimum_and_the_parts_are_the_whole(job, batch, factor):
    r = choose(job, batch, factor)
    assert r.time_s >= r.best_time_s * (1 - 1e-12)
    assert r.overhead_total_s + r.needed_s + r.waste_s == pytest.approx(r.time_s)
    assert (r.steps / r.fewest_steps - 1) * (r.items / r.fewest_items - 1) == pytest.approx(1)  # the hyperbola of McCandlish et al.
    assert r.throughput_per_s < r.rate_per_s
    half = choose(job, r.hardware_batch, factor)
    assert half.throughput_per_s == pytest.approx(r.rate_per_s / 2)


def test_the_best_batch_against_a_search():
    r = choose("cifar10")
    times = {b: choose("cifar10", b).time_s for b in range(300, 700)}
    assert abs(min(times, key=times.get) - r.best_batch) <= 1 and len(show_work(r)) > 20
    assert r.times_as_long(2.0) == 2 * r.time_s


@pytest.mark.parametrize(
    ("plan", "hours", "dollars"),
    [
        (("a100_sxm_80gb", 1, 1, "none", "adam"), 16.2, 29.1),
        (("h100_sxm", 16, 1, "selective", "adam_8bit"), 2.83, 8.45),
        (("a100_sxm_40gb", 4, 4, "selective", "adam_8bit"), 9.27, 12.0),
    ],
)
def test_runs_on_rented_cards(plan, hours, dollars):
    r = rented_run.rent(*plan)
    assert (r.run_s / 3600, r.cost_usd) == (pytest.approx(hours, rel=5e-3), pytest.approx(dollars, rel=5e-3))


def test_at_a_batch_of_one_sequence_updates_take_most_of_the_time():
    r = rented_run.rent("l4")
    assert r.updates_s > 0.2 * r.run_s and rented_run.rent("l4", 1, 64).update_share < 0.02


@settings(max_examples=50)
@given(
    st.sampled_from(tuple(rented_run.cards())), st.sampled_from((1, 2, 4, 8, 16, 32)), st.sampled_from((1, 4, 64, 256)),
    st.sampled_from(("none", "selective", "full")), st.sampled_from(rented_run.OPTIMIZERS), st.floats(0, 1e5),
)  # fmt: skip
def test_a_run_adds_up(card, micro, many, mode, optimizer, wait):
    r = rented_run.rent(card, micro, many, mode, optimizer, wait)
    assert r.done_s == pytest.approx(wait + r.arithmetic_s + r.updates_s) and r.cost_usd == pytest.approx(r.price_usd_per_h * r.run_s / 3600)
    assert r.tokens > r.fewest_tokens >= 4e8 and r.steps * r.batch_tokens == pytest.approx(r.tokens)


def test_no_plan_on_the_l4_meets_a_day():
    runs = [
        rented_run.rent("l4", b, a, mode, o)
        for b in (1, 2, 4, 8, 16, 32)
        for a in (1, 4, 16, 64)
        for mode in ("none", "selective", "full")
        for o in rented_run.OPTIMIZERS
    ]
    assert min(r.run_s for r in runs if r.memory_share <= 0.92) > 24 * 3600


@pytest.mark.parametrize(
    "call",
    [
        lambda: choose("mnist"),
        lambda: choose("cifar10", 0),
        lambda: choose("cifar10", math.nan),
        lambda: choose("cifar10", 1, -1),
        lambda: critical_batch.critical_tokens(0),
        lambda: critical_batch.best_batch(0, 1, 1),
        lambda: critical_batch.items_to_target(1, -1, 1),
        lambda: rented_run.rent("t4"),
        lambda: rented_run.rent(micro_batch=0),
        lambda: rented_run.rent(accumulation=1.5),
        lambda: rented_run.rent(optimizer="momentum"),
        lambda: rented_run.rent(wait_s=-1),
        lambda: rented_run.rent(recomputation="some"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
