"""Language models of any common shape: grouped queries, gated feed-forward, experts, compressed keys and values.

`transformer` has the GPT shape of the training literature in closed form; here a layer is the list of its matrix products,
from which parameters, FLOP and the bytes of the KV cache follow for every shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.catalog_entries import Model
from mlsysim.errors import OutOfRange, WrongType, flag, instance, positive, whole
from mlsysim.quantity import quantity, sources

ASPECT = 128.0  # hidden width over layers of dense models from 1 to 400 billion parameters (Llama 128 to 160, GPT-3 128)
_DEFINITION = "sum over the weight matrices"


@dataclass(frozen=True, slots=True)
class Decoder:
    """The shape of a decoder. `kv_heads` 0 means as many as heads, `head_dim` 0 hidden/heads, `ffn` 0 four times hidden.

    `latent` is the width of what a layer caches a token with compressed keys and values (MLA), 0 without. With experts, each
    of `experts` has the width `ffn` and a token visits `active_experts` of them.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int = 0
    head_dim: int = 0
    ffn: int = 0
    vocabulary: int = 50_257
    gated: bool = False
    tied: bool = True
    experts: int = 1
    active_experts: int = 1
    latent: int = 0

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise WrongType(f"name is {self.name!r}, but must be a word.")
        put = object.__setattr__
        for key in ("layers", "hidden", "heads", "vocabulary", "experts", "active_experts"):
            put(self, key, whole(key, getattr(self, key), high=10**8))
        for key, usual in (("kv_heads", self.heads), ("head_dim", self.hidden // self.heads), ("ffn", 4 * self.hidden)):
            put(self, key, whole(key, getattr(self, key), low=0, high=10**8) or usual)
        put(self, "latent", whole("latent", self.latent, low=0, high=10**6))
        flag("gated", self.gated), flag("tied", self.tied)
        if self.heads % self.kv_heads:
            raise OutOfRange(f"kv_heads is {self.kv_heads}, but must divide the {self.heads} attention heads.")
        if self.active_experts > self.experts:
            raise OutOfRange(f"active_experts is {self.active_experts}, but there are {self.experts} experts.")
        if self.head_dim < 1:
            raise OutOfRange(f"heads is {self.heads}, but must be at most the hidden width {self.hidden}.")

    @property
    def products(self) -> tuple[tuple[str, int, int], ...]:
        """Weight matrices of a layer that one token meets as (name, outputs, inputs): attention, then feed-forward."""
        query = self.heads * self.head_dim
        out = [("queries, keys, values", query + 2 * self.kv_heads * self.head_dim, self.hidden), ("attention output", self.hidden, query)]
        for _ in range(self.active_experts):
            out += [("feed-forward in", (2 if self.gated else 1) * self.ffn, self.hidden), ("feed-forward out", self.hidden, self.ffn)]
        return tuple(out)


def as_decoder(model) -> Decoder:
    """The decoder itself, or an error that says what was expected."""
    instance("model", model, Decoder, "a Decoder")
    return model


def from_catalog(model: Model, **more) -> Decoder:
    """The shape of a transformer of the catalog. `more` overrides fields. Errors: OutOfRange if it states no architecture.

    >>> from mlsysim import catalog
    >>> f"{size(from_catalog(catalog.model('llama2_70b'), gated=True, tied=False)).parameters / 1e9:.1f}"
    '69.0'
    """
    instance("model", model, Model, "a Model of the catalog")
    heads, hidden = model.shape("heads"), model.shape("hidden")
    shape = model.architecture
    fields = dict(
        layers=model.shape("layers"), hidden=hidden, heads=heads, kv_heads=shape.get("kv_heads", heads),
        head_dim=shape.get("head_dim", hidden // heads), ffn=shape.get("ffn", 4 * hidden), vocabulary=model.shape("vocab"),
    )  # fmt: skip
    return Decoder(model.title, **{**fields, **more})


def typical_shape(parameters: float, vocabulary: int = 50_257, name: str = "typical") -> Decoder:
    """A dense decoder of about `parameters`, where only the count is known: hidden width 128 times the layers, 128 a head.

    Solves N = 12·L·h² with h = 128·L. Errors: OutOfRange below 1e7. Source: the shapes of GPT-3 and Llama (ASPECT).

    >>> typical_shape(6.7e9).layers, typical_shape(6.7e9).hidden
    (32, 4224)
    """
    if single(positive, "parameters", parameters, high=1e15) < 1e7:
        raise OutOfRange(f"parameters is {parameters!r}, but must be at least 1e7: smaller models have no typical shape.")
    layers = max(2, round((parameters / (12 * ASPECT**2)) ** (1 / 3)))
    hidden = max(128, round((parameters / (12 * layers)) ** 0.5 / 128) * 128)
    return Decoder(name, layers, hidden, hidden // 128, vocabulary=vocabulary)


@dataclass(frozen=True, slots=True)
class DecoderSize:
    """Parameters of a decoder, what a token computes with, and what it leaves in the cache."""

    layers: int = quantity("L", "1")
    attention_parameters: float = quantity("P_a", "1", source=_DEFINITION, doc="of a layer")
    feed_forward_parameters: float = quantity("P_f", "1", source=_DEFINITION, doc="of a layer, all experts")
    active_feed_forward_parameters: float = quantity("P_{fa}", "1", source=_DEFINITION, doc="of a layer, those that a token visits")
    head_parameters: float = quantity("P_h", "1", source="vocabulary times hidden width", doc="output head")
    embedding_parameters: float = quantity("P_e", "1", source="as the head, or none of its own when tied")
    parameters: float = quantity(
        "P", "1", source="sum", formula=r"<layers> \cdot (<attention_parameters> + <feed_forward_parameters>) + <head_parameters>"
        r" + <embedding_parameters>",
    )  # fmt: skip
    active_parameters: float = quantity(
        r"P_{act}", "1", source="sum", doc="met by a token, embedding table left out",
        formula=r"<layers> \cdot (<attention_parameters> + <active_feed_forward_parameters>) + <head_parameters>",
    )  # fmt: skip
    token_flop: float = quantity("F_1", "FLOP", formula=r"2 \cdot <active_parameters>", source="two a multiply-add", doc="forward, scores left out")
    cached_values: float = quantity("c", "1", source="2·h_kv·d a layer (Kwon et al. 2023), or the latent width (DeepSeek-V2)", doc="a token")
    sources: dict = sources()


def size(model: Decoder) -> DecoderSize:
    """Parameters, active parameters, FLOP of a token, cached values of a token. Norms and biases (below 0.1 %) are left out.

    >>> s = size(Decoder("Mixtral 8x7B", 32, 4096, 32, kv_heads=8, ffn=14336, vocabulary=32000, gated=True, tied=False, experts=8, active_experts=2))
    >>> f"{s.parameters / 1e9:.1f} of which {s.active_parameters / 1e9:.1f}"
    '46.7 of which 12.7'
    """
    m = as_decoder(model)
    query = m.heads * m.head_dim
    attention = float(m.hidden) * (2 * query + 2 * m.kv_heads * m.head_dim)
    expert = (3.0 if m.gated else 2.0) * m.hidden * m.ffn
    head = float(m.vocabulary) * m.hidden
    own = 0.0 if m.tied else head
    active = m.layers * (attention + m.active_experts * expert) + head
    return DecoderSize(
        layers=m.layers,
        attention_parameters=attention,
        feed_forward_parameters=m.experts * expert,
        active_feed_forward_parameters=m.active_experts * expert,
        head_parameters=head,
        embedding_parameters=own,
        parameters=m.layers * (attention + m.experts * expert) + head + own,
        active_parameters=active,
        token_flop=2.0 * active,
        cached_values=float(m.layers * (m.latent or 2 * m.kv_heads * m.head_dim)),
    )
