"""Backup workers: stated values, steps drawn node by node, and what a worker of many nodes changes."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.backup_nodes import ANOTHER, any_of, backup_step
from mlsysim.errors import MlsysimError


def test_one_hiccup_in_a_thousand_makes_most_steps_wait():
    step = backup_step()
    assert (step.wait_share, step.step) == (pytest.approx(0.871, rel=5e-3), pytest.approx(1.87, rel=5e-3))


@pytest.mark.parametrize(("backups", "wait", "step"), [(2, 0.337, 1.337), (4, 0.0575, 1.0575), (8, 0.0003, 1.0003)])
def test_a_few_backups_are_enough(backups, wait, step):
    found = backup_step(backups=backups)
    assert found.wait_share == pytest.approx(wait, rel=5e-3, abs=5e-5) and found.step == pytest.approx(step, rel=5e-3)
    assert backup_step(backups=8).cost == pytest.approx(1.004, rel=5e-4)


def test_a_node_that_is_always_slow_counts_as_one_of_the_backups():
    assert backup_step(backups=8, always_slow=1).wait_share == pytest.approx(backup_step(backups=7).wait_share, rel=1e-12)
    assert backup_step(backups=8).another == "absorbed" and backup_step().another == "longer"
    assert backup_step(backups=2, always_slow=3).wait_share == 1.0


def test_a_backup_of_a_replica_costs_all_its_nodes():
    plain, replicas = backup_step(backups=8), backup_step(backups=8, replica_nodes=16)
    assert replicas.workers == 128 and replicas.backup_nodes == 128
    assert replicas.wait_share < 0.01 and replicas.cost == pytest.approx(1.0625, rel=5e-3) and plain.cost < 1.005


@pytest.mark.parametrize(("backups", "stuck", "group"), [(0, 0, 1), (2, 0, 1), (3, 1, 1), (1, 0, 4)])
def test_steps_drawn_node_by_node_wait_as_often(backups, stuck, group):
    draw, p, nodes, steps = Random(4).random, 0.01, 80, 3000
    workers = nodes // group + backups
    waits = 0
    for _ in range(steps):
        slow = sum(w < stuck or any(draw() < p for _ in range(group)) for w in range(workers))
        waits += slow > backups
    found = backup_step(p, nodes, backups, always_slow=stuck, replica_nodes=group)
    assert waits / steps == pytest.approx(found.wait_share, abs=0.03)


def test_the_sample_of_steps_agrees_with_its_probability():
    step = backup_step(1e-3, 2048, 1)
    assert len(step.slow_counts) == 500
    assert sum(k > 1 for k in step.slow_counts) / 500 == pytest.approx(step.wait_share, abs=0.07)
    assert sum(step.slow_counts) / 500 == pytest.approx(2.049, rel=0.1)


@given(st.floats(1e-6, 0.05), st.sampled_from([16, 128, 2048, 16384]), st.integers(0, 64), st.floats(1.0, 5.0), st.integers(0, 16), st.sampled_from([1, 4]))
@settings(max_examples=50, deadline=None)
def test_a_step_lies_between_nobody_slow_and_somebody_slow(p, nodes, backups, factor, stuck, group):
    if stuck > nodes // group:
        return
    found = backup_step(p, nodes, backups, slow_factor=factor, always_slow=stuck, replica_nodes=group)
    assert 1.0 <= found.step <= factor + 1e-9 and found.step <= found.another_step + 1e-9 and found.another in ANOTHER
    assert found.step <= found.bare_step + 1e-9


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1, True, "x", None])
def test_wrong_input_never_gives_a_number(bad):
    calls = [
        lambda: backup_step(bad),
        lambda: backup_step(nodes=bad),
        lambda: backup_step(backups=bad),
        lambda: backup_step(slow_factor=bad),
        lambda: backup_step(always_slow=bad),
        lambda: backup_step(replica_nodes=bad),
        lambda: any_of(bad, 0.1),
    ]
    for call in calls:
        with pytest.raises(MlsysimError):
            call()


def test_replicas_must_fill_the_nodes():
    with pytest.raises(MlsysimError, match="divide"):
        backup_step(nodes=100, replica_nodes=16)
    with pytest.raises(MlsysimError, match="only 4 workers"):
        backup_step(nodes=16, replica_nodes=4, always_slow=5)
