"""Routers and admission over a fleet: stated values, queueing theory, what must hold at every setting."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.queueing import mg1, mmc
from mlsysim.routing import ADMISSIONS, PAYERS, ROUTERS, USELESS, route, who_pays


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


@pytest.mark.parametrize(("router", "p99_s"), [("random", 52.6), ("round robin", 44.7), ("power of two", 21.8), ("least outstanding", 12.3)])
def test_two_choices_nearly_balance_a_fleet(router, p99_s):
    run = route(router, 0.85)
    assert run.response_s[3960] == about(p99_s)  # the sample above ⌈0.99n⌉
    assert run.p99_s == run.response_s[3959]


@pytest.mark.parametrize(
    ("router", "mean_s"), [("random", 9.22), ("power of two", 2.91), ("least outstanding", 1.31), ("session hash", 16.4), ("session with spill", 1.60)]
)
def test_plain_affinity_saves_work_and_is_worst_of_all(router, mean_s):
    assert route(router, 0.85).mean_s == about(mean_s)


@pytest.mark.parametrize(
    ("admission", "share", "paid", "free"), [("none", 0.261, 0.261, 0.261), ("limit the wait", 0.779, 0.787, 0.775), ("paid first", 0.739, 0.867, 0.682)]
)
def test_refusing_early_keeps_answers_useful(admission, share, paid, free):
    run = route(admission=admission)
    assert (run.in_time_share, run.paid_in_time_share, run.free_in_time_share) == (about(share), about(paid), about(free))
    assert (run.state == USELESS) == (admission == "none")


def test_the_plain_limit_refuses_a_fifth():
    assert route(admission="limit the wait").refused_share == about(0.196)


def test_overload_has_no_steady_state():
    assert route(requests=16_000).in_time_share == about(0.0744) and route(requests=1_000).in_time_share > 0.5


def test_the_central_queue_is_erlangs():
    run = route(load_share=0.85)
    assert run.central_wait_s == about(0.181) and mmc(0.85 * 16, 1.0, 16).wait_probability == about(0.433)
    assert route(load_share=1.0).central_wait_s == math.inf


def test_a_random_router_makes_sixteen_independent_queues():
    """Splitting a Poisson stream at random leaves Poisson streams, so theory knows the mean of each replica."""
    run = route("random", 0.6, cs2=2.0, requests=200_000)
    assert run.mean_s == about(mg1(0.6, 1.0, 2.0).response_s, rel=0.05)


def test_who_pays_for_paid_first():
    assert [who_pays(route(load_share=1.1)), who_pays(route("least outstanding", 0.5))] == ["free", "nobody"]


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(ROUTERS), st.floats(0.3, 1.5), st.sampled_from(ADMISSIONS), st.floats(1, 8), st.floats(0, 0.8), st.integers(1, 500), st.floats(0, 1),
    st.integers(0, 9),
)  # fmt: skip
def test_shares_add_up(router, load, admission, cs2, saving, sessions, paid, seed):
    run = route(router, load, admission, cs2=cs2, saving_share=saving, sessions=sessions, paid_share=paid, requests=300, seed=seed)
    answered = 1 - run.refused_share
    assert len(run.response_s) == round(300 * answered) and 0 <= run.in_time_share <= answered + 1e-12
    late = sum(t > 6 for t in run.response_s) / 300
    assert run.in_time_share + late + run.refused_share == about(1, rel=1e-9)
    low, high = sorted((run.paid_in_time_share, run.free_in_time_share))
    assert low - 1e-12 <= run.in_time_share <= high + 1e-12
    assert sum(share for _, share in run.over_time) / 16 == about(run.in_time_share, rel=0.15) or run.in_time_share < 0.2
    assert admission != "none" or run.refused_share == 0
    assert who_pays(run) in PAYERS


@pytest.mark.parametrize(
    "bad",
    [{"router": "best"}, {"load_share": 0}, {"load_share": math.nan}, {"admission": None}, {"cs2": 0.5}, {"saving_share": 1.1}, {"sessions": 0},
     {"paid_share": -0.1}, {"requests": 3}, {"seed": 1.5}],
)  # fmt: skip
def test_bad_input_is_refused_with_its_name(bad):
    with pytest.raises(MlsysimError, match=next(iter(bad))):
        route(**bad)
