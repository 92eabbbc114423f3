"""Year one of a learned assistant: a model to train, text to buy, a start date, and an audit that notices when it fails.

Composes the loss of the best model under its caps (scaling_laws), cheaper computation for those who wait (start_date),
and the alarm of sampled answers (audits) into one bill. Prices are illustrative: data/plans/library_assistant.json.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim import audits, scaling_laws, start_date
from mlsysim._datafile import load, source_of
from mlsysim._remembered import remembered
from mlsysim.errors import non_negative, positive, whole
from mlsysim.quantity import quantity, sources

DEAR, POOR, FITS = "too dear", "loss too high", "fits"
_FILE = "plans/library_assistant.json"


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """What one plan trains, notices and costs."""

    compute_flop: float = quantity("C", "operations", doc="of the training, with today's methods")
    bought_tokens: float = quantity("D_{max}", "tokens", doc="text bought")
    largest_parameters: float = quantity("N_{max}", "parameters", doc="largest model that fits the serving machine")
    parameters: float = quantity("N", "parameters", source="scaling_laws.best_split")
    tokens: float = quantity("D", "tokens", source="scaling_laws.best_split", doc="text used")
    loss_nats: float = quantity("L", "nats", source="Hoffmann et al. 2022", doc="of the model")
    checked_per_week: int = quantity("n", "1", doc="answers checked by hand")
    strictness: float = quantity("z", "1", doc="standard errors")
    lag_weeks: float = quantity("T", "weeks", source="audits.median_lag_weeks", doc="from the change to a known alarm, median")
    false_alarm_share: float = quantity("p", "share", source="audits.false_alarm_share", doc="years with a false alarm")
    start_months: int = quantity("w", "months", doc="start of the training")
    doubling_years: float = quantity(r"\tau", "years", source="start_date.doubling_years", doc="machines and methods together")
    gpu_hours: float = quantity("h", "H100-hours", source="scaling_laws.gpu_hours", doc="if it ran today")
    gpu_usd_per_h: float = quantity("g", "$")
    token_usd_per_billion: float = quantity("b", "$", doc="for a billion tokens of text")
    answer_usd: float = quantity("q", "$", doc="for one checked answer")
    wait_usd_per_month: float = quantity("v", "$", doc="for each month without the assistant")
    compute_usd: float = quantity(
        r"\$_C", "$", formula=r"<gpu_hours> \cdot <gpu_usd_per_h> \cdot 2^{-<start_months>/(12\cdot<doubling_years>)}", source="Gottbrath et al. 1999"
    )
    text_usd: float = quantity(r"\$_D", "$", formula=r"\frac{<bought_tokens>}{10^9}\cdot<token_usd_per_billion>", source="price by amount")
    audit_usd: float = quantity(r"\$_n", "$", formula=r"52\cdot<checked_per_week>\cdot<answer_usd>", source="52 weeks")
    wait_usd: float = quantity(r"\$_w", "$", formula="<start_months> <wait_usd_per_month>", source="price by amount")
    cost_usd: float = quantity(r"\$", "$", formula="<compute_usd> + <text_usd> + <audit_usd> + <wait_usd>", source="sum")
    sources: dict = sources()


def launch_plan(
    compute_flop=1e21, bought_tokens=1e10, checked_per_week=100, strictness=3.0, start_months=0, token_usd_per_billion=60, wait_usd_per_month=150
) -> LaunchPlan:
    """Loss, alarm and bill of year one.

    Waiting makes the same result cheaper, as machines and methods improve, and costs a stated sum a month. Errors:
    OutOfRange for what is not above zero, a start outside 0 … 120 months, negative prices.

    >>> p = launch_plan(1.78e21, 1e11, 400, 3.0)
    >>> round(p.loss_nats, 3), p.lag_weeks, round(p.cost_usd, -2)
    (2.276, 10, 29900.0)
    """
    c, d_max = positive("compute_flop", compute_flop), positive("bought_tokens", bought_tokens)
    months = whole("start_months", start_months, low=0, high=120)
    per_token, per_month = non_negative("token_usd_per_billion", token_usd_per_billion), non_negative("wait_usd_per_month", wait_usd_per_month)
    data = load(_FILE)
    n_max, drift = data["largest_parameters"]["value"], data["drift_share_per_week"]["value"]
    lag = audits.median_lag_weeks(checked_per_week, strictness, drift)
    n, d = scaling_laws.best_split(c, d_max, n_max)
    parts = _bill(c, d_max, checked_per_week, months, per_token, per_month)
    fit = scaling_laws.loss_fit()
    return LaunchPlan(
        compute_flop=c, bought_tokens=d_max, largest_parameters=n_max, parameters=n, tokens=d, loss_nats=fit.floor + scaling_laws.reducible_nats(n, d),
        checked_per_week=checked_per_week, strictness=strictness, lag_weeks=lag, false_alarm_share=audits.false_alarm_share(strictness),
        start_months=months, doubling_years=start_date.doubling_years(), gpu_hours=scaling_laws.gpu_hours(c), gpu_usd_per_h=data["gpu_usd_per_h"]["value"],
        token_usd_per_billion=per_token, answer_usd=data["answer_usd"]["value"], wait_usd_per_month=per_month,
        compute_usd=parts[0], text_usd=parts[1], audit_usd=parts[2], wait_usd=parts[3], cost_usd=sum(parts),
        sources={k: source_of(data[k]) for k in ("largest_parameters", "gpu_usd_per_h", "answer_usd")},
    )  # fmt: skip


@remembered(256)
def plan_map(checked_per_week, start_months, token_usd_per_billion, wait_usd_per_month, loss_limit_nats, cost_limit_usd) -> tuple:
    """Which machine (columns, 1e20 … 1e23 operations) and text (rows, 1e9 … 1e12 tokens) fit a loss and a budget.

    Returns (operations, tokens, words[row][column]) with the words "fits", "loss too high", "too dear", four steps a
    decade; a plan that is both is too dear. Errors: OutOfRange.

    >>> xs, ys, words = plan_map(400, 0, 60, 150, 2.28, 45_000)
    >>> words[0][0], words[8][5], words[-1][-1]
    ('loss too high', 'fits', 'too dear')
    """
    n, months = whole("checked_per_week", checked_per_week, high=10**6), whole("start_months", start_months, low=0, high=120)
    per_token, per_month = non_negative("token_usd_per_billion", token_usd_per_billion), non_negative("wait_usd_per_month", wait_usd_per_month)
    most_loss, most_cost = positive("loss_limit_nats", loss_limit_nats), positive("cost_limit_usd", cost_limit_usd)
    n_max, floor = load(_FILE)["largest_parameters"]["value"], scaling_laws.loss_fit().floor
    xs, ys = (tuple(10 ** (low + i / 4) for i in range(13)) for low in (20, 9))

    compute = {c: _bill(c, 0.0, n, months, per_token, per_month) for c in xs}  # all but the text
    text = {d: d / 1e9 * per_token for d in ys}

    def word(c: float, d: float) -> str:
        if sum(compute[c]) + text[d] > most_cost:
            return DEAR
        return FITS if floor + scaling_laws.reducible_nats(*scaling_laws.best_split(c, d, n_max)) <= most_loss else POOR

    return xs, ys, tuple(tuple(word(c, d) for c in xs) for d in ys)


def _bill(c: float, d_max: float, n: int, months: int, per_token: float, per_month: float) -> tuple[float, float, float, float]:
    """Dollars for computation, text, checked answers and waiting."""
    data = load(_FILE)
    cheaper = 2.0 ** (-months / 12 / start_date.doubling_years())
    return (
        scaling_laws.gpu_hours(c) * data["gpu_usd_per_h"]["value"] * cheaper, d_max / 1e9 * per_token, 52 * n * data["answer_usd"]["value"], months * per_month
    )  # fmt: skip
