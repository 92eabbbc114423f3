"""Plans for a long run: stated plans, the composition out of its parts, what each choice may and may not do."""

import pytest
from mlsysim.backup_nodes import backup_step
from mlsysim.errors import MlsysimError
from mlsysim.recovery_plan import RECOVERY, plan_recovery
from mlsysim.reliability import replay_run
from mlsysim.rollback import replay_rollbacks


@pytest.mark.parametrize(
    ("plan", "useful", "stored", "extra"),
    [
        ((3600, "blocking", "manual", 0, 3, False), 0.363, 17.0e12, 0.0),
        ((1800, "blocking", "automatic", 8, 6, True), 0.739, 79.5e12, 0.7e6),
        ((600, "asynchronous", "manual", 8, 6, True), 0.749, 79.5e12, 0.8e6),
    ],
)
def test_stated_plans(plan, useful, stored, extra):
    found = plan_recovery(*plan)
    assert found.useful_share == pytest.approx(useful, rel=5e-3) and found.stored_bytes == pytest.approx(stored, rel=5e-3) and found.extra_usd == extra


def test_the_default_undoes_little():
    assert plan_recovery().recoverable_share == pytest.approx(0.292, rel=5e-3)


@pytest.mark.parametrize("recovery", RECOVERY)
@pytest.mark.parametrize("backups", [0, 4, 16])
def test_a_plan_is_its_parts(recovery, backups):
    found = plan_recovery(1200, "asynchronous", recovery, backups, 12, True)
    run = replay_run(interval_s=1200, checkpoint_s=6.3, restart_s={"manual": 1800, "automatic": 600, "standby": 240}[recovery])
    back = replay_rollbacks(12, True, interval_s=1200)
    expected = run.useful_share / backup_step(backups=backups).cost - back.lost_s / (9 * 86400)
    assert found.useful_share == pytest.approx(expected)
    assert found.useful_share + found.failures_share + found.slow_share + found.rollback_share == pytest.approx(1.0, abs=1e-9)


def test_faster_recovery_always_helps_and_backups_soon_cost_more_than_they_give():
    times = [plan_recovery(recovery=r).useful_share for r in RECOVERY]
    assert times == sorted(times)
    assert (
        plan_recovery(backups=8).useful_share > plan_recovery(backups=4).useful_share
        and plan_recovery(backups=8).useful_share > plan_recovery(backups=16).useful_share
    )


@pytest.mark.parametrize("bad", [float("nan"), -1, "x", None])
def test_wrong_input_never_gives_a_number(bad):
    for name in ("interval_s", "saving", "recovery", "backups", "kept", "dailies"):
        with pytest.raises(MlsysimError):
            plan_recovery(**{name: bad})
