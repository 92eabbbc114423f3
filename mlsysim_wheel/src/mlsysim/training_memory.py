"""Memory of a training step on one GPU: weights, gradients, optimiser state under ZeRO, and activations."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim.errors import one_of, positive, whole
from mlsysim.quantity import quantity, sources
from mlsysim.transformer import Transformer, layer_activations

ZERO_STAGES = (0, 1, 2, 3)
WEIGHT_BYTES, GRADIENT_BYTES, OPTIMIZER_BYTES = 2.0, 2.0, 12.0  # 16-bit twice; 32-bit master weights, momentum, variance
ZERO = "Rajbhandari et al. 2020"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What a GPU holds between steps with Adam in 16-bit mixed precision, and what it must exchange for it."""

    parameters: float = quantity("P", "1")
    gpus: int = quantity("N", "1", doc="data-parallel GPUs that share the state")
    stage: int = quantity(r"\text{ZeRO}", "1", doc="0 nothing, 1 optimiser, 2 and gradients, 3 and weights are divided")
    weight_shards: int = quantity("N_w", "1", source=ZERO, doc="GPUs that the weights are divided over")
    gradient_shards: int = quantity("N_g", "1", source=ZERO, doc="GPUs that the gradients are divided over")
    optimizer_shards: int = quantity("N_o", "1", source=ZERO, doc="GPUs that the optimiser state is divided over")
    weights_bytes: float = quantity("M_w", "B", formula=r"2 \cdot <parameters> / <weight_shards>", source=ZERO)
    gradients_bytes: float = quantity("M_g", "B", formula=r"2 \cdot <parameters> / <gradient_shards>", source=ZERO)
    optimizer_bytes: float = quantity("M_o", "B", formula=r"12 \cdot <parameters> / <optimizer_shards>", source=ZERO)
    state_bytes: float = quantity("M_s", "B", formula=r"<weights_bytes> + <gradients_bytes> + <optimizer_bytes>", source=ZERO)
    passes: int = quantity(
        "k", "1", source="reduce-scatter and all-gather once a step; stage 3 gathers the weights a second time", doc="times 2P bytes pass"
    )
    traffic_bytes: float = quantity(
        r"D_{vol}",
        "B",
        formula=r"2 \cdot <passes> \cdot <parameters> \cdot (<gpus> - 1)/<gpus>",
        source=ZERO,
        doc="sent by a GPU each step",
    )
    sources: dict = sources()


def training_state(parameters: float, gpus: int, stage: int) -> TrainingState:
    """Bytes of training state on each of `gpus` data-parallel GPUs under a ZeRO stage, and traffic of a step.

    16 bytes a parameter in all: stage 0 keeps 16P, stage 1 4P + 12P/N, stage 2 2P + 14P/N, stage 3 16P/N. The traffic
    is 4P(N−1)/N, with stage 3 6P(N−1)/N. Errors: OutOfRange for what is not positive, an unknown stage.
    Source: Rajbhandari et al. 2020, section 5 and 7.

    >>> [round(training_state(7.5e9, 64, stage).state_bytes / 1e9, 2) for stage in (0, 1, 2, 3)]
    [120.0, 31.41, 16.64, 1.88]
    """
    parameters = positive("parameters", parameters, high=1e30)
    gpus = whole("gpus", gpus)
    stage = one_of("stage", stage, ZERO_STAGES)
    split_w, split_g, split_o = (gpus if stage >= from_stage else 1 for from_stage in (3, 2, 1))
    weights = WEIGHT_BYTES * parameters / split_w
    gradients = GRADIENT_BYTES * parameters / split_g
    optimizer = OPTIMIZER_BYTES * parameters / split_o
    passes = 3 if stage == 3 else 2
    return TrainingState(
        parameters=parameters,
        gpus=gpus,
        stage=stage,
        weight_shards=split_w,
        gradient_shards=split_g,
        optimizer_shards=split_o,
        weights_bytes=weights,
        gradients_bytes=gradients,
        optimizer_bytes=optimizer,
        state_bytes=weights + gradients + optimizer,
        passes=passes,
        traffic_bytes=WEIGHT_BYTES * passes * parameters * (gpus - 1) / gpus,
    )


@dataclass(frozen=True, slots=True)
class ActivationMemory:
    """Activations on one GPU at the peak of a step."""

    layers_on_gpu: float = quantity("l", "1")
    in_flight: float = quantity("f", "1", doc="microbatches whose backward pass is still to come")
    kept_bytes: float = quantity(r"A_{kept}", "B", source="see layer_activations", doc="a layer and microbatch")
    working_bytes: float = quantity(r"A_{work}", "B", source="see layer_activations", doc="the layer that is being recomputed")
    activation_bytes: float = quantity(
        "A", "B", formula=r"<kept_bytes> \cdot <layers_on_gpu> \cdot <in_flight> + <working_bytes>", source="Korthikanti et al. 2023"
    )
    sources: dict = sources()


def activation_memory(
    model: Transformer,
    microbatch: float,
    recomputation: str = "full",
    *,
    layers_on_gpu: float | None = None,
    in_flight: float = 1.0,
    tensor: int = 1,
) -> ActivationMemory:
    """Activation bytes of a GPU that holds `layers_on_gpu` layers (all by default) for `in_flight` microbatches.

    Errors: OutOfRange for what is not positive. Source: Korthikanti et al. 2023.

    >>> m = Transformer("175B", 96, 12288, 96)
    >>> f"{activation_memory(m, 1).activation_bytes / 1e9:.3g} GB with full recomputation"
    '7.7 GB with full recomputation'
    """
    layer = layer_activations(model, microbatch, recomputation, tensor)
    layers = float(model.layers) if layers_on_gpu is None else positive("layers_on_gpu", layers_on_gpu, high=model.layers)
    in_flight = positive("in_flight", in_flight, high=1e12)
    return ActivationMemory(
        layers_on_gpu=layers,
        in_flight=in_flight,
        kept_bytes=layer.kept_bytes,
        working_bytes=layer.working_bytes,
        activation_bytes=layer.kept_bytes * layers * in_flight + layer.working_bytes,
    )
