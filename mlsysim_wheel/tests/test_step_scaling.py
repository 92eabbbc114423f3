"""Step time over GPUs and batch: Amdahl through two published rows, tokens over the batch, quotes for whole runs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import critical_batch
from mlsysim.errors import MlsysimError
from mlsysim.fleet_quote import GPUS as QUOTED
from mlsysim.fleet_quote import neighbours, quote, recoveries
from mlsysim.reliability import run_mtbf_s
from mlsysim.step_scaling import BATCHES, GPUS, fitted, scale_step, split, step_at, tokens_to_target

DAY = 86400.0


def test_fixed_and_divided_part_of_the_published_steps():
    assert fitted() == pytest.approx((2.53, 12.49), rel=5e-3)
    for gpus, batch, step in ((256, 768, 40.0), (1024, 768, 11.9), (12288, 768, 3.31), (12288, 6144, 8.77)):
        assert scale_step(gpus, batch).step_s == pytest.approx(step, rel=5e-3)


def test_six_published_rows_that_were_not_fitted_lie_close():
    r = scale_step()
    assert len(r.published) == 8 and r.worst_error_share == pytest.approx(0.052, abs=5e-4)


def test_twelve_times_the_gpus():
    assert scale_step(1024, 768).speedup == pytest.approx(1)
    assert scale_step(12288, 768).speedup == pytest.approx(3.59, rel=5e-3)
    assert scale_step(12288, 6144).speedup == pytest.approx(10.8, rel=5e-3)
    assert scale_step().step_at_speedup(scale_step().speedup) == pytest.approx(scale_step().step_s)


def test_tokens_grow_with_the_batch():
    assert critical_batch.critical_tokens(2.0) == pytest.approx(7.74e6, rel=5e-3)
    assert critical_batch.critical_tokens(2.2) == pytest.approx(4.92e6, rel=5e-3)
    assert tokens_to_target(1536) == pytest.approx(3e11)
    assert tokens_to_target(6144) == pytest.approx(5.60e11, rel=5e-3)


def test_a_batch_can_be_too_large():
    """Beyond the best batch the run ends later, although each step does more."""
    large, middle = scale_step(12288, 12288), scale_step(12288, 6144)
    assert large.run_s > middle.run_s == large.half_batch_run_s and large.cost_usd > middle.cost_usd and large.speedup > middle.speedup
    assert (large.better_batch, scale_step(12288, 768).better_batch, scale_step(12288, 3072).better_batch) == ("smaller", "larger", "keep")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(GPUS), st.sampled_from(BATCHES), st.floats(1.8, 2.4), st.floats(1, 12))
def test_more_gpus_are_faster_and_never_faster_than_in_proportion(gpus, batch, loss, usd):
    one, two = scale_step(gpus, batch, loss, usd), scale_step(2 * gpus, batch, loss, usd)
    assert one.step_s / 2 < two.step_s < one.step_s
    assert one.cost_usd < two.cost_usd  # the fixed part is rented twice
    assert one.run_s == pytest.approx(one.steps * one.step_s) and one.tokens >= one.fewest_tokens
    assert one.step_s * gpus * 312e12 > 6 * 175e9 * batch * 2048  # below the peak of an A100


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 50), st.floats(1, 1e6), st.integers(1, 4096), st.integers(2, 64))
def test_two_measurements_give_back_the_parts_they_were_made_of(fixed, work, gpus, factor):
    times = [step_at(n, fixed, work) for n in (gpus, factor * gpus)]
    found = split(gpus, times[0], factor * gpus, times[1])
    assert found[0] == pytest.approx(fixed, rel=1e-6, abs=1e-9 * times[0]) and found[1] == pytest.approx(work, rel=1e-6)


def test_quotes_of_the_lab():
    slow, cheap, early = quote(), quote(2048, 1536, "automatic"), quote(4096, 1536, "hot")
    assert (slow.time_s / DAY, slow.cost_usd, slow.tokens) == pytest.approx((23.5, 1.155e6, 2.57e11), rel=5e-3)
    assert (cheap.time_s / DAY, cheap.cost_usd, cheap.tokens) == pytest.approx((13.5, 1.39e6, 3e11), rel=5e-3)
    assert (early.time_s / DAY, early.cost_usd, early.tokens) == pytest.approx((8.19, 1.72e6, 3e11), rel=5e-3)
    assert slow.interruptions == pytest.approx(slow.time_s / run_mtbf_s(1024))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(QUOTED), st.sampled_from(BATCHES), st.sampled_from(tuple(recoveries())))
def test_failures_only_delay_and_a_faster_restart_delays_less(gpus, batch, recovery):
    q = quote(gpus, batch, recovery)
    assert q.time_s > q.run_s and 0 < q.useful_share < 1
    assert quote(gpus, batch, "hot").time_s < quote(gpus, batch, "automatic").time_s < quote(gpus, batch, "manual").time_s
    changed = [
        sum(a != b for a, b in zip((q.gpus, q.batch, q.recovery), (x.gpus, x.batch, x.recovery), strict=True)) for _, x in neighbours(gpus, batch, recovery)
    ]
    assert changed == [0] + [1] * 13


@pytest.mark.parametrize(
    "call",
    [
        lambda: scale_step(0), lambda: scale_step(1.5), lambda: scale_step(256, True), lambda: scale_step(256, 768, math.inf),
        lambda: scale_step(256, 768, 2.0, 0),
        lambda: split(256, 40.0, 256, 40.0), lambda: split(256, 40.0, 1024, 9.0), lambda: split(256, 40.0, 1024, 41.0), lambda: step_at(0, 1, 1),
        lambda: step_at(1, -1, 1), lambda: tokens_to_target(0), lambda: quote(1024, 768, "prayer"), lambda: quote(1024, 768, None), lambda: quote(0),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError):
        call()
