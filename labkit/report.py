"""A decision log as a report to read: Markdown, with everything that a student typed escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from labkit.html import typed
from labkit.log import (
    Answer,
    Decision,
    Design,
    Log,
    Observation,
    Prediction,
    decisions,
    drills,
    notes,
    observations,
    order_flags,
    predictions,
)

_ENTITIES = {c: f"&#{ord(c)};" for c in "<>&|~$^={}"}
_SLASHED = {c: "\\" + c for c in "\\`*_[]#"}
_INLINE = str.maketrans(_ENTITIES | _SLASHED)


def report(log: Log, *, title: str | None = None, truths: Mapping[str, float | str] | None = None) -> str:
    """The log as Markdown: predictions with how far off they were, observations, decision, drills, notes.

    `truths` gives the simulator's answer to each part's prediction. Without it, a prediction is compared with the
    first observation of its part that holds the predicted field (at the predicted controls, if it names them).
    """
    lines = [f"# {escape(title or log.lab.id)}", "", *_head(log)]
    parts = list(dict.fromkeys(e.part for e in log.entries if isinstance(e, (Prediction, Observation))))
    for part in parts:
        lines += ["", f"## Part {escape(part.upper() if len(part) == 1 else part)}"]
        for guess in predictions(log):
            if guess.part == part:
                lines += ["", *_prediction(guess, _truth(log, guess, truths or {}))]
        for seen in observations(log, part):
            lines += ["", *_observation(seen)]
    if made := decisions(log):
        lines += ["", "## Decision", *(line for decision in made for line in ("", *_decision(decision)))]
    if tried := drills(log):
        lines += ["", "## Drill", "", "| question | drawn | answers | result |", "|---|---|---|---|"]
        for tries in tried.values():
            answers = ", ".join(_answer(a) for a in tries.answers)
            verdict = f"{'right' if tries.right else 'not yet right'}, {tries.tries} {'try' if tries.tries == 1 else 'tries'}"
            lines.append(f"| {escape(tries.question)} | {_pairs(tries.parameters)} | {answers} | {verdict} |")
    if written := notes(log):
        lines += ["", "## Notes"]
        for note in written:
            lines += ["", *_quote(note.text)]
    if flags := order_flags(log):
        lines += ["", "## Order of entries", "", *(f"- {escape(flag)}" for flag in flags)]
    return "\n".join(lines) + "\n"


def factor_off(said: float, truth: float) -> float | None:
    """How far off, as a factor of at least 1; None where a factor has no meaning (a zero, or opposite signs).

    >>> factor_off(12, 74.4)
    6.2
    """
    if said * truth <= 0:
        return None
    larger, smaller = max(abs(said), abs(truth)), min(abs(said), abs(truth))
    factor = larger / smaller
    return float(f"{factor:.15g}") if factor < float("inf") else None


def escape(text: object) -> str:
    """Text that a Markdown reader shows as it was typed, on one line: no markup, no HTML, no table cells, no formula."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in typed(text))
    plain = " ".join(plain.split())
    out = plain.translate(_INLINE)
    if re.match(r"[+\-/:!%@.]", out):  # a list, a rule, a block of an extension
        return f"&#{ord(out[0])};{out[1:]}"
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", out)  # a numbered list


def _quote(text: str) -> list[str]:
    return [f"> {escape(line)}".rstrip() for line in text.splitlines()] or ["> (nothing written)"]


def _head(log: Log) -> list[str]:
    who = ", ".join(escape(x) for x in (log.learner.name, log.learner.section) if x) or "no name given"
    lines = [
        f"- Learner: {who}",
        f"- Lab: {escape(log.lab.id)}, version {escape(log.lab.version)}; {escape(log.simulator.name)} {escape(log.simulator.version)}",
        f"- Attempt: {log.attempt}, seed {log.seed}",
        f"- Begun: {_when(log.started_at)}" + (f"; exported: {_when(log.exported_at)}" if log.exported_at else ""),
    ]
    if log.complete:
        missing = [escape(key) for key, done in log.complete.items() if not done]
        lines.append(f"- Still open: {', '.join(missing)}" if missing else "- Complete")
    return lines


def _when(at) -> str:
    return f"{at:%Y-%m-%d %H:%M} {'UTC' if not at.utcoffset() else at.strftime('%z')}"


def _truth(log: Log, guess: Prediction, truths: Mapping[str, float | str]) -> float | str | None:
    if guess.part in truths:
        return truths[guess.part]
    for seen in observations(log, guess.part):
        at_point = guess.controls is None or guess.controls.items() <= seen.controls.items()
        if guess.field in seen.result and at_point:
            return seen.result[guess.field]
    return None


def _prediction(guess: Prediction, truth: float | str | None) -> list[str]:
    unit = f" {escape(guess.unit)}" if guess.unit else ""
    said = escape(guess.choice) if guess.value is None else f"{_number(guess.value)}{unit}"
    if guess.low is not None and guess.high is not None:
        said += f" (between {_number(guess.low)} and {_number(guess.high)}{unit})"
    line = f"**Predicted:** {said}."
    if isinstance(truth, (int, float)) and not isinstance(truth, bool) and guess.value is not None:
        factor = factor_off(guess.value, truth)
        off = f"{_number(factor)}× off" if factor else f"{_number(abs(guess.value - truth))}{unit} off"
        line += f" It is {_number(truth)}{unit}: {off}."
        if guess.low is not None and guess.high is not None:
            line += f" The interval {'holds' if guess.low <= truth <= guess.high else 'misses'} it."
    elif isinstance(truth, str):
        line += f" It is {escape(truth)}."
    return [line]


def _observation(seen: Observation) -> list[str]:
    lines = [f"**Recorded** {_when(seen.at)}", "", f"- Controls: {_pairs(seen.controls)}", f"- Result: {_pairs(seen.result)}"]
    if seen.explanation is not None:
        verdict = {True: " (the simulator agrees)", False: " (the simulator disagrees)", None: ""}[seen.right]
        lines.append(f"- What binds: {escape(seen.explanation)}{verdict}")
    return [*lines, "", *_quote(seen.text)] if seen.text.strip() else lines


def _decision(made: Decision) -> list[str]:
    lines = [f"**Chosen** {_when(made.at)}", "", *_design(made)]
    for limit in made.constraints:
        unit = f" {escape(limit.unit)}" if limit.unit else ""
        reached = "" if limit.value is None else f", reached {_value(limit.value)}{unit}"
        bound = "" if limit.limit is None else f", limit {_value(limit.limit)}{unit}"
        lines.append(f"- {escape(limit.name)}: {'holds' if limit.holds else 'does not hold'}{reached}{bound}")
    if made.rejected is not None:
        lines += ["", "**Rejected**", "", *_design(made.rejected)]
    lines += ["", "**Why**", "", *_quote(made.rationale), "", "**What would make me revisit it**", "", *_quote(made.revisit_when)]
    return lines


def _design(design: Decision | Design) -> list[str]:
    return [f"- Controls: {_pairs(design.controls)}", f"- Result: {_pairs(design.result)}"]


def _answer(answer: Answer) -> str:
    return f"{_value(answer.value)} {'✓' if answer.right else '✗'}"


def _pairs(values: Mapping) -> str:
    return "; ".join(f"{escape(key)} {_value(value)}" for key, value in values.items()) or "none"


def _value(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(_value(v) for v in value[:5]) + (f", … ({len(value)} values)" if len(value) > 5 else "") + ")"
    return f"({_pairs(value)})" if isinstance(value, Mapping) else escape(value)


def _number(value: float) -> str:
    """Three significant digits; the log holds them all."""
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e7:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
