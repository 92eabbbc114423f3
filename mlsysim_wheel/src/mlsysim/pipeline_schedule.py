"""Pipeline-parallel schedules, simulated operation by operation: GPipe, 1F1B and interleaved 1F1B.

Time is in units of one forward pass of one microbatch through one full stage.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

from mlsysim.errors import Infeasible, OutOfRange, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

SCHEDULES = ("gpipe", "1f1b", "interleaved")
NARAYANAN = "Narayanan et al., SC21"

Bar = namedtuple("Bar", "stage kind microbatch chunk start end")
Bar.__doc__ = "One operation: kind is F (forward) or B (backward); stages, microbatches and chunks count from 0."


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One step of a pipeline."""

    schedule: str = quantity(r"\text{schedule}", "")
    stages: int = quantity("p", "1")
    microbatches: int = quantity("m", "1")
    chunks: int = quantity("v", "1", doc="virtual stages on each device")
    heavy: float = quantity("w", "×", doc="work of the last virtual stage, relative to the others")
    backward: float = quantity(r"t_b/t_f", "×", doc="backward pass relative to forward pass")
    step: float = quantity("T", "1", source="event simulation", doc="units of one forward pass")
    gpipe_step: float = quantity(r"T_{GPipe}", "1", source="event simulation", doc="the same work under GPipe")
    shortening_share: float = quantity(
        r"\Delta", "share", formula=r"1 - \frac{<step>}{<gpipe_step>}", source="definition", doc="against GPipe"
    )
    busy: float = quantity(r"T_{busy}", "1", source="sum over all operations of all stages")
    bubble_share: float = quantity(
        r"\beta", "share", formula=r"1 - \frac{<busy>}{<stages> \cdot <step>}", source="definition", doc="of the device time that idles"
    )
    held_microbatches: float = quantity("M_0", "1", source="event simulation", doc="most that stage 0 holds, in full stages")
    busiest_stage: int = quantity(r"s^*", "1", source="most work; the lowest of equals", doc="from 0")
    bars: tuple = series("1", doc="operations in order of start")
    held_over_time: tuple = series("1", doc="(time, microbatches held at stage 0 after it)")
    stage_busy: tuple = series("1", doc="work of each stage")
    sources: dict = sources()


def simulate_pipeline(
    schedule: str, stages: int, microbatches: int, *, chunks: int = 1, heavy: float = 1.0, backward: float = 2.0
) -> PipelineRun:
    """Run one step: every device works through its list in order and waits for what an operation needs.

    A forward F(k, i) of virtual stage k needs F(k−1, i), a backward B(k, i) needs B(k+1, i), the last its own F; a
    virtual stage takes 1/v forward and backward/v back, the last one `heavy` times that. Transfers take no time.
    `interleaved` needs chunks of at least 2 and microbatches in multiples of the stages; the others have one chunk.
    Errors: OutOfRange, Infeasible. Source: Huang et al. 2019 (GPipe); Narayanan et al. 2019 and SC21 (1F1B, interleaving).

    >>> run = simulate_pipeline("1f1b", stages=8, microbatches=16)
    >>> run.step, run.shortening_share, run.held_microbatches
    (69.0, 0.0, 8.0)
    """
    one_of("schedule", schedule, SCHEDULES)
    p, m = whole("stages", stages, high=256), whole("microbatches", microbatches, high=4096)
    v = whole("chunks", chunks, high=64)
    heavy, backward = number("heavy", heavy, low=1.0, high=100.0), positive("backward", backward, high=100.0)
    if schedule == "interleaved":
        if v < 2 or p < 2:
            raise Infeasible(f"Interleaving needs at least 2 chunks on at least 2 stages, not {v} on {p}")
        if m % p:
            raise Infeasible(f"Interleaving needs microbatches in multiples of the {p} stages, not {m}")
    elif v != 1:
        raise Infeasible(f"The schedule {schedule!r} has one chunk a stage, not {v}; several chunks are called 'interleaved'")
    if p * m * v > 200_000:
        raise OutOfRange(f"stages × microbatches × chunks is {p * m * v}, but must be at most 200000 to be simulated.")
    bars = _simulate([_order(schedule, s, p, m, v) for s in range(p)], p, m, v, heavy, backward)
    step = max(b.end for b in bars)
    if schedule == "gpipe":
        gpipe = step
    else:
        gpipe = max(b.end for b in _simulate([_order("gpipe", s, p, m, 1) for s in range(p)], p, m, 1, heavy, backward))
    work = m * (1.0 + backward) / v
    stage_busy = (work * v,) * (p - 1) + (work * (v - 1 + heavy),)
    busy = sum(stage_busy)
    held = _held(bars, v)
    return PipelineRun(
        schedule=schedule,
        stages=p,
        microbatches=m,
        chunks=v,
        heavy=heavy,
        backward=backward,
        step=step,
        gpipe_step=gpipe,
        shortening_share=1 - step / gpipe,
        busy=busy,
        bubble_share=max(0.0, 1 - busy / (p * step)),
        held_microbatches=max(h for _, h in held),
        busiest_stage=stage_busy.index(max(stage_busy)),
        bars=tuple(sorted(bars, key=lambda b: (b.start, b.stage))),
        held_over_time=held,
        stage_busy=stage_busy,
    )


@dataclass(frozen=True, slots=True)
class Imbalance:
    """What a heavier last virtual stage does to the step."""

    heavy: float = quantity("w", "×")
    even_step: float = quantity(r"T_1", "1", source="event simulation", doc="all virtual stages equal")
    heavy_step: float = quantity(r"T_w", "1", source="event simulation", doc="the last one heavier")
    growth_share: float = quantity(r"\Delta", "share", formula=r"\frac{<heavy_step>}{<even_step>} - 1", source="definition")
    sources: dict = sources()


def imbalance(schedule: str, stages: int, microbatches: int, *, chunks: int = 1, heavy: float = 1.25, backward: float = 2.0) -> Imbalance:
    """Growth of the step when the last virtual stage gets `heavy` times the work. Errors, source: simulate_pipeline.

    >>> f"{imbalance('1f1b', 8, 16).growth_share:.0%}"
    '17%'
    """
    even = simulate_pipeline(schedule, stages, microbatches, chunks=chunks, backward=backward).step
    uneven = simulate_pipeline(schedule, stages, microbatches, chunks=chunks, heavy=heavy, backward=backward).step
    return Imbalance(heavy=heavy, even_step=even, heavy_step=uneven, growth_share=uneven / even - 1)


def snap_microbatches(schedule: str, stages: int, microbatches: int) -> int:
    """The microbatches that the schedule can run, rounded up: multiples of the stages for `interleaved`.

    >>> snap_microbatches("interleaved", 8, 17), snap_microbatches("1f1b", 8, 17)
    (24, 17)
    """
    one_of("schedule", schedule, SCHEDULES)
    p, m = whole("stages", stages, high=256), whole("microbatches", microbatches, high=4096)
    return -(-m // p) * p if schedule == "interleaved" else m


def fewest_microbatches(stages: int, bubble_percent: int) -> int:
    """Fewest microbatches whose bubble (p−1)/(m+p−1) is at most a whole number of percent: ⌈(p−1)(100−x)/x⌉.

    Exact, in whole numbers. Errors: OutOfRange. Source: Narayanan et al., SC21, section 2.2.

    >>> fewest_microbatches(8, 10)
    63
    """
    p, x = whole("stages", stages), whole("bubble_percent", bubble_percent, low=1, high=99)
    return max(1, -(-(p - 1) * (100 - x) // x))


def _order(schedule: str, s: int, p: int, m: int, v: int) -> list[tuple[str, int, int]]:
    """The list (kind, chunk, microbatch) that stage s works through."""
    if schedule == "gpipe":
        return [("F", 0, i) for i in range(m)] + [("B", 0, i) for i in range(m)]
    if schedule == "1f1b":
        forwards, backwards = [("F", 0, i) for i in range(m)], [("B", 0, i) for i in range(m)]
        warm = min(p - s - 1, m)
    else:
        index = [((i % (p * v)) // p, (i // (p * v)) * p + i % p) for i in range(m * v)]
        forwards, backwards = [("F", c, i) for c, i in index], [("B", v - 1 - c, i) for c, i in index]
        warm = min(m * v, 2 * (p - s - 1) + (v - 1) * p)
    order = forwards[:warm]
    for forward, back in zip(forwards[warm:], backwards):
        order += (forward, back)
    return order + backwards[len(forwards) - warm :]


def _simulate(orders, p: int, m: int, v: int, heavy: float, backward: float) -> list[Bar]:
    """Earliest times under the orders. A stage that cannot go on is woken by the operation that it waits for."""
    last = p * v - 1
    ended: dict = {}  # (kind, virtual stage, microbatch) → time
    waiting: dict = {}  # the same key → stage
    at, free, bars, awake = [0] * p, [0.0] * p, [], list(range(p - 1, -1, -1))
    while awake:
        s = awake.pop()
        order = orders[s]
        while at[s] < len(order):
            kind, chunk, i = order[at[s]]
            k = chunk * p + s
            need = (("F", k - 1, i) if k else None) if kind == "F" else (("B", k + 1, i) if k < last else ("F", k, i))
            ready = 0.0 if need is None else ended.get(need)
            if ready is None:
                waiting[need] = s
                break
            start = ready if ready > free[s] else free[s]
            end = start + (1.0 if kind == "F" else backward) / v * (heavy if k == last else 1.0)
            bars.append(Bar(s, kind, i, chunk, start, end))
            ended[kind, k, i] = free[s] = end
            at[s] += 1
            woken = waiting.pop((kind, k, i), None)
            if woken is not None:
                awake.append(woken)
    if len(bars) != 2 * p * m * v:
        raise Infeasible("The schedule deadlocks: each stage waits for another")
    return bars


def _held(bars, v: int) -> tuple[tuple[float, float], ...]:
    """Microbatches at stage 0 between the end of their forward and of their backward pass, over time."""
    events = sorted((b.end, 1 if b.kind == "F" else -1) for b in bars if b.stage == 0)
    samples, count = [(0.0, 0.0)], 0
    for time, change in events:
        count += change
        samples.append((time, count / v))
    return tuple(samples)
