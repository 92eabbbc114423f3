r"""Jobs that need all their GPUs at once, on one cluster: how long they wait under five scheduling policies.

Strict arrival order (FIFO) lets everybody wait behind the next large job. Backfill (EASY) lets later jobs use the gap as
long as the head of the queue, by the users' estimates, starts no later. Least attained service stops jobs that had a lot.
Without gang scheduling jobs collect GPUs one by one and may never start.
Source: Feitelson and Rudolph 1992 (gang); Lifka 1995, Mu'alem and Feitelson 2001 (backfill); Gu et al., NSDI 2019 (Tiresias).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush

from mlsysim._datafile import load, source_of
from mlsysim.errors import instance
from mlsysim.gang_replay import FILE, TRACES, Replay, replay
from mlsysim.quantity import quantity, series, sources
from mlsysim.queueing import percentile
from mlsysim.units import HOUR

RUNS, DEADLOCK = "runs", "deadlock"
LOADS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # of the curves
TYPICAL, BAD = 19, 4  # the trace nearest to the mean over all of them at half load, and one of the worst
REPLAY = "replay of the trace, event by event"
_WINDOW_S = 48 * HOUR


@dataclass(frozen=True, slots=True)
class QueueRun:
    """One trace under one policy."""

    policy: str = quantity(r"\text{policy}", "")
    load_share: float = quantity(r"\rho", "share", doc="work that arrives, of what the cluster can do")
    overestimate: float = quantity("e", "×", doc="users state up to this many times the run time")
    trace: int = quantity("s", "1", doc="number of the trace")
    resume_s: float = quantity("r", "s", doc="a stopped job pays this when it runs again")
    threshold_gpu_h: float = quantity(r"\theta", "GPU·h", doc="service above which a job comes last, least attained service")
    gpus: int = quantity("G", "1")
    jobs: int = quantity("n", "1")
    mean_wait_s: float = quantity(r"\bar w", "s", source=REPLAY, doc="jobs that end")
    small_wait_s: float = quantity(r"\bar w_s", "s", source=REPLAY, doc="jobs of at most 8 GPUs")
    large_wait_s: float = quantity(r"\bar w_l", "s", source=REPLAY, doc="jobs of at least 64 GPUs")
    p95_wait_s: float = quantity("w_{95}", "s", source=REPLAY)
    work_gpu_h: float = quantity("W", "GPU·h", source="GPUs times run time of the jobs that end")
    last_end_s: float = quantity("T", "s", source=REPLAY, doc="end of the last job that ends")
    utilisation_share: float = quantity("u", "share", formula=r"\frac{<work_gpu_h>}{<gpus> \cdot <last_end_s>}", source="definition; time in hours")
    finished: int = quantity("f", "1", source=REPLAY)
    finished_share: float = quantity("f/n", "share", formula=r"\frac{<finished>}{<jobs>}", source="definition")
    preemptions: int = quantity("p", "1", source=REPLAY, doc="times that a running job was stopped")
    state: str = quantity(r"\text{state}", "", source="deadlock: jobs remain, every GPU is held, none works")
    strict_traces_s: float = quantity(r"\bar w_{50}", "s", source="mean of 50 traces in strict arrival order at this load")
    strict_worst_s: float = quantity(r"\max \bar w", "s", source="the worst of 50 traces in strict arrival order at this load")
    idle_share: float = quantity("f", "share", source="GPU time without a job while others waited, within the 48 hours shown")
    window: tuple[float, float] = series("s", doc="48 hours around the longest wait in strict order, or around the deadlock")
    blocks: tuple = series("s", doc="(GPUs of the job, held from, runs from, to, first GPU, last GPU + 1) in the window")
    waiting: tuple = series("1", doc="(time in s, GPUs that waiting jobs ask for from then on) in the window")
    curve: tuple = series("s", doc="(load, mean wait) of this policy, where all jobs end")
    strict_curve: tuple = series("s", doc="(load, mean wait) in strict order")
    sources: dict = sources()


def run_queue(policy="fifo", load_share=0.5, overestimate=3.0, trace=TYPICAL, resume_s=360.0, threshold_gpu_h=8.0) -> QueueRun:
    """Replay one trace of 200 jobs on 256 GPUs.

    `policy` is one of `POLICIES`; `overestimate` counts for backfill and shortest first, `resume_s` and
    `threshold_gpu_h` for least attained service. Waits count what a job lost to stops as well. Errors: OutOfRange for a
    load outside 0.05 … 1.5, an overestimate outside 1 … 100, a trace outside 1 … 50, a threshold that is not positive; WrongType.

    >>> r = run_queue("fifo", trace=4)
    >>> round(r.mean_wait_s / 3600, 2), round(run_queue("backfill", trace=4).mean_wait_s / 3600, 3)
    (1.42, 0.179)
    """
    setting = (overestimate, trace, resume_s, threshold_gpu_h)
    run, d, strict = replay(policy, load_share, *setting), load(FILE), _strict_waits(load_share)
    total, window = d["gpus"]["value"], _window(run, load_share, trace)
    waits, small, large = waits_by_size(run)
    blocks, waiting = _blocks(run, window, total), _waiting(run, window)
    done = [w for w in run.waits_s if w is not None]
    work_s = sum(g * r for g, r, w in zip(run.gpus, run.runs_s, run.waits_s) if w is not None)
    return QueueRun(
        policy=policy, load_share=float(load_share), overestimate=float(overestimate), trace=int(trace), resume_s=float(resume_s),
        threshold_gpu_h=float(threshold_gpu_h), gpus=total, jobs=len(run.gpus), mean_wait_s=waits, small_wait_s=small, large_wait_s=large,
        p95_wait_s=percentile(sorted(done), 0.95), work_gpu_h=work_s / HOUR, last_end_s=max(run.ends_s),
        utilisation_share=work_s / (total * max(run.ends_s)), finished=len(done), finished_share=len(done) / len(run.gpus),
        preemptions=run.preemptions, state=DEADLOCK if run.stuck else RUNS, strict_traces_s=_mean(strict), strict_worst_s=max(strict),
        idle_share=_idle_share(blocks, waiting, window, total), window=window, blocks=blocks, waiting=waiting, curve=_curve(policy, *setting),
        strict_curve=_curve("fifo", *setting), sources={"gpus": source_of(d["gpus"]), "jobs": source_of(d["jobs"])},
    )  # fmt: skip


def waits_by_size(run: Replay) -> tuple[float, float, float]:
    """Mean waits in seconds of all jobs that end, of the small (at most 8 GPUs) and of the large (at least 64) among them.

    >>> [round(w / 3600, 2) for w in waits_by_size(replay("backfill", trace=4))]
    [0.18, 0.06, 1.89]
    """
    instance("run", run, Replay, "a result of replay")
    small, large = load(FILE)["small_gpus"]["value"], load(FILE)["large_gpus"]["value"]
    pairs = list(zip(run.waits_s, run.gpus))
    return _mean(run.waits_s), _mean([w for w, g in pairs if g <= small]), _mean([w for w, g in pairs if g >= large])


def who_pays(policy, load_share, overestimate=3.0, trace=TYPICAL, resume_s=360.0, threshold_gpu_h=8.0) -> str:
    """Whom a policy makes wait longer than strict order, by more than 5 % and 3 minutes: "small", "large", "both" or "nobody".

    A deadlock makes both wait for ever. Errors as in `run_queue`. Source: comparison of two replays.

    >>> who_pays("backfill", 0.5), who_pays("backfill", 0.5, trace=25), who_pays("no_gang", 0.8)
    ('nobody', 'large', 'both')
    """
    run, strict = replay(policy, load_share, overestimate, trace, resume_s, threshold_gpu_h), replay("fifo", load_share, trace=trace)
    if run.stuck:
        return "both"
    pairs = zip(("small", "large"), waits_by_size(strict)[1:], waits_by_size(run)[1:])
    payers = [name for name, before, after in pairs if after > max(1.05 * before, before + 0.05 * HOUR)]
    return "both" if len(payers) == 2 else payers[0] if payers else "nobody"


def _mean(values) -> float:
    found = [v for v in values if v is not None]
    return math.fsum(found) / len(found) if found else 0.0


@lru_cache(maxsize=64)
def _strict_waits(load_share) -> tuple[float, ...]:
    """Mean wait of every trace in strict order."""
    return tuple([_mean(replay("fifo", load_share, trace=trace).waits_s) for trace in range(1, TRACES + 1)])


def _curve(policy, overestimate, trace, resume_s, threshold_gpu_h) -> tuple[tuple[float, float], ...]:
    runs = [(rho, replay(policy, rho, overestimate, trace, resume_s, threshold_gpu_h)) for rho in LOADS]
    return tuple([(rho, _mean(run.waits_s)) for rho, run in runs if not run.stuck])


def _window(run: Replay, load_share, trace) -> tuple[float, float]:
    """What to look at: around the deadlock if there is one, else around the longest wait in strict order, the same for all policies."""
    if run.stuck:
        start = max(0.0, max(run.ends_s) - 0.75 * _WINDOW_S)
    else:
        strict = replay("fifo", load_share, trace=trace)
        start = max(0.0, strict.arrivals_s[strict.waits_s.index(max(strict.waits_s))] - _WINDOW_S / 4)
    return start, start + _WINDOW_S


def _blocks(run: Replay, window, total) -> tuple:
    """A place on the GPUs for every segment in the window: the first gap that it fits into, or several gaps."""
    low, high = window
    gaps, busy, blocks = [(0, total)], [], []
    for job, held, starts, ends, many in sorted((s for s in run.segments if s[1] < high and s[3] > low), key=lambda s: s[1]):
        while busy and busy[0][0] <= held + 1e-9:
            gaps = _joined([*gaps, *heappop(busy)[1]])
        gap = next((g for g in gaps if g[1] - g[0] >= many), None)
        parts, rest = [], many
        for a, b in [gap] if gap else list(gaps):
            take = min(rest, b - a)
            if take:
                parts.append((a, a + take))
                gaps.remove((a, b))
                gaps.append((a + take, b))
                rest -= take
        gaps = _joined(gaps)
        heappush(busy, (ends, tuple(parts)))
        blocks += [(run.gpus[job], max(low, held), min(high, max(low, starts)), min(high, ends), a, b) for a, b in parts]
    return tuple(blocks)


def _joined(gaps) -> list:
    """Neighbouring free stretches as one."""
    found = []
    for a, b in sorted(g for g in gaps if g[1] > g[0]):
        if found and found[-1][1] == a:
            found[-1] = (found[-1][0], b)
        else:
            found.append((a, b))
    return found


def _waiting(run: Replay, window) -> tuple:
    """GPUs that jobs without their GPUs ask for, over the window."""
    changes, gpus, first = list(zip(run.arrivals_s, run.gpus)), run.gpus, {}
    for j, _, starts, ends, _ in run.segments:
        first.setdefault(j, []).append((starts, ends))
    for j, spans in first.items():
        spans = sorted(set(spans))
        changes.append((spans[0][0], -gpus[j]))
        for (_, stop), (again, _) in zip(spans, spans[1:]):
            changes += [(stop, gpus[j]), (again, -gpus[j])]
    steps, now = [(window[0], 0)], 0
    for at, change in sorted(changes):
        now += change
        if at <= window[0] or at == steps[-1][0]:  # who starts on arrival does not wait
            steps[-1] = (steps[-1][0], now)
        elif at <= window[1]:
            steps.append((at, now))
    return tuple([s for s, before in zip(steps, [(0, None), *steps]) if s[1] != before[1]])


def _idle_share(blocks, waiting, window, total) -> float:
    """GPU time without a job, of all GPU time in which jobs wait, within the window; GPUs that are held without work count as taken."""
    wanted = [(a, b) for (a, many), (b, _) in zip(waiting, [*waiting[1:], (window[1], 0)]) if many > 0 and b > a]
    span = math.fsum(b - a for a, b in wanted)
    taken = math.fsum((last - first) * max(0.0, min(b, end) - max(a, held)) for _, held, _, end, first, last in blocks for a, b in wanted)
    return 1.0 - taken / (total * span) if span else 0.0
