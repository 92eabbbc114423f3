"""Incidents as rows, looked back on from the moment when each was noticed: what was kept, what of it is spoilt, where one can return to."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.instruments.base import Column, Instrument, finite, inside, need, you_said
from labkit.instruments.plot import Plot
from labkit.instruments.scales import number_scale, pixels
from mlsysim.units import fmt

ROOM, MOST = 250.0, 48  # px for the rows; rows that are drawn
Row = tuple[float, float, float, Sequence[float], float]  # ages: struck, newest kept, oldest kept, further ones kept, returned to (below 0: nowhere)


def rollbacks(
    rows: Sequence[Row], *, title: str, x_name: str, unit: str = "s", youngest: float, prediction: float | None = None, item: str = "incident"
) -> Instrument:
    """Rows of ages in the order in which they shall stand; ages below `youngest` stand at the left edge.

    What was kept before an incident struck is filled, what came after it open; × is a row without any clean one. `prediction` is a share
    of the rows.
    """
    rows = tuple(tuple(finite(v, item) if not isinstance(v, (tuple, list)) else tuple(v) for v in row) for row in need(rows, "the list of rows"))
    count = len(rows)
    shown = rows if count <= MOST else tuple(rows[round(i * (count - 1) / (MOST - 1))] for i in range(MOST))
    oldest = max(max(r[0], r[2], *r[3], youngest) for r in shown)
    x = number_scale([youngest, oldest], unit, x_name, log=True, pad=0.03, grid=False)
    pitch = min(12.0, ROOM / len(shown))
    height = pitch * len(shown) + 4
    plot = Plot(x, pixels(height), height, y_axis={"ticks": False, "domain": False, "grid": False})
    plot.note("■ kept and clean, □ kept but spoilt")
    plot.note("● when it struck, × no clean one is left")
    thick = max(2.5, pitch * 0.6)
    clean, spoilt, marks, lost, dailies, bad = [], [], [], [], [], []
    for n, (struck, newest, old, more, back) in enumerate(shown):
        y = pitch * (n + 0.5) + 2
        cut = min(max(struck, newest), old)
        spoilt.append((x.clip(newest), x.clip(cut), y, ""))
        clean.append((x.clip(cut), x.clip(old), y, ""))
        for age in more:
            (dailies if age >= struck else bad).append((x.clip(age), y))
        (marks if back >= 0 else lost).append((x.clip(struck), y))
    plot.rules([(x.lo, pitch * n + 2, x.hi, pitch * n + 2) for n in range(len(shown) + 1)], "rule", width=0.5)
    plot.bars([(a, b, y, "muted:open") for a, b, y, _ in spoilt if b > a], thick)
    plot.bars([(a, b, y, "data:solid") for a, b, y, _ in clean if b > a], thick)
    half = thick / 2
    plot.rules([(at, y - half, at, y + half) for at, y in bad], "muted", width=1.2, dash="short")
    plot.rules([(at, y - half, at, y + half) for at, y in dailies], "data", width=2.5)
    plot.points(marks, "ink", size=30)
    plot.points(lost, "ink", shape="cross", filled=False, size=54)
    if prediction is not None:
        at = 2 + pitch * len(shown) * min(1.0, max(0.0, prediction))
        plot.rules([(x.lo, at, x.hi, at)], "prediction", width=2, dash="dash", top=True)
        low = at > height - 20
        plot.texts(
            [(x.hi, at, f"{you_said(prediction, 'share')}: rows above this line")], "prediction", align="right", dx=-3, dy=-9 if low else 9, halo=True, top=True
        )
    saved = sum(r[4] >= 0 for r in rows)
    alt = f"{title}. {len(shown)} rows, one for {'each' if count == len(shown) else 'some'} of {count:,} {item}s, over {inside(x_name)} (log): "
    alt += f"struck {fmt(rows[0][0], unit)} to {fmt(rows[-1][0], unit)} before; a clean one is left in {saved:,} of {count:,}."
    alt += f" Prediction: {you_said(prediction, 'share')} of the rows." if prediction is not None else ""
    table = tuple((n, r[0], r[1], r[2], fmt(r[4], unit) if r[4] >= 0 else "nowhere") for n, r in enumerate(rows, 1))
    columns = (Column(item), Column("struck before", unit), Column("newest kept", unit), Column("oldest of the row", unit), Column("returned to"))
    return Instrument(plot.spec(alt), title, alt, columns, table[:MOST])
