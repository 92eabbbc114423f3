"""A date to promise: checks, ideas tried and validation images set the length of a project and the gain it ends with.

Times are in weeks, gains in points; every figure is illustrative. Source: `project_chain` and `best_of_many`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._datafile import load, source_of
from mlsysim._single import single
from mlsysim.best_of_many import true_gain_points
from mlsysim.errors import flag, fraction, whole
from mlsysim.project_chain import CHAIN, RUN, mean_weeks, quantile_weeks, sampled_weeks, share_within, shares_by_week
from mlsysim.project_checks import check_weeks, checked_chances, checked_plan
from mlsysim.project_plan import FILE, cause_chances, causes, plan_weeks
from mlsysim.quantity import quantity, series, sources

IDEAS = (20, 50, 100, 200, 400)
IMAGES = (500, 1000, 2000, 5000, 10_000)
KEPT, BROKEN = "ok", "a date nobody can promise"


@dataclass(frozen=True, slots=True)
class Promise:
    """A design of the project, and how often it keeps the date that was promised."""

    device: bool = quantity(r"\text{device}", "", doc="device test")
    privacy: bool = quantity(r"\text{privacy}", "", doc="privacy review")
    labels: bool = quantity(r"\text{labels}", "", doc="label pilot")
    skeleton: bool = quantity(r"\text{skeleton}", "", doc="end-to-end skeleton")
    ideas: int = quantity("K", "1", doc="ideas tried")
    images: int = quantity("n", "1", doc="validation images")
    promised_weeks: int = quantity("D", "weeks", doc="the date")
    device_share: float = quantity("p_d", "share", doc="chance that the model does not fit the tablet")
    privacy_share: float = quantity("p_p", "share", doc="chance that privacy is refused")
    check_weeks: float = quantity("w", "weeks", source="sum of the chosen checks")
    images_per_week: float = quantity("r_n", "1/week")
    ideas_per_week: float = quantity("r_K", "1/week")
    data_base_weeks: float = quantity("d_0", "weeks")
    model_base_weeks: float = quantity("m_0", "weeks")
    data_weeks: float = quantity("d", "weeks", formula=r"<data_base_weeks> + \frac{<images>}{<images_per_week>}", source="definition", doc="data stage")
    model_weeks: float = quantity("m", "weeks", formula=r"<model_base_weeks> + \frac{<ideas>}{<ideas_per_week>}", source="definition", doc="model stage")
    mean_weeks: float = quantity(r"\bar T", "weeks", source=CHAIN)
    p80_weeks: float = quantity("T_{80}", "weeks", source=RUN, doc="four of five projects are done")
    kept_share: float = quantity("P", "share", source=RUN, doc="projects that are done by the date")
    true_points: float = quantity("g", "points", source="shrinkage of normal variables", doc="expected true gain; below zero, a step back")
    label_usd: float = quantity("c", "$", doc="price of a label")
    cost_usd: float = quantity("C", "$", formula="<label_usd> <images>", source="definition", doc="validation labels")
    state: str = quantity(r"\text{state}", "", source="ok if four of five projects keep the date")
    done: tuple[tuple[float, float], ...] = series("share", doc="(week, share of projects done)")
    options: tuple[tuple[int, int, float, float, float], ...] = series("", doc="(ideas, images, mean weeks, true gain, labels in $) with these checks")
    sources: dict = sources()


def promise(
    device=False, privacy=False, labels=False, skeleton=False, ideas=200, images=500, promised_weeks=20, device_share=0.25, privacy_share=0.15
) -> Promise:
    """A promised date under four checks, a number of ideas and a validation set, for a network with these two chances.

    Errors: WrongType for what is no switch; OutOfRange for ideas beyond 10,000, images below 1, a date that is no whole week
    from 1 to 520, a chance outside 0 … 1, or chances that leave no way past deployment.

    >>> r = promise()
    >>> round(r.p80_weeks, 1), round(r.true_points, 3), r.cost_usd
    (57.5, 0.258, 750.0)
    """
    on = {"device": device, "privacy": privacy, "labels": labels, "skeleton": skeleton}
    chosen = tuple(name for name, value in on.items() if flag(name, value))
    ideas, images = whole("ideas", ideas, high=10_000), whole("images", images, high=10**6)
    date = whole("promised_weeks", promised_weeks, high=520)
    mine = {"device": single(fraction, "device_share", device_share), "privacy": single(fraction, "privacy_share", privacy_share)}
    chances = checked_chances(tuple(mine.get(c.id, p) for c, p in zip(causes(), cause_chances(), strict=True)), chosen)
    value = load(FILE)
    phi, label = value["rework_share"]["value"], value["label_usd"]["value"]
    plan = _plan(ideas, images, chosen)
    lengths = sampled_weeks(plan, chances, phi)
    kept = share_within(lengths, date)
    given = ("images_per_week", "ideas_per_week", "data_base_weeks", "model_base_weeks", "label_usd")
    return Promise(
        **on, ideas=ideas, images=images, promised_weeks=date, device_share=mine["device"], privacy_share=mine["privacy"], check_weeks=check_weeks(chosen),
        **{name: value[name]["value"] for name in given}, data_weeks=plan[1], model_weeks=plan[2], mean_weeks=mean_weeks(plan, chances, phi),
        p80_weeks=quantile_weeks(lengths, 0.8), kept_share=kept, true_points=true_gain_points(ideas, images), cost_usd=label * images,
        state=KEPT if kept >= value["kept_share"]["value"] else BROKEN, done=shares_by_week(lengths),
        options=tuple((k, n, mean_weeks(_plan(k, n, chosen), chances, phi), true_gain_points(k, n), label * n) for k in IDEAS for n in IMAGES),
        sources={name: source_of(value[name]) for name in given},
    )  # fmt: skip


def _plan(ideas: int, images: int, chosen) -> tuple[float, ...]:
    """The plan of the project with its data and model stages as long as images and ideas make them."""
    value = load(FILE)
    first, _, _, *rest = checked_plan(plan_weeks(), chosen)
    data = value["data_base_weeks"]["value"] + images / value["images_per_week"]["value"]
    return (first, data, value["model_base_weeks"]["value"] + ideas / value["ideas_per_week"]["value"], *rest)
