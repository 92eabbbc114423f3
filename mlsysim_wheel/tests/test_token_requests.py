"""Batching of arriving requests against stated values and a simulation that takes every step."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.token_requests import ALLOCATIONS, POLICIES, draw_requests, serve_requests


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


@pytest.mark.parametrize(
    ("policy", "slots", "tokens_per_s", "ttft_p99_s"), [("static", 32, 553, 60.4), ("continuous", 32, 1726, 5.00), ("continuous", 64, 2092, 0.101)]
)
def test_continuous_batching_keeps_its_slots_busy(policy, slots, tokens_per_s, ttft_p99_s):
    run = serve_requests(policy, slots)
    assert (run.tokens_per_s, run.ttft_p99_s) == (about(tokens_per_s), about(ttft_p99_s))


def test_relative_is_continuous_over_static():
    assert serve_requests().relative == about(3.12) and serve_requests("static").relative == 1


@pytest.mark.parametrize(("allocation", "tokens_per_s"), [("paged", 1995), ("reserved", 1571)])
def test_reserved_memory_costs_throughput(allocation, tokens_per_s):
    assert serve_requests(slots=128, kv_bytes=5e9, allocation=allocation).tokens_per_s == about(tokens_per_s)


def test_at_a_low_rate_the_static_batch_is_what_waits():
    assert 3.9 < serve_requests("static", 32, 2.0).ttft_p50_s < 4.2
    assert serve_requests("continuous", 32, 2.0).ttft_p50_s < 0.05


@pytest.mark.parametrize(
    ("given_", "binds"),
    [({}, "slots"), ({"slots": 64}, "arrivals"), ({"policy": "static"}, "finished members"), ({"slots": 128, "kv_bytes": 2e9}, "KV memory")],
)
def test_what_binds(given_, binds):
    assert serve_requests(**given_).binds == binds


def step_by_step(policy, slots, rate, kv_bytes, allocation, wait_s, seed):
    """Tokens a second and the times to the first token, one decode step after another."""
    weights, token, bandwidth, flops = 16.06e9, 131_072, 2.68e12, 593.4e12
    trace = [(t / rate, p, a) for t, p, a in draw_requests(seed)]
    now, i, active, first, ends = 0.0, 0, [], {}, {}
    reserve = policy == "static" or allocation == "reserved"
    need = {n: p + (1024 if reserve else a) for n, (_, p, a) in enumerate(trace)}
    while i < len(trace) or active:
        if not active:
            now = max(now, trace[i][0])
        batch = []
        if policy == "continuous" or not active:
            patience = trace[i][0] + wait_s if i < len(trace) and policy == "static" else now
            while i < len(trace) and len(active) + len(batch) < slots and sum(need[n] for n, *_ in active + batch) + need[i] <= kv_bytes / token:
                if trace[i][0] > max(now, patience):
                    now = max(now, patience)
                    break
                now = max(now, trace[i][0])
                batch.append([i, trace[i][1], 0])
                i += 1
            else:
                if i == len(trace) and policy == "static" and len(batch) < slots and batch:
                    now = max(now, patience)
        now += weights * sum(p for _, p, _ in batch) / flops
        active += batch
        for one in active:
            one[2] += 1
        held = sum(p + done for _, p, done in active)
        now += max((weights + token * held) / bandwidth, weights * len(active) / flops) + 0.004
        for n, _, done in active:
            if done == 1:
                first[n] = now - trace[n][0]
            if done == trace[n][2]:
                ends[n] = now
        if policy == "continuous" or all(n in ends for n, *_ in active):
            active = [one for one in active if one[0] not in ends]
    return sum(a for *_, a in trace) / (max(ends.values()) - trace[0][0]), sorted(first.values())


@pytest.mark.parametrize(
    "given_",
    [("continuous", 32, 20.0, 20e9, "paged", 0.1, 12), ("continuous", 16, 33.0, 3e9, "reserved", 0.1, 4), ("continuous", 100, 9.0, 2e9, "paged", 0.0, 7),
     ("static", 32, 20.0, 20e9, "paged", 0.1, 12), ("static", 16, 7.0, 3e9, "paged", 1.3, 5), ("static", 64, 3.0, 20e9, "paged", 0.0, 9)],
)  # fmt: skip
def test_jumping_from_event_to_event_is_the_same_as_every_step(given_):
    policy, slots, rate, kv_bytes, allocation, wait_s, seed = given_
    run = serve_requests(policy, slots, rate, kv_bytes=kv_bytes, allocation=allocation, wait_s=wait_s, seed=seed)
    tokens_per_s, first = step_by_step(*given_)
    assert run.tokens_per_s == about(tokens_per_s, rel=1e-9)
    assert list(run.ttft_s) == about(first, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(POLICIES), st.integers(1, 200), st.floats(0.5, 60), st.floats(1e9, 40e9), st.sampled_from(ALLOCATIONS), st.floats(0, 2),
    st.integers(0, 50),
)  # fmt: skip
def test_no_run_is_faster_than_the_memory_or_produces_more_than_is_offered(policy, slots, rate, kv_bytes, allocation, wait_s, seed):
    run = serve_requests(policy, slots, rate, kv_bytes=kv_bytes, allocation=allocation, wait_s=wait_s, seed=seed)
    floor = run.parameters * 2 / run.bandwidth_bytes_per_s + run.overhead_s
    assert run.occupied_slots <= slots + 1e-9 and run.occupied_slots + run.held_slots <= slots + 1e-9
    assert run.ttft_s[0] >= floor and run.tokens_per_s <= slots / floor
    assert run.latency_p99_s >= run.ttft_p50_s and 0 <= run.waiting_share <= 1
    for slot in {bar[0] for bar in run.bars}:
        mine = sorted(bar for bar in run.bars if bar[0] == slot)
        assert all(a[3] <= b[1] + 1e-9 for a, b in zip(mine, mine[1:], strict=False)), "two requests share a slot"


def test_a_request_that_does_not_fit_is_infeasible():
    with pytest.raises(Infeasible, match="do not fit"):
        serve_requests(kv_bytes=1e8)


@pytest.mark.parametrize(
    "bad",
    [{"policy": "fair"}, {"slots": 0}, {"slots": 2.5}, {"arrivals_per_s": 0}, {"arrivals_per_s": math.nan}, {"kv_bytes": -1}, {"allocation": None},
     {"wait_s": -1}, {"seed": -1}, {"seed": True}],
)  # fmt: skip
def test_bad_input_is_refused_with_its_name(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        serve_requests(**bad)
