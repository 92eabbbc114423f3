"""Gradients in buckets, compressed gradients, and the fabric that a mixture of experts buys."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.fabric_purchase import COMPRESSION, OVERSUBSCRIPTION, fabric_purchase, spine_share
from mlsysim.gradient_buckets import FABRICS, SIZES, Queue, bucketed_step, training_job
from mlsysim.gradient_compression import METHODS, break_even_share, compressed_step
from mlsysim.quantity import show_work
from mlsysim.topology import walk

# buckets


@pytest.mark.parametrize(
    ("fabric", "megabytes", "seconds"),
    [
        ("cloud", 1, 4.46), ("cloud", 5, 1.20), ("cloud", 25, 0.622), ("cloud", 100, 0.617), ("cloud", 4000, 0.780),
        ("ethernet", 25, 0.970), ("ethernet", 100, 0.829), ("ethernet", 4000, 1.17),
    ],
)  # fmt: skip
def test_step_times_over_the_bucket(fabric, megabytes, seconds):
    assert bucketed_step(megabytes * 1e6, fabric).step_s == pytest.approx(seconds, rel=5e-3)


def test_what_keeps_the_exchange_exposed_changes_with_the_bucket():
    assert [bucketed_step(b, f).cause for b, f in ((1e6, "cloud"), (4e9, "cloud"), (1e8, "ethernet"))] == ["latency", "late", "bytes"]
    assert bucketed_step(1e6).state == "worse than no overlap" and bucketed_step(25e6).state == "working"
    assert bucketed_step(1e6).best_bucket_bytes == 1e8
    assert training_job().compute_s == pytest.approx(0.600, rel=5e-3) and training_job().parameters == pytest.approx(1.5576e9, rel=1e-4)


def simulate(q: Queue) -> list[float]:
    """Bucket by bucket: full at its ready time, sent when the one before has ended."""
    ends, previous, filled = [], 0.0 if q.overlap else q.backward_s, 0.0
    count = math.ceil(q.total_bytes / q.bucket_bytes - 1e-9)
    for j in range(count):
        size = min(q.bucket_bytes, q.total_bytes - filled)
        filled += size
        early = q.total_bytes - q.tail_bytes
        ready = q.backward_s if j == count - 1 or filled > early * (1 + 1e-9) else q.backward_s * filled / early
        previous = max(previous, ready) + q.latency_s + size * q.s_per_byte
        ends.append(previous)
    return ends


@settings(max_examples=80)
@given(
    st.floats(1, 1000), st.floats(0, 0.9), st.floats(0.5, 300), st.floats(0.01, 10), st.floats(0, 0.2), st.floats(0, 0.02), st.booleans()
)  # fmt: skip
def test_the_closed_form_is_the_queue_bucket_by_bucket(total, tail, bucket, backward, latency, per_byte, overlap):
    q = Queue(total, tail * total, bucket, backward, latency, per_byte, overlap)
    ends = simulate(q)
    assert len(ends) == q.buckets
    assert [q.end_s(j) for j in range(q.buckets)] == pytest.approx(ends, rel=1e-9)


@settings(max_examples=50)
@given(st.sampled_from(SIZES), st.sampled_from(FABRICS), st.booleans(), st.sampled_from((4, 8, 16, 32, 64)))
def test_parts_of_exposed_are_the_whole_and_nothing_beats_the_wire(bucket, fabric, overlap, nodes):
    r = bucketed_step(bucket, fabric, overlap, nodes)
    assert r.latency_exposed_s + r.late_exposed_s + r.bytes_exposed_s == pytest.approx(r.exposed_s)
    assert min(r.latency_exposed_s, r.late_exposed_s, r.bytes_exposed_s) >= -1e-12
    assert r.step_s >= r.compute_s and r.step_s >= r.compute_s - r.backward_s + r.busy_s * (1 - 1e-12)
    assert r.best_step_s <= r.step_s and bucketed_step(bucket, fabric, True, nodes).step_s <= r.step_s * (1 + 1e-12)
    ready, begin, middle, end = zip(*r.stretches, strict=True)
    assert end[-1] == pytest.approx(r.step_s) and len(end) <= 40
    assert sum(e - b for b, e in zip(begin, end, strict=True)) == pytest.approx(r.busy_s)
    assert all(a <= b * (1 + 1e-12) for a, b in zip(end, begin[1:], strict=False))


# compression


@pytest.mark.parametrize(("nodes", "share", "ratio"), [(2, 0.01, 0.32), (4, 0.01, 0.64), (8, 0.01, 1.28), (32, 0.01, 5.12), (32, 0.001, 0.512)])
def test_gathered_gradients_grow_with_the_nodes(nodes, share, ratio):
    assert compressed_step("top-k", nodes, 40e9, share).bytes_ratio == pytest.approx(ratio, rel=5e-3)


@pytest.mark.parametrize(
    ("bandwidth", "seconds"), [(40e9, (0.600, None, 1.27, None)), (11.25e9, (0.817, 0.605, 3.34, 0.626)), (1.25e9, (5.11, 2.70, None, 0.626))]
)
def test_time_to_target_of_the_methods(bandwidth, seconds):
    for method, expected in zip(METHODS, seconds, strict=True):
        if expected:
            assert compressed_step(method, 32, bandwidth).target_s == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("nodes", "topk", "none"), [(2, 1.30, 2.77), (4, 2.97, 4.02)])
def test_topk_pays_between_few_nodes_on_a_slow_network(nodes, topk, none):
    r = compressed_step("top-k", nodes, 1.25e9)
    assert (r.target_s, r.none_s) == (pytest.approx(topk, rel=5e-3), pytest.approx(none, rel=5e-3))
    assert r.state == "working" and compressed_step("top-k", 8, 1.25e9).state == "negative return"


@settings(max_examples=50)
@given(st.sampled_from(METHODS), st.integers(2, 64), st.floats(1e9, 2e11), st.floats(1e-4, 0.1), st.floats(0, 0.3))
def test_rows_add_up_and_the_best_is_the_shortest(method, nodes, bandwidth, share, extra):
    r = compressed_step(method, nodes, bandwidth, share, extra)
    totals = {name: sum(parts) for name, *parts in r.rows}
    assert totals[method] == pytest.approx(r.target_s) and totals[r.best_method] == min(totals.values())
    assert r.relative == pytest.approx(r.target_s / totals["none"]) and (r.gain > 1) == (r.best_method != "none")
    assert compressed_step(method, nodes, 2 * bandwidth, share, extra).target_s <= r.target_s


@given(st.integers(2, 500))
def test_at_the_break_even_share_topk_sends_as_much_as_dense(nodes):
    k = break_even_share(nodes)
    assert k == pytest.approx(4 * (nodes - 1) / nodes / (8 * (8 * nodes - 8)))
    assert compressed_step("top-k", nodes, 40e9, k).bytes_ratio == pytest.approx(1)


# the purchase


@pytest.mark.parametrize(
    ("design", "seconds", "dollars"),
    [
        (("rail", 4, False, 25e6), 1.15, 552_000 + 256 * 400), (("rail", 8, True, 100e6), 0.682, 456_000 + 256 * 400),
        (("rack", 2, False, 100e6), 0.726, 784_000),
    ],
)  # fmt: skip
def test_step_and_price_of_a_design(design, seconds, dollars):
    r = fabric_purchase(*design)
    assert r.step_s == pytest.approx(seconds, rel=5e-3) and r.price_usd == pytest.approx(dollars)


@pytest.mark.parametrize("fabric", ["rail", "rack"])
@pytest.mark.parametrize("o", OVERSUBSCRIPTION)
@pytest.mark.parametrize("forwarding", [False, True])
def test_the_hot_link_is_that_of_the_walk_over_every_transfer(fabric, o, forwarding):
    seen = walk("all-to-all with forwarding" if forwarding else "all-to-all", fabric, o, 1.0)
    link = max(seen.nic_s, seen.up_s, seen.down_s) * seen.nic_bytes_per_s
    assert max(7 / 8, o * spine_share(fabric, 8, 2, forwarding)) == pytest.approx(link)


@settings(max_examples=50)
@given(
    st.sampled_from(("rail", "rack")), st.sampled_from(OVERSUBSCRIPTION), st.booleans(), st.floats(1e6, 3e10), st.sampled_from(COMPRESSION),
    st.floats(1e6, 1e9),
)  # fmt: skip
def test_the_step_is_the_sum_of_its_parts_and_a_fuller_spine_never_hurts(fabric, o, forwarding, bucket, compression, n):
    r = fabric_purchase(fabric, o, forwarding, bucket, compression, expert_bytes=n)
    assert r.step_s == pytest.approx(r.compute_s + r.exchange_s + r.exposed_s + r.compressing_s)
    full = fabric_purchase(fabric, 1, forwarding, bucket, compression, expert_bytes=n)
    assert full.step_s <= r.step_s * (1 + 1e-12) and full.price_usd >= r.price_usd
    assert r.exchange_s >= 48 * n * r.remote_share / r.nic_bytes_per_s


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (bucketed_step, dict(bucket_bytes=0)), (bucketed_step, dict(fabric="token ring")), (bucketed_step, dict(overlap=1)), (bucketed_step, dict(nodes=1)),
        (compressed_step, dict(method="zip")), (compressed_step, dict(nodes=1)), (compressed_step, dict(network_bytes_per_s=0)),
        (compressed_step, dict(kept_share=0)), (compressed_step, dict(topk_extra_share=float("nan"))), (break_even_share, dict(nodes=1)),
        (fabric_purchase, dict(fabric="mesh")), (fabric_purchase, dict(oversubscription=3)), (fabric_purchase, dict(forwarding="yes")),
        (fabric_purchase, dict(bucket_bytes=float("inf"))), (fabric_purchase, dict(compression="zip")), (fabric_purchase, dict(expert_bytes=-1)),
        (spine_share, dict(fabric="rail", nodes=1, rack_nodes=1)),
    ],
)  # fmt: skip
def test_bad_input_is_refused(function, wrong):
    with pytest.raises(MlsysimError, match="nodes" if function is spine_share else next(iter(wrong))):
        function(**wrong)


def test_results_show_their_work():
    assert min(len(show_work(r)) for r in (bucketed_step(), compressed_step(), fabric_purchase())) > 15
