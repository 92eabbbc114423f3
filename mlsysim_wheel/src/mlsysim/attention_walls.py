"""Two quadratic walls of attention: where its scores take half of the arithmetic, and where half of the memory.

Both grow with the square of the sequence, and both stand beside something that grows linearly; only the constants differ.
Source: Korthikanti et al. 2023 (activations); Dao et al. 2022 (scores that are never stored).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._single import single
from mlsysim.errors import named, number, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.transformer import KORTHIKANTI, Transformer, layer_activations, training_work

MODELS = {"small": (768, 12, 12), "large": (4096, 32, 32), "huge": (12_288, 96, 96)}  # width, heads, layers
SCORES = ("stored", "tiled")
CARD_BYTES = 80e9
LONGEST = 1 << 20
LENGTHS = tuple(2 ** (7 + i / 4) for i in range(41))  # 128 to 131,072
_SC21 = "Narayanan et al., SC21, equation 3"


@dataclass(frozen=True, slots=True)
class Walls:
    """One sequence in training: shares of arithmetic and memory that go to the scores, and what is kept for backward."""

    tokens: int = quantity("s", "tokens")
    hidden: int = quantity("h", "1")
    heads: int = quantity("a", "1")
    layers: int = quantity("L", "1")
    scores: str = quantity(r"\text{scores}", "", doc="stored or tiled")
    arithmetic_share: float = quantity("f_O", "share", formula=r"\frac{<tokens>}{6 \cdot <hidden> + <tokens>}", source=_SC21, doc="of the arithmetic")
    memory_share: float = quantity("f_M", "share", doc="of the kept values, were the scores stored", source=KORTHIKANTI)
    half_arithmetic_tokens: float = quantity(r"s_O", "tokens", formula=r"6 \cdot <hidden>", source=_SC21, doc="scores take half of the arithmetic")
    half_memory_tokens: float = quantity(
        r"s_M", "tokens", formula=r"\frac{34 \cdot <hidden>}{5 \cdot <heads>}", source=KORTHIKANTI, doc="scores take half of the memory"
    )
    apart: float = quantity("r", "×", formula=r"\frac{<half_arithmetic_tokens>}{<half_memory_tokens>}", source="definition")
    linear_bytes: float = quantity("M_l", "B", formula=r"34 \cdot <tokens> \cdot <hidden> \cdot <layers>", source=KORTHIKANTI, doc="of all layers")
    scores_bytes: float = quantity("M_s", "B", formula=r"5 \cdot <heads> \cdot <tokens>^2 \cdot <layers>", source=KORTHIKANTI, doc="all layers, if stored")
    memory_bytes: float = quantity("M", "B", doc="kept for backward: without the scores when tiled", source=KORTHIKANTI)
    card_bytes: float = quantity(r"\mathrm{cap}", "B", doc="one card; weights and optimizer would need room beside", source="80 GB")
    fits: bool = quantity(r"\text{fits}", "")
    longest_stored: int = quantity(r"s_{max}", "tokens", doc="longest sequence that fits with stored scores", source=KORTHIKANTI)
    longest_tiled: int = quantity(r"s'_{max}", "tokens", doc="longest that fits with tiled scores", source=KORTHIKANTI)
    saving: str = quantity(r"\text{saving}", "", doc="of the memory, without stored scores: little (below 1/3), middle, or much (above 2/3)")
    curve: tuple[tuple[float, float, float], ...] = series("share", doc="tokens, share of the arithmetic, share of the memory were scores stored")
    memory_curve: tuple[tuple[float, float, float], ...] = series("B", doc="tokens, memory with stored scores, with tiled scores")
    sources: dict = sources()


def walls(tokens: int = 2048, model: str = "large", scores: str = "stored") -> Walls:
    """Shares and memory at a sequence length (1 to 1,048,576) for small (768 wide), large (4,096) or huge (12,288).

    Arithmetic counts the products of forward and backward, memory the 16-bit values kept for backward, one sequence.
    Raises UnknownName or OutOfRange otherwise. Source: Korthikanti et al. 2023; Narayanan et al., SC21.

    >>> r = walls(2048, "large")
    >>> f"half of the memory at {r.half_memory_tokens:.0f}, of the arithmetic at {r.half_arithmetic_tokens:.0f}: {r.memory_bytes / 1e9:.1f} GB"
    'half of the memory at 870, of the arithmetic at 24576: 30.6 GB'
    """
    named("model", model, MODELS)
    return _walls(whole("tokens", tokens, high=LONGEST), model, one_of("scores", scores, SCORES))


def tokens_at_share(hidden: int, share) -> float:
    """Tokens at which the scores take this share of the arithmetic: s = 6h·x/(1 − x).

    >>> tokens_at_share(4096, 0.5)
    24576.0
    """
    x = single(number, "share", positive("share", share), high=0.999999)
    return 6.0 * whole("hidden", hidden, high=10**6) * x / (1 - x)


@lru_cache(maxsize=512)
def _walls(tokens: int, model: str, scores: str) -> Walls:
    h, a, n = MODELS[model]
    share, linear, pairs = _at(tokens, model)
    half_arithmetic, half_memory = tokens_at_share(h, 0.5), 34.0 * h / (5 * a)
    memory_share = pairs / (linear + pairs)
    memory = linear + (pairs if scores == "stored" else 0.0)
    per_token, per_pair = linear / tokens, pairs / tokens**2
    stored = (-per_token + (per_token**2 + 4 * per_pair * CARD_BYTES) ** 0.5) / (2 * per_pair)
    curve, memory_curve = _curves(model)
    return Walls(
        tokens=tokens, hidden=h, heads=a, layers=n, scores=scores, arithmetic_share=share, memory_share=memory_share,
        half_arithmetic_tokens=half_arithmetic, half_memory_tokens=half_memory, apart=half_arithmetic / half_memory, linear_bytes=linear,
        scores_bytes=pairs, memory_bytes=memory, card_bytes=CARD_BYTES, fits=memory <= CARD_BYTES, longest_stored=int(stored),
        longest_tiled=int(CARD_BYTES / per_token), saving="little" if memory_share < 1 / 3 else "much" if memory_share > 2 / 3 else "middle",
        curve=curve, memory_curve=memory_curve,
    )  # fmt: skip


def _at(tokens: int, model: str) -> tuple[float, float, float]:
    """Share of the arithmetic, bytes without scores, bytes of the scores."""
    h, a, n = MODELS[model]
    shape = Transformer(model, n, h, a, sequence=tokens)
    kept = layer_activations(shape, 1, "none")
    return training_work(shape, 1).attention_share, n * kept.linear_bytes, n * kept.scores_bytes


@lru_cache(maxsize=4)
def _curves(model: str):
    found = [(float(t), *_at(t, model)) for t in dict.fromkeys(round(t) for t in LENGTHS)]
    return tuple((t, o, s / (m + s)) for t, o, m, s in found), tuple((t, m + s, m) for t, _, m, s in found)
