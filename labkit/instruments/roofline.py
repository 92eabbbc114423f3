"""The roofline: attainable rate against arithmetic intensity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, LimitLike, as_limit, finite, limit_sentence, need, sentence_list, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt


@dataclass(frozen=True, slots=True)
class Roof:
    """A machine, or one of its ceilings: peak rate and bandwidth."""

    name: str
    peak: float
    bandwidth: float

    def attainable(self, intensity: float) -> float:
        """The lower of the two roofs, for drawing."""
        return min(self.peak, intensity * self.bandwidth)

    @property
    def ridge(self) -> float:
        """The intensity at which the roofs meet."""
        return self.peak / self.bandwidth


@dataclass(frozen=True, slots=True)
class Work:
    """A point: intensity and achieved rate; without a rate it sits on the first roof."""

    name: str
    intensity: float
    rate: float | None = None


def roofline(
    roofs: Sequence[Roof],
    works: Sequence[Work],
    *,
    title: str,
    you: str | None = None,
    prediction: float | None = None,
    ghost: Sequence[Work] = (),
    limit: LimitLike = None,
    rate_unit: str = "FLOP/s",
    intensity_unit: str = "FLOP/B",
) -> Instrument:
    """Log-log roofline. The first roof is the one in play; further roofs are drawn thin. `you` names the student's work.

    `prediction` is a rate. `limit` is on the rate (for instance a least rate: `(value, label, "below")`).
    """
    roofs, works = need(roofs, "the list of roofs"), need(works, "the list of works")
    main, bound = roofs[0], as_limit(limit)
    placed = [Work(w.name, finite(w.intensity, w.name), main.attainable(w.intensity) if w.rate is None else w.rate) for w in works]
    old = [Work(w.name, w.intensity, main.attainable(w.intensity) if w.rate is None else w.rate) for w in ghost]
    x = number_scale(
        [w.intensity for w in (*placed, *old)] + [f * r.ridge for r in roofs for f in (0.1, 6)], intensity_unit, "Intensity", log=True
    )
    low = min(min(w.rate for w in (*placed, *old)), min(r.attainable(x.lo) for r in roofs) * 2) / 2
    y = number_scale(
        [low, max(r.peak for r in roofs) * 1.3, *(v for v in (prediction, bound and bound.value) if v is not None)],
        rate_unit,
        "Rate",
        log=True,
    )
    plot = Plot(x, y, 250.0)
    plot.limit_y(bound)
    for roof in reversed(roofs):
        first = roof is main
        start = max(x.lo, y.lo / roof.bandwidth)
        plot.line([(start, roof.attainable(start)), (roof.ridge, roof.peak)], "data" if first else "edge", width=3 if first else 1.2)
        plot.line([(roof.ridge, roof.peak), (x.hi, roof.peak)], "arithmetic" if first else "edge", width=3 if first else 1.2, dash="dash")
        plot.end_label(roof.peak, f"{roof.name} {fmt(roof.peak, rate_unit)}", "arithmetic" if first else "muted")
    plot.flag(main.ridge, f"ridge {fmt(main.ridge, intensity_unit)} · {fmt(main.bandwidth, 'B/s')} left of it", "muted", "dot")
    plot.said_y(prediction, rate_unit)
    plot.points([(w.intensity, w.rate) for w in old], "control", filled=False, size=120, opacity=0.5)
    others = [w for w in placed if w.name != you]
    plot.points([(w.intensity, w.rate) for w in others], "ink", size=70)
    near = [(w, x.at(w.intensity) > 0.6) for w in others]
    plot.texts([(w.intensity, w.rate, w.name) for w, right in near if not right], dx=8, dy=9, halo=True)
    plot.texts([(w.intensity, w.rate, w.name) for w, right in near if right], align="right", dx=-8, dy=9, halo=True)
    for w in placed:
        if w.name == you:
            plot.you(w.intensity, w.rate, w.name)
    words = [f"{w.name}: {fmt(w.intensity, intensity_unit)}, {fmt(w.rate, rate_unit)}, {_side(w, main)}" for w in placed]
    alt = (
        f"{title}. Roofline on log axes, intensity {fmt(x.lo, intensity_unit)} to {fmt(x.hi, intensity_unit)}, "
        f"rate {fmt(y.lo, rate_unit)} to "
        f"{fmt(y.hi, rate_unit)}. {main.name}: {fmt(main.bandwidth, 'B/s')} up to the ridge at {fmt(main.ridge, intensity_unit)}, then "
        f"{fmt(main.peak, rate_unit)}. {sentence_list(words)}."
    )
    alt += f" Your point: {you}." if you else ""
    alt += f" Prediction: {you_said(prediction, rate_unit)}." if prediction is not None else ""
    alt += limit_sentence(bound, rate_unit, [w.rate for w in placed if w.name == you])
    columns = (Column("work"), Column("intensity", intensity_unit), Column("rate", rate_unit), Column("bound by"))
    return Instrument(plot.spec(alt), title, alt, columns, tuple((w.name, w.intensity, w.rate, _side(w, main)) for w in placed))


def _side(work: Work, roof: Roof) -> str:
    return "memory" if work.intensity < roof.ridge else "arithmetic"
