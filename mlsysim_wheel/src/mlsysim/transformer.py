"""Decoder-only transformers: parameters, arithmetic of a training step, activations of a layer.

Counted are matrix products (two FLOP a multiply-add), as the literature does; elementwise work is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.errors import OutOfRange, WrongType, instance, one_of, positive, whole
from mlsysim.quantity import quantity, sources

RECOMPUTATION = ("none", "selective", "full")
SC21 = "Narayanan et al., SC21"
KORTHIKANTI = "Korthikanti et al. 2023"


@dataclass(frozen=True, slots=True)
class Transformer:
    """A GPT-style stack: `layers` of width `hidden` with `heads` attention heads and a tied output head.

    `nominal_parameters` is the rounded count in a model's name, for comparisons with tables that use it.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    sequence: int = 2048
    vocabulary: int = 51_200
    nominal_parameters: float | None = None

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise WrongType(f"name is {self.name!r}, but must be a word.")
        for field in ("layers", "hidden", "heads", "sequence", "vocabulary"):
            object.__setattr__(self, field, whole(field, getattr(self, field), high=10**8))
        if self.hidden % self.heads:
            raise OutOfRange(f"heads is {self.heads}, but must divide the hidden width {self.hidden}.")
        if self.nominal_parameters is not None:
            positive("nominal_parameters", self.nominal_parameters)


def as_transformer(model) -> Transformer:
    """The model itself, or an error that says what was expected."""
    instance("model", model, Transformer, "a Transformer")
    return model


def parameters(model: Transformer) -> float:
    """Parameters P = 12Lh²(1 + 13/(12h)) + Vh: attention, feed-forward, norms and biases, tied embeddings.

    Position embeddings (sh, below 0.1 %) are left out. Source: Narayanan et al., SC21, equation 2.

    >>> f"{parameters(Transformer('175B', 96, 12288, 96)):.4g}"
    '1.746e+11'
    """
    m = as_transformer(model)
    return 12.0 * m.layers * m.hidden**2 * (1 + 13 / (12 * m.hidden)) + m.vocabulary * m.hidden


@dataclass(frozen=True, slots=True)
class TrainingWork:
    """Arithmetic of one training step over a batch of sequences."""

    batch: float = quantity("B", "1", doc="sequences a step")
    layers: int = quantity("L", "1")
    hidden: int = quantity("h", "1")
    sequence: int = quantity("s", "1", doc="tokens a sequence")
    vocabulary: int = quantity("V", "1")
    recomputation: str = quantity(r"\text{recomputation}", "")
    matrix_flop: float = quantity(
        r"F_{mat}",
        "FLOP",
        formula=r"72 \cdot <batch> \cdot <sequence> \cdot <layers> \cdot <hidden>^2",
        source=SC21,
        doc="weight products of the layers",
    )
    attention_flop: float = quantity(
        r"F_{att}",
        "FLOP",
        formula=r"12 \cdot <batch> \cdot <sequence>^2 \cdot <layers> \cdot <hidden>",
        source=SC21,
        doc="scores, and scores times values",
    )
    head_flop: float = quantity(
        r"F_{head}", "FLOP", formula=r"6 \cdot <batch> \cdot <sequence> \cdot <hidden> \cdot <vocabulary>", source=SC21, doc="logits"
    )
    model_flop: float = quantity(
        "F", "FLOP", formula=r"<matrix_flop> + <attention_flop> + <head_flop>", source=SC21, doc="forward and backward, nothing twice"
    )
    recomputed_flop: float = quantity(
        r"F_{re}", "FLOP", source="full: one more forward pass of the layers, a third of their model FLOP; selective: of attention only"
    )
    hardware_flop: float = quantity(r"F_{hw}", "FLOP", formula=r"<model_flop> + <recomputed_flop>", source=SC21, doc="what the devices do")
    attention_share: float = quantity(
        r"F_{att}/F_{layers}", "share", formula=r"\frac{<attention_flop>}{<matrix_flop> + <attention_flop>}", source="s/(6h + s)"
    )
    sources: dict = sources()


def training_work(model: Transformer, batch, recomputation: str = "full") -> TrainingWork:
    """FLOP of a training step over `batch` sequences; a batch may be fractional (a mean a device) or an array.

    Full recomputation repeats the forward pass of the layers: hardware FLOP 96BsLh²(1 + s/(6h) + V/(16Lh)).
    Selective recomputation repeats the attention core alone: 4Bs²Lh more.
    Errors: OutOfRange for a batch that is not positive or an unknown mode. Source: Narayanan et al., SC21, equation 3;
    Korthikanti et al. 2023.

    >>> work = training_work(Transformer("175B", 96, 12288, 96), 1536)
    >>> f"{work.hardware_flop:.3g}"
    '4.51e+18'
    """
    m = as_transformer(model)
    batch = positive("batch", batch, high=1e12)
    one_of("recomputation", recomputation, RECOMPUTATION)
    matrix = 72.0 * batch * m.sequence * m.layers * m.hidden**2
    attention = 12.0 * batch * m.sequence**2 * m.layers * m.hidden
    head = 6.0 * batch * m.sequence * m.hidden * m.vocabulary
    again = (matrix + attention) / 3 if recomputation == "full" else (attention / 3 if recomputation == "selective" else 0.0 * attention)
    model_flop = matrix + attention + head
    return TrainingWork(
        batch=batch,
        layers=m.layers,
        hidden=m.hidden,
        sequence=m.sequence,
        vocabulary=m.vocabulary,
        recomputation=recomputation,
        matrix_flop=matrix,
        attention_flop=attention,
        head_flop=head,
        model_flop=model_flop,
        recomputed_flop=again,
        hardware_flop=model_flop + again,
        attention_share=attention / (matrix + attention),
    )


@dataclass(frozen=True, slots=True)
class LayerActivations:
    """16-bit activations of one layer for one microbatch on one GPU."""

    microbatch: float = quantity("b", "1", doc="sequences")
    hidden: int = quantity("h", "1")
    heads: int = quantity("a", "1")
    sequence: int = quantity("s", "1")
    tensor: int = quantity("t", "1", doc="GPUs that share the layer, with sequence parallelism")
    recomputation: str = quantity(r"\text{recomputation}", "")
    linear_bytes: float = quantity(
        r"A_{lin}",
        "B",
        formula=r"34 \cdot <sequence> \cdot <microbatch> \cdot <hidden> / <tensor>",
        source=KORTHIKANTI,
        doc="inputs of products, masks, norms",
    )
    scores_bytes: float = quantity(
        r"A_{att}",
        "B",
        formula=r"5 \cdot <heads> \cdot <sequence>^2 \cdot <microbatch> / <tensor>",
        source=KORTHIKANTI,
        doc="stored attention scores",
    )
    input_bytes: float = quantity(
        r"A_{in}", "B", formula=r"2 \cdot <sequence> \cdot <microbatch> \cdot <hidden>", source=KORTHIKANTI, doc="layer input"
    )
    full_bytes: float = quantity(r"A", "B", formula=r"<linear_bytes> + <scores_bytes>", source=KORTHIKANTI, doc="all that backward needs")
    kept_bytes: float = quantity(
        r"A_{kept}",
        "B",
        source="none: all; selective: all but the scores; full: the layer input on every GPU",
        doc="from forward to backward",
    )
    working_bytes: float = quantity(
        r"A_{work}", "B", source="full recomputation: the one layer that is being repeated", doc="on top, one layer at a time"
    )
    scores_share: float = quantity(r"A_{att}/A", "share", formula=r"\frac{<scores_bytes>}{<full_bytes>}", source=KORTHIKANTI)
    sources: dict = sources()


def layer_activations(model: Transformer, microbatch, recomputation: str = "full", tensor: int = 1) -> LayerActivations:
    """Bytes that one layer keeps for its backward pass: sbh(34 + 5as/h) in all, less with recomputation.

    With `tensor` GPUs a layer, sequence parallelism divides everything but the layer inputs that full recomputation
    keeps. The recomputed scores of the selective mode (one layer, freed at once) are not counted.
    Errors: OutOfRange for a microbatch that is not positive, or a `tensor` that does not divide the heads.
    Source: Korthikanti et al. 2023, equations 1 to 6.

    >>> a = layer_activations(Transformer("175B", 96, 12288, 96), 1, "none")
    >>> f"{a.full_bytes / 1e9:.3g} GB, of which scores {a.scores_share:.0%}"
    '2.87 GB, of which scores 70%'
    """
    m = as_transformer(model)
    microbatch = positive("microbatch", microbatch, high=1e12)
    one_of("recomputation", recomputation, RECOMPUTATION)
    tensor = whole("tensor", tensor, high=10**6)
    if m.heads % tensor:
        raise OutOfRange(f"tensor is {tensor}, but must divide the {m.heads} attention heads.")
    linear = 34.0 * m.sequence * microbatch * m.hidden / tensor
    scores = 5.0 * m.heads * m.sequence**2 * microbatch / tensor
    inputs = 2.0 * m.sequence * microbatch * m.hidden
    full = linear + scores
    if recomputation == "full":
        kept, working = inputs, full
    else:
        kept, working = (linear if recomputation == "selective" else full), 0.0 * full
    return LayerActivations(
        microbatch=microbatch,
        hidden=m.hidden,
        heads=m.heads,
        sequence=m.sequence,
        tensor=tensor,
        recomputation=recomputation,
        linear_bytes=linear,
        scores_bytes=scores,
        input_bytes=inputs,
        full_bytes=full,
        kept_bytes=kept,
        working_bytes=working,
        scores_share=scores / full,
    )
