"""One transformer layer over a whole sequence on a device: its products, its scores, and the memory of the scores.

Every sample is there from the start, so the layer is a few large products. Scores are either stored (every pair of
samples a number, written and read) or tiled (they stay on the chip). Source: Vaswani et al. 2017; Dao et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import OutOfRange, non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, sources

SCORES = ("stored", "tiled")
HEAD_WIDTH = 64
KERNELS = 12  # launches a layer, none fused but the scores (illustrative)
_PRODUCTS = "four projections and a feed-forward of four widths: Vaswani et al. 2017"
_TRAFFIC = "32 bytes a sample and unit of width, illustrative"


@dataclass(frozen=True, slots=True)
class AttentionLayer:
    """Forward pass of one layer over a batch of sequences, in 16-bit numbers."""

    hidden: int = quantity("h", "1")
    heads: int = quantity("a", "1", doc="64 wide each", source="h / 64")
    length: int = quantity("T", "1", doc="samples of a sequence")
    batch: int = quantity("B", "1", doc="sequences at once")
    scores: str = quantity(r"\text{scores}", "", doc="stored, or tiled on the chip")
    rate_flop_per_s: float = quantity(r"R\eta", "FLOP/s", doc="that products reach")
    bandwidth_bytes_per_s: float = quantity(r"\mathrm{BW}", "B/s")
    products_flop: float = quantity("O_w", "FLOP", formula=r"24 \cdot <hidden>^2 \cdot <length> \cdot <batch>", source=_PRODUCTS)
    scores_flop: float = quantity("O_s", "FLOP", formula=r"4 \cdot <length>^2 \cdot <hidden> \cdot <batch>", source="Vaswani et al. 2017: every pair, twice")
    score_bytes: float = quantity("M_s", "B", formula=r"2 \cdot <heads> \cdot <length>^2 \cdot <batch>", doc="one layer, if stored")
    products_bytes: float = quantity("D_w", "B", formula=r"24 \cdot <hidden>^2 + 32 \cdot <hidden> \cdot <length> \cdot <batch>", source=_TRAFFIC)
    scores_traffic_bytes: float = quantity("D_s", "B", doc="8hTB, and four passes over stored scores", source="Dao et al. 2022")
    products_s: float = quantity(
        "t_w", "s", formula=r"\max\left(\frac{<products_flop>}{<rate_flop_per_s>}, \frac{<products_bytes>}{<bandwidth_bytes_per_s>}\right)", source="roofline"
    )
    scores_s: float = quantity(
        "t_s", "s", formula=r"\max\left(\frac{<scores_flop>}{<rate_flop_per_s>}, \frac{<scores_traffic_bytes>}{<bandwidth_bytes_per_s>}\right)",
        source="roofline",
    )
    launch_s: float = quantity("t_L", "s", doc="fixed time of the kernels of a layer", source="12 kernels a layer, illustrative")
    time_s: float = quantity("t", "s", formula="<products_s> + <scores_s> + <launch_s>", source="one after the other")
    sources: dict = sources()


def attention_layer(hidden: int, length: int, batch: int, rate_flop_per_s, bandwidth_bytes_per_s, kernel_s, scores: str = "stored") -> AttentionLayer:
    """Time of one layer; `kernel_s` is the fixed time of one kernel, `scores` stored or tiled.

    The width must be a multiple of 64. Raises OutOfRange or WrongType otherwise. Source: Vaswani et al. 2017; Dao et al. 2022.

    >>> layer = attention_layer(1024, 512, 8, 312e12 * 0.6, 2.039e12, 4e-6)
    >>> round(4 * layer.time_s * 1e3, 2)
    2.99
    """
    h, t, n = whole("hidden", hidden, high=10**6), whole("length", length), whole("batch", batch, high=10**7)
    if h % HEAD_WIDTH:
        raise OutOfRange(f"hidden is {h}, but must be a multiple of {HEAD_WIDTH}.")
    rate, bandwidth = single(positive, "rate_flop_per_s", rate_flop_per_s), single(positive, "bandwidth_bytes_per_s", bandwidth_bytes_per_s)
    kernel, stored = single(non_negative, "kernel_s", kernel_s), one_of("scores", scores, SCORES) == "stored"
    heads, tokens = h // HEAD_WIDTH, float(t) * n
    products, products_bytes = 24.0 * h * h * tokens, 24.0 * h * h + 32.0 * h * tokens
    pairs, score_bytes = 4.0 * h * t * tokens, 2.0 * heads * t * tokens
    moved = 8.0 * h * tokens + (4 * score_bytes if stored else 0.0)
    products_s, scores_s = max(products / rate, products_bytes / bandwidth), max(pairs / rate, moved / bandwidth)
    return AttentionLayer(
        hidden=h, heads=heads, length=t, batch=n, scores=scores, rate_flop_per_s=rate, bandwidth_bytes_per_s=bandwidth, products_flop=products,
        scores_flop=pairs, score_bytes=score_bytes, products_bytes=products_bytes, scores_traffic_bytes=moved, products_s=products_s, scores_s=scores_s,
        launch_s=KERNELS * kernel, time_s=products_s + scores_s + KERNELS * kernel,
    )  # fmt: skip


def attention_parameters(hidden: int, layers: int) -> int:
    """Weights of a stack, biases, norms and embeddings left out: 12h²L.

    >>> attention_parameters(1024, 4) / 1e6
    50.331648
    """
    return 12 * whole("hidden", hidden, high=10**6) ** 2 * whole("layers", layers, high=10**4)
