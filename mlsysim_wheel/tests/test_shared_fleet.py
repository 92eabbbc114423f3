"""Nodes, teams and lent GPUs: where capacity that is free cannot be used."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import capacity_lending, fair_sharing, fleet_policy, node_packing
from mlsysim.capacity_lending import lend_capacity, ramp_reserve, recall_loss_gpu_h
from mlsysim.errors import MlsysimError
from mlsysim.fair_sharing import dominant_share, share_cluster
from mlsysim.node_packing import RULES, pack_nodes
from mlsysim.quantity import show_work


def near(value):
    return pytest.approx(value, rel=5e-3)


# --- placement on nodes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "found"), [(0.5, (0.447, 0.982, 1.0, 1.0)), (0.75, (0.139, 0.678, 0.962, 0.974)), (0.9, (0.0852, 0.498, 0.828, 0.844))]
)
def test_a_whole_node_is_free(share, found):
    assert tuple(pack_nodes(rule, share).whole_share for rule in RULES) == near(found)


def test_packing_uses_more_and_crowds_one_node():
    assert (pack_nodes("spread", 0.75).allocated_share, pack_nodes("pack", 0.75).allocated_share) == near((0.463, 0.745))
    assert tuple(pack_nodes(rule).crowded_jobs for rule in RULES) == near((2.14, 3.86, 7.23, 6.45))


def test_jobs_of_whole_nodes_are_erlangs_loss_system():
    """Oracle: with whole-node jobs only, the share turned away is Erlang's, whatever the rule; here by the GPUs in use."""
    nodes, offered, blocked = 8, 0.9 * 8, 1.0
    for n in range(1, nodes + 1):
        blocked = offered * blocked / (n + offered * blocked)
    carried = offered * (1 - blocked)
    runs = [pack_nodes("spread", 0.9, 1.0, nodes, seed).allocated_share * nodes for seed in range(1, 41)]
    assert sum(runs) / len(runs) == pytest.approx(carried, rel=0.03)


@given(st.sampled_from(RULES), st.floats(0.1, 1.2), st.floats(0, 1), st.integers(2, 24), st.integers(1, 99))
@settings(max_examples=25, deadline=None)
def test_no_node_holds_more_than_it_has(rule, share, eight, nodes, seed):
    p = pack_nodes(rule, share, eight, nodes, seed)
    assert len(p.grid) == nodes and all(sum(jobs) <= 8 for jobs in p.grid)
    assert 0 <= p.whole_share <= 1 and p.whole_nodes <= nodes and p.allocated_share <= 1 and p.stranded_share <= 1 and p.crowded_jobs <= 8


def test_what_helps_depends_on_where_you_stand():
    assert node_packing.best_change("spread", 0.5, 0.15, 32) == ("pack",)
    assert "pack" not in node_packing.best_change("pack", 0.95, 0.15, 8)


# --- two teams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "l_tasks", "r_tasks", "use"), [("quota", 16, 59, 0.730), ("drf", 25, 54, 0.992), ("l_first", 32, 0, 1.0), ("r_first", 0, 68, 0.266)]
)
def test_tasks_of_two_teams(policy, l_tasks, r_tasks, use):
    s = share_cluster(policy)
    assert (s.l_tasks, s.r_tasks) == (l_tasks, r_tasks) and s.gpu_use_share == near(use)


def test_more_cores_or_drf_lead_out_of_stranded_gpus():
    assert share_cluster("quota").state == fair_sharing.STRANDED
    assert (share_cluster("drf").l_dominant_share, share_cluster("drf").r_dominant_share) == near((0.781, 0.791))
    assert share_cluster("quota", cores=5632).gpu_use_share == near(0.832) and share_cluster("quota", cores=8192).gpu_use_share == 1.0


def test_the_example_of_the_paper():
    """Ghodsi et al. 2011, section 4.1: 9 CPUs and 18 GB; A wants (1, 4), B (3, 1): three and two tasks, dominant shares 2/3 each."""
    s = share_cluster("drf", r_cores=1, cores=18, l_gpus=1, l_cores=4, gpus=9, r_gpus=3)
    assert (s.l_tasks, s.r_tasks) == (3, 2) and s.l_dominant_share == s.r_dominant_share == pytest.approx(2 / 3)
    assert dominant_share(3, 1, 4, 9, 18) == pytest.approx(2 / 3)


@given(st.sampled_from(fair_sharing.POLICIES), st.integers(1, 200), st.integers(64, 8192), st.integers(1, 64), st.integers(1, 256))
@settings(max_examples=50, deadline=None)
def test_nobody_gets_what_is_not_there_and_nothing_that_fits_is_left(policy, r_cores, cores, l_gpus, l_cores):
    s = share_cluster(policy, r_cores, cores, l_gpus, l_cores)
    assert s.idle_gpus >= 0 and s.idle_cores >= 0
    if policy != "quota":
        assert l_gpus > s.idle_gpus or l_cores > s.idle_cores
        assert s.r_gpus > s.idle_gpus or r_cores > s.idle_cores
    for x, y in (*s.gpu_edge, *s.core_edge):
        assert -1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9


# --- lent capacity ------------------------------------------------------------------------------------------------------


def test_useful_gpu_hours_a_day():
    assert tuple(lend_capacity(gang).useful_gpu_h for gang in (8, 32, 64, 128)) == near((1605, 1310, 980, 363))
    assert lend_capacity().spare_gpu_h == near(2155) and lend_capacity().spare_gpu_h / 24 == near(90)


def test_minutes_with_too_few_replicas():
    assert tuple(lend_capacity(8, w).violation_min for w in (0, 8, 24, 32)) == near((461.5, 17.25, 5.0, 2.0))
    assert lend_capacity(128, 0).state == capacity_lending.SHORT and lend_capacity(128, 8).state == capacity_lending.LENT


def test_slower_starts_leave_more_gaps():
    minutes = [lend_capacity(8, 0, cold_start_s=cold).violation_min for cold in (0, 60, 240, 900, 1800)]
    assert minutes == sorted(minutes), minutes


@given(st.sampled_from((8, 32, 64, 128)), st.integers(0, 48), st.sampled_from((0, 60, 240, 1800)), st.integers(0, 14400), st.integers(0, 1800))
@settings(max_examples=30, deadline=None)
def test_every_gpu_is_somewhere_and_no_gain_exceeds_what_is_spare(gang, reserve, cold, interval, restart):
    r = lend_capacity(gang, reserve, cold, interval, restart)
    for _, demand, spare, starting, borrowed, idle in r.layers:
        assert demand + spare + starting + borrowed + idle == pytest.approx(192) and min(demand, spare, starting, borrowed, idle) >= -1e-9
    assert r.borrowed_gpu_h <= r.spare_gpu_h + r.gpus * r.violation_min / 60 + 1e-6
    assert lend_capacity(gang, reserve, cold, 0, restart).useful_gpu_h >= r.useful_gpu_h


def test_drills():
    assert ramp_reserve(5, 15) == 8 and ramp_reserve(10, 4) == 4 and ramp_reserve(20, 30) == 60
    assert recall_loss_gpu_h(128, 30, 6) == pytest.approx(44.8)


# --- the plan -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "small_h", "large_h", "short_min", "whole"),
    [(("fifo", "spread", 0, 128), 5.45, 4.67, 461.5, 0.286), (("backfill", "pack", 24, 8), 0.086, 3.14, 5.0, 1.0),
     (("least_attained", "first_fit", 24, 8), 0.033, 3.49, 5.0, 1.0), (("backfill", "pack", 32, 8), 0.108, 3.32, 2.0, 1.0)],
)  # fmt: skip
def test_plans(design, small_h, large_h, short_min, whole):
    p = fleet_policy.plan_fleet(*design)
    assert (p.small_wait_s / 3600, p.large_wait_s / 3600) == pytest.approx((small_h, large_h), rel=1e-2)
    assert p.violation_min == near(short_min) and p.whole_share == near(whole)


@pytest.mark.parametrize("result", [pack_nodes(), share_cluster(), lend_capacity(), fleet_policy.plan_fleet()], ids=lambda r: type(r).__name__)
def test_every_number_shows_its_work(result):
    work = show_work(result)
    assert all(s.source for s in work if s.formula) and len(work) > 10


@pytest.mark.parametrize(
    ("call", "bad"),
    [(pack_nodes, {"rule": "best"}), (pack_nodes, {"requested_share": math.nan}), (pack_nodes, {"eight_share": 1.1}), (pack_nodes, {"nodes": 0}),
     (pack_nodes, {"seed": True}), (share_cluster, {"policy": "luck"}), (share_cluster, {"r_cores": 0}), (share_cluster, {"cores": 2.5}),
     (share_cluster, {"gpus": "8"}), (lend_capacity, {"gang": 0}), (lend_capacity, {"gang": 193}), (lend_capacity, {"reserve": -1}),
     (lend_capacity, {"cold_start_s": math.inf}), (lend_capacity, {"interval_s": None}), (fleet_policy.plan_fleet, {"policy": "lifo"}),
     (fleet_policy.plan_fleet, {"placement": 1}), (fleet_policy.plan_fleet, {"trace": 0})],
)  # fmt: skip
def test_bad_input_is_a_sentence(call, bad):
    with pytest.raises(MlsysimError, match=r"\.$"):
        call(**bad)


def test_bad_drill_values():
    bad = ((ramp_reserve, (-1, 5)), (ramp_reserve, (1.5, 5)), (recall_loss_gpu_h, (0, 30, 5)), (recall_loss_gpu_h, (8, math.nan, 5)))
    for call, args in (*bad, (dominant_share, (1, 1, 1, 0, 5))):
        with pytest.raises(MlsysimError):
            call(*args)
