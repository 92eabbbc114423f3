"""Distributions: ECDF or histogram, with percentiles as named lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, inside, limit_sentence, need, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, number_scale
from mlsysim.units import fmt

_STEPS = 160  # points of a drawn ECDF: more than a screen resolves


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value with rank ⌈percent/100 · n⌉ in an ordered sample."""
    return ordered[max(1, math.ceil(percent / 100 * len(ordered) - 1e-9)) - 1]


def distribution(
    values: Sequence[float],
    *,
    title: str,
    unit: str = "s",
    quantity: str = "Latency",
    name: str = "all",
    kind: str = "ecdf",
    log: bool = True,
    percentiles: Sequence[float] = (50, 95, 99),
    reference: tuple[Sequence[float], str] | None = None,
    mark: tuple[float, str] | None = None,
    limit: LimitLike = None,
    prediction: float | None = None,
    ghost: Sequence[float] | None = None,
    bins: int = 32,
) -> Instrument:
    """An ECDF (`kind="ecdf"`) or a histogram (`kind="histogram"`) of a sample.

    `reference` (values, label) is a second, thinner line: what the values would be without the effect shown. `mark`
    (value, label) is one more vertical line, for instance a theory. `ghost` is the sample before the last move.
    """
    if kind not in ("ecdf", "histogram"):
        raise ValueError(f'kind {kind!r}: choose "ecdf" or "histogram"')
    ordered = sorted(finite(v, quantity) for v in need(values, "the sample"))
    other = sorted(reference[0]) if reference else []
    old, bound = sorted(ghost) if ghost else [], as_limit(limit)
    log = log and ordered[0] > 0 and (not other or other[0] > 0)
    ends = [ordered[0], ordered[-1], *other[:1], *other[-1:], *old[:1], *old[-1:]]
    ends += [v for v in (prediction, bound and bound.value, mark and mark[0]) if v is not None]
    x = number_scale(ends, unit, quantity, log=log)
    if kind == "ecdf":
        y = Scale(0.0, 1.0, False, "Share of requests at or below" if quantity == "Latency" else "Share at or below", _shares(1.0))
    else:
        counts = _binned(ordered, x, bins)
        peak = max(max(counts), max(_binned(other, x, bins)) if other else 0)
        y = Scale(0.0, peak * 1.08, False, "Share", _shares(peak * 1.08))
    plot = Plot(x, y, 230.0, x_axis={"grid": False})
    plot.limit_x(bound)
    if kind == "ecdf":
        plot.line(_steps(old, x), "control", width=1.5, dash="short", opacity=0.5, step=True)
        if other:
            plot.line(_steps(other, x), "edge", width=1.5, dash="dash", step=True)
            spot = percentile(other, 80)
            plot.texts(
                [(x.clip(spot), 0.80, reference[1])],
                "muted",
                align="right" if x.at(spot) > 0.45 else "left",
                dx=-6 if x.at(spot) > 0.45 else 6,
                dy=10,
                halo=True,
            )
        plot.line(_steps(ordered, x), "control", width=2.5, step=True)
    else:
        plot.rects(_boxes(counts, x), "control", opacity=0.75, stroke="paper", width=0.5)
        if other:
            plot.rects(_boxes(_binned(other, x, bins), x), "edge", opacity=0, stroke="edge", width=1.5, dash="short")
            spot = percentile(other, 50)
            plot.texts([(x.clip(spot), max(_binned(other, x, bins)), reference[1])], "muted", align="center", dy=-8, halo=True)
        if old:
            plot.rects(_boxes(_binned(old, x, bins), x), "control", opacity=0, stroke="control", dash="dot")
    marks = [(p, percentile(ordered, p)) for p in percentiles]
    for p, value in marks:
        plot.flag(value, f"p{p:g} {fmt(value, unit)}", "control", "short")
    if kind == "ecdf":
        plot.points([(value, p / 100) for p, value in marks], "control", size=70, top=True)
    if mark:
        plot.flag(mark[0], mark[1], "muted", "dot")
    plot.said_x(prediction, unit)
    mean = math.fsum(ordered) / len(ordered)
    words = ", ".join(f"p{p:g} {fmt(value, unit)}" for p, value in marks)
    alt = (
        f"{title}. {'Cumulative distribution' if kind == 'ecdf' else 'Histogram'} of {len(ordered):,} "
        f"values of {inside(quantity)} ({name}), "
        f"{'log' if log else 'linear'} axis, from {fmt(ordered[0], unit)} to {fmt(ordered[-1], unit)}, mean {fmt(mean, unit)}; {words}."
    )
    rows = [(name, len(ordered), mean, *(v for _, v in marks), ordered[-1])]
    if other:
        theirs = [percentile(other, p) for p in percentiles]
        rows.append((reference[1], len(other), math.fsum(other) / len(other), *theirs, other[-1]))
        alt += (
            f" Second line, {reference[1]}: " + ", ".join(f"p{p:g} {fmt(v, unit)}" for p, v in zip(percentiles, theirs, strict=True)) + "."
        )
    alt += f" Mark: {mark[1]}, {fmt(mark[0], unit)}." if mark else ""
    alt += f" Prediction: {you_said(prediction, unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, unit)
    columns = (
        Column("sample"),
        Column("values", "1"),
        Column("mean", unit),
        *(Column(f"p{p:g}", unit) for p in percentiles),
        Column("largest", unit),
    )
    return Instrument(plot.spec(alt), title, alt, columns, tuple(rows))


def _shares(top: float) -> tuple[tuple[float, str], ...]:
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0) if top / s <= 5)
    return tuple((round(i * step, 6), f"{round(100 * i * step, 6):g} %") for i in range(int(top / step + 1e-9) + 1))


def _steps(ordered: Sequence[float], x: Scale) -> list[tuple[float, float]]:
    if not ordered:
        return []
    n = len(ordered)
    ranks = range(n) if n <= _STEPS else sorted({min(n - 1, round(i * (n - 1) / (_STEPS - 1))) for i in range(_STEPS)})
    points = [(x.clip(ordered[r]), (r + 1) / n) for r in ranks]
    return [(points[0][0], 0.0), *points, (x.hi, 1.0)]


def _binned(ordered: Sequence[float], x: Scale, bins: int) -> list[float]:
    counts = [0] * bins
    for value in ordered:
        counts[min(bins - 1, max(0, int(x.at(value) * bins)))] += 1
    return [c / len(ordered) for c in counts] if ordered else [0.0] * bins


def _boxes(shares: Sequence[float], x: Scale) -> list[tuple]:
    n = len(shares)
    return [(x.back(i / n), x.back((i + 1) / n), 0.0, share) for i, share in enumerate(shares) if share]
