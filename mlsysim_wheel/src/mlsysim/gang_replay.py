r"""Traces of gang jobs, and the engines that replay them event by event under a scheduling policy.

A gang job needs all its GPUs at once. `replay` takes a trace by its number; `mlsysim.scheduling` says what it means.
Source: Feitelson and Rudolph 1992 (gang); Lifka 1995, Mu'alem and Feitelson 2001 (backfill); Gu et al., NSDI 2019 (Tiresias).
"""

from __future__ import annotations

import math
from collections import namedtuple
from functools import lru_cache
from heapq import heappop, heappush
from itertools import accumulate
from random import Random

from mlsysim._datafile import load
from mlsysim._single import single
from mlsysim.errors import non_negative, number, one_of, positive, whole
from mlsysim.units import HOUR

FILE = "shared_fleet.json"
POLICIES = ("no_gang", "fifo", "backfill", "shortest", "least_attained")
TRACES = 50

Replay = namedtuple("Replay", "gpus runs_s arrivals_s waits_s ends_s segments preemptions stuck")
Replay.__doc__ = """One replayed trace, a value a job: its wait is None where it never ends, and stuck says that this is a deadlock.

A segment is (job, held from, runs from, to, GPUs); a job has several where it was stopped, or collected its GPUs bit by bit.
"""


def replay(policy="fifo", load_share=0.5, overestimate=3.0, trace=19, resume_s=360.0, threshold_gpu_h=8.0) -> Replay:
    """Replay one trace of 200 jobs on 256 GPUs under one of `POLICIES`; times in seconds.

    The same trace at another load has its arrivals stretched. What a policy does not use (estimates, resume time,
    threshold) changes nothing. Errors: OutOfRange for a load outside 0.05 … 1.5, an overestimate outside 1 … 100, a trace
    outside 1 … 50, a threshold that is not positive; WrongType.

    >>> run = replay("fifo", trace=4)
    >>> round(sum(run.waits_s) / 200 / 3600, 2), run.stuck
    (1.42, False)
    """
    policy = one_of("policy", policy, POLICIES)
    rho, over = single(number, "load_share", load_share, low=0.05, high=1.5), single(number, "overestimate", overestimate, low=1.0, high=100.0)
    trace, resume = whole("trace", trace, high=TRACES), single(non_negative, "resume_s", resume_s, high=1e6)
    threshold = single(positive, "threshold_gpu_h", threshold_gpu_h, high=1e9)
    estimates, stops = policy in ("backfill", "shortest"), policy == "least_attained"
    return _run(policy, rho, over if estimates else 1.0, trace, resume if stops else 0.0, threshold if stops else 1.0)


@lru_cache(maxsize=64)
def _draws(trace: int) -> tuple:
    """Per job: GPUs, run time, share of the overestimate, and arrival in units of the mean gap."""
    d = {name: entry["value"] for name, entry in load(FILE).items() if name != "about"}
    bounds, draw = list(accumulate(d["job_shares"])), Random(trace).random
    gpus, runs, over, arrivals, at = [], [], [], [], 0.0
    for _ in range(d["jobs"]):
        u = draw()
        size = d["job_gpus"][next((i for i, bound in enumerate(bounds) if u < bound), len(bounds) - 1)]
        z = math.sqrt(-2.0 * math.log(1.0 - draw())) * math.cos(2.0 * math.pi * draw())
        median_h = d["small_median_h"] if size <= d["small_gpus"] else d["other_median_h"]
        run_h = min(d["longest_run_h"], max(d["shortest_run_h"], median_h * math.exp(d["run_sigma"] * z)))
        at -= math.log(1.0 - draw())
        gpus.append(size)
        runs.append(run_h * HOUR)
        arrivals.append(at)
        over.append(draw())
    return tuple(gpus), tuple(runs), tuple(over), tuple(arrivals)


@lru_cache(maxsize=256)
def _arrivals(trace: int, load_share: float) -> tuple[float, ...]:
    """Arrival times at which the work of all jobs is this share of what the cluster offers until the last of them."""
    gpus, runs, _, units = _draws(trace)
    scale = sum(g * r for g, r in zip(gpus, runs)) / (load(FILE)["gpus"]["value"] * load_share) / units[-1]
    return tuple([u * scale for u in units])


@lru_cache(maxsize=512)
def _run(policy, rho, over, trace, resume, threshold) -> Replay:
    gpus, runs, draws, _ = _draws(trace)
    arrivals, total = _arrivals(trace, rho), load(FILE)["gpus"]["value"]
    if policy == "least_attained":
        return Replay(gpus, runs, arrivals, *_attained(arrivals, gpus, runs, total, resume, threshold * HOUR))
    if policy == "no_gang":
        return Replay(gpus, runs, arrivals, *_piecemeal(arrivals, gpus, runs, total))
    if policy == "fifo":
        starts = _in_order(arrivals, gpus, runs, total)
    else:
        starts = _queued(policy, arrivals, gpus, runs, [r * (1.0 + (over - 1.0) * u) for r, u in zip(runs, draws)], total)
    ends = tuple([b + r for b, r in zip(starts, runs)])
    segments = tuple([(i, b, b, e, g) for i, (b, e, g) in enumerate(zip(starts, ends, gpus))])
    return Replay(gpus, runs, arrivals, tuple([b - a for a, b in zip(arrivals, starts)]), ends, segments, 0, False)


def _in_order(arrivals, gpus, runs, total) -> list[float]:
    """Each job starts when it is here, its predecessor has started, and enough GPUs are free."""
    ends, free, start, starts = [], total, 0.0, []
    for arrival, size, run in zip(arrivals, gpus, runs):
        start = max(start, arrival)
        while free < size or (ends and ends[0][0] <= start):
            end, back = heappop(ends)
            free, start = free + back, max(start, end)
        free -= size
        heappush(ends, (start + run, size))
        starts.append(start)
    return starts


def _queued(policy, arrivals, gpus, runs, estimates, total) -> list[float]:
    """Backfill (EASY), or shortest estimate first."""
    n, free, i, ends, queue = len(arrivals), total, 0, [], []
    starts = [0.0] * n
    while i < n or ends:
        if ends and (i == n or ends[0][0] <= arrivals[i]):
            now, j = heappop(ends)
            free += gpus[j]
        else:
            now = arrivals[i]
            queue.append(i)
            i += 1
            if policy == "shortest":
                queue.sort(key=estimates.__getitem__)
        begun = []
        while queue and gpus[queue[0]] <= free:
            begun.append(queue.pop(0))
            free -= gpus[begun[-1]]
        for j in begun:
            starts[j] = now
            heappush(ends, (now + runs[j], j))
        if policy == "backfill" and free and any(gpus[j] <= free for j in queue[1:]):
            room, shadow, stated = free, now, iter(sorted([(starts[j] + estimates[j], gpus[j]) for _, j in ends]))
            while room < gpus[queue[0]]:
                shadow, size = next(stated)
                room += size
            spare, left = room - gpus[queue[0]], queue[:1]
            for j in queue[1:]:
                size, in_time = gpus[j], now + estimates[j] <= shadow
                if size <= free and (in_time or size <= spare):
                    spare -= 0 if in_time else size
                    free -= size
                    starts[j] = now
                    heappush(ends, (now + runs[j], j))
                else:
                    left.append(j)
            queue = left
    return starts


def _piecemeal(arrivals, gpus, runs, total) -> tuple:
    """Without gangs: free GPUs go round the queue one by one, and whoever has some keeps them."""
    n, free, i, ends, queue = len(arrivals), total, 0, [], []
    held, starts, gained = [0] * n, [None] * n, [[] for _ in range(n)]
    while i < n or ends:
        if ends and (i == n or ends[0][0] <= arrivals[i]):
            now, j = heappop(ends)
            free += gpus[j]
        else:
            now = arrivals[i]
            queue.append(i)
            i += 1
        before = {j: held[j] for j in queue}
        while free and queue:
            for j in queue[:free]:
                held[j] += 1
                free -= 1
            for j in [j for j in queue if held[j] == gpus[j]]:
                starts[j] = now
                queue.remove(j)
                heappush(ends, (now + runs[j], j))
        for j, had in before.items():
            if held[j] > had:
                gained[j].append((now, held[j] - had))
    ended = tuple([b + r for b, r in zip(starts, runs) if b is not None])
    segments = tuple([(j, at, starts[j] if starts[j] is not None else math.inf, starts[j] + runs[j] if starts[j] is not None else math.inf, many)
                      for j in range(n) for at, many in gained[j]])  # fmt: skip
    return tuple([None if b is None else b - a for a, b in zip(arrivals, starts)]), ended, segments, 0, bool(queue)


def _attained(arrivals, gpus, runs, total, resume, threshold) -> tuple:
    """Jobs below the threshold of service first, each group in order of arrival; who does not fit is stopped and pays on return."""
    n, i, now = len(arrivals), 0, 0.0
    left, had, since = list(runs), [0.0] * n, [0.0] * n
    fresh, served, running = [], [], []  # active jobs below and beyond the threshold, in order of arrival
    ended, segments, stops = [0.0] * n, [], 0
    while i < n or fresh or served:
        soonest, what, which = (arrivals[i], "arrival", i) if i < n else (math.inf, "", -1)
        for j in running:
            crossing = now + (threshold - had[j]) / gpus[j] if had[j] < threshold else math.inf
            end = now + left[j]
            if end <= soonest:
                soonest, what, which = end, "end", j
            if crossing < soonest:
                soonest, what, which = crossing, "crossing", j
        passed, now = soonest - now, soonest
        for j in running:
            left[j] -= passed
            had[j] += passed * gpus[j]
        if what == "arrival":
            fresh.append(i)
            i += 1
        elif what == "end":
            ended[which] = now
            (fresh if which in fresh else served).remove(which)
            running.remove(which)
            segments.append((which, since[which], since[which], now, gpus[which]))
        else:
            had[which] = threshold
            fresh.remove(which)
            served.append(which)
            served.sort()
        free, chosen = total, []
        for j in (*fresh, *served):
            if gpus[j] <= free:
                free -= gpus[j]
                chosen.append(j)
        was = set(running)
        for j in was.difference(chosen):
            stops += 1
            left[j] += resume
            segments.append((j, since[j], since[j], now, gpus[j]))
        for j in chosen:
            if j not in was:
                since[j] = now
        running = chosen
    waits = tuple([max(0.0, e - a - r) for a, e, r in zip(arrivals, ended, runs)])
    return waits, tuple(ended), tuple(segments), stops, False
