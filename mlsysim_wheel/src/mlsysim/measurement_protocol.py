r"""A protocol that shall tell two camera boxes apart: how long, how often, in which order, how warm, and what counts as a frame.

The truth is the end-to-end rate of minutes 15 to 20 at the temperature on site. A protocol reports the mean rate of the seconds
[w, d) at its own temperature, of the model alone or of the whole frame. Its error is the bias of that number; its spread is that of a
comparison of n runs on a drifting machine (`measurement`). Each run starts at idle temperature after a pause.
Source: Hoefler and Belli 2015 (rules for reporting); boxes and drift illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.errors import Infeasible, number, one_of, whole
from mlsysim.measurement import ORDERS, ratio_spread
from mlsysim.quantity import quantity, series, sources
from mlsysim.throttling import FILE, mean_speed, trace

BOUNDARIES = {"model": "the model alone", "frame": "the whole frame"}
RUN_LENGTHS_S = (60, 180, 300, 450, 600, 900, 1200)
REPEATS = (1, 3, 5, 10, 20)
_SHOWN_S = 15
_NEGLIGIBLE = 1e-6  # far out in its tail the normal approximation to 400 comparisons says nothing; such a chance counts as 0
_WINDOW = "mean of the clock over the seconds counted, times frames a second at full speed"


@dataclass(frozen=True, slots=True)
class Protocol:
    """What one protocol reports of the boxes X and Y, what it should have reported, and what it costs."""

    run_s: float = quantity("d", "s", doc="length of a run")
    discarded_s: float = quantity("w", "s", doc="start of each run that is thrown away")
    runs: int = quantity("n", "1", doc="runs of each box")
    order: str = quantity(r"\text{order}", "")
    ambient_c: float = quantity(r"T_{lab}", "°C", doc="of the chamber")
    site_c: float = quantity(r"T_{site}", "°C", doc="where the boxes will work")
    boundary: str = quantity(r"\text{boundary}", "", doc="what is timed")
    reported_x_per_s: float = quantity("x", "frames/s", source=_WINDOW)
    reported_y_per_s: float = quantity("y", "frames/s", source=_WINDOW)
    true_x_per_s: float = quantity("x_0", "frames/s", source="whole frame, minutes 15 to 20 on site")
    true_y_per_s: float = quantity("y_0", "frames/s", source="whole frame, minutes 15 to 20 on site")
    reported_ratio: float = quantity("r", "×", formula=r"\frac{<reported_x_per_s>}{<reported_y_per_s>}", source="definition", doc="X over Y, reported")
    true_ratio: float = quantity("r_0", "×", formula=r"\frac{<true_x_per_s>}{<true_y_per_s>}", source="definition", doc="X over Y, on site")
    error_share: float = quantity("e", "share", source="larger of |x/x₀ − 1| and |y/y₀ − 1|", doc="error of the reported rates")
    unsteady_share: float = quantity(
        "u", "share", source="later half of the counted seconds over the earlier; larger of the two boxes", doc="how far the rate moves while counted"
    )
    spread: float = quantity(r"\sigma", "1", source="400 simulated comparisons of equal programs", doc="standard deviation of the log ratio")
    half_width_share: float = quantity("h", "share", formula=r"1.96 <spread>", source="normal approximation", doc="half of the 95 % interval of the ratio")
    wrong_winner_share: float = quantity(
        "p", "share", source="1 − Φ(−ln r/σ) if Y is faster on site, else its complement; 0 below 10⁻⁶", doc="chance that the report names the slower box"
    )
    pause_s: float = quantity("c", "s", doc="between two runs")
    minutes: float = quantity("m", "min", formula=r"\frac{2 <runs> (<run_s> + <pause_s>)}{60}", source="definition", doc="of lab time")
    reported_winner: str = quantity(r"\text{reported}", "", source="r against 1")
    true_winner: str = quantity(r"\text{true}", "", source="r₀ against 1")
    tested_x: tuple = series("frames/s", doc="(time in s, rate) of X as tested")
    tested_y: tuple = series("frames/s", doc="the same of Y")
    site_x: tuple = series("frames/s", doc="(time in s, rate) of X on site, whole frame")
    site_y: tuple = series("frames/s", doc="the same of Y")
    sources: dict = sources()


def protocol(run_s=60, discarded_s=0, runs=3, order="blocked", ambient_c=25.0, boundary="model", site_c=45.0) -> Protocol:
    """A protocol and its verdict on the boxes X and Y.

    Seconds are whole, a run at most 1,200 s; `runs` (1 … 30) of each box; `order` a key of `measurement.ORDERS`, `boundary` of BOUNDARIES;
    temperatures in °C (0 … 60). Errors: Infeasible where nothing is left after the discarded start; OutOfRange, WrongType.
    Source: Hoefler and Belli 2015; boxes illustrative.

    >>> p = protocol()
    >>> round(p.reported_ratio, 2), round(p.true_ratio, 2), p.reported_winner, round(p.error_share, 2)
    (1.2, 0.6, 'X', 1.48)
    """
    length = load(FILE)["watch_s"]["value"]
    run, discarded = whole("run_s", run_s, high=length), whole("discarded_s", discarded_s, low=0, high=length)
    given = (run, discarded, whole("runs", runs, high=30), one_of("order", order, ORDERS))
    where = (_celsius("ambient_c", ambient_c), one_of("boundary", boundary, BOUNDARIES), _celsius("site_c", site_c))
    if discarded >= run:
        raise Infeasible(f"A run of {run} s whose first {discarded} s are thrown away leaves nothing to count")
    return _protocol(*given, *where)


def _celsius(name: str, value) -> float:
    return single(number, name, value, low=0.0, high=60.0)


def _full_rate(box: str, boundary: str) -> float:
    """Frames a second at full speed."""
    data = load(FILE)
    return 1 / (data["boxes"][box]["model_s"]["value"] + (data["preprocessing_s"]["value"] if boundary == "frame" else 0.0))


@lru_cache(maxsize=512)
def _rate(box: str, ambient: float, first: int, last: int, boundary: str) -> float:
    found = trace(ambient, load(FILE)["boxes"][box]["resistance_k_per_w"]["value"])
    return mean_speed(found, first, last) * _full_rate(box, boundary)


@lru_cache(maxsize=128)
def _line(box: str, ambient: float, until: int, boundary: str) -> tuple[tuple[float, float], ...]:
    full, found = _full_rate(box, boundary), trace(ambient, load(FILE)["boxes"][box]["resistance_k_per_w"]["value"])
    return tuple((float(s), full * found.speeds[s]) for s in [*range(0, until, _SHOWN_S), until - 1])


@lru_cache(maxsize=64)
def _spread(runs: int, order: str) -> float:
    return ratio_spread(runs, order)


@lru_cache(maxsize=2048)
def _protocol(run: int, discarded: int, runs: int, order: str, ambient: float, boundary: str, site: float) -> Protocol:
    data = load(FILE)
    length, late, pause = data["watch_s"]["value"], data["sustained_s"]["value"], data["cooling_s"]["value"]
    x, y = (_rate(box, ambient, discarded, run, boundary) for box in ("x", "y"))
    true_x, true_y = (_rate(box, site, length - late, length, "frame") for box in ("x", "y"))
    middle = (discarded + run) // 2
    moves = [abs(_rate(box, ambient, middle, run, boundary) / _rate(box, ambient, discarded, middle, boundary) - 1) for box in ("x", "y")]
    spread = _spread(runs, order)
    says_x = 0.5 * math.erfc(-math.log(x / y) / spread / math.sqrt(2))  # Φ(ln r/σ)
    wrong = says_x if true_y > true_x else 1 - says_x
    return Protocol(
        run_s=float(run), discarded_s=float(discarded), runs=runs, order=order, ambient_c=ambient, site_c=site, boundary=boundary,
        reported_x_per_s=x, reported_y_per_s=y, true_x_per_s=true_x, true_y_per_s=true_y, reported_ratio=x / y, true_ratio=true_x / true_y,
        error_share=max(abs(x / true_x - 1), abs(y / true_y - 1)), unsteady_share=max(moves), spread=spread, half_width_share=1.96 * spread,
        wrong_winner_share=wrong if wrong > _NEGLIGIBLE else 0.0, pause_s=float(pause), minutes=2 * runs * (run + pause) / 60,
        reported_winner="X" if x > y else "Y", true_winner="X" if true_x > true_y else "Y",
        tested_x=_line("x", ambient, run, boundary), tested_y=_line("y", ambient, run, boundary),
        site_x=_line("x", site, length, "frame"), site_y=_line("y", site, length, "frame"),
        sources={"pause_s": source_of(data["cooling_s"])},
    )  # fmt: skip


def alternatives(discarded_s, order, ambient_c, boundary, site_c) -> tuple[Protocol, ...]:
    """The protocols of every usual run length and number of repeats under the same other choices, as `protocol` has them.

    Run lengths that leave nothing to count are left out; the tuple is empty where that is all of them. Errors: OutOfRange, WrongType.

    >>> [p.run_s for p in alternatives(300, "blocked", 25, "model", 45)][::5]
    [450.0, 600.0, 900.0, 1200.0]
    """
    discarded = whole("discarded_s", discarded_s, low=0, high=load(FILE)["watch_s"]["value"])
    return tuple(protocol(run, discarded, runs, order, ambient_c, boundary, site_c) for run in RUN_LENGTHS_S if run > discarded for runs in REPEATS)
