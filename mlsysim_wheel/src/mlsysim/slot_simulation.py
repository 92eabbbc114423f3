"""Events of a language model that answers in slots: admissions, jumps to the next completion, tokens in memory.

`mlsysim.serving` is the front of this module: it checks what it is given, and puts numbers and sources together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from mlsysim._remembered import remembered
from mlsysim.errors import Infeasible, finite_list, instance, whole

ADMIT_SHARE = 0.95  # paged: admit while the room is filled to here; the rest is for the growth of the active answers
MEAN_ANSWER, LONGEST_ANSWER = 200.0, 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """Who may enter when."""

    continuous: bool
    paged: bool
    slots: int  # wanted
    prompt: int  # tokens
    room_tokens: float
    reserved_slots: int

    @property
    def starts(self) -> bool:
        """Whether one prompt can be admitted at all."""
        return self.prompt + 1 <= ADMIT_SHARE * self.room_tokens if self.paged else self.reserved_slots > 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step reads and computes, and what the machine does a second."""

    weights_bytes: float
    token_bytes: float
    bandwidth: float  # B/s
    token_arithmetic_s: float  # one token through all weights
    overhead_s: float  # one decode step

    def steps_s(self, steps: int, active: int, mean_tokens: float) -> float:
        """Decode steps with `active` answers that hold `mean_tokens` on average."""
        reading = (self.weights_bytes + self.token_bytes * mean_tokens) / self.bandwidth
        return steps * (max(reading, active * self.token_arithmetic_s) + self.overhead_s)


@dataclass(frozen=True, slots=True)
class Run:
    """What happened."""

    time_s: float
    decode_s: float
    steps: int
    possible: int
    most_active: int
    peak_tokens: float
    bars: list
    timeline: list


@remembered(16)
def answer_lengths(answers: int, seed: int) -> tuple[int, ...]:
    """Exponential lengths in tokens, int(−200·ln(1 − u)), cut to 1 … 1,000.

    >>> lengths = answer_lengths(96, 13)
    >>> round(sum(lengths) / 96), max(lengths) <= 1000
    (184, True)
    """
    answers, seed = whole("answers", answers, high=10**6), whole("seed", seed, low=0, high=2**64)
    draw = Random(seed).random
    return tuple([min(LONGEST_ANSWER, max(1, int(-MEAN_ANSWER * math.log(1.0 - draw())))) for _ in range(answers)])


def simulate(plan: Plan, cost: Cost, lengths: tuple[int, ...]) -> Run:
    """All answers in order, from the first prefill to the last token; `plan.starts` must hold.

    Raises Infeasible if paged answers outgrow the room: the model has no preemption.
    """
    instance("plan", plan, Plan, "a Plan"), instance("cost", cost, Cost, "a Cost")
    finite_list("lengths", lengths, low=1.0)
    limit = plan.slots if plan.paged else min(plan.slots, plan.reserved_slots)
    prefill_s, threshold = plan.prompt * cost.token_arithmetic_s, ADMIT_SHARE * plan.room_tokens
    active: list[tuple[int, int, int]] = []  # (step at which the answer ends, slot, step of its admission)
    free, bars, timeline = list(range(limit)), [], [(0, 0.0)]
    time_s = decode_s = peak = 0.0
    step = queued = most_active = used = 0
    waited_for_memory = False
    while queued < len(lengths) or active:
        if plan.continuous or not active:
            while queued < len(lengths) and free:
                if plan.paged and used + plan.prompt + 1 > threshold:
                    waited_for_memory = True
                    break
                active.append((step + lengths[queued], free.pop(0), step))
                queued += 1
                used += plan.prompt
                time_s += prefill_s
            most_active = max(most_active, len(active))
            timeline.append((step, used))
        jump = min(active)[0] - step
        grown = used + len(active) * jump
        spent = cost.steps_s(jump, len(active), (used + grown) / 2)
        step, used, time_s, decode_s = step + jump, grown, time_s + spent, decode_s + spent
        peak = max(peak, used)
        if peak > plan.room_tokens:
            what = "The paged answers outgrow the memory, and the model has no preemption"
            raise Infeasible(what, needed=peak * cost.token_bytes, available=plan.room_tokens * cost.token_bytes, unit="B")
        timeline.append((step, used))
        for answer in [a for a in active if a[0] == step]:
            active.remove(answer)
            end, slot, begun = answer
            bars.append((begun, end, slot, end - begun))
            used -= plan.prompt + end - begun
            free.append(slot)
        free.sort()
    possible = plan.reserved_slots if not plan.paged else most_active if waited_for_memory else plan.slots
    return Run(time_s, decode_s, step, possible, most_active, peak, bars, timeline)


def idle_stretches(bars: list, steps: int, slots: int) -> tuple:
    """The complement of the bars in `slots` rows of `steps` steps, as (first step, last step, slot)."""
    busy_until, idle = [0] * slots, []
    for begun, end, slot, _ in sorted(bars):
        if begun > busy_until[slot]:
            idle.append((busy_until[slot], begun, slot))
        busy_until[slot] = end
    idle += [(until, steps, slot) for slot, until in enumerate(busy_until) if until < steps]
    return tuple(idle)
