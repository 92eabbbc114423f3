r"""One operations plan for 120 models: how they release, how ideas are tested, when alarms ring.

Every part comes from its own module: model_releases, shipped_wins, alert_rules. Here they share one bill and the people who
answer pages. Source: the parts' own; prices illustrative (`data/operations/video_service.json`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.alert_rules import WINDOW_S, detection_steps, false_alerts_per_day, shift_in_sigmas
from mlsysim.errors import non_negative
from mlsysim.model_releases import FILE, PERIODS, POLICIES, release_means
from mlsysim.quantity import quantity, series, sources
from mlsysim.shipped_wins import false_win_share

_MODELS, _DROP_SHARE, _IDEAS_SHARE = 120, 0.03, 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """A month of operations under one plan."""

    embedding_days: int = quantity("T_e", "days")
    other_days: int = quantity("T_o", "days")
    policy: str = quantity(r"\text{policy}", "")
    threshold: float = quantity("z", "σ")
    in_a_row: int = quantity("k", "1")
    testing: str = quantity(r"\text{testing}", "")
    gpu_hours: float = quantity("H", "GPU h", source="as in model_releases", doc="in 30 days")
    live_versions: float = quantity("v", "1", source="as in model_releases")
    gpu_hour_usd: float = quantity("p_H", "$")
    version_usd: float = quantity("p_v", "$", doc="a live version for a month")
    training_usd: float = quantity("C_H", "$", formula=r"<gpu_hours>\cdot<gpu_hour_usd>", source="price times amount")
    versions_usd: float = quantity("C_v", "$", formula=r"<live_versions>\cdot<version_usd>", source="price times amount")
    screen_usd: float = quantity("C_s", "$", source="a month of interleaving, where it is used")
    cost_usd: float = quantity("C", "$", formula="<training_usd>+<versions_usd>+<screen_usd>", source="sum", doc="a month")
    loss_share: float = quantity("l", "share", source="as in model_releases", doc="engagement lost on an average day")
    pages_per_day: float = quantity("P", "1/day", source="as in alert_rules, 120 recommenders (CTR)")
    delay_s: float = quantity("t", "s", source="as in alert_rules, a drop of 3 % of the CTR")
    false_share: float = quantity("f", "share", source="as in shipped_wins, one idea in ten works")
    options: tuple[tuple[str, float, float], ...] = series(
        "share", doc="(release policy and periods, cost, loss) over policies and embedding periods, with the rest of the plan"
    )
    sources: dict = sources()


def plan_operations(embedding_days=7, other_days=7, policy="independent", threshold=3.0, in_a_row=1, testing="peeking", version_usd=3000.0) -> Plan:
    """Loss, cost, pages, delay and noise of one plan. Errors: as the parts; OutOfRange for a price of a version outside 0 … 1e6.

    >>> p = plan_operations(7, 7, "cascade", 3, 2, "fixed")
    >>> round(p.loss_share, 4), round(p.cost_usd, -2), round(p.pages_per_day, 1), round(p.delay_s), round(p.false_share, 2)
    (0.0437, 58400.0, 2.4, 2400, 0.22)
    """
    data = load(FILE)
    loss, hours, versions = release_means(embedding_days, other_days, policy)
    version = single(non_negative, "version_usd", version_usd, high=1e6)
    hour, screen = data["gpu_hour_usd"]["value"], data["screen_usd"]["value"] if testing == "screen" else 0.0
    p, n, rho, _ = data["families"]["value"]["CTR"]
    alerts = false_alerts_per_day(rho, threshold, in_a_row)
    monitors = _MODELS * data["metrics"]["value"] / data["monitors_per_page"]["value"]

    def option(e: int, o: int, rule: str) -> tuple[str, float, float]:
        lost, spent, live = release_means(e, o, rule)
        return option_name(e, o, rule), hour * spent + version * live + screen, lost

    return Plan(
        embedding_days=int(embedding_days),
        other_days=int(other_days),
        policy=policy,
        threshold=float(threshold),
        in_a_row=int(in_a_row),
        testing=testing,
        gpu_hours=hours,
        live_versions=versions,
        gpu_hour_usd=hour,
        version_usd=version,
        training_usd=hour * hours,
        versions_usd=version * versions,
        screen_usd=screen,
        cost_usd=hour * hours + version * versions + screen,
        loss_share=loss,
        pages_per_day=monitors * alerts,
        delay_s=detection_steps(shift_in_sigmas(p, n, _DROP_SHARE), rho, threshold, in_a_row) * WINDOW_S,
        false_share=false_win_share(testing, _IDEAS_SHARE),
        options=tuple(option(e, other_days, rule) for rule in POLICIES for e in PERIODS),
        sources={
            "gpu_hour_usd": source_of(data["gpu_hour_usd"]),
            "version_usd": source_of(data["version_usd"]) if version == data["version_usd"]["value"] else "given",
            "screen_usd": source_of(data["screen_usd"]),
        },
    )


def option_name(embedding_days, other_days, policy) -> str:
    """A release plan, short; a cascade has one period. Errors: as model_releases.

    >>> option_name(14, 3, "pinned"), option_name(7, 3, "cascade")
    ('pinned 14/3', 'cascade 7')
    """
    release_means(embedding_days, other_days, policy)  # checks all three
    return f"cascade {embedding_days}" if policy == "cascade" else f"{policy} {embedding_days}/{other_days}"
