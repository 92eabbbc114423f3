r"""Two cards in one benchmark: which wins depends on the batch and on what is counted.

A batch takes t(b) = max(t₀, b/r) on a card (see `inference_cards`): up to the batch r·t₀ the launches bind and the rate of the
arithmetic does not show. Energy is t·W with the rated power, an upper bound and no measurement.
Source: NVIDIA DeepLearningExamples, ResNet-50 v1.5 (2021); scenarios of a benchmark: Reddi et al. 2020 (MLPerf Inference).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim import catalog
from mlsysim._single import single
from mlsysim.errors import number, one_of, positive, whole
from mlsysim.inference_cards import BATCH_LAW, inference_card
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import KWH

METRICS = {"rate": "images a second", "energy": "images a joule", "price": "images a dollar"}
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
INTERACTIVE_S = 0.05
_CARDS = {"t4": "t4", "v100": "v100_sxm2_16gb"}  # name of the measured card → catalog's device
_DEFINED = "definition"


@dataclass(frozen=True, slots=True)
class Contest:
    """The V100 against the T4 at one batch, in one measure."""

    batch: int = quantity("B", "1")
    metric: str = quantity(r"\text{metric}", "")
    images_per_day: float = quantity("N", "images/day")
    carbon_g_per_kwh: float = quantity("c", "g/kWh", doc="CO₂ equivalents of the grid")
    t4_s: float = quantity("t_{T4}", "s", source=BATCH_LAW, doc="time of a batch")
    v100_s: float = quantity("t_{V100}", "s", source=BATCH_LAW, doc="time of a batch")
    t4_power_w: float = quantity("W_{T4}", "W", doc="rated")
    v100_power_w: float = quantity("W_{V100}", "W", doc="rated")
    t4_usd_per_h: float = quantity("p_{T4}", "$", doc="an hour")
    v100_usd_per_h: float = quantity("p_{V100}", "$", doc="an hour")
    rate_ratio: float = quantity("r_1", "×", formula=r"\frac{<t4_s>}{<v100_s>}", source=_DEFINED, doc="images a second, V100 over T4; that of the latency too")
    energy_ratio: float = quantity(
        "r_2", "×", formula=r"\frac{<t4_s> <t4_power_w>}{<v100_s> <v100_power_w>}", source=_DEFINED, doc="images a joule, V100 over T4"
    )
    price_ratio: float = quantity(
        "r_3", "×", formula=r"\frac{<t4_s> <t4_usd_per_h>}{<v100_s> <v100_usd_per_h>}", source=_DEFINED, doc="images a dollar, V100 over T4"
    )
    ratio: float = quantity("r", "×", source="the one of the three that the metric names", doc="V100 over T4; above 1 the V100 is better")
    peak_ratio: float = quantity("R", "×", source="catalog: dense 16-bit peaks", doc="of the peaks, V100 over T4")
    winner: str = quantity(r"\text{winner}", "", source="ratio against 1")
    latency_s: float = quantity("t", "s", source=BATCH_LAW, doc="of the winner")
    images_per_s: float = quantity("f", "images/s", formula=r"\frac{<batch>}{<latency_s>}", source=_DEFINED, doc="of the winner")
    winner_power_w: float = quantity("W", "W", source="rated power", doc="of the winner")
    kwh_per_day: float = quantity(
        "E", "kWh", formula=r"\frac{<images_per_day> <latency_s> <winner_power_w>}{<batch>\cdot 3.6\cdot 10^6}", source=_DEFINED,
        doc="a day's images on the winner, rated power while it computes",
    )
    kg_co2e_per_day: float = quantity("C", "kg", formula=r"\frac{<kwh_per_day> <carbon_g_per_kwh>}{1000}", source=_DEFINED)
    energy_span: float = quantity("E_+/E_-", "×", source="all batches of both cards", doc="most over least energy for one image")
    t4_full_batch: float = quantity(r"b_{T4}", "1", source="r·t₀ of the fit", doc="from this batch on the T4 computes flat out")
    v100_full_batch: float = quantity(r"b_{V100}", "1", source="r·t₀ of the fit", doc="from this batch on the V100 computes flat out")
    flat_out: str = quantity(r"\text{full}", "", source="batch against r·t₀", doc="which cards compute flat out, rather than wait for launches")
    state: str = quantity(r"\text{state}", "", source="latency against 50 ms, the limit of an interactive answer (illustrative)")
    ratios: tuple = series("×", doc="metric → (batch, V100 over T4)")
    times: tuple = series("s", doc="card → (batch, time of a batch)")
    measured_times: tuple = series("s", doc="(batch, measured time, card)")
    measured_ratios: tuple = series("×", doc="(batch, measured images a second of V100 over T4)")
    sources: dict = sources()


def contest(batch=1, metric="rate", images_per_day=1e8, carbon_g_per_kwh=None) -> Contest:
    """ResNet-50 in mixed precision on a V100 and a T4, in batches of `batch` (1 … 256).

    `metric` is a key of METRICS: images a second, a joule (rated power) or a dollar (list price). `carbon_g_per_kwh` is that of Iowa where
    None. Errors: OutOfRange, WrongType. Source: NVIDIA DeepLearningExamples 2021; Google Cloud list 2024.

    >>> c = contest(32)
    >>> round(c.rate_ratio, 2), round(c.energy_ratio, 2), round(c.price_ratio, 3)
    (2.1, 0.49, 0.296)
    """
    batch = whole("batch", batch, high=BATCHES[-1])
    one_of("metric", metric, METRICS)
    grid = catalog.grid("iowa")
    carbon = grid.carbon_kg_per_kwh * 1000 if carbon_g_per_kwh is None else single(number, "carbon_g_per_kwh", carbon_g_per_kwh, low=0.0, high=5e3)
    return _contest(batch, metric, single(positive, "images_per_day", images_per_day, high=1e15), carbon)


def _ratios(batch: int) -> dict[str, float]:
    """V100 over T4 in each measure."""
    cards = {name: inference_card(name) for name in _CARDS}
    t4, v100 = (cards[name].batch_time_s(batch) for name in ("t4", "v100"))
    power = {name: catalog.device(device).power_w for name, device in _CARDS.items()}
    rate = t4 / v100
    return {"rate": rate, "energy": rate * power["t4"] / power["v100"], "price": rate * cards["t4"].price_usd_per_h / cards["v100"].price_usd_per_h}


@lru_cache(maxsize=1)
def _curves() -> dict:
    """What does not depend on any control."""
    cards = {name: inference_card(name) for name in _CARDS}
    power = {name: catalog.device(device).power_w for name, device in _CARDS.items()}
    found = {b: _ratios(b) for b in BATCHES}
    joules = [card.batch_time_s(b) * power[name] / b for name, card in cards.items() for b in BATCHES]
    measured = {name: dict(card.measured) for name, card in cards.items()}
    return dict(
        ratios=tuple((metric, tuple((b, found[b][metric]) for b in BATCHES)) for metric in METRICS),
        times=tuple((name, tuple((b, card.batch_time_s(b)) for b in BATCHES)) for name, card in cards.items()),
        measured_times=tuple((b, t, name) for name in cards for b, t in measured[name].items()),
        measured_ratios=tuple((b, measured["t4"][b] / measured["v100"][b]) for b in BATCHES),
        t4_full_batch=cards["t4"].rate_per_s * cards["t4"].floor_s,
        v100_full_batch=cards["v100"].rate_per_s * cards["v100"].floor_s,
        energy_span=max(joules) / min(joules),
    )


@lru_cache(maxsize=256)
def _contest(batch: int, metric: str, images_per_day: float, carbon: float) -> Contest:
    cards = {name: inference_card(name) for name in _CARDS}
    devices = {name: catalog.device(device) for name, device in _CARDS.items()}
    times, ratios = {name: card.batch_time_s(batch) for name, card in cards.items()}, _ratios(batch)
    winner = "v100" if ratios[metric] > 1 else "t4"
    power, time_s = devices[winner].power_w, times[winner]
    kwh = images_per_day * time_s * power / batch / KWH
    full = [name for name in _CARDS if batch >= _curves()[f"{name}_full_batch"]]
    return Contest(
        batch=batch, metric=metric, images_per_day=images_per_day, carbon_g_per_kwh=carbon, t4_s=times["t4"], v100_s=times["v100"],
        t4_power_w=devices["t4"].power_w, v100_power_w=devices["v100"].power_w,
        t4_usd_per_h=cards["t4"].price_usd_per_h, v100_usd_per_h=cards["v100"].price_usd_per_h,
        rate_ratio=ratios["rate"], energy_ratio=ratios["energy"], price_ratio=ratios["price"], ratio=ratios[metric],
        peak_ratio=devices["v100"].peak("fp16") / devices["t4"].peak("fp16"), winner="V100" if winner == "v100" else "T4", latency_s=time_s,
        images_per_s=batch / time_s, winner_power_w=power, kwh_per_day=kwh, kg_co2e_per_day=kwh * carbon / 1000,
        flat_out={0: "neither", 1: full[0] if full else "", 2: "both"}[len(full)],
        state="too slow for an answer" if time_s > INTERACTIVE_S else "in time",
        sources={
            "t4_power_w": devices["t4"].source("power_w"), "v100_power_w": devices["v100"].source("power_w"),
            "t4_usd_per_h": cards["t4"].sources["price_usd_per_h"], "v100_usd_per_h": cards["v100"].sources["price_usd_per_h"],
            "carbon_g_per_kwh": catalog.grid("iowa").source("carbon_kg_per_kwh"),
        },
        **_curves(),
    )  # fmt: skip
