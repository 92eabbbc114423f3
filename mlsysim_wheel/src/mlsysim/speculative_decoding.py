"""Speculative decoding: a small model drafts tokens, the large one checks them all in one step."""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import fraction, non_negative, whole
from mlsysim.quantity import quantity, sources

LEVIATHAN = "Leviathan et al. 2023"


@dataclass(frozen=True, slots=True)
class Speculation:
    """What drafting gains."""

    drafted: int = quantity(r"\gamma", "1", doc="tokens a round")
    acceptance: float = quantity(r"\alpha", "share", doc="chance that a drafted token is accepted")
    draft_cost: float = quantity("c", "share", doc="time of a draft step over that of the large model")
    accepted_tokens: float = quantity(
        "n", "1", formula=r"\frac{1 - <acceptance>^{<drafted> + 1}}{1 - <acceptance>}", source=LEVIATHAN, doc="expected a round, with the large model's own"
    )
    round_cost: float = quantity("k", "1", formula=r"<drafted> <draft_cost> + 1", source=LEVIATHAN, doc="in steps of the large model")
    speedup: float = quantity("S", "×", formula=r"\frac{<accepted_tokens>}{<round_cost>}", source=LEVIATHAN)
    sources: dict = sources()


def speculate(drafted: int, acceptance: float, draft_cost: float = 0.0) -> Speculation:
    """Expected speedup of decoding when each drafted token is accepted independently with the same chance.

    Errors: OutOfRange, WrongType. Source: Leviathan et al. 2023, equation 1 and theorem 3.8.

    >>> round(speculate(7, 0.75, 0.02).speedup, 2)
    3.16
    """
    drafted = whole("drafted", drafted, low=0, high=10**6)
    acceptance = single(fraction, "acceptance", acceptance)
    cost = single(non_negative, "draft_cost", draft_cost, high=1e6)
    tokens = drafted + 1.0 if acceptance == 1 else (1 - acceptance ** (drafted + 1)) / (1 - acceptance)
    return Speculation(drafted, acceptance, cost, tokens, drafted * cost + 1, tokens / (drafted * cost + 1))
