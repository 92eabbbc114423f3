"""Electricity grids of the catalog: carbon intensity, the shape of a day, the price of a kilowatt-hour.

Two kinds of intensity are in use and must not be mixed in one comparison: "life cycle" counts upstream emissions (Ember, for
countries), "direct" those of the power stations (EPA, ARB, and Google's figures for cloud regions).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._entry import Source, arguments, source_of
from mlsysim._single import single
from mlsysim.errors import number
from mlsysim.units import KWH

SCOPES = ("life cycle", "direct")


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Grid:
    """One grid. The shape of its day is illustrative: how far an evening rise and a midday dip leave the mean.

    `carbon_kg_per_kwh` is the mean over `year`, CO₂ equivalents; `price_usd_per_kwh` is what industry paid, if known.
    """

    name: str
    title: str
    kind: str
    year: int
    carbon_kg_per_kwh: float
    scope: str
    evening_rise_share: float
    midday_dip_share: float
    price_usd_per_kwh: float | None
    price_date: str | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    @property
    def carbon_kg_per_j(self) -> float:
        """The mean intensity in SI units."""
        return self.carbon_kg_per_kwh / KWH

    def relative(self, hour, sun=1.0):
        """Intensity at an hour of the day against a flat day: 1 + e·exp(−((x − 20)/3)²) − d·sun·max(0, sin(π(x − 6)/12)).

        The midday term counts from 6 to 18 h; `sun` scales it, e.g. for a cloudy day. Not normalised: the mean is not 1.
        Errors: OutOfRange for an hour outside 0..24 or a negative `sun`. Illustrative shape, as `evening_rise_share` says.
        """
        x = single(number, "hour", hour, low=0.0, high=24.0)
        sun = single(number, "sun", sun, low=0.0, high=10.0)
        light = math.sin(math.pi * (x - 6) / 12) if 6 <= x <= 18 else 0.0
        return 1 + self.evening_rise_share * math.exp(-(((x - 20) / 3) ** 2)) - self.midday_dip_share * sun * max(0.0, light)

    def day_kg_per_kwh(self) -> tuple[float, ...]:
        """Intensity in the 24 hours of a day whose mean is `carbon_kg_per_kwh`; the shape is illustrative.

        >>> from mlsysim import catalog
        >>> day = catalog.grid("california").day_kg_per_kwh()
        >>> round(min(day), 3), round(max(day), 3), round(sum(day) / 24, 3)
        (0.148, 0.295, 0.236)
        """
        shape = [self.relative(float(hour)) for hour in range(24)]
        return tuple(self.carbon_kg_per_kwh * s * 24 / math.fsum(shape) for s in shape)

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Grid:
        return cls(**arguments(cls, name, data))
