"""A chain of elementwise lines cut into kernels: which values make a trip through memory.

Inside a kernel a value stays in a register. A kernel reads each value that was made outside it once, and writes what is
needed outside it. All values are tensors of one size, so a trip is a tensor, and time is trips over bandwidth plus launches.
Source: Chen et al. 2018 (TVM), section 3; graph breaks: Ansel et al. 2024 (PyTorch 2), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import flag, instance, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

EXECUTIONS = {"eager": "eager: a kernel a line", "fused": "fused"}
SIZES = (1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 2.0**27)
DEAR = 1.8  # a chain this many times slower than without its breaks has lost what fusion gave
_TRIPS = "read once what was made outside, write once what is used outside: Chen et al. 2018"


@dataclass(frozen=True, slots=True)
class Kernel:
    """Consecutive lines, counted from 1, that run as one kernel, with the values that cross its border."""

    first: int = quantity("i", "1")
    last: int = quantity("j", "1")
    reads: tuple[tuple[str, int], ...] = series("1", doc="value, line that first needs it")
    writes: tuple[tuple[str, int], ...] = series("1", doc="value, line that makes it")


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain at one size, one set of breaks, one way to run it."""

    execution: str = quantity(r"\text{execution}", "")
    values: float = quantity("n", "1", doc="values of a tensor")
    value_bytes: float = quantity("b", "B", doc="of a value")
    launch_s: float = quantity("t_l", "s", doc="of a kernel")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    break_after: int = quantity("p", "1", doc="line behind which the compiler stops; 0 for none")
    second_break: int = quantity("p_2", "1", doc="another one; 0 for none")
    most: int = quantity("m", "1", doc="most lines in a kernel")
    line_count: int = quantity("l", "1", doc="lines, whoever runs them", source="count")
    kernel_count: int = quantity("k", "1", doc="kernels", source="lines cut after each break and after the most that a kernel may hold")
    trips: int = quantity("v", "1", doc="tensors read or written", source=_TRIPS)
    moved_bytes: float = quantity("D", "B", formula=r"<trips> \cdot <values> \cdot <value_bytes>", source="one tensor a trip")
    data_s: float = quantity("T_D", "s", formula=r"\frac{<moved_bytes>}{<bandwidth_bytes_per_s>}", source="definition of bandwidth")
    launches_s: float = quantity("T_L", "s", formula=r"<kernel_count> \cdot <launch_s>", source="one launch a kernel")
    time_s: float = quantity("T", "s", formula="<data_s> + <launches_s>", source="elementwise kernels are limited by bytes")
    eager_trips: int = quantity("v_e", "1", doc="line by line", source=_TRIPS)
    eager_s: float = quantity("T_e", "s", doc="line by line", source="the same model, a kernel a line")
    speedup: float = quantity("S", "×", formula=r"\frac{<eager_s>}{<time_s>}", source="definition", doc="against line by line")
    unbroken_s: float = quantity("T_0", "s", doc="without breaks", source="the same model")
    slowdown: float = quantity("s", "×", formula=r"\frac{<time_s>}{<unbroken_s>}", source="definition", doc="what the breaks cost")
    saved_launches_s: float = quantity(r"\Delta_L", "s", doc="fusing saves in launches, against line by line", source="difference")
    saved_data_s: float = quantity(r"\Delta_D", "s", doc="fusing saves in bytes, against line by line", source="difference")
    crossover_values: float = quantity(
        "n^*", "1", doc="size from which bytes save more than launches", source="launches saved over bytes saved a value; 0 where nothing is saved"
    )
    saves: str = quantity(r"\text{saves}", "", doc="launches or bytes: where fusing saves more", source="the larger")
    state: str = quantity(r"\text{state}", "", doc=f"dear where the breaks make the chain more than {DEAR} times slower", source="comparison")
    kernels: tuple[Kernel, ...] = series("1", doc="in order")
    sources: dict = sources()


def operations() -> tuple[str, ...]:
    """What the lines do, in order.

    >>> operations()[5]
    'tanh'
    """
    return tuple(line["operation"] for line in load("fusion.json")["lines"])


def used() -> tuple[tuple[str, int, int], ...]:
    """Every value that a line makes and a later one uses: value, line that makes it, line that uses it.

    >>> used()[:2]
    (('t1', 1, 2), ('t2', 2, 3))
    """
    made, found = {line["result"]: n for n, line in enumerate(load("fusion.json")["lines"], 1)}, []
    for n, line in enumerate(load("fusion.json")["lines"], 1):
        found += [(value, made[value], n) for value in line["reads"] if value in made]
    return tuple(found)


def chain(values: float = 2.0**27, break_after: int = 0, execution: str = "fused", second_break: int = 0, most: int = 11) -> Chain:
    """Trips and time of the eleven lines on an A100.

    `values` a tensor (1 to 1e12), breaks after lines 1 to 10 (0 for none), at most `most` lines a kernel (1 to 11); `execution`
    "eager" gives every line a kernel of its own, and breaks change nothing. Raises OutOfRange or WrongType otherwise.
    Source: Chen et al. 2018 (TVM); GELU in its tanh form: Hendrycks and Gimpel 2016.

    >>> c = chain()
    >>> c.eager_trips, c.trips, round(c.speedup, 2), chain(break_after=7).trips
    (26, 4, 6.54, 8)
    """
    values = single(positive, "values", values, high=1e12)
    one_of("execution", execution, EXECUTIONS)
    count = len(operations())
    breaks = (whole("break_after", break_after, low=0, high=count - 1), whole("second_break", second_break, low=0, high=count - 1))
    most = whole("most", most, high=count)
    data = load("fusion.json")
    chip, launch = catalog.device(data["device"]), data["launch_s"]["value"]
    one_trip = values * data["value_bytes"]["value"] / chip.bandwidth()

    def cost(kernels) -> tuple[int, float, float]:
        trips = sum(len(k.reads) + len(k.writes) for k in kernels)
        return trips, trips * one_trip, len(kernels) * launch

    alone, broken, whole_chain = _cut((), 1), _cut(tuple(sorted({b for b in breaks if b})), most), _cut((), most)
    chosen = broken if execution == "fused" else alone
    trips, data_s, launches_s = cost(chosen)
    eager_trips, eager_data_s, eager_launches_s = cost(alone)
    _, broken_data_s, broken_launches_s = cost(broken)
    unbroken_s = sum(cost(whole_chain if execution == "fused" else alone)[1:])
    time, saved = data_s + launches_s, (eager_launches_s - broken_launches_s, eager_data_s - broken_data_s)
    return Chain(
        execution=execution, values=values, value_bytes=data["value_bytes"]["value"], launch_s=launch, bandwidth_bytes_per_s=chip.bandwidth(),
        break_after=breaks[0], second_break=breaks[1], most=most, line_count=count,
        kernel_count=len(chosen), trips=trips, moved_bytes=trips * values * data["value_bytes"]["value"], data_s=data_s, launches_s=launches_s, time_s=time,
        eager_trips=eager_trips, eager_s=eager_data_s + eager_launches_s, speedup=(eager_data_s + eager_launches_s) / time, unbroken_s=unbroken_s,
        slowdown=time / unbroken_s, saved_launches_s=saved[0], saved_data_s=saved[1],
        crossover_values=values * saved[0] / saved[1] if saved[1] else 0.0, saves="launches" if saved[0] > saved[1] else "bytes",
        state="dear" if time > DEAR * unbroken_s else "ok", kernels=chosen,
        sources={
            "value_bytes": source_of(data["value_bytes"]), "launch_s": source_of(data["launch_s"]),
            "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"), "line_count": data["source"],
        },
    )  # fmt: skip


def over_sizes(of: Chain, whole_chain: bool = False) -> tuple[tuple[float, float], ...]:
    """Values in a tensor, times faster than line by line: for a chain cut like this one, or for the whole in one kernel.

    >>> [round(speedup, 2) for _, speedup in over_sizes(chain())][:1]
    [10.96]
    """
    instance("of", of, Chain, "a result of chain"), flag("whole_chain", whole_chain)
    cut = (0, "fused") if whole_chain else (of.break_after, of.execution, of.second_break, of.most)
    return tuple((n, chain(n, *cut).speedup) for n in SIZES)


@lru_cache(maxsize=2048)
def _cut(breaks: tuple[int, ...], most: int) -> tuple[Kernel, ...]:
    """The lines as kernels: a new one after each break and after `most` lines."""
    lines = load("fusion.json")["lines"]
    groups: list[list[int]] = []
    for n in range(1, len(lines) + 1):
        if not groups or n - 1 in breaks or len(groups[-1]) == most:
            groups.append([])
        groups[-1].append(n)
    kernels = []
    for group in groups:
        inside = {lines[n - 1]["result"]: n for n in group}
        after = {value for n in range(group[-1] + 1, len(lines) + 1) for value in lines[n - 1]["reads"]}
        reads: dict[str, int] = {}
        for n in group:
            for value in lines[n - 1]["reads"]:
                if value not in inside:
                    reads.setdefault(value, n)
        writes = tuple((value, n) for value, n in inside.items() if value in after or n == len(lines))
        kernels.append(Kernel(group[0], group[-1], tuple(reads.items()), writes))
    return tuple(kernels)
