"""Engineer-weeks of performance work on a training run: what each change brings together with the others, and what it costs.

The step is that of `mlsysim.overlapped_step`; beside it stand memory, batch and weeks. Weeks are illustrative.
Source: Zhao et al., PyTorch FSDP, 2023; Korthikanti et al. 2023 for recomputation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim.attention_tiles import FILE, KERNELS
from mlsysim.errors import flag, one_of, whole
from mlsysim.overlapped_step import GROUPS, LANES, walk
from mlsysim.quantity import quantity, series, sources
from mlsysim.step_kernels import EXECUTIONS, FORMATS, MOST_TOKENS, llama
from mlsysim.training_memory import training_state


@dataclass(frozen=True, slots=True)
class SpeedPlan:
    """One set of changes to the run on 256 H100s."""

    tokens: int = quantity("t", "tokens", doc="a GPU and step")
    execution: str = quantity(r"\text{execution}", "")
    number_format: str = quantity(r"\text{format}", "")
    attention: str = quantity(r"\text{attention}", "")
    group: int = quantity("n", "1", doc="GPUs that share one copy of the state")
    recompute: bool = quantity(r"\text{recompute}", "", doc="each layer runs forward again before its backward pass")
    gpus: int = quantity("N", "1", source="scenario")
    parameters: int = quantity("P", "1", source="Grattafiori et al. 2024")
    step_s: float = quantity("T", "s", source="event walk (mlsysim.overlapped_step)")
    busy_s: float = quantity("T_b", "s", source="the same walk", doc="the GPU computes")
    idle_share: float = quantity("w", "share", source="1 − busy/step", doc="of the step the GPU does not compute")
    path_lane: str = quantity(r"\text{path}", "", source="lane with most of the critical path")
    tokens_per_s: float = quantity("f", "tokens/s", formula=r"\frac{<tokens>}{<step_s>}", source="definition", doc="a GPU")
    state_bytes: float = quantity(
        "M_s", "B", formula=r"\frac{16 \cdot <parameters>}{<group>}", source="Rajbhandari et al. 2020", doc="weights, gradients, optimizer"
    )
    activation_bytes: float = quantity("M_a", "B", source="2tL(5h + 2kv + 3f), 1.5 times eager; recomputed: 2tLh and one layer whole (illustrative)")
    logits_bytes: float = quantity("M_l", "B", source="6 B a token and word: bf16 logits and 32-bit loss")
    gathered_bytes: float = quantity("M_g", "B", source="6 B a parameter of a layer: weights of two layers, gradients of one")
    scores_bytes: float = quantity("M_c", "B", source="4 · 32 heads · 8,192 B a token if the scores are stored", doc="0 in a tiled kernel")
    memory_bytes: float = quantity(
        "M", "B", formula="<state_bytes> + <activation_bytes> + <logits_bytes> + <gathered_bytes> + <scores_bytes>", source="sum", doc="of a GPU"
    )
    batch_tokens: int = quantity("b", "tokens", formula=r"<gpus> \cdot <tokens>", source="definition", doc="a step of all GPUs")
    weeks: int = quantity("W", "weeks", source="sum of the changes")
    others: tuple[tuple[str, int, float, float], ...] = series("tokens/s", doc="one change more or less: name, weeks, tokens/s, memory in B")
    sources: dict = sources()


def speed_plan(
    tokens: int = 8192, execution: str = "eager", number_format: str = "bf16", attention: str = "materialised", group: int = 64, recompute: bool = False
) -> SpeedPlan:
    """Tokens/s, memory and weeks of one plan; a plan over the memory is timed as if it fitted.

    Errors: OutOfRange, WrongType. Source: as the walk; weeks illustrative.

    >>> r = speed_plan()
    >>> f"{r.tokens_per_s:,.0f} tokens/s, {r.memory_bytes / 1e9:.1f} GB, {r.weeks} weeks"
    '5,737 tokens/s, 69.7 GB, 0 weeks'
    """
    return _plan(
        whole("tokens", tokens, high=MOST_TOKENS), one_of("execution", execution, EXECUTIONS), one_of("number_format", number_format, FORMATS),
        one_of("attention", attention, KERNELS), one_of("group", group, GROUPS), flag("recompute", recompute),
    )  # fmt: skip


def _changes(run: str, form: str, attention: str, group: int, recompute: bool) -> tuple[str, ...]:
    """The changes of a plan by their names in the list of weeks."""
    found = (run, form, attention, f"group_{group}", "recompute" if recompute else "")
    return tuple(name for name in found if name in load(FILE)["plan"]["weeks"])


def _memory(t: int, run: str, attention: str, group: int, recompute: bool) -> tuple[float, ...]:
    """State, activations, logits, gathered weights and scores, bytes."""
    at, data = llama(), load(FILE)
    whole_layer = 2.0 * t * (5 * at.hidden + 2 * at.kv + 3 * at.ffn)
    kept = 2.0 * t * at.layers * at.hidden + whole_layer if recompute else whole_layer * at.layers * (1.5 if run == "eager" else 1.0)
    scores = 4.0 * data["tiles"]["heads"] * data["sequence"] * t if attention == "materialised" else 0.0
    return training_state(float(at.parameters), group, 3).state_bytes, kept, 6.0 * t * at.vocabulary, 6.0 * at.layer_parameters, scores


@lru_cache(maxsize=1024)
def _short(t: int, run: str, form: str, attention: str, group: int, recompute: bool) -> tuple[int, float, float]:
    """Weeks, tokens/s and memory."""
    weeks = sum(load(FILE)["plan"]["weeks"][name] for name in _changes(run, form, attention, group, recompute))
    return weeks, t / walk(t, form, run, attention, group, recompute=recompute).end_s, sum(_memory(t, run, attention, group, recompute))


@lru_cache(maxsize=1024)
def _plan(t: int, run: str, form: str, attention: str, group: int, recompute: bool) -> SpeedPlan:
    gone, data = walk(t, form, run, attention, group, recompute=recompute), load(FILE)["plan"]
    state, kept, logits, gathered, scores = _memory(t, run, attention, group, recompute)
    weeks, rate, memory = _short(t, run, form, attention, group, recompute)
    other = [
        ("fused" if run == "eager" else "eager", (t, "fused" if run == "eager" else "eager", form, attention, group, recompute)),
        ("fp8" if form == "bf16" else "bf16", (t, run, "fp8" if form == "bf16" else "bf16", attention, group, recompute)),
        *((kernel, (t, run, form, kernel, group, recompute)) for kernel in KERNELS if kernel != attention),
        (f"group of {72 - group}", (t, run, form, attention, 72 - group, recompute)),
        ("no recompute" if recompute else "recompute", (t, run, form, attention, group, not recompute)),
    ]
    return SpeedPlan(
        tokens=t, execution=run, number_format=form, attention=attention, group=group, recompute=recompute, gpus=data["gpus"], parameters=llama().parameters,
        step_s=gone.end_s, busy_s=gone.busy_s, idle_share=max(0.0, 1 - gone.busy_s / gone.end_s), path_lane=max(LANES, key=gone.path_s.get),
        tokens_per_s=rate, state_bytes=state, activation_bytes=kept, logits_bytes=logits, gathered_bytes=gathered, scores_bytes=scores,
        memory_bytes=memory, batch_tokens=data["gpus"] * t, weeks=weeks, others=tuple((name, *_short(*plan)) for name, plan in other),
        sources={"weeks": source_of(data["weeks"])},
    )  # fmt: skip
