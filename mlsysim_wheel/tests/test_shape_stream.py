"""A compiler that specialises on the length, and a replica that lives on its code."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.compiled_replica import replica
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.shape_stream import BUCKETS, POLICIES, break_even, cost_s, run, stream_lengths


def one_by_one(policy, bucket=64, n=1000, compile_s=20.0, longest=2048):
    """The stream told request by request, by its rules: total, compilations, seconds of each request."""
    draw = random.Random(13)
    lengths = [min(2048, max(1, round(180 * math.exp(0.6 * draw.gauss(0, 1))))) for _ in range(10_000)][:n]
    known, total, took = set(), 0.0, []
    for s in lengths:
        eager, shape = max(10.8e-3, 2e-3 + 0.020e-3 * s), s
        if policy == "buckets":
            shape = min(2048, math.ceil(s / bucket) * bucket)
        if policy == "dynamic":
            shape = "any"
        slow = policy == "eager" or s > longest or (policy == "limit" and shape not in known and len(known) == 8)
        if not slow and shape not in known:
            known.add(shape)
            total += compile_s * (3 if policy == "dynamic" else 1)
        code = max(2.2e-3, 1e-3 + 0.012e-3 * (s if policy == "dynamic" else shape)) * (1.15 if policy == "dynamic" else 1) if not slow else eager
        took.append(code)
    return total + sum(took), len(known), took


@pytest.mark.parametrize(("policy", "total", "compilations"), [("exact", 7760, 388), ("limit", 171, 8), ("buckets", 304, 15), ("dynamic", 64.2, 1)])
def test_the_first_thousand(policy, total, compilations):
    r = run(policy)
    assert (r.total_s, r.compilations) == (pytest.approx(total, rel=5e-3), compilations)


@pytest.mark.parametrize(
    ("policy", "bucket", "total"), [("eager", 64, 110), ("exact", 64, 14_600), ("buckets", 64, 480), ("buckets", 256, 171), ("dynamic", 64, 102)]
)
def test_ten_thousand(policy, bucket, total):
    assert run(policy, bucket, 10_000).total_s == pytest.approx(total, rel=5e-3)


def test_buckets_of_64():
    r = run("buckets", 64, 10_000)
    assert (r.mean_s, r.p95_s, r.waste_share) == (pytest.approx(3.99e-3, rel=5e-3), pytest.approx(7.14e-3, rel=5e-3), pytest.approx(0.146, rel=5e-3))


def test_when_compiling_is_ahead():
    assert run("dynamic", requests=10_000).break_even_requests == 8808
    assert run("buckets").break_even_requests == run("eager").break_even_requests == 0
    assert run("dynamic").state == "slower" and run("dynamic", requests=10_000).state == "ok"
    assert break_even(60, 11.0e-3, 4.19e-3) == pytest.approx(8811, rel=5e-3)


def test_which_bucket_is_better():
    found = {run("buckets", g, n).better_bucket for g in BUCKETS for n in (100, 1000, 10_000)}
    assert found == {"larger", "smaller", "neither"}


@pytest.mark.parametrize("policy", list(POLICIES))
@pytest.mark.parametrize("n", [1, 7, 300, 10_000])
def test_the_replay_agrees_with_the_stream_told_one_by_one(policy, n):
    total, compilations, took = one_by_one(policy, 128, n)
    r = run(policy, 128, n)
    assert (r.total_s, r.compilations, r.mean_s) == (pytest.approx(total), compilations, pytest.approx(sum(took) / n))
    assert r.p95_s == pytest.approx(sorted(took)[int(0.95 * n)])
    assert r.padded == tuple(r.lengths) if policy != "buckets" else all(a >= b for a, b in zip(r.padded, r.lengths, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(POLICIES)), st.sampled_from(BUCKETS), st.integers(1, 10_000), st.floats(0.5, 120))
def test_totals_add_up_and_waste_is_never_negative(policy, bucket, n, compile_s):
    r = run(policy, bucket, n, compile_s)
    assert r.total_s == pytest.approx(r.compiling_s + r.running_s)
    assert r.waste_share >= 0
    assert r.compilations <= r.distinct_lengths
    assert (r.state == "slower") == (r.total_s > r.eager_total_s)


@pytest.mark.parametrize("longest", [256, 512, 2048])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_the_replica_sees_what_the_stream_told_one_by_one_sees(policy, longest):
    _, compilations, took = one_by_one(policy, 128, 10_000, longest=longest)
    r = replica(policy, 128, longest)
    assert (r.mean_s, r.p95_s, r.stalled_requests) == (pytest.approx(sum(took) / 10_000), pytest.approx(sorted(took)[9500]), compilations)


def test_the_replicas_of_the_decision():
    default, dynamic, buckets, eager = replica(), replica("dynamic", before=True), replica("buckets", 256, before=True), replica("eager", before=True)
    assert (default.stalled_requests, default.memory_bytes, default.ready_s) == (726, pytest.approx(108.9e9), 0)
    assert (dynamic.ready_s, dynamic.mean_s, dynamic.p95_s) == (60, pytest.approx(4.19e-3, rel=5e-3), pytest.approx(7.86e-3, rel=5e-3))
    assert (buckets.ready_s, buckets.memory_bytes) == (160, 1.2e9)
    assert (buckets.mean_s, buckets.p95_s) == (pytest.approx(5.09e-3, rel=5e-3), pytest.approx(7.14e-3, rel=5e-3))
    assert (eager.mean_s, eager.p95_s, eager.graphs) == (pytest.approx(11.0e-3, rel=5e-3), pytest.approx(11.7e-3, rel=5e-3), 0)
    assert run("buckets", 256, 10_000).waste_share == pytest.approx(0.58, rel=1e-2)


@pytest.mark.parametrize(
    "wrong",
    [dict(policy="jit"), dict(bucket_tokens=0), dict(bucket_tokens=4096), dict(requests=0), dict(requests=10_001),
     dict(compile_s=0), dict(compile_s=math.inf), dict(spread=-1), dict(spread="0")],
)
def test_wrong_input_gives_no_number(wrong):
    with pytest.raises(MlsysimError):
        run(**wrong)


def test_wrong_input_of_the_others():
    wrong = (
        lambda: replica("jit"), lambda: replica(before=1), lambda: replica(longest_compiled=0), lambda: break_even(1, 0.01, 0.01),
        lambda: break_even(0, 0.02, 0.01), lambda: cost_s("jit", 1), lambda: cost_s("exact", -1),
    )  # fmt: skip
    for call in wrong:
        with pytest.raises(MlsysimError):
            call()


def test_work_is_shown():
    for result in (run(), replica()):
        assert {s.name for s in show_work(result) if not s.source and s.formula} == set()
    assert len(stream_lengths(0.6)) == 10_000
