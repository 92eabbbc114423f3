"""Bytes: training state, KV cache, files of quantised weights, activations."""

from __future__ import annotations

from mlsysim import catalog
from mlsysim.decoder import from_catalog, size
from mlsysim.kv_cache import kv_token
from mlsysim.training_memory import OPTIMIZER_BYTES, WEIGHT_BYTES, training_state
from mlsysim.transformer import Transformer, layer_activations

from validation.cases import Case, Unmodelled
from validation.common import device, shape, stated_parameters
from validation.families.training import guarded
from validation.family import Family

GIB = 2**30
STAGES = {"none": 0, "os": 1, "os+g": 2, "os+g+p": 3}
KIB = 1024
# Bits a weight of the mixed k-quants: six bits for half of value and output projections, four or five for the rest
MIXED_BITS = {"Q5_K_M": (5.5, 6.5625), "Q4_K_M": (4.5, 6.5625), "Q3_K_M": (3.4375, 5.5), "Q4_K_S": (4.5, 4.5), "Q5_K_S": (5.5, 5.5), "Q2_K": (2.5625, 3.4375)}
BLOCK_BITS = {"F16": 16.0, "Q8_0": 8.5, "Q6_K": 6.5625, "Q5_0": 5.5, "Q5_1": 6.0, "Q4_0": 4.5, "Q4_1": 5.0}


def state(case: Case) -> float:
    """GB of weights, gradients and optimiser on a device."""
    return training_state(case.need("params_b") * 1e9, case.get("dp", 1), STAGES[case.need("zero")]).state_bytes / 1e9


def cache(case: Case) -> float:
    """KV cache of a token or a request, GiB and KiB where the paper writes GB and KB."""
    hidden = case.need("hidden")
    token = kv_token(layers=case.need("layers"), kv_heads=case.get("kv_heads", 1), head_dim=hidden, value_bytes=2.0).token_bytes
    total = token * case.get("seq", 1)
    return total / {"KiB": KIB, "MiB": KIB**2, "GiB": GIB, "GB": 1e9, "MB": 1e6, "KB": KIB}[case.unit]


def file_size(case: Case) -> float:
    """GiB of a file of weights in blocks; mixed formats keep six bits in half of two matrices of each layer."""
    parameters, quant = case.need("params_b") * 1e9, case.need("quant")
    bits = case.get("bits_per_weight_block") or BLOCK_BITS.get(quant)
    if bits is None:
        if quant not in MIXED_BITS:
            raise Unmodelled(f"the block mix of {quant} is not known")
        low, high = MIXED_BITS[quant]
        model = shape("llama 7b")
        s = size(model)
        better = 0.5 * model.layers * (model.hidden**2 + model.hidden * model.ffn) + s.head_parameters  # values and feed-forward out; the head
        share = better / s.parameters
        bits = low * (1 - share) + high * share
    return parameters * bits / 8 / GIB


def weight_share(case: Case) -> float:
    """Share of a GPU's memory that the weights take, percent."""
    return 100 * WEIGHT_BYTES * stated_parameters(case) / device(case).memory_bytes


def selective(case: Case) -> float:
    """Activation memory that selective recomputation saves, percent."""
    model = Transformer("as published", 1, case.need("hidden"), case.need("heads"), case.need("seq"))
    return 100 * layer_activations(model, 1, "selective").scores_share


def checkpoint(case: Case) -> float:
    """Bytes a parameter of a checkpoint: 16-bit weights and 32-bit optimiser state, no gradients."""
    return WEIGHT_BYTES + OPTIMIZER_BYTES




def half_the_layers(case: Case) -> float:
    """Millions of parameters of BERT-base with six of its twelve layers, its embeddings whole."""
    teacher = catalog.model("bert_base")
    return size(from_catalog(teacher, layers=teacher.shape("layers") // 2)).parameters / 1e6


FAMILIES = (
    Family("Training state (ZeRO)", lambda c: "model-state memory" in c.metric, guarded(state)),
    Family("KV cache", lambda c: "KV cache per" in c.metric, guarded(cache)),
    Family("Quantised files", lambda c: c.metric == "model file size", guarded(file_size), formula=True,
           remark="Mixed formats: which tensors get more bits is recalled."),
    Family("Weights in a GPU", lambda c: "GPU memory used by weights" in c.metric, guarded(weight_share), formula=True),
    Family("Parameters of half the layers", lambda c: c.metric == "parameters" and "BERT-base" in str(c.get("teacher")), guarded(half_the_layers)),
    Family("Selective recomputation", lambda c: "saved by selective recompute" in c.metric, guarded(selective)),
    Family("Checkpoint size", lambda c: "checkpoint bytes per parameter" in c.metric, guarded(checkpoint)),
)  # fmt: skip
