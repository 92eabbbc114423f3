"""The double binary tree against a simulation that passes every chunk (Sanders, Speck, Träff 2009; the trees of NCCL since 2.4).

Half of the buffer goes up and down each of two trees. Who is inside of one is a leaf of the other, so every port carries
the buffer twice in all (two or three GPUs have fewer partners, and carry it once, or one and a half times). A port carries
one message at a time; a chunk goes on when all it waits for is there.
"""

import math
from collections import Counter

import pytest
from mlsysim.collectives import CHUNK_BYTES, all_reduce

ALPHA, BETA = 5e-6, 25e9


def tree(gpus: int) -> dict[int, int]:
    """Child → parent of one binary tree whose leaves are the odd ranks; the root 0 has one child."""
    parent = {}
    for rank in range(1, gpus):
        bit = rank & -rank  # the lowest one that is set: the height above the leaves
        above = (rank ^ bit) | (bit << 1)
        parent[rank] = above if above < gpus else rank ^ bit
    return parent


def two_trees(gpus: int) -> tuple[dict[int, int], dict[int, int]]:
    """The second tree is the first with every rank moved on by one (or mirrored, if their number is even), as NCCL does it."""
    first, place = tree(gpus), (lambda r: gpus - 1 - r) if gpus % 2 == 0 else (lambda r: (r + 1) % gpus)
    return first, {place(child): place(parent) for child, parent in first.items()}


def simulate(n: float, gpus: int, alpha: float, beta: float) -> float:
    """Seconds until every GPU holds the sum of every chunk; fails if a value is missing or counted twice."""
    chunks = max(1, math.ceil(n / 2 / CHUNK_BYTES))
    hold, trees = n / 2 / chunks / beta, two_trees(gpus)
    held = {(t, c, g): Counter([g]) for t in (0, 1) for c in range(chunks) for g in range(gpus)}
    missing = {(t, c, g): list(trees[t].values()).count(g) for t, c, g in held}
    children = [{g: [k for k, p in parent.items() if p == g] for g in range(gpus)} for parent in trees]
    ready = sorted((c, "up", t, g, trees[t][g]) for t, c, g in held if not missing[t, c, g] and g in trees[t])
    out, into, arriving, now = [0.0] * gpus, [0.0] * gpus, [], 0.0

    def give_down(t, c, g):
        ready.extend((c, "down", t, g, child) for child in children[t][g])

    while ready or arriving:
        for message in sorted(ready, key=lambda m: (m[1] == "down", m)):  # sums first: everything waits for the root
            c, way, t, src, dst = message
            if out[src] <= now and into[dst] <= now:
                ready.remove(message)
                out[src] = into[dst] = now + hold
                arriving.append((now + hold + alpha, message))
        now = min([time for time, _ in arriving] + [time for time in out + into if time > now])
        for entry in [e for e in arriving if e[0] <= now]:
            arriving.remove(entry)
            c, way, t, src, dst = entry[1]
            held[t, c, dst] = held[t, c, dst] + held[t, c, src] if way == "up" else held[t, c, src]
            if way == "down":
                give_down(t, c, dst)
                continue
            missing[t, c, dst] -= 1
            if not missing[t, c, dst]:
                if dst in trees[t]:
                    ready.append((c, "up", t, dst, trees[t][dst]))
                else:
                    give_down(t, c, dst)
    assert all(value == Counter(range(gpus)) for value in held.values())
    return now


@pytest.mark.parametrize("gpus", [2, 3, 4, 7, 8, 16, 31, 64])
def test_inside_of_one_tree_is_a_leaf_of_the_other(gpus):
    first, second = two_trees(gpus)
    assert len(first) == len(second) == gpus - 1
    inside = set(first.values()) & set(second.values())
    assert len(inside) <= gpus % 2  # an odd number leaves one rank that is inside of both, as a root
    for parent in (first, second):
        assert max(Counter(parent.values()).values()) <= 2


@pytest.mark.parametrize("gpus", [2, 3, 4, 7, 8, 16, 31, 64])
def test_a_small_buffer_takes_one_message_a_level_up_and_down(gpus):
    assert all_reduce(1e3, gpus, ALPHA, BETA, "double binary tree").time_s == pytest.approx(simulate(1e3, gpus, ALPHA, BETA), rel=0.02)


@pytest.mark.parametrize(("gpus", "chunks"), [(2, 64), (3, 64), (4, 64), (8, 64), (13, 32), (16, 64), (32, 32)])
def test_a_large_buffer_passes_each_port_twice(gpus, chunks):
    """The formula supposes a perfect timetable (Sanders et al. colour the edges for it); who sends when it can loses a tenth or so."""
    n = 2 * chunks * CHUNK_BYTES
    formula, passed = all_reduce(n, gpus, ALPHA, BETA, "double binary tree"), simulate(n, gpus, ALPHA, BETA)
    assert 0.94 < passed / formula.time_s < 1.15
    assert passed >= min(2, gpus / 2) * n / BETA


def test_two_trees_beat_one_and_the_ring_in_the_middle():
    """The order of the formulas is that of the simulation: many GPUs and a buffer of some chunks."""
    n, gpus = 16 * CHUNK_BYTES, 32
    passed = simulate(n, gpus, ALPHA, BETA)
    assert passed < all_reduce(n, gpus, ALPHA, BETA, "binary tree").time_s
    assert passed < all_reduce(n, gpus, ALPHA, BETA, "ring").time_s
