"""What reads what: nodes in rows from provider to consumer, edges down, those that are broken dashed."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need, sentence_list
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale, pixels

PITCH, HEAD = 52.0, 26.0  # px: from row to row; above the first


def dependency_graph(
    nodes: Sequence[tuple[str, int, float, str]], edges: Sequence[tuple[int, int, bool]], *, title: str, broken: str, whole: str, words: str
) -> Instrument:
    """`nodes` are (name, row, place from left to right in 0 … 1, words beside the name); `edges` (from, to, broken?) by place in `nodes`.

    `broken` and `whole` name the two kinds of edges, `words` what stands beside a node's name.
    """
    nodes = need(nodes, "the list of nodes")
    stray = [e for e in edges if not (0 <= e[0] < len(nodes) and 0 <= e[1] < len(nodes))]
    if stray:
        raise ValueError(f"edge {stray[0]} does not join two of {len(nodes)} nodes")
    height = HEAD + PITCH * max(row for _, row, *_ in nodes) + 34
    plot = Plot(Scale(0.0, 1.0), pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    spot = [(place, HEAD + PITCH * row) for _, row, place, _ in nodes]
    torn = [e for e in edges if e[2]]
    plot.note(f"- - -  {len(torn)} of {len(edges)} {broken}", "arithmetic" if torn else "muted")
    plot.rules([(*spot[a], *spot[b]) for a, b, cut in edges if not cut], "edge", width=1.2, opacity=0.7)
    plot.rules([(*spot[a], *spot[b]) for a, b, _ in torn], "arithmetic", width=2, dash="short")
    hurt = {b for _, b, _ in torn}
    for ill, colour in ((False, "ink"), (True, "arithmetic")):
        plot.points([p for i, p in enumerate(spot) if (i in hurt) is ill], colour, size=110, top=True)
    for align, low, high in (("left", -0.1, 0.2), ("center", 0.2, 0.8), ("right", 0.8, 1.1)):
        inside = [(i, p) for i, p in enumerate(spot) if low <= p[0] < high]
        dx = {"left": -6, "center": 0, "right": 6}[align]
        plot.texts([(*p, nodes[i][0]) for i, p in inside], align=align, dx=dx, dy=-14, bold=True, halo=True, top=True)
        plot.texts([(*p, nodes[i][3]) for i, p in inside], "muted", align=align, dx=dx, dy=15, halo=True, top=True)
    name = [n[0] for n in nodes]
    alt = f"{title}. Graph of {len(nodes)} nodes and {len(edges)} edges from providers above to consumers below; {len(torn)} {broken}"
    alt += ": " + sentence_list([f"{name[a]} to {name[b]}" for a, b, _ in torn], 26) + "." if torn else "."
    alt += f" {words[:1].upper() + words[1:]}: {sentence_list([f'{n[0]} {n[3]}' for n in nodes])}."
    rows = tuple((name[a], name[b], broken if cut else whole, nodes[a][3], nodes[b][3]) for a, b, cut in edges)
    columns = (Column("provider"), Column("consumer"), Column("edge"), Column(f"provider, {words}"), Column(f"consumer, {words}"))
    return Instrument(plot.spec(alt), title, alt, columns, rows)
