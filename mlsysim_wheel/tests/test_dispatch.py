"""A host that feeds an accelerator."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.dispatch import BATCHES, EXECUTIONS, busy_share, gpus, measured, over_batches, run
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

MS = 1e-3


@pytest.mark.parametrize(("gpu", "busy"), [("t4", 0.0638), ("v100", 0.0347), ("a100", 0.0280)])
def test_one_picture_takes_the_same_time_on_every_gpu(gpu, busy):
    r = run(gpu, 1)
    assert (r.time_s, r.busy_share, r.operation_count, r.state) == (pytest.approx(12.7 * MS, rel=5e-3), pytest.approx(busy, rel=5e-3), 176, "launch-bound")


@pytest.mark.parametrize(("gpu", "batch", "ms"), [("v100", 32, 12.8), ("v100", 128, 36.4), ("v100", 256, 72.7), ("t4", 128, 87.1), ("a100", 256, 30.7)])
def test_large_batches_are_bound_by_the_gpu(gpu, batch, ms):
    assert run(gpu, batch).time_s == pytest.approx(ms * MS, rel=5e-3)


@pytest.mark.parametrize(("execution", "ms"), [("fused", 3.89), ("replay", 0.450), ("fused_replay", 0.178)])
def test_what_the_executions_do_to_one_picture(execution, ms):
    assert run("v100", 1, execution).time_s == pytest.approx(ms * MS, rel=5e-3)


def test_where_the_gpu_is_busy_and_what_helps():
    assert run("v100", 32).busy_share == pytest.approx(0.71, abs=0.005)
    assert run("v100", 42).busy_share > 0.9 > run("v100", 41).busy_share
    assert run("v100", 1, "fused_replay").busy_share == pytest.approx(0.938, rel=5e-3)
    assert run("v100", 256, "fused").time_s == pytest.approx(38.0 * MS, rel=5e-3)
    assert [run("v100", b).best_change for b in (1, 256)] == ["fusion", "gpu"]
    assert run("v100", 1, "fused").best_change == "dispatch"


def test_measured_latencies_of_the_v100_lie_between_full_overlap_and_none():
    for batch, seconds in measured("v100"):
        r = run("v100", batch)
        assert r.time_s <= seconds <= r.apart_s or seconds == pytest.approx(r.time_s, rel=0.01)
    assert all(seconds >= 0.99 * run("t4", batch).time_s for batch, seconds in measured("t4"))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(list(gpus())), st.integers(1, 512), st.sampled_from(list(EXECUTIONS)), st.floats(1e-6, 2e-4))
def test_no_pass_is_shorter_than_either_side_or_longer_than_both(gpu, batch, execution, dispatch_s):
    r = run(gpu, batch, execution, dispatch_s)
    assert max(r.host_s, r.busy_s) <= r.time_s * (1 + 1e-9)
    assert r.time_s <= r.apart_s * (1 + 1e-9)
    assert r.busy_share <= 1 + 1e-9
    assert all(a.end_s <= b.start_s and a.launched_s <= b.called_s + 1e-12 for a, b in zip(r.first, r.first[1:], strict=False))
    assert min(r.gpu_saves_s, r.dispatch_saves_s, r.fusion_saves_s) >= -1e-12


def test_the_queue_agrees_with_the_longest_path():
    """The end of a queue of launches is the largest, over all operations, of its launch and the work from it on."""
    r = run("v100", 16)
    kernels = [h.end_s - h.start_s for h in r.first]
    ends = [max((i + 1) * r.dispatch_s + sum(kernels[i : n + 1]) for i in range(n + 1)) for n in range(len(kernels))]
    assert [h.end_s for h in r.first] == pytest.approx(ends)


def test_equal_kernels():
    assert (busy_share(10e-6, 40e-6), busy_share(40e-6, 10e-6)) == (0.25, 1.0)
    assert [len(row) for row in over_batches().values()] == [len(BATCHES)] * 3


@pytest.mark.parametrize(
    "wrong",
    [dict(gpu="h100"), dict(batch=0), dict(batch=1.5), dict(execution="compiled"),
     dict(dispatch_s=0), dict(dispatch_s=float("nan")), dict(dispatch_s="72"), dict(gpu=None)],
)
def test_wrong_input_gives_no_number(wrong):
    with pytest.raises(MlsysimError):
        run(**wrong)


def test_wrong_input_of_the_small_functions():
    for call in (lambda: measured("h100"), lambda: busy_share(0, 1), lambda: busy_share(1, True), lambda: over_batches("jit")):
        with pytest.raises(MlsysimError):
            call()


def test_work_is_shown():
    assert {s.name for s in show_work(run()) if not s.source and s.formula} == set()
