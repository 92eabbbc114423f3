"""Recurrence against attention on one A100: the same records, the same width, one after the other or all at once.

Source: Hochreiter and Schmidhuber 1997; Vaswani et al. 2017; Appleyard et al. 2016; Dao et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.attention_layer import SCORES, attention_layer
from mlsysim.errors import instance, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.recurrent import WEIGHTS, dependent_steps, lstm_cell, rounds, samples_done, staircase

HIDDEN, LAYERS = 1024, 4
SAMPLES_SHOWN = 24
LONGEST = 1 << 17
LENGTHS = tuple(1 << e for e in range(4, 18))
_LSTM, _ATTENTION = "recurrent: cells diagonal by diagonal", "attention_layer: layer after layer"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An A100 as these layers meet it."""

    rate_flop_per_s: float
    bandwidth_bytes_per_s: float
    kernel_s: float
    memory_bytes: float
    sources: dict


@dataclass(frozen=True, slots=True)
class Race:
    """Four LSTM layers and four transformer layers over the same batch of records."""

    length: int = quantity("T", "1", doc="samples of a record")
    batch: int = quantity("B", "1", doc="records at once")
    weights: str = quantity(r"\text{weights}", "", doc="of the LSTM: read at every step, or kept on the chip")
    lanes: int = quantity("p", "1", doc="LSTM cells that run side by side")
    scores: str = quantity(r"\text{scores}", "", doc="stored or tiled")
    hidden: int = quantity("h", "1", doc="width", source="1024")
    layers: int = quantity("L", "1", source="4")
    cell_arithmetic_s: float = quantity("c_O", "s", doc="16h²B FLOP of a cell", source="recurrent")
    cell_data_s: float = quantity("c_D", "s", doc="weights and values of a cell", source="recurrent")
    cell_launch_s: float = quantity("c_L", "s", doc="fixed time of a cell")
    cell_s: float = quantity("c", "s", formula=r"\max(<cell_arithmetic_s>, <cell_data_s>) + <cell_launch_s>", source="Williams et al. 2009")
    rounds: int = quantity("r", "1", doc="cells that follow one another", source="Appleyard et al. 2016")
    lstm_s: float = quantity(r"T_{LSTM}", "s", formula=r"<rounds> \cdot <cell_s>", source=_LSTM)
    layer_s: float = quantity("a", "s", doc="of one transformer layer", source="attention_layer")
    transformer_s: float = quantity(r"T_{att}", "s", formula=r"<layers> \cdot <layer_s>", source=_ATTENTION)
    speedup: float = quantity("S", "×", formula=r"\frac{<lstm_s>}{<transformer_s>}", doc="above 1: the transformer is faster", source="definition")
    lstm_flop: float = quantity(r"O_{LSTM}", "FLOP", formula=r"16 \cdot <hidden>^2 \cdot <batch> \cdot <length> \cdot <layers>", source="recurrent")
    transformer_flop: float = quantity(r"O_{att}", "FLOP", doc="products and scores of all layers", source="attention_layer")
    flop_ratio: float = quantity("r_O", "×", formula=r"\frac{<transformer_flop>}{<lstm_flop>}", source="definition")
    lstm_steps: int = quantity("n_{LSTM}", "1", formula="<length> + <layers> - 1", doc="cells that must wait for each other", source="Appleyard et al. 2016")
    transformer_steps: int = quantity("n_{att}", "1", doc="layers that must wait for each other", source="the number of layers")
    score_bytes: float = quantity("M_s", "B", doc="stored scores of one layer; 0 when tiled", source="attention_layer")
    memory_bytes: float = quantity(r"\mathrm{cap}", "B", doc="of the card")
    fits: bool = quantity(r"\text{fits}", "", doc="whether the scores of one layer fit the card")
    binding: str = quantity(r"\text{binds}", "", doc="of an LSTM cell: arithmetic, data or overhead", source="largest of the three")
    crossing: int = quantity(r"T^*", "1", doc="from here on the LSTM is faster (0: at no length up to 131,072)", source="search over lengths")
    shown_samples: int = quantity("n", "1", doc="first samples of the timeline", source="24, or the whole record")
    shown_s: float = quantity("t_n", "s", doc="when the LSTM has done them in every layer", source=_LSTM)
    layers_done: int = quantity("k", "1", doc="transformer layers finished by then, for all samples", source=_ATTENTION)
    samples_meanwhile: int = quantity("m", "1", doc="samples that the LSTM has done in every layer when the transformer has finished", source=_LSTM)
    curve: tuple[tuple[int, float, float], ...] = series("s", doc="length, LSTM, transformer")
    cells: tuple[tuple[int, int, float, float], ...] = series("s", doc="layer, sample, start, end of the first cells")
    blocks: tuple[tuple[int, float, float], ...] = series("s", doc="layer, start, end of the transformer")
    sources: dict = sources()


@lru_cache(maxsize=1)
def accelerator() -> Accelerator:
    """The A100 of `layer_walk`: rate that products reach, bandwidth, fixed time of a kernel.

    >>> accelerator().rate_flop_per_s / 1e12
    187.2
    """
    entry = load("layer_walk.json")["devices"]["a100"]
    chip = catalog.device(entry["device"])
    where = {
        "cell_launch_s": source_of(entry["layer_s"]), "memory_bytes": chip.source("memory_bytes"),
        "rate_flop_per_s": chip.source("peak_flop_per_s"), "bandwidth_bytes_per_s": chip.source("memory_bandwidth_bytes_per_s"),
    }  # fmt: skip
    return Accelerator(chip.peak(entry["format"]) * entry["efficiency"]["value"], chip.bandwidth(), entry["layer_s"]["value"], chip.memory_bytes, where)


def race(length: int = 512, batch: int = 8, weights: str = "read", lanes: int = 1, scores: str = "stored") -> Race:
    """Both stacks over `batch` records of `length` samples (1 to 131,072); lanes 1 to 4, batch 1 to 65,536.

    Raises OutOfRange or WrongType otherwise. Source: Hochreiter and Schmidhuber 1997; Vaswani et al. 2017.

    >>> r = race(512, 8)
    >>> f"{r.lstm_s * 1e3:.1f} ms against {r.transformer_s * 1e3:.2f} ms: {r.speedup:.2f} times"
    '25.2 ms against 2.99 ms: 8.42 times'
    """
    return _race(
        whole("length", length, high=LONGEST), whole("batch", batch, high=65_536), one_of("weights", weights, WEIGHTS),
        whole("lanes", lanes, high=LAYERS), one_of("scores", scores, SCORES),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _race(length, batch, weights, lanes, scores) -> Race:
    chip = accelerator()
    cell, crossing, curve = _along(batch, weights, lanes, scores)
    layer = _layer(length, batch, scores)
    lstm, transformer = rounds(length, LAYERS, lanes) * cell.time_s, LAYERS * layer.time_s
    shown = min(SAMPLES_SHOWN, length)
    cells = staircase(shown, LAYERS, lanes, cell.time_s)
    end = cells[-1][3]
    flop = LAYERS * (layer.products_flop + layer.scores_flop)
    lstm_flop = cell.operations * length * LAYERS
    score_bytes = layer.score_bytes if scores == "stored" else 0.0
    meanwhile = length if transformer >= lstm else samples_done(length, LAYERS, lanes, int(transformer / cell.time_s))
    return Race(
        length=length, batch=batch, weights=weights, lanes=lanes, scores=scores, hidden=HIDDEN, layers=LAYERS, cell_arithmetic_s=cell.arithmetic_s,
        cell_data_s=cell.data_s, cell_launch_s=cell.launch_s, cell_s=cell.time_s, rounds=rounds(length, LAYERS, lanes), lstm_s=lstm,
        layer_s=layer.time_s, transformer_s=transformer, speedup=lstm / transformer, lstm_flop=lstm_flop, transformer_flop=flop,
        flop_ratio=flop / lstm_flop, lstm_steps=dependent_steps(length, LAYERS), transformer_steps=LAYERS, score_bytes=score_bytes,
        memory_bytes=chip.memory_bytes, fits=score_bytes <= chip.memory_bytes, binding=cell.binding, crossing=crossing, shown_samples=shown,
        shown_s=end, layers_done=min(LAYERS, int(end / layer.time_s + 1e-9)), samples_meanwhile=meanwhile, curve=curve, cells=cells,
        blocks=tuple((k + 1, k * layer.time_s, (k + 1) * layer.time_s) for k in range(LAYERS)),
        sources={name: chip.sources[name] for name in ("cell_launch_s", "memory_bytes")},
    )  # fmt: skip


@lru_cache(maxsize=64)
def _along(batch, weights, lanes, scores):
    """The cell, the length from which the LSTM is faster, and both times over all lengths."""
    chip = accelerator()
    cell = lstm_cell(HIDDEN, batch, chip.rate_flop_per_s, chip.bandwidth_bytes_per_s, chip.kernel_s, weights)
    lstm = lambda t: rounds(t, LAYERS, lanes) * cell.time_s  # noqa: E731 - used in three places
    transformer = lambda t: LAYERS * _layer(t, batch, scores).time_s  # noqa: E731
    curve = tuple((t, lstm(t), transformer(t)) for t in LENGTHS)
    ahead = [t for t, a, b in curve if b <= a]  # lengths at which the transformer is as fast
    if not ahead:
        return cell, 1, curve
    low, high = ahead[-1], 2 * ahead[-1]
    if high > LONGEST:
        return cell, 0, curve
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if transformer(middle) <= lstm(middle) else (low, middle)
    return cell, high, curve


@lru_cache(maxsize=2048)
def _layer(length, batch, scores):
    chip = accelerator()
    return attention_layer(HIDDEN, length, batch, chip.rate_flop_per_s, chip.bandwidth_bytes_per_s, chip.kernel_s, scores)


def at_speedup(result: Race, factor: float) -> float:
    """The time that the transformer would take, were it `factor` times as fast as the LSTM.

    >>> round(at_speedup(race(512, 8), 2.0) * 1e3, 1)
    12.6
    """
    instance("result", result, Race, "a Race")
    return result.lstm_s / single(positive, "factor", factor)
