r"""Small jobs on nodes of eight GPUs: which placement rule keeps whole nodes free, and what a failing node takes along.

A loss system: jobs of 1, 2, 4 or 8 GPUs arrive at random, take a node at once or are turned away, and hold their GPUs for an
exponential time. Spreading leaves a hole in every node; packing leaves whole nodes and puts many jobs on one.
Source: loss systems after Erlang 1917; packing of GPU jobs after Xiao et al., OSDI 2018 (Gandiva).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from random import Random

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import number, one_of, whole
from mlsysim.gang_replay import FILE
from mlsysim.quantity import quantity, series, sources

RULES = ("spread", "random", "first_fit", "pack")
SHARES = (0.3, 0.5, 0.7, 0.95)  # of the curves
ENOUGH_SHARE = 0.5  # of the moments; below it an 8-GPU job cannot count on a node
_SWEEP_WARM_H, _SWEEP_NODE_H = 12.0, 1000.0  # shorter runs for the curves: three mean holds, then this many node-hours
RUN = "simulated loss system, mean over arrivals"


@dataclass(frozen=True, slots=True)
class NodePacking:
    """What a placement rule leaves free, just before each arrival."""

    rule: str = quantity(r"\text{rule}", "")
    requested_share: float = quantity("a", "share", doc="GPUs that the jobs ask for, of all")
    eight_share: float = quantity("q", "share", doc="jobs that need a whole node")
    nodes: int = quantity("n", "1")
    seed: int = quantity("s", "1")
    allocated_share: float = quantity("u", "share", source=RUN)
    free_gpus: float = quantity("f", "1", source=RUN, doc="GPUs that nobody uses")
    whole_share: float = quantity(r"P_1", "share", source="arrivals at which a whole node is free")
    whole_nodes: float = quantity("w", "1", source=RUN, doc="whole nodes that are free")
    stranded_share: float = quantity("x", "share", source="arrivals turned away although enough GPUs are free in all")
    crowded_jobs: float = quantity("k", "1", source=RUN, doc="jobs on the fullest node: so many stop with it")
    grid: tuple = series("1", doc="the GPUs of each job, node by node, at the last arrival")
    curves: tuple = series("1", doc="(rule, ((requested share, whole nodes free on average), …)), shorter runs")
    sources: dict = sources()


def pack_nodes(rule="spread", requested_share=0.5, eight_share=0.15, nodes=32, seed=8) -> NodePacking:
    """200 hours of arrivals on nodes of 8 GPUs, without the first 40.

    `rule` is one of `RULES`: "spread" takes the node with most free GPUs, "pack" the one with fewest that fits,
    "first_fit" the lowest number. Errors: OutOfRange for shares outside 0.05 … 2 and 0 … 1, nodes outside 2 … 256; WrongType.

    >>> p = pack_nodes("spread")
    >>> round(p.whole_share, 3), round(p.free_gpus), pack_nodes("pack").whole_share
    (0.447, 159, 1.0)
    """
    rule, share, eight, nodes, seed = _checked(rule, requested_share, eight_share, nodes, seed)
    d = load(FILE)
    run = _run(rule, share, eight, nodes, seed, d["watched_h"]["value"], d["warm_h"]["value"])
    total = d["node_gpus"]["value"] * nodes
    return NodePacking(
        rule=rule, requested_share=share, eight_share=eight, nodes=nodes, seed=seed, allocated_share=run[0] / total, free_gpus=total - run[0],
        whole_share=run[1], whole_nodes=run[2], stranded_share=run[3], crowded_jobs=run[4], grid=run[5],
        curves=tuple((name, _curve(name, eight, nodes, seed, (share, run[2]) if name == rule else None)) for name in RULES),
        sources={"nodes": source_of(d["node_gpus"])},
    )  # fmt: skip


def best_change(rule, requested_share, eight_share, nodes, seed=8) -> tuple[str, ...]:
    """Which change makes a free whole node most likely: "pack", "load" (10 points less is requested), "nodes" (half as many
    again at the same share) or "fewer_small" (10 points more of the jobs need a whole node). Several within one point of the best.

    Errors as in `pack_nodes`. Source: comparison of simulated runs.

    >>> best_change("spread", 0.5, 0.15, 32)
    ('pack',)
    """
    rule, share, eight, nodes, seed = _checked(rule, requested_share, eight_share, nodes, seed)
    d = load(FILE)
    span = d["watched_h"]["value"], d["warm_h"]["value"]
    found = {
        "pack": _run("pack", share, eight, nodes, seed, *span)[1],
        "load": _run(rule, max(0.05, round(share - 0.1, 10)), eight, nodes, seed, *span)[1],
        "nodes": _run(rule, share, eight, nodes + nodes // 2, seed, *span)[1],
        "fewer_small": _run(rule, share, min(1.0, round(eight + 0.1, 10)), nodes, seed, *span)[1],
    }
    return tuple(name for name, p in found.items() if p >= max(found.values()) - 0.01)


def _curve(rule, eight, nodes, seed, own) -> tuple[tuple[float, float], ...]:
    end_h = _SWEEP_WARM_H + _SWEEP_NODE_H / nodes
    points = {a: _run(rule, a, eight, nodes, seed, end_h, _SWEEP_WARM_H)[2] for a in SHARES}
    return tuple(sorted((points | dict([own]) if own else points).items()))


def _checked(rule, requested_share, eight_share, nodes, seed) -> tuple:
    return (
        one_of("rule", rule, RULES), single(number, "requested_share", requested_share, low=0.05, high=2.0),
        single(number, "eight_share", eight_share, low=0.0, high=1.0), whole("nodes", nodes, low=2, high=256), whole("seed", seed, high=10**6),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _stream(seed: int) -> tuple[list, Random]:
    """Draws (gap, u of the size, hold, r) of an arrival, in units of their means, continued as far as anybody asks."""
    return [], Random(seed)


def _arrival(seed: int, at: int) -> tuple[float, float, float, float]:
    drawn, rng = _stream(seed)
    while len(drawn) <= at:
        draw, log = rng.random, math.log
        drawn += [(-log(1.0 - draw()), draw(), -log(1.0 - draw()), draw()) for _ in range(512)]
    return drawn[at]


@lru_cache(maxsize=256)
def _run(rule, share, eight, nodes, seed, span_h, warm_h) -> tuple:
    """(mean GPUs in use, share of arrivals with a whole node free, mean whole nodes, stranded share, jobs on the fullest node, last grid)."""
    d = load(FILE)
    size, hold_h, weights = d["node_gpus"]["value"], d["hold_h"]["value"], d["rest_weights"]["value"]
    rest = (1.0 - eight) / sum(weights)
    ones, twos = rest * weights[0], rest * (weights[0] + weights[1])
    mean = eight * size + rest * (weights[0] + 2 * weights[1] + 4 * weights[2])
    rate = share * size * nodes / (mean * hold_h)
    free, jobs, level = [size] * nodes, [0] * nodes, [0] * size + [(1 << nodes) - 1]  # level[f]: the nodes with f free GPUs, as bits
    held, ends, now, at = {}, [], 0.0, 0
    count = used = open_share = open_nodes = stranded = crowded = busy = 0
    _arrival(seed, 0)
    drawn = _stream(seed)[0]
    while True:
        if at >= len(drawn):
            _arrival(seed, at)
        gap, u, hold, r = drawn[at]
        now += gap / rate
        if now > span_h:
            break
        while ends and ends[0][0] <= now:
            _, which, node, want = heappop(ends)
            del held[which]
            level[free[node]] ^= 1 << node
            free[node] += want
            level[free[node]] ^= 1 << node
            jobs[node] -= 1
            busy -= want
        want = 1 if u < ones else 2 if u < twos else 4 if u < 1.0 - eight else size
        watched = now > warm_h
        if watched:
            whole_nodes = level[size].bit_count()
            count += 1
            used += busy
            open_share += whole_nodes > 0
            open_nodes += whole_nodes
            crowded += max(jobs)
        if rule == "spread":
            fitting = next((level[f] for f in range(size, want - 1, -1) if level[f]), 0)
        elif rule == "pack":
            fitting = next((level[f] for f in range(want, size + 1) if level[f]), 0)
        else:
            fitting = 0
            for f in range(want, size + 1):
                fitting |= level[f]
        if fitting:
            if rule == "random":
                for _ in range(int(r * fitting.bit_count())):
                    fitting &= fitting - 1
            node = (fitting & -fitting).bit_length() - 1
            level[free[node]] ^= 1 << node
            free[node] -= want
            level[free[node]] ^= 1 << node
            jobs[node] += 1
            busy += want
            held[at] = (node, want)
            heappush(ends, (now + hold * hold_h, at, node, want))
        elif watched and size * nodes - busy >= want:
            stranded += 1
        at += 1
    grid = tuple(tuple(sorted((w for n, w in held.values() if n == node), reverse=True)) for node in range(nodes))
    count = max(1, count)
    return used / count, open_share / count, open_nodes / count, stranded / count, crowded / count, grid
