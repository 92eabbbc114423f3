"""Membership inference at a low false-positive rate: who can be named, and what differential privacy promises about it.

An attacker scores people and names those above a threshold: outsiders score N(0, 1), typical members N(m, 1), unusual members N(4, 1)
(illustrative). With (ε, δ)-privacy no test names any one member with probability above e^ε·f + δ, whatever the scores say;
the bound holds for each member and not only for the mean. Source: Carlini et al. 2022, Membership inference attacks from first
principles; Kairouz, Oh, Viswanath 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from mlsysim._datafile import load
from mlsysim._remembered import remembered
from mlsysim._single import single
from mlsysim.errors import OutOfRange, fraction, instance, non_negative, number
from mlsysim.private_training import FILE
from mlsysim.quantity import quantity, sources

PEOPLE = 100_000
EXPOSED_SHARE = 0.9  # an attacker so often right names people
EXPOSED, OK = "people are exposed", "ok"
NOTHING, BOUND, LEAKAGE = "nothing", "bound", "leakage"
NO_PRIVACY = 700.0  # the largest ε that a float's exponential takes: no bound at all
_KAIROUZ = "Kairouz, Oh, Viswanath 2015, theorem 2.1"
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Membership:
    """An attack at one false-positive rate, and the bound on any attack."""

    private: bool = quantity(r"\text{private}", "", doc="whether training was differentially private")
    epsilon: float = quantity(r"\epsilon", "1", doc="of the training; 0 stands here where it was not private")
    delta: float = quantity(r"\delta", "1")
    false_positive_share: float = quantity("f", "share", doc="outsiders that are named")
    unusual_share: float = quantity("u", "share", doc="members whose scores stand far out")
    typical_shift: float = quantity("m", "σ", doc="mean score of typical members")
    unusual_shift: float = quantity("m_u", "σ")
    prior_share: float = quantity(r"\pi", "share", doc="candidates that are members")
    auc: float = quantity(
        r"\text{AUC}",
        "1",
        source="(1−u)Φ(m/√2) + uΦ(m_u/√2): a member scores above an outsider",
        doc="of the attack on a model that was trained without noise",
    )
    bound_share: float = quantity(
        "b", "share", source=f"{_KAIROUZ}: min(e^ε f + δ, 1 − e^(−ε)(1 − δ − f)); 1 without privacy", doc="most that any one member is named"
    )
    typical_named_share: float = quantity("t", "share", source="Φ(Φ⁻¹(f) + m), at most b")
    unusual_named_share: float = quantity("t_u", "share", source="Φ(Φ⁻¹(f) + m_u), at most b")
    named_share: float = quantity(
        "t_a",
        "share",
        formula="(1 - <unusual_share>) <typical_named_share> + <unusual_share> <unusual_named_share>",
        source="mixture",
        doc="members that are named: true-positive rate",
    )
    member_share: float = quantity(
        "p",
        "share",
        formula=r"\frac{<prior_share> <named_share>}{<prior_share> <named_share> + (1 - <prior_share>) <false_positive_share>}",
        source="Bayes",
        doc="of those named, members",
    )
    ceiling_share: float = quantity(
        r"p^*", "share", source="Bayes",
        formula=r"\frac{<prior_share> <bound_share>}{<prior_share> <bound_share> + (1 - <prior_share>) <false_positive_share>}",
        doc="of those named by the best conceivable attack, members",
    )  # fmt: skip
    named_members: float = quantity("n", "people", formula=r"100000 <named_share>", source="mean", doc="of 100,000 members")
    without_share: float = quantity("p_0", "share", source="Bayes, with b = 1", doc="of those named, members, had training not been private")
    state: str = quantity(r"\text{state}", "", source="people are exposed: more than 90 % of those named are members")
    sources: dict = sources()


@remembered(512)
def attack(
    epsilon: float | None = None, unusual_share: float = 0.02, false_positive_share: float = 1e-3, typical_shift: float = 0.3, prior_share: float = 0.5
) -> Membership:  # fmt: skip
    """What an attack achieves on a model trained with privacy `epsilon` at δ = 10⁻⁶ (None: without any).

    Errors: OutOfRange for shares outside [0, 1], a false-positive rate or a prior of 0 or 1, ε below 0 or above 700. Source: Carlini et al. 2022.

    >>> round(attack().member_share, 3), round(attack(2.0).bound_share, 5)
    (0.95, 0.00739)
    """
    u, f = single(fraction, "unusual_share", unusual_share), _inner("false_positive_share", false_positive_share)
    m, prior = single(number, "typical_shift", typical_shift, low=0.0, high=20.0), _inner("prior_share", prior_share)
    data = load(FILE)
    far, delta, private = data["scores"]["unusual_shift"], data["delta"]["value"], epsilon is not None
    b = named_at_most(epsilon, f, delta) if private else 1.0
    typical, unusual = named_if_out_by(f, m), named_if_out_by(f, far)
    capped = min(typical, b), min(unusual, b)
    named, open_named = ((1 - u) * t + u * s for t, s in (capped, (typical, unusual)))
    share, ceiling, without = (prior * t / (prior * t + (1 - prior) * f) for t in (named, b, open_named))
    auc = (1 - u) * _NORMAL.cdf(m / math.sqrt(2)) + u * _NORMAL.cdf(far / math.sqrt(2))
    return Membership(
        private, float(epsilon) if private else 0.0, delta, f, u, m, far, prior, auc, b, *capped, named, share, ceiling, PEOPLE * named, without,
        EXPOSED if share > EXPOSED_SHARE else OK, sources={"unusual_shift": data["scores"]["source"], "delta": data["delta"]["source"]},
    )  # fmt: skip


def named_if_out_by(false_positive_share: float, shift: float) -> float:
    """How often somebody whose score is N(shift, 1) passes the threshold that a share f of N(0, 1) passes: Φ(Φ⁻¹(f) + shift).

    Errors: OutOfRange for f of 0 or 1, a shift beyond ±40. Source: equal-variance signal detection, Green and Swets 1966.

    >>> round(named_if_out_by(0.001, 4.0), 3)
    0.819
    """
    f = _inner("false_positive_share", false_positive_share)
    return _NORMAL.cdf(_NORMAL.inv_cdf(f) + single(number, "shift", shift, low=-40.0, high=40.0))


def named_at_most(epsilon: float, false_positive_share: float, delta: float = 1e-6) -> float:
    """The most that any test names one member of an (ε, δ)-private training: min(1, e^ε·f + δ, 1 − e^(−ε)(1 − δ − f)).

    Errors: OutOfRange for ε below 0 or above 700, shares outside [0, 1]. Source: Kairouz, Oh, Viswanath 2015, theorem 2.1.

    >>> round(named_at_most(8.0, 0.001), 4), round(named_at_most(4.0, 0.001), 4)
    (0.9997, 0.0546)
    """
    eps = single(non_negative, "epsilon", epsilon, high=NO_PRIVACY)
    f, d = single(fraction, "false_positive_share", false_positive_share), single(fraction, "delta", delta)
    return max(0.0, min(1.0, math.exp(eps) * f + d, 1 - math.exp(-eps) * max(0.0, 1 - d - f)))


def needed_for(member_share: float, false_positive_share: float, prior_share: float = 0.5) -> float:
    """How often members must be named for this share of members among those named; at most 1. Bayes, turned round.

    Errors: OutOfRange for shares outside [0, 1], a false-positive rate or a prior of 0 or 1. Source: Bayes' rule.

    >>> round(needed_for(0.9, 0.001), 6)
    0.009
    """
    p, f, prior = single(fraction, "member_share", member_share), _inner("false_positive_share", false_positive_share), _inner("prior_share", prior_share)
    return 1.0 if p == 1 else min(1.0, f * p / (1 - p) * (1 - prior) / prior)


def what_protects(attacked: Membership) -> str:
    """NOTHING if people are exposed; BOUND if they would be without private training; else LEAKAGE: the scores alone give little away.

    >>> [what_protects(attack(e)) for e in (None, 2.0)], what_protects(attack(None, 0.0))
    (['nothing', 'bound'], 'leakage')
    """
    _is_attack(attacked)
    return NOTHING if attacked.state == EXPOSED else BOUND if attacked.without_share > EXPOSED_SHARE else LEAKAGE


def roc(attacked: Membership, points: int = 41):
    """Curves over false-positive rates from 10⁻⁵ to 1: (f, all members, unusual members, bound, needed for 90 %)."""
    _is_attack(attacked)
    a, found = attacked, []
    for i in range(points):
        f = min(0.999999, 10 ** (-5 + 5 * i / (points - 1)))
        b = named_at_most(a.epsilon, f, a.delta) if a.private else 1.0
        typical, unusual = min(b, named_if_out_by(f, a.typical_shift)), min(b, named_if_out_by(f, a.unusual_shift))
        found.append((f, (1 - a.unusual_share) * typical + a.unusual_share * unusual, unusual, b, needed_for(EXPOSED_SHARE, f, a.prior_share)))
    return tuple(found)


def scores(attacked: Membership, points: int = 49):
    """Densities of the attack's scores from −3 to 7, of outsiders and of members: (score, density) where it is above 10⁻⁶."""
    _is_attack(attacked)
    a, outsiders, members = attacked, [], []
    for i in range(points):
        x = -3 + 10 * i / (points - 1)
        plain, typical, unusual = (_NORMAL.pdf(x - shift) for shift in (0.0, a.typical_shift, a.unusual_shift))
        outsiders.append((x, plain))
        members.append((x, (1 - a.unusual_share) * typical + a.unusual_share * unusual))
    return tuple(tuple(p for p in line if p[1] > 1e-6) for line in (outsiders, members))


def threshold(attacked: Membership) -> float:
    """The score above which people are named: Φ⁻¹(1 − f).

    >>> round(threshold(attack()), 2)
    3.09
    """
    _is_attack(attacked)
    return -_NORMAL.inv_cdf(attacked.false_positive_share)


def named_people(attacked: Membership) -> tuple[tuple[str, float], ...]:
    """Who is named, of 100,000 candidates on average: unusual members, typical members, outsiders.

    >>> [(who, round(n)) for who, n in named_people(attack())]
    [('unusual', 819), ('typical', 129), ('outsiders', 50)]
    """
    _is_attack(attacked)
    a, u = attacked, attacked.unusual_share
    members = PEOPLE * a.prior_share
    return (
        ("unusual", members * u * a.unusual_named_share), ("typical", members * (1 - u) * a.typical_named_share),
        ("outsiders", (PEOPLE - members) * a.false_positive_share),
    )  # fmt: skip


def _inner(name: str, value) -> float:
    found = single(fraction, name, value, open_low=True)
    if found >= 1:
        raise OutOfRange(f"{name} is {value!r}, but must be below 1.")
    return found


def _is_attack(attacked) -> None:
    instance("attacked", attacked, Membership, "a result of attack")
