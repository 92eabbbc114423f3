"""Pipeline schedules: the event simulation against closed forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.pipeline_schedule import fewest_microbatches, imbalance, simulate_pipeline, snap_microbatches


@pytest.mark.parametrize(
    "schedule, chunks, step, held",
    [("gpipe", 1, 69, 16), ("1f1b", 1, 69, 8), ("interleaved", 2, 58.5, 11.5), ("interleaved", 4, 53.25, 9.75)],
)
def test_eight_stages_sixteen_microbatches(schedule, chunks, step, held):
    run = simulate_pipeline(schedule, 8, 16, chunks=chunks)
    assert run.step == pytest.approx(step)
    assert run.held_microbatches == pytest.approx(held)
    assert run.bubble_share == pytest.approx(1 - 48 / step)


def test_1f1b_saves_memory_and_no_time():
    run = simulate_pipeline("1f1b", 8, 16)
    assert run.shortening_share == 0
    assert run.bubble_share == pytest.approx(0.304, rel=5e-3)


def test_few_microbatches_idle_most_of_the_time():
    run = simulate_pipeline("1f1b", 8, 4)
    assert (run.step, run.bubble_share) == (33, pytest.approx(0.636, rel=5e-3))
    assert simulate_pipeline("interleaved", 8, 8, chunks=4).bubble_share < 0.5


@pytest.mark.parametrize("m, step", [(1, 36), (128, 417)])
def test_twelve_stages(m, step):
    assert simulate_pipeline("1f1b", 12, m).step == step


def test_a_heavier_last_stage_stretches_every_microbatch():
    assert simulate_pipeline("1f1b", 8, 16, heavy=1.25).step == 81
    assert simulate_pipeline("1f1b", 8, 16, heavy=1.25).busiest_stage == 7
    assert simulate_pipeline("1f1b", 8, 16).busiest_stage == 0
    assert imbalance("1f1b", 8, 16).growth_share == pytest.approx(81 / 69 - 1)


sizes = st.tuples(st.integers(1, 12), st.integers(1, 40), st.sampled_from([1.0, 1.5, 2.0, 2.5, 3.0]))


@given(sizes, st.sampled_from(["gpipe", "1f1b"]))
@settings(max_examples=50, deadline=None)
def test_closed_form_of_the_plain_schedules(size, schedule):
    p, m, backward = size
    run = simulate_pipeline(schedule, p, m, backward=backward)
    assert run.step == pytest.approx((1 + backward) * (m + p - 1))
    assert run.bubble_share == pytest.approx((p - 1) / (m + p - 1))
    assert run.held_microbatches == (m if schedule == "gpipe" else min(m, p))


@given(st.integers(2, 8), st.integers(1, 6), st.sampled_from([2, 3, 4]), st.sampled_from([1.0, 2.0, 3.0]))
@settings(max_examples=50, deadline=None)
def test_closed_form_of_interleaving(p, rounds, v, backward):
    m = p * rounds
    run = simulate_pipeline("interleaved", p, m, chunks=v, backward=backward)
    assert run.step == pytest.approx((1 + backward) * (m + (p - 1) / v))
    assert 0 < run.shortening_share < 1


@given(st.integers(1, 8), st.integers(1, 20), st.floats(1, 2), st.sampled_from([("gpipe", 1), ("1f1b", 1), ("interleaved", 3)]))
@settings(max_examples=50, deadline=None)
def test_every_run_obeys_its_dependencies(p, m, heavy, kind):
    schedule, v = kind
    p = max(2, p)
    m = snap_microbatches(schedule, p, m)
    run = simulate_pipeline(schedule, p, m, chunks=v, heavy=heavy)
    end = {(b.kind, b.chunk * p + b.stage, b.microbatch): b.end for b in run.bars}
    assert len(end) == len(run.bars) == 2 * p * m * v  # each operation once
    for b in run.bars:
        k = b.chunk * p + b.stage
        need = ("F", k - 1, b.microbatch) if b.kind == "F" else ("B", k + 1, b.microbatch)
        if b.kind == "B" and k == p * v - 1:
            need = ("F", k, b.microbatch)
        assert b.start >= end.get(need, 0.0)
    for stage in range(p):
        mine = [b for b in run.bars if b.stage == stage]
        assert all(a.end <= b.start for a, b in zip(mine, mine[1:]))  # one operation at a time
        assert sum(b.end - b.start for b in mine) == pytest.approx(run.stage_busy[stage])
    assert run.step >= max(run.stage_busy) * (1 - 1e-12)
    assert run.held_over_time[-1][1] == 0
    assert 0 <= run.bubble_share < 1


@given(st.integers(1, 64), st.integers(1, 99))
@settings(max_examples=50)
def test_fewest_microbatches_are_enough_and_no_more(p, percent):
    m = fewest_microbatches(p, percent)
    assert 100 * (p - 1) <= percent * (m + p - 1)
    if m > 1:
        assert 100 * (p - 1) > percent * (m - 1 + p - 1)


def test_impossible_schedules_say_why():
    with pytest.raises(Infeasible, match="multiples of the 8 stages, not 12"):
        simulate_pipeline("interleaved", 8, 12, chunks=2)
    with pytest.raises(Infeasible, match="one chunk"):
        simulate_pipeline("1f1b", 8, 16, chunks=2)
    with pytest.raises(Infeasible, match="at least 2 chunks"):
        simulate_pipeline("interleaved", 8, 16)


@pytest.mark.parametrize(
    "call",
    [
        lambda: simulate_pipeline("1f1b", 0, 16),
        lambda: simulate_pipeline("1f1b", 8, 0),
        lambda: simulate_pipeline("1f1b", 8, 2.5),
        lambda: simulate_pipeline("1f1b", 8, 16, heavy=0.5),
        lambda: simulate_pipeline("1f1b", 8, 16, backward=0),
        lambda: simulate_pipeline("1f1b", 8, 16, heavy=float("nan")),
        lambda: simulate_pipeline("2f2b", 8, 16),
        lambda: simulate_pipeline("gpipe", 256, 4096),
        lambda: fewest_microbatches(8, 0),
    ],
)
def test_senseless_inputs_are_refused(call):
    with pytest.raises(MlsysimError):
        call()
