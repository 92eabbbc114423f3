"""Early checks and a promised date: exact gains, why the estimate on paper is too small, and the design of the project."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.project_checks import check_early, check_weeks, checked_chances, checked_plan, names_of, subsets
from mlsysim.project_plan import cause_chances, plan_weeks
from mlsysim.project_promise import promise
from mlsysim.quantity import show_work

near = lambda x: pytest.approx(x, rel=5e-3)  # noqa: E731 - three significant digits
ON = {"device": True, "privacy": True, "labels": True, "skeleton": True}


MEANS = {"": 44.2, "device": 38.5, "labels": 40.8, "skeleton": 37.4, "device skeleton": 34.0, "device labels skeleton": 32.5, " ".join(ON): 31.4}


@pytest.mark.parametrize(("chosen", "mean"), MEANS.items())
def test_exact_means(chosen, mean):
    assert check_early(**dict.fromkeys(chosen.split(), True)).mean_weeks == near(mean)


@pytest.mark.parametrize(("check", "gain"), [("skeleton", 6.78), ("device", 5.70), ("privacy", 4.26), ("labels", 3.34)])
def test_each_check_alone(check, gain):
    assert check_early(**{check: True}).gain_weeks == near(gain)


def test_on_paper_the_device_test_does_not_pay():
    r = check_early(device=True)
    assert r.paper_gain_weeks == pytest.approx(-0.1) and r.device_paper_weeks == pytest.approx(0.9)
    assert check_early().device_gain_weeks == r.gain_weeks


def test_arrivals_times_the_weeks_of_a_return_make_up_the_gain():
    """Perturbation of the chain: what is prevented × arrivals × the weeks that one return really costs."""
    r = check_early(device=True)
    prevented = cause_chances()[3] - checked_chances(cause_chances(), ("device",))[3]
    own_week = 1 + r.rework_share * 0.25  # the first stage is done 1.25 times
    assert prevented * r.device_arrivals * r.device_return_weeks - own_week == pytest.approx(r.gain_weeks)


def test_the_causes_share_their_loops():
    rows = check_early().by_cause
    assert sum(real for _, _, real in rows) == near(45.6) and check_early().bare_mean_weeks - sum(plan_weeks()) == near(24.2)
    assert all(real > paper for _, paper, real in rows)


@pytest.mark.parametrize(
    ("on", "phi", "best"), [({}, 0.5, "skeleton"), ({"skeleton": True}, 0.5, "device"), ({}, 0.1, "device"), ({}, 0.0, "none"), (ON, 0.5, "none")]
)
def test_the_best_next_check(on, phi, best):
    assert check_early(**on, rework_share=phi).best_next == best


def test_late_without_checks_and_with_the_label_pilot_alone():
    assert {s for s in subsets() if check_early(**dict.fromkeys(s, True)).state == "checked late"} == {(), ("labels",)}


@given(st.sampled_from(subsets()), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_checks_only_lower_chances_and_only_add_weeks(chosen, phi):
    assert all(a <= b for a, b in zip(checked_chances(cause_chances(), chosen), cause_chances(), strict=True))
    assert sum(checked_plan(plan_weeks(), chosen)) == 20 + check_weeks(chosen)
    r = check_early(**dict.fromkeys(chosen, True), rework_share=phi)
    assert r.mean_weeks >= 20 + r.check_weeks - 1e-9 and r.name == names_of(chosen)
    assert dict((name, mean) for name, _, mean in r.plans)[r.name] == r.mean_weeks and len(r.plans) == 16
    assert r.bare_mean_less(r.gain_weeks) == pytest.approx(r.mean_weeks)


def test_the_default_design_keeps_no_promise():
    r = promise()
    assert (r.p80_weeks, r.true_points, r.cost_usd) == (near(57.5), near(0.258), 750) and r.state != "ok" and r.kept_share < 0.2


@pytest.mark.parametrize(
    ("on", "ideas", "p80", "gain"), [(ON, 50, 31.6, 0.638), ({**ON, "privacy": False}, 100, 34.7, 0.735)]
)
def test_designs_that_do(on, ideas, p80, gain):
    r = promise(**on, ideas=ideas, images=5000, promised_weeks=40)
    assert (r.p80_weeks, r.true_points, r.cost_usd) == (near(p80), near(gain), 7500) and r.state == "ok" and r.kept_share >= 0.8


@given(st.sampled_from(subsets()), st.sampled_from([20, 100, 400]), st.sampled_from([500, 5000]), st.integers(1, 100))
@settings(max_examples=25, deadline=None)
def test_a_later_date_is_kept_more_often_and_p80_by_four_of_five(chosen, ideas, images, date):
    r = promise(**dict.fromkeys(chosen, True), ideas=ideas, images=images, promised_weeks=date)
    later = promise(**dict.fromkeys(chosen, True), ideas=ideas, images=images, promised_weeks=date + 10)
    assert r.kept_share <= later.kept_share
    assert (r.kept_share > 0.8) == (date >= r.p80_weeks)
    assert (ideas, images, r.mean_weeks, r.true_points, r.cost_usd) in r.options


@pytest.mark.parametrize(
    "call",
    [
        lambda: check_early(1), lambda: check_early(device="yes"), lambda: check_early(rework_share=1.1), lambda: check_weeks("device"),
        lambda: check_weeks(("device", "device")), lambda: checked_chances(cause_chances(), ("luck",)), lambda: names_of(None), lambda: promise(labels=None),
        lambda: check_early().bare_mean_less(math.nan), lambda: promise(ideas=0), lambda: promise(images=1.5), lambda: promise(promised_weeks=0),
        lambda: promise(promised_weeks=20.5),
        lambda: promise(device_share=-0.1), lambda: promise(device_share=0.9, privacy_share=0.9),
    ],
)  # fmt: skip
def test_bad_input_gives_a_sentence_and_no_number(call):
    with pytest.raises(MlsysimError):
        call()


def test_every_number_shows_its_work():
    assert all(s.formula or s.source or s.doc for r in (check_early(), promise()) for s in show_work(r))
