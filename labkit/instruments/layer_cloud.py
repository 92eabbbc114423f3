"""The layers of one network under a roofline: a mark a layer, its area the time that the layer takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.instruments.base import Column, Instrument, finite, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.roofline import Roof
from labkit.instruments.scales import number_scale
from mlsysim.units import fmt

SHAPES = {"circle": "●", "square": "■", "triangle-up": "▲", "diamond": "◆"}
AREA, SMALLEST, LARGEST = 5000.0, 16.0, 1500.0  # px² of all the time, and what no mark goes below or above
COLOURS = ("arithmetic", "data", "overhead")


@dataclass(frozen=True, slots=True)
class LayerMark:
    """A layer: intensity, rate, its share of the time, its kind, and the term that takes most of it."""

    name: str
    kind: str
    intensity: float
    rate: float
    share: float
    term: str


def layer_cloud(
    roof: Roof,
    marks: Sequence[LayerMark],
    *,
    title: str,
    kinds: Sequence[tuple[str, str]],
    whole: tuple[float, float, str],
    reached: tuple[float, str] | None = None,
) -> Instrument:
    """Layers on log axes under `roof`. `kinds` are (kind, shape) with a shape of `SHAPES`; colour says what takes most of a layer.

    `whole` (intensity, rate, label) is the student's mark, the network as one; `reached` (rate, label) a lower ceiling.
    """
    marks, shapes = need(marks, "the list of layers"), dict(need(kinds, "the list of kinds"))
    for mark in marks:
        if mark.kind not in shapes or shapes[mark.kind] not in SHAPES or mark.term not in COLOURS:
            raise ValueError(f"{mark.name}: kind {mark.kind!r} or term {mark.term!r} has no mark")
    xs = [finite(m.intensity, m.name) for m in marks] + [whole[0]]
    ys = [finite(m.rate, m.name) for m in marks] + [whole[1]]
    x = number_scale([*xs, roof.ridge / 3, roof.ridge * 3], "FLOP/B", "Operations a byte", log=True, pad=0.1, grid=False)
    y = number_scale([min(ys) / 1.5, roof.peak * 1.4], "FLOP/s", "Rate", log=True, pad=0.0)
    plot = Plot(x, y, 226.0)
    start = max(x.lo, y.lo / roof.bandwidth)
    plot.line([(start, roof.attainable(start)), (roof.ridge, roof.peak)], "data", width=3)
    plot.line([(roof.ridge, roof.peak), (x.hi, roof.peak)], "arithmetic", width=3, dash="dash")
    plot.end_label(roof.peak, f"{roof.name} {fmt(roof.peak, 'FLOP/s')}", "arithmetic")
    if reached:
        plot.line([(reached[0] / roof.bandwidth, reached[0]), (x.hi, reached[0])], "edge", width=1.2, dash="short")
        plot.end_label(reached[0], reached[1], "muted")
    plot.flag(roof.ridge, f"ridge {fmt(roof.ridge, 'FLOP/B')}", "muted", "dot")
    for kind, shape in shapes.items():
        for colour in COLOURS:
            for m in sorted((m for m in marks if m.kind == kind and m.term == colour), key=lambda m: -m.share):
                plot.points([(m.intensity, m.rate)], colour, shape=shape, size=min(LARGEST, SMALLEST + AREA * m.share), opacity=0.7)
    plot.note(", ".join(f"{SHAPES[shape]} {kind}" for kind, shape in shapes.items()), "muted")
    plot.note("area: time; colour: what takes most of it", "muted")
    for colour, words in zip(COLOURS, ("arithmetic", "moving data", "the fixed time"), strict=True):
        count = sum(m.term == colour for m in marks)
        if count:
            plot.note(f"{words} in {count} of {len(marks)} layers", colour)
    plot.you(*whole)
    most = sorted(marks, key=lambda m: -m.share)[:6]
    words = [f"{m.name}: {fmt(m.intensity, 'FLOP/B')}, {fmt(m.rate, 'FLOP/s')}, {fmt(m.share, 'share')} of the time, {m.term}" for m in most]
    alt = f"{title}. {len(marks)} layers under a roofline on log axes: {roof.name}, {fmt(roof.bandwidth, 'B/s')} up to the ridge at "
    alt += f"{fmt(roof.ridge, 'FLOP/B')}, then {fmt(roof.peak, 'FLOP/s')}. Those that take most time: {sentence_list(words)}. "
    alt += f"Your point, the whole network: {fmt(whole[0], 'FLOP/B')}, {fmt(whole[1], 'FLOP/s')}."
    columns = (Column("layer"), Column("kind"), Column("intensity", "FLOP/B"), Column("rate", "FLOP/s"), Column("share of time", "share"), Column("most of it"))
    return Instrument(plot.spec(alt), title, alt, columns, tuple((m.name, m.kind, m.intensity, m.rate, m.share, m.term) for m in marks))
