"""Gradients in a short format, the scale that saves them, and a whole step in mixed precision."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import mixed_precision
from mlsysim.errors import MlsysimError
from mlsysim.loss_scaling import lost_share, run_scaler
from mlsysim.numerics import round_to
from mlsysim.quantity import show_work


@pytest.mark.parametrize(("k", "percent"), [(0, 22.7), (3, 6.68), (8, 0.298)])
def test_a_scale_saves_small_gradients(k, percent):
    assert 100 * lost_share(-22, k) == pytest.approx(percent, rel=5e-3)
    assert run_scaler(k).lost_share == lost_share(-22, k)


@pytest.mark.parametrize(("start", "dynamic", "growth", "skipped", "end"), [(18, False, 2000, 2971, 18), (16, True, 2000, 5, 13), (16, True, 200, 26, 14)])
def test_runs_of_the_scaler(start, dynamic, growth, skipped, end):
    r = run_scaler(start, dynamic, growth)
    assert (r.skipped_steps, r.final_exponent) == (skipped, end)
    assert len(r.skips) == skipped and r.scale_path[-1] == (r.steps, end)


@pytest.mark.parametrize("format", ["fp16", "bf16"])
def test_what_counts_as_lost_is_what_the_format_rounds_to_zero(format):
    e = {"fp16": -25, "bf16": -134}[format]
    assert round_to(2.0**e * 0.999, format) == 0.0 < round_to(2.0**e * 1.001, format)
    below, above = lost_share(e + 8.0, 0, format), lost_share(e - 8.0, 0, format)
    assert below + above == pytest.approx(1) and lost_share(e, 0, format) == 0.5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 24), st.booleans(), st.sampled_from((50, 200, 2000)), st.integers(-30, -14), st.sampled_from(("fp16", "bf16", "fp32")))
def test_every_run_keeps_its_books(k, dynamic, growth, median, format):
    r = run_scaler(k, dynamic, growth, median, format)
    assert 0 <= r.lost_share <= 1 and r.skipped_share == r.skipped_steps / r.steps
    changes = [v for _, v in r.scale_path[:-1]]
    assert all(abs(a - b) == 1 for a, b in zip(changes, changes[1:], strict=False)) and (dynamic or r.final_exponent == k)
    if dynamic:  # up once for every run of good steps, down once for every skip
        assert r.final_exponent == k - r.skipped_steps + sum(b > a for a, b in zip(changes, changes[1:], strict=False))
    assert sum(share for _, share in r.histogram) == pytest.approx(1, abs=1e-3)
    if format != "fp16":  # a range of fp32: only a scale that doubled a hundred times finds its end
        assert r.skipped_steps <= (r.steps // 50 if growth == 50 and dynamic else 0) and r.lost_share < 1e-12
    highest = min(room for _, room in r.room_path)
    assert run_scaler(math.ceil(highest) - 1, False, growth, median, format).skipped_steps == 0


def test_memory_that_remains():
    r = mixed_precision.study("fp16")
    assert (100 * r.peak_share, r.unshrunk, r.state) == (pytest.approx(74.6, rel=5e-3), "state", "stalls")
    assert mixed_precision.study("tf32").unshrunk == "activations" and mixed_precision.study("tf32").peak_share == 1
    assert [mixed_precision.study(*c).state for c in (("bf16",), ("fp16", 8), ("fp16", 18), ("fp16", 16, True))] == ["learns", "learns", "diverged", "learns"]
    assert r.share_of_fp32(1.0) == r.fp32_peak_bytes and len(show_work(r)) > 25


@pytest.mark.parametrize(
    "call",
    [
        lambda: lost_share("x"), lambda: lost_share(math.nan), lambda: lost_share(-22, 0, "fp17"), lambda: run_scaler(1.5), lambda: run_scaler(0, 1),
        lambda: run_scaler(0, True, 0), lambda: run_scaler(steps=0), lambda: mixed_precision.study("fp8"), lambda: mixed_precision.study(batch=0),
        lambda: mixed_precision.study(dynamic="yes"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
