"""The table for a terminal, the page `docs/validation.md`, and JSON."""

from __future__ import annotations

from collections import Counter

from validation.families import one_gpu
from validation.score import FamilyScore, Result, headline

GOAL_MEDIAN, GOAL_EACH, GOAL_SHARE = 0.10, 0.25, 0.90
CHOICES = """\
A constant is not the only thing that can be fitted. These parts of the models were chosen, or their counts completed, after a first
prediction had missed. All but the last have a mechanism that is known apart from the numbers, but a reader should know the order of events:

- ZeRO-3 of 2021 gathers the weights three times a microbatch (forward, repeated forward, backward) and through one network port of a node.
- The first TensorRT-LLM reads keys and values once for every query head of a group.
- Under automatic mixed precision an eager encoder casts around every norm and softmax; the passes were counted from the operations.
- Residual additions of convolutional networks accumulate two gradients; plain fp32 convolutions use Winograd's algorithm; tf32 keeps channels first.
- Exchanges of experts hide behind the computation of another microbatch.
- A graphics core of Apple's draws a limited bandwidth, so a machine with few cores cannot use its whole memory system.
- Launches of an engine without graphs cost half on cards with GDDR memory as on those with HBM: seen, not explained.

The law of Kaplan et al. answers for the losses of GPT-2 because it is a fit on GPT-2's own text; it was added when those losses were known.

Three cases left the score, and one its formula, for a reason found after a miss. The rate of GPT-3 on V100, of which neither layout nor network is published,
came out at 41 % of the peak in a good layout, and was 21 %. The power of a TPU with its host needed a guess of the host's. The tokens of
Chinchilla follow from budget and size (2 %); the printed constants of its own loss fit would have asked for twice as many."""

OWN = """\
`python tools/measure_gpu.py --out NAME.jsonl` measures one GPU with PyTorch in about twenty minutes. The file, put into
`mlsysim_wheel/validation/measured/`, is scored above like every other family."""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 9.995 else f"{100 * share:.0f} %"


def table(scores: list[FamilyScore]) -> str:
    """One line a family."""
    head = f"{'family':<52}{'kind':<10}{'role':<10}{'n':>3}{'median':>9}{'max':>9}{'|ln| med':>10}{'|ln| max':>10}"
    lines = [head, "-" * len(head)]
    for s in scores:
        kind = "measured" if s.measured else "formula"
        lines.append(
            f"{s.family.name:<52}{kind:<10}{s.family.role:<10}{s.n:>3}{_percent(s.median_error):>9}{_percent(s.max_error):>9}"
            f"{s.median_log:>10.3f}{s.max_log:>10.3f}"
        )
    return "\n".join(lines)


def summary(results: list[Result], scores: list[FamilyScore]) -> str:
    """The figures of merit in words."""
    h = headline(scores)
    scored = sum(r.predicted is not None for r in results)
    return (
        f"{scored} of {len(results)} cases predicted, {len(results) - scored} listed with a reason. Over {h['families']} families of measurements"
        f" the median of the medians is {_percent(h['median_of_medians'])} (goal {_percent(GOAL_MEDIAN)}),"
        f" {_percent(h['checked_only_median'])} over those on which nothing was fitted;"
        f" {_percent(h['share_within_25_percent'])} of the families have a median within 25 % (goal {_percent(GOAL_SHARE)})."
    )


def as_json(results: list[Result], scores: list[FamilyScore]) -> dict:
    """Everything, for programs."""
    return {
        "headline": headline(scores),
        "families": [
            {
                "family": s.family.name, "measured": s.measured, "role": s.family.role, "fitted": s.family.fitted, "n": s.n,
                "median_error": s.median_error, "max_error": s.max_error, "median_abs_log_ratio": s.median_log, "max_abs_log_ratio": s.max_log,
                "remark": s.family.remark,
            }
            for s in scores
        ],  # fmt: skip
        "cases": [
            {"id": r.case.id, "family": r.family.name, "published": r.case.value, "predicted": r.predicted, "unit": r.case.unit, "reason": r.reason}
            for r in results
        ],
    }


def page(results: list[Result], scores: list[FamilyScore]) -> str:
    """The page as Markdown."""
    out = [
        "# Predictions against published measurements",
        "",
        "Written by `make validate`; do not edit. Each published number is predicted from its configuration with the ordinary functions of"
        " mlsysim. No constant belongs to a case. What is calibrated belongs to a chip generation, a link or an engine, stands with its"
        " source in `mlsysim_wheel/src/mlsysim/data/calibration/`, was fitted on the families named below and left alone on all others."
        " The cases are in `mlsysim_wheel/validation/cases.jsonl`, the predictors in `mlsysim_wheel/validation/families/`.",
        "",
        summary(results, scores),
        "",
        "![Predicted against published, on logarithmic axes, and the ratio by family](validation.svg)",
        "",
        "## Measurements",
        "",
        "*fitted*: a global constant was fitted on part of the family, so its error is partly in sample. *checked*: nothing was. *in sample*:"
        " fitted on every case of it, so it proves nothing and is left out of the figures above.",
        "",
        *_rows([s for s in scores if s.measured]),
        "",
        "## Formulas",
        "",
        "Numbers that their authors computed, or that follow from numbers of the case itself. They test an equation, not the world, and do"
        " not count in the figures above.",
        "",
        *_rows([s for s in scores if not s.measured]),
        "",
        "## Measurements of our own",
        "",
        OWN if any(s.family in one_gpu.FAMILIES for s in scores) else f"None yet. {OWN}",
        "",
        "## Where it misses, and why",
        "",
    ]
    out += [f"- **{s.family.name}** ({_percent(s.median_error)}, at most {_percent(s.max_error)}): {s.family.remark}" for s in scores if s.family.remark]
    out += ["", "## What is fitted, and where", ""]
    out += [f"- **{s.family.name}**: {s.family.fitted}." for s in scores if s.family.fitted]
    out += ["", "## Choices that the numbers suggested", "", CHOICES, "", "## Not predicted", "", "| why | cases |", "|---|---:|"]
    reasons = Counter((r.family.name, r.reason) for r in results if r.predicted is None)
    out += [f"| {name}: {reason.rstrip('.')} | {n} |" for (name, reason), n in reasons.most_common()]
    out += ["", "## Every case", "", "| case | published | predicted | unit | error |", "|---|---:|---:|---|---:|"]
    for s in scores:
        for r in s.results:
            ratio = r.predicted / r.case.value - 1
            out.append(f"| `{r.case.id}` | {r.case.value:,.5g} | {r.predicted:,.5g} | {r.case.unit or '1'} | {100 * ratio:+.1f} % |")
    return "\n".join(out) + "\n"


def _rows(scores: list[FamilyScore]) -> list[str]:
    lines = [
        "| family | n | median error | largest error | median abs ln ratio | largest | role |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for s in sorted(scores, key=lambda s: -s.n):
        lines.append(
            f"| {s.family.name} | {s.n} | {_percent(s.median_error)} | {_percent(s.max_error)} | {s.median_log:.3f} | {s.max_log:.3f} | {s.family.role} |"
        )
    return lines
