"""A service after a dip: stated recoveries, the two conditions of a lasting collapse against the simulation, conservation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.retry_storm import CAUSES, FALLBACKS, PROTECTIONS, SERVICES, STATES, attempt_lines, fate, most_retries, simulate_storm

LOADS = [round(0.2 + 0.05 * i, 2) for i in range(16)]


def test_the_default_never_comes_back():
    found = simulate_storm()
    assert not found.recovered and found.state == "stays down" and found.keeps_down == "retries" and found.after_share < 0.01
    assert found.peak_load == pytest.approx(2.8, rel=5e-3) and found.worst_load == pytest.approx(2.8)


@pytest.mark.parametrize(
    ("change", "seconds"),
    [({"retries": 0}, 27.3), ({"protection": "circuit breaker"}, 7.5), ({"protection": "queue limit"}, 0.0), ({"protection": "retry budget"}, 153.0)],
)
def test_what_brings_it_back(change, seconds):
    found = simulate_storm(**change)
    assert found.recovered and found.recovery_s == pytest.approx(seconds, rel=5e-3)


def test_load_and_retries_decide():
    assert simulate_storm(0.40).recovery_s == 0.0 and not simulate_storm(0.45).recovered
    assert simulate_storm(0.45, 1).recovery_s == pytest.approx(105, rel=5e-3)
    assert not simulate_storm(0.45, 1, service="assistant").recovered


def test_a_stale_cache_is_worth_more_than_a_default_value_and_ages():
    fresh, plain = (simulate_storm(protection="queue limit", fallback=f) for f in ("stale cache", "default value"))
    assert fresh.value_share > plain.value_share
    down = dict(load=0.95, retries=3, protection="circuit breaker", dip_s=120.0, dip_capacity=0.1)
    lead = simulate_storm(**down, fallback="stale cache").value_share - simulate_storm(**down).value_share
    assert 0.0 < lead / simulate_storm(**down).fallback_share < 0.28


@pytest.mark.parametrize("service", list(SERVICES))
@pytest.mark.parametrize(("capacity", "seconds"), [(0.1, 30.0), (0.4, 30.0), (0.7, 30.0), (0.9, 30.0)])
def test_two_lines_foretell_what_the_simulation_finds(service, capacity, seconds):
    where = dict(dip_capacity=capacity, dip_s=seconds, service=service)
    for load in LOADS[::3]:
        for retries in range(4):
            assert fate(load, retries, **where) == simulate_storm(load, retries, **where).state, (load, retries)


def test_the_lines_of_all_attempts_cross_the_capacity_where_retries_become_dangerous():
    for retries, ((low, at_low), (high, at_high)) in attempt_lines():
        for load in LOADS:
            asked = at_low + (load - low) / (high - low) * (at_high - at_low)
            assert (asked < 1.0 - 1e-12) == (retries <= most_retries(load)) or abs(asked - 1) < 1e-9


@pytest.mark.parametrize(("load", "retries"), [(0.18, 4), (0.22, 3), (0.31, 2), (0.46, 1), (0.65, 0), (0.5, 0), (0.25, 2)])
def test_most_retries(load, retries):
    assert most_retries(load) == retries and (1 + retries) * load < 1 <= (2 + retries) * load


@given(
    st.sampled_from(LOADS),
    st.integers(0, 3),
    st.sampled_from(PROTECTIONS),
    st.sampled_from([0.1, 0.4, 0.9]),
    st.integers(1, 24),
    st.sampled_from(list(FALLBACKS)),
    st.sampled_from(list(SERVICES)),
)
@settings(max_examples=30, deadline=None)
def test_nothing_is_answered_that_was_not_asked(load, retries, protection, capacity, fives, fallback, service):
    found = simulate_storm(load, retries, protection, dip_capacity=capacity, dip_s=5.0 * fives, fallback=fallback, service=service)
    assert found.state in STATES and found.keeps_down in CAUSES and (found.state == "at once") == (found.keeps_down == "nothing")
    assert 0.0 <= found.value_share <= 1.0 and 0.0 <= found.after_share <= 1.0
    assert max(v for _, v in found.answered) <= 1.0 + 1e-9 and load <= found.peak_load + 1e-9 and found.peak_load <= found.worst_load + 1e-9
    assert protection in ("circuit breaker", "queue limit") or found.fallback_share == 0.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, True, "1", None])
def test_wrong_input_never_gives_a_number(bad):
    calls = [
        lambda: simulate_storm(bad),
        lambda: simulate_storm(retries=bad),
        lambda: simulate_storm(protection=bad),
        lambda: simulate_storm(dip_capacity=bad),
        lambda: simulate_storm(dip_s=bad),
        lambda: simulate_storm(service=bad),
        lambda: simulate_storm(fallback=bad),
        lambda: most_retries(bad),
        lambda: fate(bad, 1),
        lambda: attempt_lines(bad),
    ]
    for call in calls:
        with pytest.raises(MlsysimError):
            call()
