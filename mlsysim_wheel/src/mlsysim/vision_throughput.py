"""Images a second of a convolutional network on a GPU, layer by layer: training, inference, small batches.

A convolution is a matrix product of batch·side² rows, kernel²·channels deep; normalisation, activation and shortcut are passes
over its output, and there is the time: they are bound by memory. An eager framework needs some tens of microseconds of the host
for each operation, which is all that a small batch waits for.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import kernels
from mlsysim.catalog_entries import BYTES_OF_FORMAT, Device
from mlsysim.convnet import DEPTHWISE, Network
from mlsysim.errors import flag, instance, one_of, whole
from mlsysim.quantity import quantity, sources

LAYOUTS = ("channels last", "channels first")
# Passes over a layer's output besides the convolution: (forward in training, backward, forward in inference).
NORM_PASSES = (5, 8, 4)  # statistics, normalise, activate; gradients of both, twice over the input; normalise, activate
SHORTCUT_PASSES = (3, 3, 3)  # two in, one out; the gradients of both branches added
WINOGRAD = 2.25  # fewer multiplications of a 3×3 convolution of stride 1 in plain fp32 (Lavin and Gray 2016)
TRANSPOSE_PASSES = 4  # of input and output of every convolution whose layout the tensor cores do not take
OPERATIONS_A_LAYER = 3  # convolution, normalisation, activation; under automatic mixed precision also a cast of the weights
_KERNELS = "sum of the kernels (mlsysim.kernels)"


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """One batch through a network."""

    network: str = quantity(r"\text{network}", "")
    batch: int = quantity("b", "1", doc="images")
    operations: float = quantity("O", "FLOP", source="two for a multiply-add; three times in training")
    convolutions_s: float = quantity("t_c", "s", source=_KERNELS)
    passes_s: float = quantity("t_e", "s", source=_KERNELS, doc="normalisation, activation, shortcuts, transposes")
    device_s: float = quantity("t_d", "s", formula=r"<convolutions_s> + <passes_s>", source="sum")
    host_s: float = quantity("t_h", "s", source="operations of the eager framework, each with a fixed time of the host", doc="zero when compiled")
    time_s: float = quantity("T", "s", formula=r"\max(<device_s>, <host_s>)", source="launches run ahead of the device")
    images_per_s: float = quantity(r"\text{rate}", "1/s", formula=r"\frac{<batch>}{<time_s>}", source="definition")
    binding: str = quantity(r"\text{binds}", "")
    sources: dict = sources()


def image_batch(
    network: Network, device: Device, batch: int, fmt: str = "fp16", *, training: bool = False, layout: str = "channels last", eager: bool = True
) -> ImageBatch:
    """Time of a batch. Activations and weights have the width of `fmt` (tf32 and fp32: four bytes).

    Errors: OutOfRange, UnknownName for a device without calibration.

    >>> from mlsysim import catalog, convnet
    >>> v100 = catalog.device("v100_sxm2_32gb")
    >>> [image_batch(convnet.resnet50(), v100, b).binding for b in (1, 256)]
    ['host', 'device']
    """
    instance("network", network, Network, "a Network of mlsysim.convnet")
    batch, one = whole("batch", batch, high=10**6), one_of("layout", layout, LAYOUTS)
    flag("training", training), flag("eager", eager)
    width = BYTES_OF_FORMAT.get(fmt, 0.0) if isinstance(fmt, str) else 0.0
    convolutions = moved = launches = 0.0
    last = len(network.layers) - 1
    for index, layer in enumerate(network.layers):
        rows, inner = batch * layer.side_out**2, max(1, layer.kernel**2 * layer.c_in // layer.groups)
        columns = layer.c_out // layer.groups if layer.groups > 1 else layer.c_out
        shape = kernels.product(rows, max(1, columns), inner, device, fmt, count=layer.groups)
        traffic = width * (batch * (layer.input_elements + layer.output_elements) + layer.weights)
        memory = kernels.stream(traffic, device, 0).time_s
        compute = shape.compute_s if layer.kind != DEPTHWISE else 0.0  # one channel at a time: plain arithmetic, bound by memory
        if fmt == "fp32" and layer.kernel == 3 and layer.side_in == layer.side_out and layer.groups == 1:
            compute /= WINOGRAD
        convolutions += (3 if training else 1) * (max(compute, memory) + shape.kernel_s)
        output = width * batch * layer.output_elements
        if index < last:
            ends_block = layer.block != network.layers[index + 1].block and layer.block > 0
            norm, short = NORM_PASSES, SHORTCUT_PASSES if ends_block else (0, 0, 0)
            passes = norm[0] + norm[1] + short[0] + short[1] if training else norm[2] + short[2]
            moved += passes * output
            launches += 5 if training else 2
        if one == "channels first" and fmt in ("tf32", "fp16", "bf16"):
            moved += TRANSPOSE_PASSES * (3 if training else 1) * width * batch * (layer.input_elements + layer.output_elements) / 2
    passes_s = kernels.stream(moved, device, int(launches)).time_s
    operations = OPERATIONS_A_LAYER + (1 if fmt in ("fp16", "bf16") else 0)
    host = kernels.software("eager_operation_s") * operations * len(network.layers) * (3 if training else 1) if eager else 0.0
    on_device = convolutions + passes_s
    time = max(on_device, host)
    return ImageBatch(
        network.name, batch, (6.0 if training else 2.0) * network.macs * batch, convolutions, passes_s, on_device, host, time, batch / time,
        "host" if host > on_device else "device",
    )
