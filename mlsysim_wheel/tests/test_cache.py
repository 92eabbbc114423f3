"""The replay of a matrix product through an LRU cache."""


import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.cache import LINE_ELEMENTS, LOOP_ORDERS, replay_matmul
from mlsysim.errors import MlsysimError


def naive_misses(order, lines, tile, n):
    """A cache as a plain list, most recently used last; loops written out, addresses in elements."""
    per_matrix = -(-n * n // 8) * 8  # each matrix starts at a line boundary
    cache, misses = [], {"A": 0, "B": 0, "C": 0}

    def touch(name, base, cell):
        line = (base + cell) // 8
        if line in cache:
            cache.remove(line)
        else:
            misses[name] += 1
            if len(cache) == lines:
                cache.pop(0)
        cache.append(line)

    def inner(i, j, k):
        touch("A", 0, i * n + k)
        touch("B", per_matrix, k * n + j)
        touch("C", 2 * per_matrix, i * n + j)

    if order == "tiled":
        for i0 in range(0, n, tile):
            for j0 in range(0, n, tile):
                for k0 in range(0, n, tile):
                    for i in range(i0, min(i0 + tile, n)):
                        for k in range(k0, min(k0 + tile, n)):
                            for j in range(j0, min(j0 + tile, n)):
                                inner(i, j, k)
    else:
        outer, middle, last = order.split("-")
        for x in range(n):
            for y in range(n):
                for z in range(n):
                    inner(**{outer: x, middle: y, last: z})
    return misses


@pytest.mark.parametrize(
    ("order", "lines", "tile", "misses"),
    [
        ("i-j-k", 16, 8, 15_624),
        ("i-j-k", 32, 8, 1_872),
        ("i-k-j", 16, 8, 1_872),
        ("j-k-i", 16, 8, 28_224),
        ("j-k-i", 64, 8, 2_376),
        ("tiled", 16, 8, 648),
        ("tiled", 32, 8, 504),
        ("tiled", 16, 2, 4_392),
        ("tiled", 16, 4, 1_368),
        ("tiled", 16, 6, 3_488),
        ("tiled", 16, 12, 2_688),
    ],
)
def test_misses_of_the_24_by_24_product(order, lines, tile, misses):
    assert replay_matmul(order, lines, tile).misses == misses


def test_a_loop_order_costs_44_times_the_bytes_of_a_tile():
    bad, good = replay_matmul("j-k-i", 16), replay_matmul("tiled", 16, 8)
    assert bad.work_flop == good.work_flop == 27_648
    assert bad.traffic_bytes / good.traffic_bytes == pytest.approx(43.6, rel=5e-3)


def test_the_cliff_of_i_j_k_lies_between_16_and_32_lines():
    assert replay_matmul("i-j-k", 16).misses / replay_matmul("i-j-k", 32).misses == pytest.approx(8.3, rel=1e-2)


def test_almost_all_energy_goes_into_dram():
    r = replay_matmul()
    assert r.energy_j == pytest.approx(80.3e-6, rel=5e-3)
    assert r.dram_share == pytest.approx(0.997, rel=5e-3)
    assert round(100 * r.arithmetic_share, 1) == 0.1
    best = max(replay_matmul("tiled", 16, tile).arithmetic_share for tile in (2, 4, 6, 8, 12, 24))
    assert best == replay_matmul("tiled", 16, 8).arithmetic_share == pytest.approx(0.018, abs=5e-4)


def test_the_hot_matrix_has_most_misses():
    assert replay_matmul("i-j-k", 16).hot_matrix == "B"
    assert replay_matmul("j-k-i", 16).hot_matrices == ("A", "C")
    assert replay_matmul("tiled", 16, 8).hot_matrix == "all equal"


def test_thrashing_is_more_than_twenty_times_the_floor_and_can_be_left():
    assert replay_matmul().floor_lines == 216
    assert replay_matmul().state == "thrashing"
    assert {replay_matmul("i-k-j", 16).state, replay_matmul("tiled", 16, 8).state, replay_matmul("i-j-k", 32).state} == {"ok"}


@pytest.mark.parametrize("n", [5, 8, 12])
@pytest.mark.parametrize("order", LOOP_ORDERS)
def test_every_order_agrees_with_a_naive_cache(order, n):
    for lines in (3, 8, 16):
        for tile in {2, 4, n}:
            r, oracle = replay_matmul(order, lines, tile, n), naive_misses(order, lines, tile, n)
            assert {"A": r.misses_a, "B": r.misses_b, "C": r.misses_c} == oracle


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LOOP_ORDERS), st.integers(3, 80), st.integers(1, 16), st.integers(1, 16))
def test_traffic_lies_between_the_floor_and_one_line_an_access(order, lines, tile, n):
    r = replay_matmul(order, lines, min(tile, n), n)
    assert r.floor_lines <= r.misses <= r.accesses == 3 * n**3
    assert r.misses == r.misses_a + r.misses_b + r.misses_c
    assert r.energy_j == pytest.approx(r.arithmetic_energy_j + r.sram_energy_j + r.dram_energy_j)
    assert r.arithmetic_share + r.sram_share + r.dram_share == pytest.approx(1)
    assert all(len(cells) == n * n and min(cells) >= 1 for cells in (r.fetches_a, r.fetches_b, r.fetches_c))
    # one cell in each line stands for it
    assert r.misses == sum(sum(cells[::LINE_ELEMENTS]) for cells in (r.fetches_a, r.fetches_b, r.fetches_c))
    assert replay_matmul(order, lines + 5, min(tile, n), n).misses <= r.misses  # a larger LRU cache contains the smaller


def test_a_cache_that_holds_everything_streams_once():
    assert {replay_matmul(order, 216).misses for order in LOOP_ORDERS} == {216}


def test_a_tile_of_the_whole_matrix_is_the_untiled_order():
    assert replay_matmul("tiled", 16, 24).misses == replay_matmul("i-k-j", 16).misses


@pytest.mark.parametrize(
    "arguments",
    [
        {"order": "k"},
        {"order": None},
        {"cache_lines": 2},
        {"cache_lines": 16.5},
        {"cache_lines": True},
        {"cache_lines": float("nan")},
        {"tile": 0},
        {"tile": 25},
        {"tile": "8"},
        {"n": 0},
        {"n": 65},
        {"n": float("inf")},
    ],
)
def test_wrong_input_raises_and_names_the_argument(arguments):
    with pytest.raises(MlsysimError, match=next(iter(arguments))):
        replay_matmul(**arguments)
