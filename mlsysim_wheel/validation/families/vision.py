"""Images a second of convolutional networks, and sequences a second of an encoder, on data-centre GPUs."""

from __future__ import annotations

from mlsysim import convnet, kernels
from mlsysim.decoder import as_decoder
from mlsysim.language_training import layer_times
from mlsysim.vision_throughput import image_batch

from validation.cases import Case, Unmodelled
from validation.common import decoder, device
from validation.families.training import guarded
from validation.family import Family

FORMATS = {"AMP": "fp16", "TF32": "tf32", "FP32": "fp32", "FP16": "fp16"}
EVALUATION_SHARE = 50_000 / 1_281_167 / 3 * 2  # images validated an epoch, forward only, at a larger size


def network(case: Case, side: int | None = None) -> convnet.Network:
    """The network that the configuration names."""
    name, side = case.need("model").lower(), side or case.get("image", 224)
    for word, make in (("resnet-50", convnet.resnet50), ("resnet-18", convnet.resnet18), ("vgg", convnet.vgg16)):
        if word in name:
            return make(side)
    raise Unmodelled(f"no layer list of {case.get('model')}")


def images(case: Case) -> float:
    """Images a second; in tf32 the reference code keeps channels first, in mixed precision channels last."""
    fmt = FORMATS.get(case.get("precision", "AMP"))
    if fmt is None:
        raise Unmodelled(f"the precision {case.get('precision')} is not modelled")
    training = "training" in case.metric
    run = image_batch(
        network(case), device(case), case.get("batch_per_gpu") or case.need("batch"), fmt, training=training,
        layout="channels first" if fmt == "tf32" else "channels last",
    )  # fmt: skip
    if "images/s" in case.unit:
        return run.images_per_s * case.get("gpus", 1)
    if case.unit == "ms":
        return 1e3 * run.time_s
    raise Unmodelled(f"a result in {case.unit} is not defined for this family")


def epochs(case: Case) -> float:
    """Minutes of a run over several epochs, image sides growing from 160 to 192, with validation."""
    run = image_batch(network(case, 176), device(case), 128 if case.need("gpus") > 1 else 1024, "fp16", training=True)
    seconds = case.need("images") * case.need("epochs") * (1 + EVALUATION_SHARE) / (run.images_per_s * case.need("gpus"))
    return seconds / 60


def encoder(case: Case) -> float:
    """Sequences a second through an encoder, one operation at a time as an eager framework launches them."""
    model, gpu = as_decoder(decoder(case)), device(case)
    layer = layer_times(model, gpu, FORMATS.get(case.get("precision", "AMP"), "fp16"), case.need("batch"), case.need("seq"), 1, "eager", False)
    on_device = model.layers * (layer["products"] + layer["core"] + layer["elementwise"])
    on_device += kernels.product(case.need("batch") * case.need("seq"), 2, model.hidden, gpu, "fp16").time_s
    host = model.layers * 25 * kernels.software("eager_operation_s")
    return case.need("batch") / max(on_device, host)


FAMILIES = (
    Family("ResNet-50 training", lambda c: c.area == "training" and "images/s" in c.unit, guarded(images), "fitted", "passes over activations",
           "Eight GPUs in mixed precision wait for their input pipeline, which the step does not contain."),
    Family("ResNet-50 inference", lambda c: "inference" in c.metric and "ResNet" in str(c.get("model")) and bool(c.get("gpu")), guarded(images), "fitted",
           "host time of one eager operation"),
    Family("ImageNet in minutes (FFCV)", lambda c: c.metric == "time to train" and bool(c.get("images")), guarded(epochs),
           remark="ResNet-18 runs at 10,000 images a second and GPU, where decoding and augmentation on the host bind."),
    Family("BERT inference", lambda c: "BERT" in str(c.get("model")) and "sequences/s" in c.unit, guarded(encoder)),
)  # fmt: skip
