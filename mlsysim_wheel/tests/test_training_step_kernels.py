"""Attention in tiles, a step kernel by kernel, the overlapped step and the plan for nine engineer-weeks."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.attention_tiles import KERNELS, SCORES, SPILL, TILE_ROWS, attention_kernel, traffic_cut
from mlsysim.errors import MlsysimError
from mlsysim.overlapped_step import GROUPS, TARGETS, exchange_s, gather_s, hidden_gain, overlapped_step, walk
from mlsysim.speed_plan import speed_plan
from mlsysim.step_kernels import EXECUTIONS, FORMATS, layer, llama, measured, step

few = settings(max_examples=50, deadline=None)
close = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731 - three significant digits


# tiles


@pytest.mark.parametrize(
    ("rows", "kernel", "gb", "ms"),
    [(64, "tiled", 69.0, 20.6), (64, "materialised", 69.3, 26.6), (128, "tiled", 34.6, 10.3), (192, "tiled", None, 6.97), (64, "shared", 0.805, 5.93)],
)
def test_published_arithmetic_of_16384_tokens(rows, kernel, gb, ms):
    r = attention_kernel(16384, rows, kernel)
    assert r.time_s * 1e3 == close(ms)
    assert gb is None or r.traffic_bytes / 1e9 == close(gb)


def test_default_tiles_save_next_to_nothing():
    assert attention_kernel().traffic_cut == pytest.approx(1.004, abs=5e-4)


@few
@given(st.sampled_from(TILE_ROWS), st.sampled_from([64, 128]))
def test_the_short_form_is_the_limit_of_long_sequences(rows, width):
    assert attention_kernel(1 << 19, rows, "tiled", width).traffic_cut == pytest.approx(traffic_cut(rows, width), rel=2e-2)


@few
@given(st.integers(64, 1 << 17), st.sampled_from(TILE_ROWS))
def test_bytes_counted_tile_by_tile(tokens, rows):
    """Oracle: walk over the tiles of a head, with 2 B a value."""
    tile_rows = range(0, tokens, rows)
    own = sum(2 * 2 * (min(rows, tokens - start)) * 128 for start in tile_rows)  # queries in, outputs out
    assert attention_kernel(tokens, rows, "tiled").traffic_bytes == pytest.approx(32 * (own + len(tile_rows) * 2 * 2 * tokens * 128))


@few
@given(st.integers(1, 1 << 17), st.sampled_from(TILE_ROWS), st.sampled_from(KERNELS), st.sampled_from([64, 128]))
def test_no_kernel_beats_the_roof(tokens, rows, kernel, width):
    r = attention_kernel(tokens, rows, kernel, width)
    assert r.rate_flop_per_s <= min(r.roof_flop_per_s, r.intensity_flop_per_byte * r.bandwidth_bytes_per_s) * (1 + 1e-9)
    assert r.dot in [name for name, _, _ in r.dots]


def test_intensity_is_about_the_height_of_a_tile():
    for rows in TILE_ROWS:
        assert attention_kernel(1 << 17, rows, "tiled").intensity_flop_per_byte == pytest.approx(rows, rel=5e-3)


def test_what_does_not_fit_is_named():
    assert attention_kernel(32768, 64, "materialised").state == SCORES
    assert attention_kernel(32768, 64, "materialised").scores_bytes / 1e9 == close(137)
    assert attention_kernel(16384, 256, "tiled").state == SPILL and attention_kernel(16384, 256, "tiled", 64).state == "working"
    binds = {attention_kernel(s, rows, kernel).binds for s in (1024, 131072) for rows in TILE_ROWS for kernel in KERNELS}
    assert binds == {"bandwidth", "compute", "chip", "capacity"}


def test_no_legal_tile_of_wide_heads_reaches_the_ridge_alone():
    legal = [r for r in (attention_kernel(16384, rows, "tiled") for rows in TILE_ROWS) if r.state == "working"]
    assert max(r.intensity_flop_per_byte for r in legal) < legal[0].ridge_flop_per_byte
    assert attention_kernel(16384, 64, "shared").binds == "compute"


# formats


def test_shape_of_llama():
    assert llama().layer_parameters / 1e6 == close(218.1) and llama().parameters / 1e9 == close(8.03)


@pytest.mark.parametrize(("form", "run", "ms"), [("bf16", "eager", 784), ("fp8", "eager", 653), ("bf16", "fused", 669), ("fp8", "fused", 494)])
def test_four_steps_of_8192_tokens(form, run, ms):
    assert step(8192, form, run).step_s * 1e3 == close(ms)


def test_few_tokens_do_not_pay_for_casts():
    assert step(1024, "fp8", "eager").format_speedup == close(1.01) and step(1024, "fp8", "fused").format_speedup == close(1.27)
    assert step(1024, "fp8", "eager").state != "working" == step(8192, "fp8", "eager").state
    cases = ((1024, "fp8", "eager"), (8192, "bf16", "eager"), (8192, "bf16", "fused"))
    assert [step(*case).next_part for case in cases] == ["cast", "elementwise", "attention"]


def test_the_model_is_near_the_published_gains():
    (_, eager), (_, compiled), (_, float8) = measured()
    assert step().fused_speedup == pytest.approx(compiled / eager, rel=0.02)
    assert step().fused_format_speedup == pytest.approx(float8 / compiled, rel=0.06)
    assert step().both_speedup > step().product_speedup


@few
@given(st.integers(1, 10**5), st.sampled_from(FORMATS), st.sampled_from(EXECUTIONS))
def test_no_step_beats_the_peaks(tokens, form, run):
    r = step(tokens, form, run)
    assert 6 * tokens * llama().layers * llama().layer_parameters / r.gemm_s < {"bf16": 989e12, "fp8": 1979e12}[form]
    assert r.step_s == pytest.approx(next(sum(parts) for e, f, parts in r.cases if (e, f) == (run, form)))


# overlap


@pytest.mark.parametrize(
    ("tokens", "target", "percent"),
    [
        (4096, "GEMM", 0.392), (4096, "communication", 43.8), (8192, "GEMM", 16.0), (8192, "communication", 15.2), (16384, "GEMM", 30.6),
        (16384, "communication", 0.470),
    ],
)  # fmt: skip
def test_gain_of_a_virtual_speedup(tokens, target, percent):
    assert overlapped_step(tokens, target, 1.5).gain_share * 100 == close(percent)


def test_step_of_4096_tokens():
    r = overlapped_step(4096, "GEMM", 1.0)
    assert (r.step_s * 1e3, r.busy_s * 1e3, r.gather_s * 1e3) == (close(642), close(335), close(9.54))
    assert r.state == "starved" and r.gain_share == 0 and overlapped_step(16384).state == "working"
    assert overlapped_step(4096).expected_share * 100 == close(31.6) and overlapped_step(4096).path_lane == "communication"


def replay(forward, backward, head, gather, scatter, launch, kernels, kernels_back, prefetch, tail, layers=32):
    """Oracle: the same rules as a fixed point of start times, without any order of evaluation of its own."""
    inf = -math.inf
    done_gather, begin, end = [0.0] * 2 * layers, [0.0] * 2 * layers, [0.0] * 2 * layers
    for _ in range(4 * layers):
        before = list(end)
        for n in range(2 * layers):
            back = n >= layers
            first, j = (layers, n - layers) if back else (0, n)
            last_gather = done_gather[n - 1] if n else 0.0
            if prefetch:
                wait = begin[layers + max(0, j - prefetch)] if back else begin[n - prefetch] if n >= prefetch else 0.0
            else:
                wait = end[n - 1] if n else 0.0
            done_gather[n] = last_gather if back and not j else max(last_gather, wait) + gather
            launched = n * launch * kernels if not back else layers * launch * kernels + 3 * launch + j * launch * kernels_back
            gpu = end[n - 1] if n else 0.0
            if n == first and back:
                gpu = max(gpu, launched) + head
            begin[n] = max(gpu, inf if back and not j else done_gather[n], launched + launch)
            end[n] = max(begin[n] + (backward if back else forward), launched + launch * (kernels_back if back else kernels))
        if end == before:
            break
    scattered = 0.0
    for n in range(layers, 2 * layers):
        scattered = max(scattered, end[n]) + scatter
    return max(end[-1], scattered) + tail


@few
@given(
    st.sampled_from([1024, 4096, 8192, 16384]), st.sampled_from(FORMATS), st.sampled_from(EXECUTIONS), st.sampled_from(GROUPS), st.floats(1e-6, 1e-4),
    st.integers(0, 4),
)  # fmt: skip
def test_the_walk_is_the_fixed_point_of_its_rules(tokens, form, run, group, launch, prefetch):
    at, (gather, scatter) = layer(tokens, form, run), exchange_s(group)
    tail = 24 * llama().parameters / group / (0.85 * 3.35e12)
    want = replay(at.forward_s, at.backward_s, at.head_s, gather, scatter, launch, at.forward_launches, at.backward_launches, prefetch, tail)
    assert walk(tokens, form, run, "shared", group, launch_s=launch, prefetch=prefetch).end_s == pytest.approx(want, rel=1e-9)


@few
@given(
    st.sampled_from([1024, 2048, 8192]), st.sampled_from(TARGETS), st.floats(1, 4), st.sampled_from(GROUPS), st.floats(1e-6, 1e-4),
    st.sampled_from(EXECUTIONS),
)  # fmt: skip
def test_the_critical_path_is_the_whole_step_and_nothing_gains_more_than_its_part_of_it(tokens, target, factor, group, launch, run):
    before = walk(tokens, "bf16", run, "shared", group, launch_s=launch)
    assert sum(before.path_s.values()) == pytest.approx(before.end_s)
    lane = {"communication": "communication", "launch": "launch"}.get(target, "compute")
    r = overlapped_step(tokens, target, factor, group=group, launch_s=launch, execution=run)
    # what is taken off the step was on a path that it had: no more than that lane's seconds there
    assert r.before_s - r.step_s <= before.path_s[lane] * (1 - 1 / factor) + 1e-9
    assert r.step_s >= r.busy_s and r.gain_share >= 0


def test_every_lane_can_carry_the_path():
    settings_ = itertools.product((1024, 16384), (64, 8), (6e-6, 1e-4))
    assert {overlapped_step(t, group=g, launch_s=c, execution="eager").path_lane for t, g, c in settings_} == {"compute", "communication", "launch"}


def test_gathering_only_when_needed_hides_nothing():
    r = overlapped_step(8192, "GEMM", 1.0, prefetch=0)
    assert r.step_s > 32 * (r.forward_s + r.gather_s) + 31 * (r.backward_s + r.gather_s) + r.head_s
    assert r.step_s > overlapped_step(8192, "GEMM", 1.0, prefetch=1).step_s


def test_small_answers():
    assert gather_s(218.1e6, 64, 45e9) == close(9.54e-3)
    assert hidden_gain(0.72, 1.5, False) == close(0.316) and hidden_gain(0.72, 1.5, True) == 0


# plan


def test_the_default_plan():
    r = speed_plan()
    assert (r.tokens_per_s, r.memory_bytes / 1e9, r.weeks) == (close(5740), close(69.7), 0)


@pytest.mark.parametrize(
    ("plan", "rate", "gb", "weeks"),
    [((8192, "fused", "bf16", "shared", 8, False), 12_016, 58.0, 8), ((8192, "fused", "fp8", "tiled", 64, False), 11_479, 44.0, 9)],
)
def test_two_plans_that_reach_every_goal(plan, rate, gb, weeks):
    r = speed_plan(*plan)
    assert (r.tokens_per_s, r.memory_bytes / 1e9, r.weeks) == (close(rate), close(gb), weeks) and r.batch_tokens <= 2.2e6


def test_different_goals_are_met_first_by_different_plans():
    plans = [speed_plan(t, *rest) for t in (4096, 8192) for rest in itertools.product(EXECUTIONS, FORMATS, KERNELS, GROUPS, (False, True))]
    best = set()
    for rate, room in itertools.product(range(10_000, 11_401, 100), (62e9, 76e9)):
        ok = [p for p in plans if p.tokens_per_s >= rate and p.memory_bytes <= room and p.weeks <= 9]
        first = min(ok, key=lambda p: (p.weeks, -p.tokens_per_s))
        best.add((first.tokens, first.execution, first.number_format, first.attention, first.group))
    assert len(best) >= 4


def test_recomputing_costs_a_forward_pass_and_frees_memory():
    with_, without = speed_plan(8192, "fused", "bf16", "shared", 8, True), speed_plan(8192, "fused", "bf16", "shared", 8)
    assert with_.busy_s - without.busy_s == pytest.approx(32 * layer(8192, "bf16", "fused").forward_s)
    assert with_.memory_bytes < without.memory_bytes


@pytest.mark.parametrize(
    "call",
    [
        lambda: attention_kernel(0),
        lambda: attention_kernel(tile_rows=True),
        lambda: attention_kernel(kernel="flash"),
        lambda: traffic_cut(math.nan, 64),
        lambda: step(math.inf),
        lambda: step(8192, "fp4"),
        lambda: step(8192, "fp8", ["eager"]),
        lambda: layer(8192, attention=None),
        lambda: overlapped_step(factor=0.5),
        lambda: overlapped_step(group=16),
        lambda: overlapped_step(launch_s=0),
        lambda: overlapped_step(prefetch=-1),
        lambda: walk(target="head"),
        lambda: walk(recompute=1),
        lambda: exchange_s([64]),
        lambda: gather_s(-1, 8, 1e9),
        lambda: hidden_gain(1.2, 2, False),
        lambda: hidden_gain(0.5, 2, "no"),
        lambda: speed_plan(recompute="off"),
        lambda: speed_plan(group="8"),
    ],
)  # fmt: skip
def test_bad_input_never_gives_a_number(call):
    with pytest.raises(MlsysimError, match=r"must be"):
        call()
