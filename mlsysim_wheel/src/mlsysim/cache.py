"""What a cache does to a matrix product: an exact replay of every access of C += A·B.

The arithmetic of the loop nests is the same; which lines they touch, and when, is not. The replay is a fully
associative cache with least-recently-used replacement, so a miss here is a cold or a capacity miss, never a conflict.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load
from mlsysim.errors import one_of, whole
from mlsysim.quantity import quantity, series, sources

LINE_BYTES = 32
ELEMENT_BYTES = 4
LINE_ELEMENTS = LINE_BYTES // ELEMENT_BYTES
LOOP_ORDERS = ("i-j-k", "i-k-j", "j-i-k", "j-k-i", "k-i-j", "k-j-i", "tiled")
THRASHING_FACTOR = 20
_LRU = "exact replay: every access in order, fully associative, least recently used line evicted"


@dataclass(frozen=True, slots=True)
class Replay:
    """Traffic, intensity and energy of one n×n×n product in fp32 through an LRU cache."""

    n: int = quantity("n", "1", doc="side of the three matrices")
    cache_lines: int = quantity("L", "1", doc="lines that the cache holds")
    order: str = quantity(r"\text{order}", "", doc="loop order, outermost first; tiled = blocks i, j, k with i-k-j inside")
    tile: int = quantity("t", "1", doc="side of a block (tiled only)")
    line_bytes: int = quantity("b", "B", doc="bytes of a line", source="illustrative")
    accesses: int = quantity("N", "1", formula=r"3\cdot<n>^3", doc="A, B and C once an inner iteration", source="three a multiply-add")
    misses: int = quantity("m", "1", source=_LRU)
    misses_a: int = quantity("m_A", "1", source=_LRU)
    misses_b: int = quantity("m_B", "1", source=_LRU)
    misses_c: int = quantity("m_C", "1", source=_LRU)
    floor_lines: int = quantity("m_0", "1", doc="lines of the three matrices: each must be fetched at least once", source="compulsory misses (Hill 1987)")
    times_floor: float = quantity("m/m_0", "×", formula=r"\frac{<misses>}{<floor_lines>}", source="definition")
    miss_share: float = quantity("m/N", "share", formula=r"\frac{<misses>}{<accesses>}", source="definition")
    traffic_bytes: int = quantity("D", "B", formula=r"<misses>\cdot<line_bytes>", doc="write-back not counted", source="a miss fetches a line")
    work_flop: int = quantity("O", "FLOP", formula=r"2\cdot<n>^3", source="two for a multiply-add")
    intensity: float = quantity("I", "FLOP/B", formula=r"\frac{<work_flop>}{<traffic_bytes>}", source="Williams, Waterman, Patterson 2009")
    mac_j: float = quantity("e_{mac}", "J", doc="one fp32 multiply-add")
    sram_j: float = quantity("e_{sram}", "J", doc="one cache access of 4 bytes")
    dram_j: float = quantity("e_{dram}", "J", doc="4 bytes from DRAM")
    arithmetic_energy_j: float = quantity("E_{mac}", "J", formula=r"<n>^3\cdot<mac_j>", source="Horowitz, ISSCC 2014")
    sram_energy_j: float = quantity("E_{sram}", "J", formula=r"<accesses>\cdot<sram_j>", source="Horowitz, ISSCC 2014")
    dram_energy_j: float = quantity("E_{dram}", "J", formula=r"\frac{<traffic_bytes>}{4}\cdot<dram_j>", source="Horowitz, ISSCC 2014")
    energy_j: float = quantity("E", "J", formula="<arithmetic_energy_j> + <sram_energy_j> + <dram_energy_j>", source="sum")
    arithmetic_share: float = quantity("s_{mac}", "share", formula=r"\frac{<arithmetic_energy_j>}{<energy_j>}", source="part of the energy")
    sram_share: float = quantity("s_{sram}", "share", formula=r"\frac{<sram_energy_j>}{<energy_j>}", source="part of the energy")
    dram_share: float = quantity("s_{dram}", "share", formula=r"\frac{<dram_energy_j>}{<energy_j>}", source="part of the energy")
    hot_matrix: str = quantity(r"\text{hot}", "", doc="the matrix with most misses; tied names joined by 'and', or 'all equal'", source="most misses")
    state: str = quantity(r"\text{state}", "", doc=f"thrashing above {THRASHING_FACTOR} times the floor, else ok", source="illustrative threshold")
    hot_matrices: tuple[str, ...] = series("", doc="every matrix that has the most misses")
    fetches_a: tuple[int, ...] = series("1", doc="how often the line of each cell of A was fetched, row by row")
    fetches_b: tuple[int, ...] = series("1", doc="how often the line of each cell of B was fetched, row by row")
    fetches_c: tuple[int, ...] = series("1", doc="how often the line of each cell of C was fetched, row by row")
    sources: dict = sources()


def replay_matmul(order="i-j-k", cache_lines=16, tile=8, n=24) -> Replay:
    """Replay C += A·B, row-major fp32, through a cache of `cache_lines` lines of 32 bytes.

    Each inner iteration touches A[i,k], B[k,j], C[i,j] in this order. The matrices start at line boundaries, one after
    another. `tile` (1 to n) is the block side of order "tiled" and unused otherwise. Counts are exact; joules are those
    of a 45 nm chip (Horowitz, ISSCC 2014). Raises OutOfRange or WrongType for an unknown order, fewer than 3 lines
    (one inner iteration needs three), or n above 64.

    >>> replay_matmul("i-j-k", 16).misses, replay_matmul("tiled", 16, tile=8).misses
    (15624, 648)
    """
    one_of("order", order, LOOP_ORDERS)
    n = whole("n", n, high=64)
    lines, tile = whole("cache_lines", cache_lines, low=3, high=65536), whole("tile", tile, high=n)
    return _replay(order, lines, tile, n)


@lru_cache(maxsize=256)
def _replay(order: str, lines: int, tile: int, n: int) -> Replay:
    per_matrix = -(-n * n // LINE_ELEMENTS)
    fetched = _fetches(*_trace(order, tile if order == "tiled" else n, n), lines, 3 * per_matrix)
    by_matrix = [fetched[m * per_matrix : (m + 1) * per_matrix] for m in range(3)]
    a, b, c = map(sum, by_matrix)
    cells = [tuple(lines_of[cell // LINE_ELEMENTS] for cell in range(n * n)) for lines_of in by_matrix]
    misses, floor, macs = a + b + c, 3 * per_matrix, n**3
    hot = tuple(name for name, count in zip("ABC", (a, b, c)) if count == max(a, b, c))
    data = load("energy_45nm.json")
    keys = {"mac_j": "multiply_add_fp32_j", "sram_j": "sram_access_j_per_4_bytes", "dram_j": "dram_access_j_per_4_bytes"}
    joule = {field: data[key]["value"] for field, key in keys.items()}
    arithmetic, sram = macs * joule["mac_j"], 3 * macs * joule["sram_j"]
    dram = misses * LINE_ELEMENTS * joule["dram_j"]
    total = arithmetic + sram + dram
    return Replay(
        n=n, cache_lines=lines, order=order, tile=tile, line_bytes=LINE_BYTES, accesses=3 * macs,
        misses=misses, misses_a=a, misses_b=b, misses_c=c, floor_lines=floor, times_floor=misses / floor,
        miss_share=misses / (3 * macs), traffic_bytes=misses * LINE_BYTES, work_flop=2 * macs,
        intensity=2 * macs / (misses * LINE_BYTES), **joule,
        arithmetic_energy_j=arithmetic, sram_energy_j=sram, dram_energy_j=dram, energy_j=total,
        arithmetic_share=arithmetic / total, sram_share=sram / total, dram_share=dram / total,
        hot_matrix="all equal" if len(hot) == 3 else " and ".join(hot), hot_matrices=hot,
        state="thrashing" if misses > THRASHING_FACTOR * floor else "ok",
        fetches_a=cells[0], fetches_b=cells[1], fetches_c=cells[2],
        sources={field: data[key]["source"] for field, key in keys.items()},
    )  # fmt: skip


@lru_cache(maxsize=16)
def _trace(order: str, tile: int, n: int) -> tuple[list[int], list[int], list[int]]:
    """The line of A, of B and of C that each inner iteration touches, in order."""
    line_of = [cell // LINE_ELEMENTS for cell in range(n * n)]
    per_matrix = line_of[-1] + 1
    strides = {"i": (n, 0, n), "j": (0, 1, 1), "k": (1, n, 0)}  # cells by which a step of a loop moves in A, B, C
    loops = "ikj" if order == "tiled" else order.replace("-", "")
    starts = range(0, n, tile)
    blocks = [{"i": i, "j": j, "k": k} for i in starts for j in starts for k in starts]  # one block when not tiled
    traces = []
    for matrix in range(3):
        sx, sy, sz = (strides[loop][matrix] for loop in loops)
        here, trace = [line + matrix * per_matrix for line in line_of], []
        for block in blocks:
            x0, y0, z0 = (block[loop] for loop in loops)
            inner = min(z0 + tile, n) - z0
            for x in range(x0, min(x0 + tile, n)):
                for y in range(y0, min(y0 + tile, n)):
                    first = x * sx + y * sy + z0 * sz
                    trace += here[first : first + inner * sz : sz] if sz else [here[first]] * inner
        traces.append(trace)
    return tuple(traces)


def _fetches(a: list[int], b: list[int], c: list[int], lines: int, total: int) -> list[int]:
    """How often each line is fetched. The ordered dictionary holds the cached lines, least recently used first."""
    fetched, cached = [0] * total, OrderedDict()
    touch, evict, room = cached.move_to_end, cached.popitem, lines
    for iteration in zip(a, b, c):
        for line in iteration:
            if line in cached:
                touch(line)
            else:
                if room:
                    room -= 1
                else:
                    evict(False)
                cached[line] = None
                fetched[line] += 1
    return fetched
