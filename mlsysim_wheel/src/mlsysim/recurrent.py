"""Stacked LSTM layers: what a cell costs, and which cells must wait for which.

Cell (t, k) needs the state of its own layer at t − 1 and the output of the layer below at t. Cells on one diagonal t + k
can run side by side, as many as there are lanes; diagonals follow one another. Source: Hochreiter and Schmidhuber 1997
(the cell); Appleyard, Kocisky and Blunsom 2016 (the wavefront over layers).
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, sources

WEIGHTS = ("read", "kept")  # from memory at every step, or on the chip throughout
VALUE_BYTES = 2
_CELL = "four gates of input and state, each h × h: Hochreiter and Schmidhuber 1997"
_ROOF = "Williams et al. 2009, and a fixed time a cell"


@dataclass(frozen=True, slots=True)
class LstmCell:
    """One step of one LSTM layer for a batch, in 16-bit numbers."""

    hidden: int = quantity("h", "1", doc="width, of the input too")
    batch: int = quantity("B", "1", doc="records at once")
    weights: str = quantity(r"\text{weights}", "", doc="read at every step, or kept on the chip")
    rate_flop_per_s: float = quantity(r"R\eta", "FLOP/s", doc="that products reach")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    operations: float = quantity("O", "FLOP", formula=r"16 \cdot <hidden>^2 \cdot <batch>", source=_CELL)
    weights_bytes: float = quantity("W", "B", doc="read a step: 16 h², or nothing where they are kept", source=_CELL)
    values_bytes: float = quantity("V", "B", formula=r"14 \cdot <hidden> \cdot <batch>", doc="input, states and gates, two bytes each", source=_CELL)
    arithmetic_s: float = quantity("t_O", "s", formula=r"\frac{<operations>}{<rate_flop_per_s>}", source="definition of a rate")
    data_s: float = quantity("t_D", "s", formula=r"\frac{<weights_bytes> + <values_bytes>}{<bandwidth_bytes_per_s>}", source="definition of bandwidth")
    launch_s: float = quantity("t_L", "s", doc="fixed time a cell")
    time_s: float = quantity("t", "s", formula=r"\max(<arithmetic_s>, <data_s>) + <launch_s>", source=_ROOF)
    binding: str = quantity(r"\text{binds}", "", doc="arithmetic, data or overhead", source="largest of the three")
    sources: dict = sources()


def lstm_cell(hidden: int, batch: int, rate_flop_per_s, bandwidth_bytes_per_s, launch_s, weights: str = "read") -> LstmCell:
    """One cell: 16h²B FLOP; 8h² weights and 7hB values of two bytes; `weights` is read or kept.

    Raises OutOfRange or WrongType for what makes no sense. Source: Hochreiter and Schmidhuber 1997.

    >>> cell = lstm_cell(1024, 8, 312e12 * 0.6, 2.039e12, 4e-6)
    >>> round(cell.time_s * 1e6, 1), cell.binding
    (12.3, 'data')
    """
    h, n = whole("hidden", hidden, high=10**6), whole("batch", batch, high=10**7)
    rate, bandwidth = single(positive, "rate_flop_per_s", rate_flop_per_s), single(positive, "bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    launch, kept = single(non_negative, "launch_s", launch_s), one_of("weights", weights, WEIGHTS) == "kept"
    operations, stored, values = 16.0 * h * h * n, 0.0 if kept else 8.0 * h * h * VALUE_BYTES, 7.0 * h * n * VALUE_BYTES
    arithmetic, data = operations / rate, (stored + values) / bandwidth
    binding = max((arithmetic, "arithmetic"), (data, "data"), (launch, "overhead"))[1]
    return LstmCell(h, n, weights, rate, bandwidth, operations, stored, values, arithmetic, data, launch, max(arithmetic, data) + launch, binding)


def lstm_parameters(hidden: int, layers: int) -> int:
    """Weights of a stack whose layers are all `hidden` wide, biases left out: 8h²L.

    >>> lstm_parameters(1024, 4) / 1e6
    33.554432
    """
    return 8 * whole("hidden", hidden, high=10**6) ** 2 * whole("layers", layers, high=10**4)


def dependent_steps(length: int, layers: int) -> int:
    """Cells on the longest chain, from the first cell to the last: T + L − 1.

    >>> dependent_steps(512, 4)
    515
    """
    return whole("length", length) + whole("layers", layers, high=10**4) - 1


def rounds(length: int, layers: int, lanes: int = 1) -> int:
    """Cells that follow one another when `lanes` of a diagonal run side by side.

    Diagonal d of the T + L − 1 has min(L, T, d + 1, T + L − 1 − d) cells and takes ⌈width/lanes⌉ rounds. With one lane
    that is every cell, T·L; with L lanes the chain, T + L − 1. Source: Appleyard et al. 2016.

    >>> rounds(512, 4, 1), rounds(512, 4, 4)
    (2048, 515)
    """
    t, n, lanes = whole("length", length), whole("layers", layers, high=10**4), whole("lanes", lanes, high=10**4)
    widest = min(t, n)
    ramp = sum(-(-w // lanes) for w in range(1, widest))
    return 2 * ramp + (t + n + 1 - 2 * widest) * -(-widest // lanes)


def samples_done(length: int, layers: int, lanes: int, after: int) -> int:
    """Samples that have left the last layer after so many rounds.

    >>> samples_done(512, 4, 4, 100), samples_done(512, 4, 1, 100)
    (97, 23)
    """
    t, n, lanes = whole("length", length), whole("layers", layers, high=10**4), whole("lanes", lanes, high=10**4)
    after = whole("after", after, low=0, high=10**15)
    if after >= rounds(t, n, lanes):
        return t
    ramp = sum(-(-min(w, t) // lanes) for w in range(1, n))  # the diagonals before the first sample reaches the last layer
    return max(0, min(t - 1, (after - ramp) // -(-min(n, t) // lanes)))


def staircase(length: int, layers: int, lanes: int, cell_s) -> tuple[tuple[int, int, float, float], ...]:
    """The schedule: (layer from 1, sample from 1, start, end) of every cell, diagonal after diagonal.

    At most 100,000 cells. Source: Appleyard et al. 2016.

    >>> staircase(2, 2, 2, 1.0)
    ((1, 1, 0.0, 1.0), (1, 2, 1.0, 2.0), (2, 1, 1.0, 2.0), (2, 2, 2.0, 3.0))
    """
    t, n, lanes = whole("length", length, high=100_000), whole("layers", layers, high=10**4), whole("lanes", lanes, high=10**4)
    whole("length · layers", t * n, high=100_000)
    cell = single(positive, "cell_s", cell_s)
    found, at = [], 0
    for d in range(t + n - 1):
        cells = [(k, d - k) for k in range(max(0, d - t + 1), min(n, d + 1))]
        for i, (k, sample) in enumerate(cells):
            start = at + i // lanes
            found.append((k + 1, sample + 1, start * cell, (start + 1) * cell))
        at += -(-len(cells) // lanes)
    return tuple(found)
