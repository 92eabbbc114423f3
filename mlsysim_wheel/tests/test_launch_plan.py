"""Year one of an assistant: what the model reaches, when the audit rings, what it costs."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.launch_plan import DEAR, FITS, POOR, launch_plan, plan_map
from mlsysim.quantity import show_work
from mlsysim.start_date import doubling_years


@pytest.mark.parametrize(
    ("machine", "text", "parameters", "loss", "cost"), [(1.78e21, 1e11, 2.96e9, 2.276, 29_900), (3.16e21, 5.62e10, 7.00e9, 2.274, 29_700)]
)
def test_rich_in_text_or_rich_in_machine_reaches_the_same_loss(machine, text, parameters, loss, cost):
    p = launch_plan(machine, text, 400, 3.0)
    assert (p.parameters, p.loss_nats, p.cost_usd) == pytest.approx((parameters, loss, cost), rel=5e-3)
    assert p.lag_weeks == 10


def test_the_default_is_cheap_and_bad():
    p = launch_plan()
    assert p.loss_nats == pytest.approx(2.52, rel=5e-3) and p.lag_weeks == 14


def test_a_model_of_half_the_size_needs_more_text_and_the_other_56_percent_of_it():
    rich, large = launch_plan(1.78e21, 1e11), launch_plan(3.16e21, 5.62e10)
    assert rich.parameters < large.parameters / 2 and large.tokens / rich.tokens == pytest.approx(0.56, rel=5e-3)


def test_a_doubling_time_of_waiting_halves_the_bill_for_the_machine():
    now, later = launch_plan(1e22), launch_plan(1e22, start_months=12)
    assert later.compute_usd / now.compute_usd == pytest.approx(2 ** (-1 / doubling_years()))
    assert later.wait_usd == 12 * 150 and later.loss_nats == now.loss_nats


@given(st.sampled_from([1e20, 1e21, 1e22]), st.sampled_from([1e9, 1e11]), st.sampled_from([100, 400]), st.integers(0, 12), st.floats(0, 200), st.floats(0, 900))
@settings(max_examples=40, deadline=None)
def test_the_bill_is_the_sum_of_its_parts(machine, text, checked, months, token_usd, wait_usd):
    p = launch_plan(machine, text, checked, 3.0, months, token_usd, wait_usd)
    assert p.cost_usd == pytest.approx(p.compute_usd + p.text_usd + p.audit_usd + p.wait_usd)
    assert p.audit_usd == 52 * checked and p.parameters <= p.largest_parameters and p.tokens <= text * (1 + 1e-9)


def test_the_map_agrees_with_the_plan_of_each_place():
    xs, ys, words = plan_map(400, 3, 60, 150, 2.28, 45_000)
    for (j, d), (i, c) in itertools.product(enumerate(ys), enumerate(xs)):
        p = launch_plan(c, d, 400, 3.0, 3, 60, 150)
        assert words[j][i] == (DEAR if p.cost_usd > 45_000 else FITS if p.loss_nats <= 2.28 else POOR)


@pytest.mark.parametrize(
    "call",
    [
        lambda: launch_plan(0), lambda: launch_plan(1e21, -1), lambda: launch_plan(checked_per_week=0), lambda: launch_plan(strictness=True),
        lambda: launch_plan(start_months=-1), lambda: launch_plan(token_usd_per_billion=-1), lambda: launch_plan(wait_usd_per_month="free"),
        lambda: plan_map(0, 0, 60, 150, 2.28, 1), lambda: plan_map(100, 0, 60, 150, 0, 1), lambda: plan_map(100, 0, 60, -1, 2.28, 1),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for s in show_work(launch_plan()))
