"""Convolutional networks, layer by layer: multiply-adds, weights, activations.

One layer list serves every question: what a network computes, what it stores, and how it maps onto an accelerator.
Biases of convolutions are folded away; pooling, activations and shortcut additions have no weights and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load
from mlsysim.errors import OutOfRange, UnknownName, flag, instance, number, one_of, whole
from mlsysim.quantity import quantity, series, sources

DEPTHWISE, POINTWISE, CONV, FC = "depthwise", "pointwise", "conv", "fc"
MOBILENET_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
MOBILENET_V2_BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
RESNET50_STAGES = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))
VGG16_STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_HOWARD = "Howard et al. 2017 (MobileNets), Table 1"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a convolutional network at batch 1 (a fully connected layer is a convolution of a 1×1 image)."""

    name: str = quantity(r"\text{layer}", "")
    kind: str = quantity(r"\text{kind}", "")
    kernel: int = quantity("k", "1", doc="side of the kernel")
    c_in: int = quantity("c_{in}", "1", doc="input channels")
    c_out: int = quantity("c_{out}", "1", doc="output channels")
    groups: int = quantity(
        "g", "1", doc="groups of channels that do not mix; all of them in a depthwise layer", source="1, or the channels of a depthwise layer"
    )
    side_in: int = quantity("h_{in}", "1", doc="side of the input image")
    side_out: int = quantity("h_{out}", "1", doc="side of the output image")
    extra_per_output: int = quantity("e", "1", doc="parameters an output channel besides the kernel (normalisation 2, bias 1)")
    macs: int = quantity("O", "MAC", formula=r"<kernel>^2\cdot\frac{<c_in>}{<groups>}\cdot<c_out>\cdot<side_out>^2", source=_HOWARD)
    kernel_weights: int = quantity("W_k", "1", formula=r"<kernel>^2\cdot\frac{<c_in>}{<groups>}\cdot<c_out>", source=_HOWARD)
    weights: int = quantity("W", "1", formula="<kernel_weights> + <extra_per_output>\\cdot<c_out>", doc="all parameters of the layer", source="sum")
    input_elements: int = quantity("A_{in}", "1", formula=r"<c_in>\cdot<side_in>^2", source="size of a feature map")
    output_elements: int = quantity("A_{out}", "1", formula=r"<c_out>\cdot<side_out>^2", source="size of a feature map")
    block: int = quantity("b", "1", doc="building block the layer belongs to")


@dataclass(frozen=True, slots=True)
class Network:
    """A network as its layers in execution order, with totals at batch 1."""

    name: str = quantity(r"\text{network}", "")
    resolution: int = quantity("r", "1", doc="side of the input image")
    layer_count: int = quantity("n", "1", source="count")
    macs: int = quantity("O", "MAC", doc="sum over the layers")
    weights: int = quantity("W", "1", doc="sum over the layers")
    depthwise_macs: int = quantity("O_{dw}", "MAC", doc="sum over the depthwise layers", source="sum")
    depthwise_mac_share: float = quantity("s_{dw}", "share", formula=r"\frac{<depthwise_macs>}{<macs>}", source="definition")
    peak_activation_elements: int = quantity("A_{peak}", "1", doc="most input + output elements of any layer", source="largest of the layers")
    peak_layer: str = quantity(r"\text{peak}", "", doc="the layer that needs most activations", source="largest of the layers")
    layers: tuple[Layer, ...] = series("", doc="layers in execution order")
    mac_share_by_layer: tuple[float, ...] = series("share", doc="each layer's share of the multiply-adds")
    weights_by_layer: tuple[int, ...] = series("1", doc="each layer's parameters")
    activation_elements_by_layer: tuple[int, ...] = series("1", doc="each layer's input + output elements")
    sources: dict = sources()


def mobilenet_v1(width=1.0, resolution=224, classes=1000, *, full=False, kept=None) -> Network:
    """MobileNetV1 at a width multiplier and an input side in pixels.

    `full` replaces each depthwise + pointwise pair by one ordinary 3×3 convolution of the same shape.
    `kept` lists, for block 0 (the first convolution) to 13, the share of output channels left after pruning.
    Channels are int(c·width), then round(c·kept); sides are rounded up. Source: Howard et al. 2017, Table 1.
    Raises OutOfRange or WrongType for a width outside (0, 4], a resolution outside 32–1024, or a wrong `kept`.

    >>> net = mobilenet_v1(1.0, 224)
    >>> net.layer_count, net.macs, round(net.depthwise_mac_share, 4)
    (28, 568740352, 0.0306)
    """
    width = number("width", width, low=0.0, high=4.0, open_low=True)
    resolution, classes = whole("resolution", resolution, low=32, high=1024), whole("classes", classes, high=10**6)
    flag("full", full)
    if kept is not None:
        instance("kept", kept, (tuple, list), "a tuple of 14 shares, one a block")
        kept = tuple(number(f"kept[{i}]", share, low=0.0, high=1.0, open_low=True) for i, share in enumerate(kept))
        if len(kept) != 14:
            raise OutOfRange(f"kept holds {len(kept)} shares, but must hold 14, one a block.")
    return _mobilenet_v1(float(width), resolution, classes, full, kept)


@lru_cache(maxsize=512)
def _mobilenet_v1(width, resolution, classes, full, kept) -> Network:
    def channels(block, count):
        count = max(1, int(count * width))
        return count if kept is None else max(1, round(count * kept[block]))

    side, c = _ceil(resolution, 2), channels(0, 32)
    layers = [_layer("conv 0", CONV, 3, 3, c, resolution, side, 2, 0)]
    for block, (count, stride) in enumerate(MOBILENET_BLOCKS, start=1):
        out, after = channels(block, count), _ceil(side, stride)
        if full:
            layers.append(_layer(f"conv {block}", CONV, 3, c, out, side, after, 2, block))
        else:
            layers.append(_layer(f"depthwise {block}", DEPTHWISE, 3, c, c, side, after, 2, block))
            layers.append(_layer(f"pointwise {block}", POINTWISE, 1, c, out, after, after, 2, block))
        side, c = after, out
    layers.append(_layer("fc", FC, 1, c, classes, 1, 1, 1, 14))
    twin = " with full convolutions" if full else ""
    return _network(f"MobileNetV1 {width:g}/{resolution}{twin}", resolution, layers, _HOWARD)


def mobilenet_v2(resolution=224, classes=1000) -> Network:
    """MobileNetV2 at width 1: inverted residuals of a 1×1 expansion, a 3×3 depthwise layer and a 1×1 projection.

    The blocks (expansion, channels, repeats, stride) stand in `MOBILENET_V2_BLOCKS`; normalisation has two parameters a channel.
    Source: Sandler et al. 2018, Table 2. Raises OutOfRange or WrongType for a resolution outside 32–1024.

    >>> net = mobilenet_v2()
    >>> net.layer_count, round(net.macs / 1e6, 1), round(net.weights / 1e6, 2)
    (53, 300.8, 3.5)
    """
    return _mobilenet_v2(whole("resolution", resolution, low=32, high=1024), whole("classes", classes, high=10**6))


@lru_cache(maxsize=32)
def _mobilenet_v2(resolution, classes) -> Network:
    side, c, block = _ceil(resolution, 2), 32, 0
    layers = [_layer("stem", CONV, 3, 3, c, resolution, side, 2, 0)]
    for expansion, out, repeats, first_stride in MOBILENET_V2_BLOCKS:
        for i in range(repeats):
            block, wide, after = block + 1, expansion * c, _ceil(side, first_stride if i == 0 else 1)
            if expansion > 1:
                layers.append(_layer(f"expand {block}", POINTWISE, 1, c, wide, side, side, 2, block))
            layers.append(_layer(f"depthwise {block}", DEPTHWISE, 3, wide, wide, side, after, 2, block))
            layers.append(_layer(f"project {block}", POINTWISE, 1, wide, out, after, after, 2, block))
            side, c = after, out
    layers.append(_layer("last conv", POINTWISE, 1, c, 1280, side, side, 2, block + 1))
    layers.append(_layer("fc", FC, 1, 1280, classes, 1, 1, 1, block + 2))
    return _network(f"MobileNetV2/{resolution}", resolution, layers, "Sandler et al. 2018 (MobileNetV2), Table 2")


def resnet50(resolution=224, classes=1000) -> Network:
    """ResNet-50 with the stride in the 3×3 layer; normalisation is folded, so only the classifier has a bias.

    The projection of a stage follows the three layers of the first block. Source: He et al. 2016 (Table 1), stride as
    in the common "v1.5". Raises OutOfRange or WrongType for a resolution outside 32–1024.

    >>> net = resnet50()
    >>> net.layer_count, round(net.macs / 1e9, 2), round(net.weights / 1e6, 1)
    (54, 4.09, 25.5)
    """
    return _resnet50(whole("resolution", resolution, low=32, high=1024), whole("classes", classes, high=10**6))


@lru_cache(maxsize=32)
def _resnet50(resolution, classes) -> Network:
    side = _ceil(resolution, 2)
    layers = [_layer("stem", CONV, 7, 3, 64, resolution, side, 0, 0)]
    side, c, block = _ceil(side, 2), 64, 0  # max pooling halves the side
    for count, inner, first_stride in RESNET50_STAGES:
        for i in range(count):
            block, after, out = block + 1, _ceil(side, first_stride if i == 0 else 1), 4 * inner
            layers.append(_layer(f"reduce {block}", POINTWISE, 1, c, inner, side, side, 0, block))
            layers.append(_layer(f"conv {block}", CONV, 3, inner, inner, side, after, 0, block))
            layers.append(_layer(f"expand {block}", POINTWISE, 1, inner, out, after, after, 0, block))
            if i == 0:
                layers.append(_layer(f"project {block}", POINTWISE, 1, c, out, side, after, 0, block))
            side, c = after, out
    layers.append(_layer("fc", FC, 1, c, classes, 1, 1, 1, block + 1))
    return _network(f"ResNet-50/{resolution}", resolution, layers, "He et al. 2016, Table 1; stride in the 3×3 layer")


def resnet18(resolution=224, classes=1000) -> Network:
    """ResNet-18: two 3×3 convolutions a block, projections where the width changes. Source: He et al. 2016, Table 1.

    >>> net = resnet18()
    >>> net.layer_count, round(net.macs / 1e9, 2), round(net.weights / 1e6, 1)
    (21, 1.81, 11.7)
    """
    side, classes = _ceil(whole("resolution", resolution, low=32, high=1024), 2), whole("classes", classes, high=10**6)
    layers = [_layer("stem", CONV, 7, 3, 64, resolution, side, 0, 0)]
    side, c, block = _ceil(side, 2), 64, 0
    for out, first_stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for i in range(2):
            block, after = block + 1, _ceil(side, first_stride if i == 0 else 1)
            layers.append(_layer(f"conv {block}.1", CONV, 3, c, out, side, after, 0, block))
            if c != out:
                layers.append(_layer(f"project {block}", POINTWISE, 1, c, out, side, after, 0, block))
            layers.append(_layer(f"conv {block}.2", CONV, 3, out, out, after, after, 0, block))
            side, c = after, out
    layers.append(_layer("fc", FC, 1, c, classes, 1, 1, 1, block + 1))
    return _network(f"ResNet-18/{resolution}", resolution, layers, "He et al. 2016, Table 1")


def vgg16(resolution=224, classes=1000) -> Network:
    """VGG-16: thirteen 3×3 convolutions in five stages, each followed by a pooling, and three dense layers.

    Source: Simonyan and Zisserman 2015, configuration D. Raises OutOfRange for a resolution outside 32–1024.

    >>> net = vgg16()
    >>> net.layer_count, round(net.macs / 1e9, 1), round(net.weights / 1e6)
    (16, 15.5, 138)
    """
    side, classes = whole("resolution", resolution, low=32, high=1024), whole("classes", classes, high=10**6)
    layers, c, resolution = [], 3, side
    for stage, (count, out) in enumerate(VGG16_STAGES, start=1):
        for i in range(count):
            layers.append(_layer(f"conv {stage}.{i + 1}", CONV, 3, c, out, side, side, 1, stage))
            c = out
        side //= 2
    for i, (c_in, c_out) in enumerate(((c * side * side, 4096), (4096, 4096), (4096, classes)), start=1):
        layers.append(_layer(f"fc {i}", FC, 1, c_in, c_out, 1, 1, 1, 5 + i))
    return _network(f"VGG-16/{resolution}", resolution, layers, "Simonyan and Zisserman 2015, configuration D")


def top1(model: str, *, width=1.0, resolution=224, precision="int8") -> float:
    """Published ImageNet top-1 accuracy as a share in 0..1 ("mobilenet_v1" or "resnet50", "int8" or "float").

    MobileNetV1 exists at widths 1, 0.75, 0.5, 0.25 and sides 224, 192, 160, 128. Source: TensorFlow Slim
    mobilenet_v1.md; the int8 figure of ResNet-50 is illustrative. Raises UnknownName or OutOfRange otherwise.

    >>> top1("mobilenet_v1", width=1.0, resolution=160)
    0.673
    """
    data = load("convnet_top1.json")
    one_of("precision", precision, ("int8", "float"))
    if model == "resnet50":
        return data[model][precision]["value"]
    if model != "mobilenet_v1":
        raise UnknownName("network with a published accuracy", model, ("mobilenet_v1", "resnet50"))
    table = data[model]
    row = table["widths"].index(one_of("width", width, table["widths"]))
    return table[precision][row][table["resolutions"].index(one_of("resolution", resolution, table["resolutions"]))]


def separable_share(kernel: int, c_out: int) -> float:
    """Multiply-adds of a depthwise and a pointwise layer over those of the full convolution they replace: 1/c_out + 1/k².

    Source: Howard et al. 2017, section 3.1.

    >>> round(separable_share(3, 512), 4)
    0.1131
    """
    return 1 / whole("c_out", c_out, high=10**6) + 1 / whole("kernel", kernel, high=1000) ** 2


def dense_over_convolution(resolution: int, units: int, kernel: int, channels: int) -> float:
    """Weights of a fully connected layer on a square image over those of a convolution: r²n/(k²c), any input channels.

    Biases are left out.

    >>> dense_over_convolution(32, 256, 3, 64)
    455.1111111111111
    """
    dense = whole("resolution", resolution, high=10**5) ** 2 * whole("units", units)
    return dense / (whole("kernel", kernel, high=1000) ** 2 * whole("channels", channels))


def _layer(name, kind, kernel, c_in, c_out, side_in, side_out, extra, block) -> Layer:
    groups = c_in if kind == DEPTHWISE else 1
    kernel_weights = kernel * kernel * (c_in // groups) * c_out
    return Layer(
        name, kind, kernel, c_in, c_out, groups, side_in, side_out, extra,
        macs=kernel_weights * side_out * side_out, kernel_weights=kernel_weights, weights=kernel_weights + extra * c_out,
        input_elements=c_in * side_in * side_in, output_elements=c_out * side_out * side_out, block=block,
    )  # fmt: skip


def _network(name, resolution, layers, source) -> Network:
    macs = sum(layer.macs for layer in layers)
    depthwise = sum(layer.macs for layer in layers if layer.kind == DEPTHWISE)
    activations = tuple(layer.input_elements + layer.output_elements for layer in layers)
    peak = max(activations)
    return Network(
        name=name, resolution=resolution, layer_count=len(layers), macs=macs, weights=sum(layer.weights for layer in layers),
        depthwise_macs=depthwise, depthwise_mac_share=depthwise / macs, peak_activation_elements=peak,
        peak_layer=layers[activations.index(peak)].name, layers=tuple(layers),
        mac_share_by_layer=tuple(layer.macs / macs for layer in layers), weights_by_layer=tuple(layer.weights for layer in layers),
        activation_elements_by_layer=activations, sources=dict.fromkeys(("macs", "weights"), source),
    )  # fmt: skip


def _ceil(a: int, b: int) -> int:
    return -(-a // b)
