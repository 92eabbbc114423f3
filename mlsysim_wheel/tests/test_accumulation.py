"""Running sums in short formats, against a slow exact emulation with fractions."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.accumulation import CASES, REMEDIES, accumulate, run_case
from mlsysim.errors import MlsysimError
from mlsysim.numerics import FORMATS, round_to
from mlsysim.quantity import show_work


@pytest.mark.parametrize(("name", "reached"), [("fp32", 10_000), ("bf16", 256), ("fp16", 2_048), ("fp8", 16)])
def test_ten_thousand_times_one(name, reached):
    assert accumulate(0.0, 1.0, 10_000, name).shown == reached


def test_a_weight_and_its_update():
    stuck = run_case("1 + 0.001", 1_000, "bf16")
    assert (stuck.shown, stuck.last_change, stuck.state) == (1.0, 0, "stuck")
    assert run_case("1 + 0.001", 1_000, "fp16").shown == pytest.approx(1.98, rel=5e-3)
    master = run_case("1 + 0.001", 1_000, "bf16", "master")
    assert (master.shown, master.state) == (2.0, "moving")
    assert master.stored == pytest.approx(1.99945, rel=1e-5)


def test_stochastic_rounding_is_right_on_average_only():
    assert run_case("1 + 0.001", 1_000, "bf16", "stochastic").shown == pytest.approx(2.28, rel=5e-3)
    assert run_case("0 + 1", 10_000, "bf16", "stochastic").shown == pytest.approx(9_860, rel=5e-3)


def test_a_master_copy_counts_to_the_end_and_shows_the_nearest():
    r = run_case("0 + 1", 10_000, "bf16", "master")
    assert (r.stored, r.shown, r.sum_format) == (10_000.0, 9_984.0, "fp32")


def test_overflow_comes_after_679_additions_and_a_master_copy_does_not_help():
    r = run_case("0 + 100", 1_000, "fp16")
    assert (r.state, r.overflow_step, r.shown) == ("overflow", 679, math.inf)
    assert run_case("0 + 100", 1_000, "fp16", "master").state == "overflow"
    assert run_case("0 + 100", 1_000, "fp32").state == "moving"


def test_an_increment_that_rounds_to_zero_is_lost_before_the_sum():
    for remedy in REMEDIES:
        r = run_case("0 + 1e-8", 1_000, "fp16", remedy)
        assert (r.state, r.increment_stored, r.shown) == ("vanished", 0.0, 0.0)
    assert run_case("0 + 1e-8", 1_000, "fp32").state == "moving"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(tuple(FORMATS)), st.floats(0, 300), st.floats(1e-4, 50), st.integers(1, 60))
def test_every_step_rounds_the_exact_sum(name, start, increment, steps):
    f = FORMATS[name]

    def exactly(x: Fraction) -> float:  # nearest, ties to even, on whole numbers of steps
        exponent = max(math.frexp(float(x))[1] - 1 if x else f.e_min, f.e_min)
        q = Fraction(2) ** (exponent - f.significant_bits + 1)
        found = float(round(x / q) * q)
        return found if found <= f.largest else math.inf

    x, d = exactly(Fraction(start)), exactly(Fraction(increment))
    for _ in range(steps):
        x = exactly(Fraction(x) + Fraction(d)) if math.isfinite(x) else x
    assert accumulate(start, increment, steps, name).stored == x


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(tuple(CASES)), st.sampled_from(tuple(FORMATS)), st.sampled_from(REMEDIES), st.sampled_from((10, 100, 1000)))
def test_paths_rise_and_end_at_the_sum(case, name, remedy, steps):
    r = run_case(case, steps, name, remedy)
    values = [v for _, v in r.path]
    assert values == sorted(values) and all(round_to(v, name) == v for v in values)
    assert not math.isfinite(r.shown) or r.path[-1] == (r.steps, r.shown)
    assert r.exact_path[-1] == (r.steps, r.exact)
    assert (r.state == "vanished") == (r.increment_stored == 0)
    assert len(show_work(r)) > 10


def test_a_wider_format_loses_no_more():
    for case in CASES:
        errors = [run_case(case, 1_000, name).off for name in ("bf16", "fp32")]
        assert errors[0] >= errors[1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: accumulate(math.nan, 1.0, 10), lambda: accumulate(0.0, -1.0, 10), lambda: accumulate(0.0, 1.0, 0), lambda: accumulate(0.0, 1.0, 1e9),
        lambda: accumulate(0.0, 1.0, 10, "int8"), lambda: accumulate(0.0, 1.0, 10, "bf16", "luck"), lambda: accumulate("0", 1.0, 10),
        lambda: accumulate(True, 1.0, 10), lambda: run_case("2 + 2"), lambda: run_case("0 + 1", 2.5),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
