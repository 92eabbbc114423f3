"""A detector that never sleeps: false wakes a month, missed keywords, and the test audio that proves a promise.

Scores of windows without the word are N(0, 1), with it N(d′, 1); a window whose score passes the threshold z wakes the device,
so ε = Q(z) of the empty windows wake it and 1 − Q(z − d′) of the words are missed (equal-variance signal detection, Green and
Swets 1966). With r decisions a second it wakes r·86,400·ε times a day for nothing. A test of H hours in which j false wakes are
seen shows with 95 % confidence that their mean is below m, where Σ_{i≤j} e^(−m) m^i/i! = 0.05 (Garwood 1936; j = 0: the rule of three).
Windows count as independent, which overlapping ones are not: illustrative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from mlsysim._single import single
from mlsysim.errors import fraction, number, positive, whole
from mlsysim.quantity import quantity, series, sources
from mlsysim.units import DAY, HOUR

MONTH_HOURS = 730.5  # a twelfth of a year of 365.25 days
AUDIO_BYTES_PER_S = 32e3  # 16,000 samples a second of 16 bits
CONFIDENCE = 0.95
PROMISED, MOST_MISSED = 1.0, 0.1  # false wakes a month; share of keywords
DETECTOR, THRESHOLD, AUDIO, NOTHING = "detector", "threshold", "audio", "nothing"
BROKEN, DEAF, UNPROVEN, OK = "promise broken", "deaf", "not proven", "ok"
LONGEST_H = 1e6  # how far the search for enough audio goes: a century
_GARWOOD = "Garwood 1936, Fiducial Limits for the Poisson Distribution"
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector at one threshold, tested on some hours of audio, held against one false wake a month."""

    threshold: float = quantity("z", "σ", doc="a score above it wakes the device")
    separation: float = quantity("d'", "σ", doc="between the scores of noise and of the keyword")
    decisions_per_s: float = quantity("r", "1/s")
    audio_h: float = quantity("H", "hours", doc="recorded without the keyword, to test on")
    false_share: float = quantity(r"\epsilon", "share", source="Q(z), standard normal tail", doc="of windows without the keyword that wake")
    right_share: float = quantity(r"1-\epsilon", "share", formula=r"1 - <false_share>", source="definition", doc="of such windows judged right")
    false_wakes_per_day: float = quantity("w_d", "a day", formula=r"86400 \cdot <decisions_per_s> \cdot <false_share>", source="seconds of a day")
    false_wakes_per_month: float = quantity(
        "w_m", "a month", formula=r"3600 \cdot 730.5 \cdot <decisions_per_s> \cdot <false_share>", source="730.5 hours a month"
    )
    missed_share: float = quantity("m", "share", source="1 − Q(z − d′)", doc="of keywords missed")
    detected_share: float = quantity("1-m", "share", formula=r"1 - <missed_share>", source="definition", doc="of keywords heard")
    promised_per_month: float = quantity("k", "a month", source="the promise")
    allowed_share: float = quantity(
        r"\epsilon^*", "share", formula=r"\frac{<promised_per_month>}{3600 \cdot 730.5 \cdot <decisions_per_s>}", source="the promise, solved for ε"
    )
    needed_threshold: float = quantity("z^*", "σ", source="Q⁻¹(ε*)", doc="the lowest threshold that keeps the promise")
    missed_at_promise_share: float = quantity("m^*", "share", source="1 − Q(z* − d′)", doc="of keywords missed at that threshold")
    seen: int = quantity("j", "1", source="mean number in the test, rounded", doc="false wakes in the test audio, as a typical test has")
    bound_per_month: float = quantity("u", "a month", source=_GARWOOD, doc="false wakes that the test rules out with 95 % confidence, from here up")
    silent_per_day: float = quantity("u_0", "a day", source=_GARWOOD, doc="what a test of this length rules out at best, if nothing is heard in it")
    promised_per_day: float = quantity("k_d", "a day", formula=r"\frac{24 \cdot <promised_per_month>}{730.5}", source="730.5 hours a month")
    fewest_h: float = quantity("H_0", "hours", source=_GARWOOD, doc="audio that proves the promise if no false wake is heard in it")
    audio_bytes: float = quantity("V", "B", source="32 kB a second", doc="of the test audio")
    missing: str = quantity(r"\text{missing}", "", source="detector, threshold, audio or nothing, in this order")
    threshold_also: bool = quantity(r"\text{or threshold}", "", source="search over thresholds", doc="another threshold would prove it with the audio at hand")
    state: str = quantity(r"\text{state}", "")
    roc: tuple = series("share", doc="(false wakes a day, share of keywords heard) over all thresholds")
    proof: tuple = series("a month", doc="(hours of audio, what a typical test of that length rules out)")
    sources: dict = sources()


def false_share(threshold: float) -> float:
    """Share of windows without the keyword whose score passes the threshold: Q(z).

    >>> f"{false_share(3.72):.2e}"
    '9.96e-05'
    """
    return 0.5 * math.erfc(single(number, "threshold", threshold, low=-35.0, high=35.0) / math.sqrt(2.0))


def missed_share(threshold: float, separation: float) -> float:
    """Share of keywords whose score stays below the threshold.

    >>> round(missed_share(5.66, 7), 3)
    0.09
    """
    separation = single(number, "separation", separation, low=0.0, high=35.0)
    return false_share(separation - single(number, "threshold", threshold, low=0.0, high=35.0))


def false_wakes_per_month(false_alarm_share: float, decisions_per_s: float) -> float:
    """False wakes in a month of 730.5 hours.

    >>> round(false_wakes_per_month(1e-4, 50) / 30.4375)
    432
    """
    return single(fraction, "false_alarm_share", false_alarm_share) * single(positive, "decisions_per_s", decisions_per_s) * HOUR * MONTH_HOURS


def allowed_false_share(wakes_per_month: float, decisions_per_s: float) -> float:
    """Share of windows that may wake by mistake for so many false wakes a month.

    >>> f"{allowed_false_share(1, 50):.2e}"
    '7.61e-09'
    """
    wakes = single(positive, "wakes_per_month", wakes_per_month)
    return min(1.0, wakes / (single(positive, "decisions_per_s", decisions_per_s) * HOUR * MONTH_HOURS))


def threshold_for(false_alarm_share: float) -> float:
    """The threshold that so large a share of empty windows passes: Q⁻¹. Errors: OutOfRange unless above 0 and at most a half.

    >>> round(threshold_for(7.61e-9), 2)
    5.66
    """
    return abs(_NORMAL.inv_cdf(single(number, "false_alarm_share", false_alarm_share, low=1e-300, high=0.5)))


def poisson_upper(seen: int, confidence: float = CONFIDENCE) -> float:
    """Upper bound of a Poisson mean of which `seen` events were counted.

    Source: Garwood 1936. Errors: OutOfRange for a confidence outside (0, 1).

    >>> [round(poisson_upper(j), 2) for j in (0, 1, 5)]
    [3.0, 4.74, 10.51]
    """
    seen = whole("seen", seen, low=0, high=10**9)
    return _upper(seen, single(number, "confidence", confidence, low=1e-9, high=1 - 1e-9))


@lru_cache(maxsize=4096)
def _upper(seen: int, confidence: float) -> float:
    if seen > 50:  # Wilson and Hilferty 1931: within 0.1 % from here on
        n, z = seen + 1.0, _NORMAL.inv_cdf(confidence)
        return n * (1.0 - 1.0 / (9.0 * n) + z / (3.0 * math.sqrt(n))) ** 3
    low, high = 0.0, seen + 30.0 + 10.0 * math.sqrt(seen + 1.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(seen, middle) > 1.0 - confidence else (low, middle)
    return (low + high) / 2


def _at_most(seen: int, mean: float) -> float:
    """Probability that a Poisson number of this mean is at most `seen`."""
    term = total = math.exp(-mean)
    for i in range(1, seen + 1):
        term *= mean / i
        total += term
    return total


def hours_to_prove(wakes_per_month: float = 1.0, seen: int = 0) -> float:
    """Hours of audio in which `seen` false wakes still prove so many a month.

    >>> [round(hours_to_prove(1, j), -1) for j in (0, 1, 5)]
    [2190.0, 3470.0, 7680.0]
    """
    return poisson_upper(seen) * MONTH_HOURS / single(positive, "wakes_per_month", wakes_per_month)


def study_detector(threshold: float = 3.72, separation: float = 6.0, audio_h: float = 200.0, decisions_per_s: float = 50.0) -> Detector:
    """A detector held against one false wake a month and one keyword in ten missed. Errors: OutOfRange.

    >>> d = study_detector()
    >>> round(d.false_wakes_per_day), f"{d.missed_at_promise_share:.3f}", d.missing
    (430, '0.367', 'detector')
    """
    z = single(number, "threshold", threshold, low=0.0, high=10.0)
    separation = single(number, "separation", separation, low=0.0, high=35.0)
    hours = single(positive, "audio_h", audio_h, high=LONGEST_H)
    rate = single(positive, "decisions_per_s", decisions_per_s, high=1e6)
    wakes = lambda at: false_wakes_per_month(false_share(at), rate)  # noqa: E731 - one line, used for every threshold
    share, missed = false_share(z), missed_share(z, separation)
    allowed = allowed_false_share(PROMISED, rate)
    needed = threshold_for(min(0.5, allowed))
    at_promise = missed_share(needed, separation)
    highest = max(0.0, separation - threshold_for(MOST_MISSED))  # the highest threshold that still hears nine keywords in ten
    seen = round(wakes(z) * hours / MONTH_HOURS)
    bound = _bound(wakes(z), hours)
    also = False
    if at_promise > MOST_MISSED:
        missing = DETECTOR
    elif wakes(z) > PROMISED or missed > MOST_MISSED:
        missing = THRESHOLD
    elif bound > PROMISED:
        missing, also = AUDIO, _bound(wakes(highest), hours) <= PROMISED
    else:
        missing = NOTHING
    return Detector(
        threshold=z,
        separation=separation,
        decisions_per_s=rate,
        audio_h=hours,
        false_share=share,
        right_share=1 - share,
        false_wakes_per_day=share * rate * DAY,
        false_wakes_per_month=wakes(z),
        missed_share=missed,
        detected_share=1 - missed,
        promised_per_month=PROMISED,
        allowed_share=allowed,
        needed_threshold=needed,
        missed_at_promise_share=at_promise,
        seen=seen,
        bound_per_month=bound,
        silent_per_day=poisson_upper(0) * 24.0 / hours,
        promised_per_day=PROMISED * 24.0 / MONTH_HOURS,
        fewest_h=hours_to_prove(PROMISED),
        audio_bytes=hours * HOUR * AUDIO_BYTES_PER_S,
        missing=missing,
        threshold_also=also,
        state=BROKEN if wakes(z) > PROMISED else DEAF if missed > MOST_MISSED else UNPROVEN if bound > PROMISED else OK,
        roc=tuple((false_share(x) * rate * DAY, 1 - missed_share(x, separation)) for x in (2 + i / 12 for i in range(61))),
        proof=tuple((h, _bound(wakes(z), h)) for h in (10.0 * 10 ** (i / 10) for i in range(41))),
    )


def _bound(mean_per_month: float, hours: float) -> float:
    """What a typical test of so many hours shows about a detector."""
    return poisson_upper(round(mean_per_month * hours / MONTH_HOURS)) * MONTH_HOURS / hours
