"""Storage tiers and data sets of the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._entry import Source, arguments, source_of


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class StorageTier:
    """A place for bytes, from on-package memory to tape. `None` says that a figure does not apply or is not known.

    `first_byte_s` is the wait before the first byte, `stream_bytes_per_s` what one reader then gets, `bandwidth_bytes_per_s`
    what all readers of one unit (a module, a drive, a node's port) get together. Prices: `price_usd_per_gb` to buy,
    `price_usd_per_gb_month` to rent, `request_usd` a read request.
    """

    name: str
    title: str
    kind: str
    year: int
    first_byte_s: float
    stream_bytes_per_s: float
    bandwidth_bytes_per_s: float
    random_bandwidth_bytes_per_s: float | None
    random_reads_per_s: float | None
    capacity_bytes: float | None
    price_usd_per_gb: float | None
    price_usd_per_gb_month: float | None
    request_usd: float | None
    price_date: str | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> StorageTier:
        return cls(**arguments(cls, name, data))


@dataclass(frozen=True, slots=True, eq=False)  # one object a name: equal means the same
class Dataset:
    """A published data set: `items` of what `item` says, their bytes as stored, tokens where it is text."""

    name: str
    title: str
    task: str
    item: str
    year: int
    items: float
    stored_bytes: float
    tokens: float | None
    sources: tuple[Source, ...]
    estimates: tuple[str, ...]
    notes: str

    @property
    def item_bytes(self) -> float:
        """Mean size of an item as stored.

        >>> from mlsysim import catalog
        >>> round(catalog.dataset("imagenet_1k").item_bytes)
        108000
        """
        return self.stored_bytes / self.items

    def source(self, field: str) -> str:
        """Where one field comes from, in words."""
        return source_of(self, field)

    @classmethod
    def from_data(cls, name: str, data: dict) -> Dataset:
        return cls(**arguments(cls, name, data))
