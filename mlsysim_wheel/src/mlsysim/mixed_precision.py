"""Mixed precision on one training step: which bytes it halves, what it does to the time, and to the gradients.

Activations are kept in the format; the training state is 16 bytes a parameter in each (fp32: weight, gradient and two
moments; mixed: 16-bit weight and gradient, and in fp32 the master copy and two moments). TF32 shortens the inputs of
products and stores 32 bits. Composed of `gpt_step` (memory, time) and `loss_scaling` (gradients).
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import gpt_step, loss_scaling
from mlsysim.errors import flag, one_of, whole
from mlsysim.quantity import quantity, series, sources

STALLS, DIVERGES = 0.05, 0.10  # lost gradients, skipped steps (illustrative thresholds)
ALL_SHRANK = "none"
_STEP, _RUN = "mlsysim.gpt_step", "mlsysim.loss_scaling"


@dataclass(frozen=True, slots=True)
class MixedPrecision:
    """A step in a format against the same step in fp32, and the fate of its gradients."""

    model: str = quantity(r"\text{model}", "")
    format: str = quantity(r"\text{format}", "")
    batch: int = quantity("b", "1", doc="sequences")
    state_bytes: float = quantity("M_s", "B", source=_STEP)
    context_bytes: float = quantity("M_c", "B", source=_STEP)
    activation_bytes: float = quantity("M_a", "B", source=_STEP)
    head_bytes: float = quantity("M_h", "B", source=_STEP)
    peak_bytes: float = quantity(r"M_{peak}", "B", formula="<state_bytes> + <context_bytes> + <activation_bytes> + <head_bytes>", source=_STEP)
    fp32_activation_bytes: float = quantity(r"M_{a,32}", "B", source=_STEP)
    fp32_head_bytes: float = quantity(r"M_{h,32}", "B", source=_STEP)
    fp32_peak_bytes: float = quantity(r"M_{32}", "B", formula="<state_bytes> + <context_bytes> + <fp32_activation_bytes> + <fp32_head_bytes>", source=_STEP)
    capacity_bytes: float = quantity("C", "B", doc="of the card")
    peak_share: float = quantity(
        r"M/M_{32}", "share", formula=r"\frac{<peak_bytes>}{<fp32_peak_bytes>}", source="definition", doc="of the peak in fp32 that remains"
    )
    activation_share: float = quantity(r"M_a/M_{a,32}", "share", formula=r"\frac{<activation_bytes>}{<fp32_activation_bytes>}", source="definition")
    unshrunk: str = quantity(r"\text{unshrunk}", "", source="largest block with as many bytes as in fp32")
    step_s: float = quantity("t", "s", source=_STEP, doc="micro-step and update")
    fp32_step_s: float = quantity("t_{32}", "s", source=_STEP)
    speedup: float = quantity(r"t_{32}/t", "×", formula=r"\frac{<fp32_step_s>}{<step_s>}", source="definition")
    median_exponent: float = quantity(r"\mu", "1", doc="log2 of the median gradient", source="illustrative")
    floor_exponent: float = quantity(r"e_0", "1", source="half of the smallest number of the format (mlsysim.numerics)")
    overflow_exponent: float = quantity(r"e_1", "1", source="one above the largest exponent of the format (mlsysim.numerics)")
    spread: float = quantity(r"\sigma", "1", source="illustrative")
    steps: int = quantity("n", "1", source=_RUN)
    final_exponent: int = quantity("k", "1", source=_RUN, doc="log2 of the scale at the last step")
    lost_share: float = quantity(
        r"\ell", "share", formula=r"\Phi\left(\frac{<floor_exponent> - <median_exponent> - <final_exponent>}{<spread>}\right)", source=_RUN
    )
    skipped_steps: int = quantity("n_s", "1", source=_RUN)
    skipped_share: float = quantity("n_s/n", "share", formula=r"\frac{<skipped_steps>}{<steps>}", source="definition")
    state: str = quantity(r"\text{state}", "", source="more than 10 % skipped: diverged; more than 5 % lost: stalls (illustrative)")
    scaled_top_exponent: float = quantity("m + k", "1", source=_RUN, doc="log2 of the largest gradient of all steps, under the final scale")
    histogram: tuple = series("share", doc="(e, share of the scaled gradients from 2^e to 2^(e+1))")
    scale_path: tuple = series("1", doc="(step, exponent of the scale) at every change")
    room_path: tuple = series("1", doc="(step, highest exponent that survives)")
    skips: tuple = series("1", doc="steps that were skipped")
    sources: dict = sources()

    def share_of_fp32(self, share: float) -> float:
        """Bytes of a share of the peak in fp32, for a mark beside the peaks."""
        return share * self.fp32_peak_bytes


def study(format: str = "fp16", scale_exponent: int = 0, dynamic: bool = False, growth_interval: int = 2000, median_exponent: float = -22.0,
          model: str = "gpt2_xl", batch: int = 2, device: str = "a100_sxm_80gb") -> MixedPrecision:  # fmt: skip
    """Memory and time of a step in `format`, and 6,000 steps under a loss scale of 2^`scale_exponent`.

    Errors: OutOfRange, UnknownName. Source: Micikevicius et al. 2018.

    >>> r = study("fp16")
    >>> f"{r.peak_share:.1%} of the memory, {r.speedup:.1f} times the speed, {r.lost_share:.1%} lost"
    '74.6% of the memory, 9.7 times the speed, 22.7% lost'
    """
    one_of("format", format, gpt_step.FORMATS)
    batch, dynamic = whole("batch", batch, high=10**6), flag("dynamic", dynamic)
    # TF32 multiplies with short inputs, but gradients are stored in 32 bits
    run = loss_scaling.run_scaler(scale_exponent, dynamic, growth_interval, median_exponent, "fp32" if format == "tf32" else format)
    here, base = (gpt_step.step(model, batch, device=device, format=f) for f in (format, "fp32"))
    blocks = {
        "state": (here.state_bytes, base.state_bytes),
        "activations": (here.activation_bytes, base.activation_bytes),
        "head": (here.head_bytes, base.head_bytes),
    }
    same = {name: now for name, (now, before) in blocks.items() if now >= before}
    state = "diverged" if run.skipped_share > DIVERGES else "stalls" if run.lost_share > STALLS else "learns"
    return MixedPrecision(
        model=here.model, format=format, batch=batch, state_bytes=here.state_bytes, context_bytes=here.context_bytes, activation_bytes=here.activation_bytes,
        head_bytes=here.head_bytes, peak_bytes=here.peak_bytes, fp32_activation_bytes=base.activation_bytes, fp32_head_bytes=base.head_bytes,
        fp32_peak_bytes=base.peak_bytes, capacity_bytes=here.capacity_bytes, peak_share=here.peak_bytes / base.peak_bytes,
        activation_share=here.activation_bytes / base.activation_bytes,
        unshrunk=max(same, key=same.get) if same else ALL_SHRANK, step_s=here.step_s, fp32_step_s=base.step_s, speedup=base.step_s / here.step_s,
        median_exponent=run.median_exponent, floor_exponent=run.floor_exponent, overflow_exponent=run.overflow_exponent, spread=run.spread, steps=run.steps,
        final_exponent=run.final_exponent, lost_share=run.lost_share, skipped_steps=run.skipped_steps, skipped_share=run.skipped_share, state=state,
        scaled_top_exponent=run.scaled_top_exponent, histogram=run.histogram, scale_path=run.scale_path, room_path=run.room_path, skips=run.skips,
    )  # fmt: skip
