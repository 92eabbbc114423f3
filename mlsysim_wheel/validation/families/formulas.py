"""What tests a formula rather than a machine: tails, rooflines of the first TPU, cost, fits, privacy, failures."""

from __future__ import annotations

import math
import re

from mlsysim import catalog, roofline
from mlsysim.privacy_accounting import privacy_loss
from mlsysim.run_account import run_account
from mlsysim.scaling_laws import best_split, loss_fit, size_limited_nats, training_flop

from validation.cases import Case
from validation.families.training import guarded
from validation.family import Family

TERA = 1e12
FAILURES_PER_NODE_DAY = 6.5e-3  # Kokolis et al. 2025, RSC-1 (recalled)
FITTED = {"fitted constant E": "floor", "fitted constant A": "model_scale", "fitted constant B": "data_scale"}
FITTED |= {"fitted constant alpha": "model_exponent", "fitted constant beta": "data_exponent"}


def slow_requests(case: Case) -> float:
    """Percent of requests that wait for at least one slow server."""
    return 100 * -math.expm1(case.need("fanout") * math.log1p(-case.need("per_server_slow_prob")))


def first_tpu(case: Case) -> float:
    """TOPS under the roofline, two operations a multiply-add."""
    if case.get("macs"):
        return 2 * case.need("macs") * case.need("clock_mhz") * 1e6 / TERA
    intensity = 2.0 * case.need("macs_per_weight_byte")
    return roofline.attainable(intensity, case.need("peak_tops") * TERA, case.need("mem_bw_gbps") * 1e9) / TERA


def bandwidth(case: Case) -> float:
    """GB/s that streams reach, by the generation's share."""
    from mlsysim import kernels

    return case.need("spec_gbps") * kernels.calibration("a100_sxm_80gb").memory_share


def cost(case: Case) -> float:
    """USD: hours at a stated rate."""
    hours = case.get("gpu_hours") or case.get("gpus", 0) * case.get("days", 0) * 24
    if not hours and case.get("flops"):
        hours = case.need("flops") / (case.need("eff_tflops") * TERA) / 3600
    return run_account(hours, 0.0, price_usd_per_h=case.need("rate_usd")).cost_usd


def mttf(case: Case) -> float:
    """Time to the first failure of a job: nodes fail independently at the fleet's rate, so it falls as 1/N."""
    days = 8 / (case.need("gpus") * FAILURES_PER_NODE_DAY)
    return days * (24 if case.unit == "h" else 1)


def fit_constant(case: Case) -> float:
    """Constants of the loss fit as the catalog holds them."""
    return getattr(loss_fit("hoffmann_2022"), FITTED[case.metric])


def loss(case: Case) -> float:
    """Nats a token of a GPT-2 on a copy of the text that it was trained on, by its parameters without embeddings."""
    known = [catalog.model(f"gpt2_{size}") for size in ("small", "medium", "large", "xl")]
    model = min(known, key=lambda m: abs(m.parameters - 1e6 * case.need("params_m")))
    return size_limited_nats(12.0 * model.shape("layers") * model.shape("hidden") ** 2)


def item_size(case: Case) -> float:
    """kB of an image: the catalog's bytes over its items."""
    data = catalog.dataset("imagenet_1k")
    return data.stored_bytes / data.items / 1e3


def tokens(case: Case) -> float:
    """Tokens that a budget pays for: C/(6N) with the stated parameters, else the best split under the fit of Hoffmann et al."""
    if case.get("params_b"):
        return case.need("compute_flops") / training_flop(case.need("params_b") * 1e9, 1.0)
    return best_split(case.need("compute_flops"))[1]


def privacy(case: Case) -> float:
    """ε of the published settings by Rényi accounting, classic conversion."""
    examples = float(re.search(r"\d+", case.need("dataset"))[0])
    return privacy_loss(examples, case.need("batch"), case.need("epochs"), case.need("noise_multiplier"), case.get("delta", 1e-5)).epsilon


def read_rate(case: Case) -> float:
    """GB/s of images that a training run consumes."""
    return case.need("images_per_s") * case.need("avg_kb") / 1e6


FAMILIES = (
    Family("Slow requests of a fan-out", lambda c: bool(c.get("fanout")), guarded(slow_requests), remark="One source rounds 18 % to \"almost one in five\"."),
    Family("First TPU under the roofline", lambda c: c.area == "roofline" and bool(c.get("macs_per_weight_byte") or c.get("macs")), guarded(first_tpu),
           remark="CNN1 has shallow layers that leave half of the array idle, and LSTM1 waits on dependencies; a roofline is a ceiling."),
    Family("Memory bandwidth", lambda c: "memory bandwidth" in c.metric and bool(c.get("spec_gbps")), guarded(bandwidth)),
    Family("Cost at a rate", lambda c: c.area == "cost" and bool(c.get("rate_usd")), guarded(cost)),
    Family("Time to failure of a job", lambda c: "MTTF" in c.metric, guarded(mttf), remark="Small jobs fail more often than 1/N says: the authors' own points"
           " are no clean 1/N law, since small jobs run on other, older nodes."),
    Family("Constants of the loss fit", lambda c: c.metric in FITTED, guarded(fit_constant)),
    Family("Loss of GPT-2 by its size", lambda c: c.metric == "validation loss" and "OpenWebText" in str(c.get("dataset")), guarded(loss),
           remark="The models were trained on one copy of the text and read on another, and Kaplan's law is for its own."),
    Family("Mean size of an image", lambda c: c.metric == "average image size" and "ImageNet" in str(c.get("dataset")), guarded(item_size), formula=True),
    Family("Compute-optimal tokens", lambda c: c.metric == "training tokens" and bool(c.get("compute_flops")), guarded(tokens), formula=True),
    Family("Privacy loss of DP-SGD", lambda c: c.metric == "epsilon" and bool(c.get("noise_multiplier")), guarded(privacy), formula=True),
    Family("Read rate of training", lambda c: bool(c.get("images_per_s")) and bool(c.get("avg_kb")), guarded(read_rate)),
)  # fmt: skip
