"""Prices of the catalog: what an hour, a gigabyte or a request cost, where, on which terms, and when."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._entry import Source, arguments, source_of
from mlsysim.errors import Infeasible

TERMS = ("on demand", "spot", "reserved 1 year", "reserved 3 years", "capacity block", "list", "assumed")


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Price:
    """`usd` for one `unit` ("h", "GB-month", "GB", "request", "token", "kWh") on `terms`, as of `date` (a year, month or day).

    An instance has `accelerators` chips of the catalog's device `accelerator`; both are None for other goods.
    """

    name: str
    title: str
    kind: str
    provider: str
    terms: str
    usd: float
    unit: str
    date: str
    accelerator: str | None
    accelerators: float | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    @property
    def usd_per_accelerator_hour(self) -> float:
        """Dollars for an hour of one accelerator. Errors: Infeasible for a price of something else.

        >>> from mlsysim import catalog
        >>> round(catalog.price("aws_p5_48xlarge_on_demand").usd_per_accelerator_hour, 2)
        12.29
        """
        if self.accelerators is None or self.unit != "h":
            raise Infeasible(f"{self.title} is priced by {self.unit} and has no accelerator, so it has no price of an accelerator's hour")
        return self.usd / self.accelerators

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Price:
        return cls(**arguments(cls, name, data))
