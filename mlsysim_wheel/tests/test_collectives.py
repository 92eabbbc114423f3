"""The α-β model against a simulation that passes every message."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.collectives import ALL_REDUCE, all_gather, all_reduce, all_to_all, crossover_bytes, hierarchical_all_reduce, reduce_scatter
from mlsysim.errors import MlsysimError

ALPHA, BETA = 7e-6, 47e9


def ring_by_messages(n, gpus, alpha, beta):
    """Each rank owns real numbers and sends one chunk a round to its neighbour; returns time and final buffers."""
    data = [[float(10**rank % 97 + chunk) for chunk in range(gpus)] for rank in range(gpus)]
    want = [sum(d[chunk] for d in data) for chunk in range(gpus)]
    clock, chunk_time = [0.0] * gpus, alpha + n / gpus / beta
    for phase in ("add", "copy"):
        for r in range(gpus - 1):
            sent = []
            for rank in range(gpus):
                chunk = (rank - r + (phase == "copy")) % gpus
                sent.append((chunk, data[rank][chunk], clock[rank] + chunk_time))
            for rank in range(gpus):
                chunk, value, arrives = sent[rank - 1]
                data[rank][chunk] = data[rank][chunk] + value if phase == "add" else value
                clock[rank] = max(clock[rank] + chunk_time, arrives)
    assert all(buffer == pytest.approx(want) for buffer in data)
    return max(clock)


@pytest.mark.parametrize("gpus", [1, 2, 3, 8, 17])
@pytest.mark.parametrize("n", [1e3, 1e8])
def test_ring_takes_as_long_as_its_messages(gpus, n):
    assert all_reduce(n, gpus, ALPHA, BETA).time_s == pytest.approx(ring_by_messages(n, gpus, ALPHA, BETA))


def tree_by_messages(n, gpus, alpha, beta):
    """Binomial tree: in each round half of those left send to the other half; then the same back."""
    rounds, left = 0, gpus
    while left > 1:
        left, rounds = (left + 1) // 2, rounds + 1
    return 2 * rounds * (alpha + n / beta)


@pytest.mark.parametrize("gpus", [2, 3, 4, 5, 64, 100, 1025])
def test_binary_tree_takes_as_long_as_its_rounds(gpus):
    assert all_reduce(1e6, gpus, ALPHA, BETA, "binary tree").time_s == pytest.approx(tree_by_messages(1e6, gpus, ALPHA, BETA))


def test_one_megabyte_over_512_gpus():
    ring = all_reduce(1e6, 512, ALPHA, BETA)
    assert ring.time_s == pytest.approx(7.20e-3, rel=5e-3)
    assert ring.bus_share == pytest.approx(0.0059, rel=1e-2)


def test_parameter_server_of_512():
    assert all_reduce(1e9, 512, ALPHA, BETA, "parameter server").time_s == pytest.approx(21.8, rel=5e-3)


def test_double_binary_tree_sends_the_buffer_twice_and_fills_its_depth():
    tree = all_reduce(1e9, 512, ALPHA, BETA, "double binary tree")
    assert tree.time_s == pytest.approx(18 * (ALPHA + 131072 / BETA) + 2e9 / BETA)


@given(st.integers(3, 4096), st.floats(1e-7, 1e-3), st.floats(1e8, 1e12))
@settings(max_examples=50)
def test_ring_and_tree_cross_where_they_should(gpus, alpha, beta):
    n = crossover_bytes(gpus, alpha, beta)
    if n >= 1e-3:
        times = [all_reduce(n, gpus, alpha, beta, kind).time_s for kind in ("ring", "binary tree")]
        assert times[0] == pytest.approx(times[1])


@given(st.integers(1, 5000), st.floats(1, 1e12), st.floats(0, 1e-2), st.floats(1e6, 1e13), st.sampled_from(ALL_REDUCE))
@settings(max_examples=50)
def test_no_algorithm_beats_the_port(gpus, n, alpha, beta, kind):
    result = all_reduce(n, gpus, alpha, beta, kind)
    assert 0 <= result.bus_share <= 1 + 1e-12
    assert result.time_s >= 2 * (gpus - 1) / gpus * n / beta * (1 - 1e-12)
    assert all_reduce(2 * n, gpus, alpha, beta, kind).time_s >= result.time_s
    assert all_reduce(n, gpus, 2 * alpha, beta, kind).time_s >= result.time_s


@given(st.integers(1, 500), st.floats(1, 1e12))
@settings(max_examples=50)
def test_all_reduce_is_reduce_scatter_then_all_gather(gpus, n):
    halves = reduce_scatter(n, gpus, ALPHA, BETA).time_s + all_gather(n, gpus, ALPHA, BETA).time_s
    assert all_reduce(n, gpus, ALPHA, BETA).time_s == pytest.approx(halves)


def test_all_to_all_sends_every_part_but_its_own():
    assert all_to_all(64e6, 64, ALPHA, BETA).time_s == pytest.approx(63 * (ALPHA + 1e6 / BETA))


def hierarchical(n, inner, nodes):
    return hierarchical_all_reduce(
        n, inner, nodes, node_latency_s=5e-6, node_bytes_per_s=200e9, network_latency_s=20e-6, network_bytes_per_s=5e9
    )


def test_hierarchy_of_32_nodes_in_closed_form():
    n, m = 25e6, 32
    closed = 2 * 7 / 8 * n / 200e9 + 14 * 5e-6 + 2 * (m - 1) * 20e-6 + 2 * (m - 1) / m * n / 40e9
    assert hierarchical(n, 8, m).time_s == pytest.approx(closed)


def test_hierarchy_of_one_level_is_a_ring():
    assert hierarchical(1e9, 8, 1).time_s == pytest.approx(all_reduce(1e9, 8, 5e-6, 200e9).time_s)
    assert hierarchical(1e9, 1, 8).time_s == pytest.approx(all_reduce(1e9, 8, 20e-6, 5e9).time_s)


def test_arrays_of_message_sizes_work():
    sizes = np.logspace(3, 10, 8)
    for kind in ALL_REDUCE:
        times = all_reduce(sizes, 64, ALPHA, BETA, kind).time_s
        assert times == pytest.approx([all_reduce(float(n), 64, ALPHA, BETA, kind).time_s for n in sizes])


@pytest.mark.parametrize(
    "arguments",
    [(0, 8, ALPHA, BETA), (-1, 8, ALPHA, BETA), (1e6, 0, ALPHA, BETA), (1e6, 2.5, ALPHA, BETA), (1e6, True, ALPHA, BETA)]
    + [(1e6, 8, -1e-6, BETA), (1e6, 8, float("nan"), BETA), (1e6, 8, ALPHA, 0), (1e6, 8, ALPHA, float("inf")), ("1", 8, ALPHA, BETA)],
)
def test_senseless_inputs_are_refused(arguments):
    for call in (all_reduce, reduce_scatter, all_gather, all_to_all):
        with pytest.raises(MlsysimError):
            call(*arguments)


def test_unknown_algorithms_and_lonely_crossovers_are_refused():
    with pytest.raises(MlsysimError, match="algorithm"):
        all_reduce(1e6, 8, ALPHA, BETA, "star")
    with pytest.raises(MlsysimError, match="gpus"):
        crossover_bytes(1, ALPHA, BETA)
