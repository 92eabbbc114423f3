"""Gang jobs in a queue: the numbers of a reference trace, invariants of every policy, and oracles by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import gang_replay, scheduling
from mlsysim.errors import MlsysimError
from mlsysim.gang_replay import POLICIES, replay
from mlsysim.quantity import show_work
from mlsysim.queue_simulation import fifo

H = 3600.0
BAD = scheduling.BAD


def hours(policy, load, trace=BAD, **more):
    return scheduling.run_queue(policy, load, trace=trace, **more)


@pytest.mark.parametrize(
    ("policy", "load", "mean_h"),
    [("fifo", 0.5, 1.42), ("fifo", 0.8, 5.91), ("fifo", 0.95, 8.21), ("backfill", 0.5, 0.179), ("backfill", 0.8, 0.871), ("backfill", 0.95, 1.06),
     ("shortest", 0.8, 0.857), ("least_attained", 0.8, 0.905)],
)  # fmt: skip
def test_mean_wait_of_the_reference_trace(policy, load, mean_h):
    assert hours(policy, load).mean_wait_s / H == pytest.approx(mean_h, rel=5e-3)


def test_backfill_serves_small_jobs_and_hardly_hurts_large_ones():
    strict, filled = hours("fifo", 0.8), hours("backfill", 0.8)
    assert filled.large_wait_s / H == pytest.approx(4.95, rel=5e-3) and strict.large_wait_s / H == pytest.approx(5.04, rel=5e-3)
    assert filled.small_wait_s < 0.1 * strict.small_wait_s
    assert hours("fifo", 0.5).large_wait_s / H == pytest.approx(2.21, rel=5e-3) and hours("backfill", 0.5).large_wait_s / H == pytest.approx(1.89, rel=5e-3)


def test_tenfold_overestimates_hardly_hurt_backfill():
    exact, lied = (hours("backfill", 0.9, overestimate=over).mean_wait_s / H for over in (1, 10))
    assert exact == pytest.approx(1.02, rel=5e-3) and lied == pytest.approx(1.02, rel=5e-3)


def test_least_attained_service_stops_jobs():
    assert hours("least_attained", 0.8).preemptions == 119


def test_jobs_that_collect_gpus_one_by_one_lock_each_other_out():
    r = hours("no_gang", 0.8)
    assert r.state == scheduling.DEADLOCK and r.last_end_s / H == pytest.approx(72.8, rel=5e-3) and r.finished_share == pytest.approx(0.765, rel=5e-3)
    end = r.window[1]
    assert sum(last - first for _, _, runs, to, first, last in r.blocks if to >= end > runs) == 0  # nobody works in the end …
    assert sum(last - first for _, held, _, to, first, last in r.blocks if to >= end > held) == 256  # … and everything is held


def test_the_usual_trace_is_usual():
    r = scheduling.run_queue()
    waits = scheduling._strict_waits(0.5)
    assert r.strict_traces_s / H == pytest.approx(0.41, abs=5e-3) and r.strict_worst_s / H == pytest.approx(2.66, rel=5e-3)
    assert min(waits) == 0.0 and r.mean_wait_s == pytest.approx(r.strict_traces_s, rel=0.1)
    assert hours("fifo", 0.8).strict_traces_s / H == pytest.approx(1.82, rel=5e-3)
    mean = sum(scheduling.run_queue("backfill", trace=t).mean_wait_s for t in range(1, 51)) / 50
    assert mean / H == pytest.approx(0.113, rel=5e-3)


@given(st.sampled_from(POLICIES), st.floats(0.3, 1.2), st.integers(1, 50), st.floats(1, 10))
@settings(max_examples=30, deadline=None)
def test_no_gpu_works_for_two(policy, load, trace, over):
    run = replay(policy, load, over, trace)
    changes = sorted([(held, many) for _, held, _, _, many in run.segments] + [(to, -many) for _, _, _, to, many in run.segments if to < math.inf])
    used, most = 0, 0
    for _, change in changes:
        used += change
        most = max(most, used)
    assert most <= 256
    assert all(w is None or w >= 0 for w in run.waits_s)
    worked = sum(many * (to - runs) for _, _, runs, to, many in run.segments if to < math.inf)
    assert worked >= sum(g * r for g, r, w in zip(run.gpus, run.runs_s, run.waits_s, strict=True) if w is not None) * (1 - 1e-9)


@given(st.floats(0.3, 1.2), st.integers(1, 50))
@settings(max_examples=20, deadline=None)
def test_strict_order_never_lets_anybody_pass(load, trace):
    run = replay("fifo", load, trace=trace)
    starts = [a + w for a, w in zip(run.arrivals_s, run.waits_s, strict=True)]
    assert starts == sorted(starts)


def test_jobs_of_all_gpus_are_a_queue_with_one_server():
    """Oracle: the exact recursion for one server; every job as large as the cluster."""
    arrivals, runs = [0.0, 10.0, 500.0, 510.0, 520.0], [100.0, 300.0, 50.0, 5.0, 200.0]
    starts = gang_replay._in_order(arrivals, [256] * 5, runs, 256)
    assert starts == pytest.approx(list(fifo(arrivals, runs).starts_s))
    assert gang_replay._queued("backfill", arrivals, [256] * 5, runs, runs, 256) == pytest.approx(starts)


def test_backfill_by_hand():
    """Job 0 leaves 56 GPUs until 100; job 1 needs all; job 2 ends before 100 and may pass, job 3 does not and may not."""
    arrivals, gpus, runs = [0.0, 1.0, 2.0, 3.0], [200, 256, 50, 50], [100.0, 10.0, 90.0, 200.0]
    assert gang_replay._queued("backfill", arrivals, gpus, runs, runs, 256) == [0.0, 100.0, 2.0, 110.0]
    assert gang_replay._in_order(arrivals, gpus, runs, 256) == [0.0, 100.0, 110.0, 110.0]


@pytest.mark.parametrize(("policy", "load", "trace", "who"), [("backfill", 0.5, 19, "nobody"), ("backfill", 0.5, 25, "large"), ("no_gang", 0.8, 19, "both")])
def test_who_pays(policy, load, trace, who):
    assert scheduling.who_pays(policy, load, trace=trace) == who


def test_the_picture_has_every_gpu_once_and_the_work_is_shown():
    r = scheduling.run_queue("least_attained", 0.9)
    for at in [r.window[0] + 1800 * i for i in range(96)]:
        rows = sorted((first, last) for _, held, _, to, first, last in r.blocks if held <= at < to)
        assert all(a[1] <= b[0] for a, b in zip(rows, rows[1:], strict=False)) and all(0 <= a < b <= 256 for a, b in rows)
    assert 0 <= r.idle_share <= 1
    assert all(s.source for s in show_work(r) if s.formula)


@pytest.mark.parametrize(
    "bad",
    [{"policy": "lifo"}, {"policy": 1}, {"load_share": 0}, {"load_share": math.nan}, {"load_share": True}, {"load_share": "0.5"}, {"overestimate": 0.5},
     {"trace": 0}, {"trace": 51}, {"trace": 1.5}, {"resume_s": -1}, {"threshold_gpu_h": 0}, {"threshold_gpu_h": math.inf}],
)  # fmt: skip
def test_bad_input_is_a_sentence(bad):
    with pytest.raises(MlsysimError, match=r"\.$"):
        scheduling.run_queue(**bad)
