"""A cluster's network as it is wired: spine, leaves, NICs and the links inside nodes, each as wide as it is busy."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, need, sentence_list
from labkit.instruments.marks import NARROW
from labkit.instruments.plot import Plot
from labkit.instruments.scales import Scale
from mlsysim.units import fmt

HEIGHT, SPINE, LEAF, TOP, FOOT = 250.0, 18.0, 96.0, 196.0, 232.0  # px from the top: spine, leaves, upper and lower edge of nodes
STEPS = ((0.02, 0.6), (0.15, 1.2), (0.35, 2.4), (0.65, 4.0), (0.98, 6.0), (1.01, 8.0))  # busy up to this share: width in px


def fabric_map(
    nodes: int,
    nic_shares: Sequence[float],
    inner_shares: Sequence[float],
    leaf_shares: Sequence[float],
    leaf_of: Sequence[int],
    *,
    title: str,
    hot: str,
    spine: str,
) -> Instrument:
    """Busy shares (1: the busiest link of all) of every GPU's NIC and inner link and of every leaf's link to the spine.

    `leaf_of` gives the leaf of each GPU's NIC. `hot` names the busiest link, `spine` what the spine is ("spine 4:1"). Links that are
    idle are dotted, the busiest are in the colour of arithmetic and named.
    """
    nic_shares, gpus = need(nic_shares, "the list of GPUs"), len(nic_shares)
    if gpus % nodes or not (len(inner_shares) == len(leaf_of) == gpus) or max(leaf_of) >= len(leaf_shares):
        raise ValueError(f"{gpus} NICs, {len(inner_shares)} inner links, {len(leaf_of)} leaf numbers and {nodes} nodes do not fit together")
    side, leaves = gpus // nodes, len(leaf_shares)
    x = Scale(0.0, float(gpus))
    plot = Plot(x, Scale(0.0, HEIGHT, reverse=True), HEIGHT, y_axis={"ticks": False, "domain": False, "grid": False}, x_axis={"grid": False})
    wide, at = gpus / leaves, lambda i: (i + 0.5) * gpus / leaves
    up = [(at(i), SPINE, at(i), LEAF, share) for i, share in enumerate(leaf_shares)]
    down = [(at(leaf) + wide * 0.3 * ((g / (gpus - 1)) - 0.5), LEAF, g + 0.5, TOP, nic_shares[g]) for g, leaf in enumerate(leaf_of)]
    low = 0.0
    for upper, width in STEPS:
        colour = "arithmetic" if upper > 1 else "data" if upper > 0.16 else "edge"
        for links, thin in ((down, 0.3), (up, 1.0)):  # many NICs cross: thinner, or they would hide each other
            plot.rules([x[:4] for x in links if low <= x[4] < upper], colour, width=max(0.8, thin * width), dash="solid" if upper > 0.02 else "dot")
        low = upper
    plot.bars([(0.4, gpus - 0.4, SPINE, "ink:solid")], 7)
    plot.rects([(at(i) - wide * 0.42, at(i) + wide * 0.42, LEAF - 6, LEAF + 6) for i in range(leaves)], "paper", stroke="ink", width=1.5)
    edges = [(n * side + 0.3, (n + 1) * side - 0.3) for n in range(nodes)]
    plot.rects([(a, b, TOP, FOOT) for a, b in edges], "paper", stroke="ink", width=1.5)
    for hottest in (False, True):  # inner links: bars that fill the node from below
        boxes = [
            (g + 0.2, g + 0.8, FOOT - 2 - max(2.0, (FOOT - TOP - 6) * share), FOOT - 2)
            for g, share in enumerate(inner_shares) if share > 0.02 and (share >= 0.98) is hottest
        ]  # fmt: skip
        plot.rects(boxes, "arithmetic" if hottest else "data")
    number = lambda n, i: f"{n} {i}" if n and NARROW / 8 > 6 * (len(n) + 2) else f"{i}"  # noqa: E731
    plot.texts([(at(i), LEAF, number("", i)) for i in range(leaves)], align="center", top=True)
    plot.texts([((a + b) / 2, FOOT + 10, f"{n}") for n, (a, b) in enumerate(edges)], "muted", align="center")
    plot.texts([(0.4, 5.0, spine)], bold=True, halo=True, top=True)
    plot.texts([(0.4, LEAF - 16, "leaf"), (0.4, TOP - 8, "NIC"), (0.4, FOOT + 10, "")], "muted", halo=True, top=True)
    plot.note(f"Busiest: {hot}", "arithmetic")
    plot.note("wider: busier · dotted: idle · bars in nodes: NVLink", "muted")
    word = lambda shares: f"from {fmt(min(shares), 'share')} to {fmt(max(shares), 'share')}"  # noqa: E731
    parts = [f"{leaves} leaves to the {spine} {word(leaf_shares)}", f"{gpus} NICs {word(nic_shares)}", f"links inside {nodes} nodes {word(inner_shares)}"]
    alt = f"{title}. Network drawn from spine to nodes; time of each link against the busiest: {sentence_list(parts)}. Busiest: {hot}."
    table = [(f"leaf {i} to spine", share) for i, share in enumerate(leaf_shares)]
    for n in range(nodes):
        own = slice(n * side, (n + 1) * side)
        table += [(f"node {n}, busiest NIC", max(nic_shares[own])), (f"node {n}, busiest link inside", max(inner_shares[own]))]
    return Instrument(plot.spec(alt), title, alt, (Column("link"), Column("time against the busiest", "share")), tuple(table))
