"""All-reduce in the α-β model with its cures, and collectives walked over a fabric link by link."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import topology
from mlsysim.all_reduce_study import study_all_reduce
from mlsysim.collectives import ALL_REDUCE
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work
from mlsysim.topology import walk

ALGORITHMS = ("ring", "binary tree", "double binary tree", "parameter server")


@pytest.mark.parametrize(("n", "milliseconds"), [(1e6, (7.20, 0.509, 0.219, 21.8)), (1e9, (49.6, 383, 42.7, 21_800))])
def test_times_of_the_algorithms(n, milliseconds):
    for name, expected in zip(ALGORITHMS, milliseconds, strict=True):
        assert study_all_reduce(n, 512, name).time_s * 1e3 == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("gpus", "megabytes"), [(8, 0.619), (64, 3.74), (512, 20.6), (4096, 122)])
def test_crossover_of_ring_and_tree(gpus, megabytes):
    r = study_all_reduce(1e6, gpus)
    assert r.crossover_bytes / 1e6 == pytest.approx(megabytes, rel=5e-3)
    tree = study_all_reduce(r.crossover_bytes, gpus, "binary tree")
    assert tree.time_s == pytest.approx(r.crossover_s)


def test_the_port_idles_with_small_messages():
    small, large = study_all_reduce(1e6), study_all_reduce(1e9)
    assert (small.state, large.state) == ("idle", "working")
    assert small.bus_share == pytest.approx(0.0059, rel=5e-3) and large.bus_share == pytest.approx(0.856, rel=5e-3)
    assert small.latency_s == pytest.approx(7e-6)


@settings(max_examples=50)
@given(st.floats(1e3, 1e10), st.integers(2, 4096), st.sampled_from(ALL_REDUCE))
def test_the_best_cure_is_the_shortest_and_parts_are_the_whole(n, gpus, algorithm):
    r = study_all_reduce(n, gpus, algorithm)
    times = {"latency": r.half_latency_s, "bandwidth": r.twice_bandwidth_s, "algorithm": r.other_s}
    assert times[r.best_cure] == min(times.values()) and r.best_s <= r.time_s
    assert r.messages * (r.latency_s + r.round_transfer_s) == pytest.approx(r.time_s)
    assert r.bus_share <= 1 + 1e-12


@pytest.mark.parametrize(
    ("collective", "fabric", "o", "milliseconds"),
    [
        ("ring in order", "rail", 1, 5.24), ("ring in order", "rail", 4, 5.24), ("hierarchical", "rail", 1, 4.73),
        ("ring shuffled", "rail", 1, 41.9), ("ring shuffled", "rail", 2, 73.3), ("ring shuffled", "rail", 4, 147), ("ring shuffled", "rail", 8, 293),
        ("all-to-all", "rail", 1, 18.6), ("all-to-all", "rail", 4, 65.2), ("all-to-all with forwarding", "rail", 4, 18.6),
        ("all-to-all with forwarding", "rack", 4, 63.8),
    ],
)  # fmt: skip
def test_times_of_the_walk(collective, fabric, o, milliseconds):
    assert walk(collective, fabric, o).time_s * 1e3 == pytest.approx(milliseconds, rel=5e-3)


def test_the_hot_link_has_a_name_and_the_spine_can_collapse():
    shuffled, placed = walk("ring shuffled"), walk("ring in order")
    assert (shuffled.hottest_kind, shuffled.state) == ("leaf up", "spine collapse")
    assert (placed.hottest_kind, placed.state, placed.spine_bytes) == ("NIC", "working", 0)
    assert walk("hierarchical").hottest_kind == "NVLink"
    assert shuffled.slowdown == pytest.approx(28.0, rel=5e-3)


@pytest.mark.parametrize("fabric", topology.FABRICS)
def test_slow_downs_are_those_of_the_walks(fabric):
    for collective, points in topology.slowdowns(fabric, 5):
        assert [s for _, s in points] == [pytest.approx(walk(collective, fabric, o, 1e8, 5).slowdown) for o, _ in points]


@settings(max_examples=50)
@given(st.sampled_from(topology.COLLECTIVES), st.sampled_from(topology.FABRICS), st.sampled_from((1, 2, 4, 8)), st.integers(0, 50))
def test_no_link_beats_its_capacity_and_time_follows_bytes(collective, fabric, o, seed):
    r, twice = walk(collective, fabric, o, 1e9, seed), walk(collective, fabric, o, 2e9, seed)
    assert r.time_s == max(r.nvlink_s, r.nic_s, r.up_s, r.down_s) and 0 < r.balance_share <= 1
    assert twice.time_s == pytest.approx(2 * r.time_s) and walk(collective, fabric, 2 * o, 1e9, seed).time_s >= r.time_s * (1 - 1e-12)
    assert max(*r.nvlink_shares, *r.nic_shares, *r.leaf_shares) == pytest.approx(1)
    # bytes over the NICs of an all-to-all: every ordered pair in two nodes, whatever the fabric or the way
    if collective.startswith("all-to-all"):
        assert r.nic_s == pytest.approx(56 / 64 * 1e9 / r.nic_bytes_per_s)


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (study_all_reduce, dict(message_bytes=0)), (study_all_reduce, dict(gpus=1)), (study_all_reduce, dict(algorithm="star")),
        (study_all_reduce, dict(software_s=-1)), (study_all_reduce, dict(bandwidth_bytes_per_s=float("nan"))), (study_all_reduce, dict(hops=True)),
        (walk, dict(collective="ring")), (walk, dict(fabric="mesh")), (walk, dict(oversubscription=0)), (walk, dict(message_bytes="1")), (walk, dict(seed=1.5)),
    ],
)  # fmt: skip
def test_bad_input_is_refused(function, wrong):
    with pytest.raises(MlsysimError, match=next(iter(wrong))):
        function(**wrong)


def test_results_show_their_work():
    assert len(show_work(study_all_reduce())) > 20 and len(show_work(walk())) > 15
