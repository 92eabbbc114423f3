"""All families, in the order in which they are asked."""

from validation.families import decode, edge, energy, formulas, memory, network, one_gpu, outside, runs, training, vision

FAMILIES = (
    *one_gpu.FAMILIES, *training.FAMILIES, *runs.FAMILIES, *vision.FAMILIES, *decode.FAMILIES, *edge.FAMILIES, *memory.FAMILIES, *network.FAMILIES,
    *energy.FAMILIES, *formulas.FAMILIES, *outside.FAMILIES,
)  # fmt: skip
