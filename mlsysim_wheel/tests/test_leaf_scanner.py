"""The card of one hundred leaf scanners: the checks of the lab, each part against its own model."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import edge, leaf_scanner
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.leaf_scanner import availability, scanner, steps_away
from mlsysim.queueing import mg1_wait_s

near = lambda value: pytest.approx(value, rel=5e-3)  # noqa: E731
DESIGN = st.fixed_dictionaries(dict(
    hardware=st.sampled_from(list(leaf_scanner.hardware())), model=st.sampled_from(leaf_scanner.models()),
    thresholds=st.sampled_from(list(leaf_scanner.THRESHOLDS)),
    labels_south=st.sampled_from(leaf_scanner.LABELS), labels_north=st.sampled_from(leaf_scanner.LABELS), interval_days=st.sampled_from(leaf_scanner.INTERVALS),
    audits=st.sampled_from(leaf_scanner.AUDITS), spare_stations=st.sampled_from(leaf_scanner.SPARES), prune_where=st.sampled_from(["none", "early",
    "late", "uniform"]),
))  # fmt: skip


def test_preset_was_built_with_the_data_of_the_north():
    c = scanner()
    assert (c.p99_s, c.sensitivity_gap, c.most_false_alarms, c.availability) == (near(1.51), near(0.068), near(0.408), near(0.647))
    assert (c.detected, c.state) == ("never", leaf_scanner.STABLE)


def test_many_small():
    c = scanner("xiao", "0.75/128", labels_south=2000, audits=80, spare_stations=5)
    assert (c.p99_s, c.separation_north, c.separation_south) == (near(2.54), near(1.80), near(1.71))
    assert (c.sensitivity_gap, c.most_false_alarms) == (near(0.0184), near(0.290))
    assert (c.cost_usd_per_year, c.carbon_kg_per_year, c.detection_weeks) == (near(9832), near(133), 13)


def test_few_strong():
    c = scanner("pi_5", "1/224", "each", 800, audits=80, spare_stations=5)
    assert (c.latency_s, c.energy_day_wh) == (near(0.036), near(30.6))
    assert (c.sensitivity_gap, c.false_alarms_north, c.false_alarms_south) == (pytest.approx(0, abs=1e-9), near(0.177), near(0.237))
    assert (c.cost_usd_per_year, c.carbon_kg_per_year) == (near(13_460), near(421))
    coral = scanner("pi_5_coral", "1/224", "each", 800, audits=80, spare_stations=5, interval_days=56)
    assert (coral.cost_usd_per_year, coral.carbon_kg_per_year) == (near(13_450), near(547))
    assert scanner("orin_nano", "1/224", "each", 800, audits=80, spare_stations=5).cost_usd_per_year == near(20_100)


def test_the_nano_cannot_keep_up():
    c = scanner("nano_33", "0.25/128")
    assert c.latency_s == near(2.04) and math.isinf(c.p99_s) and c.state == leaf_scanner.UNSTABLE
    assert scanner("nano_33", "1/224").state == leaf_scanner.NO_ROOM


def test_availability_by_simulation():
    assert [availability(s) for s in (0, 2, 3, 5)] == [near(0.647), near(0.913), near(0.964), near(0.996)]
    draw = random.Random(1)
    days = sum(sum(draw.random() < 0.97 for _ in range(102)) >= 97 for _ in range(2000))
    assert days / 2000 == pytest.approx(availability(2), abs=0.02)


def test_larger_boards_take_the_time_of_the_gate_boxes():
    orin, coral = (scanner(h, "1/224").latency_s for h in ("orin_nano", "pi_5_coral"))
    assert orin == pytest.approx(edge.gate_box("orin_nano_8gb", "mobilenet_v1_1.0_224").frame_s)
    assert coral == pytest.approx(edge.gate_box("pi_5_coral", "mobilenet_v1_1.0_224", True).frame_s, rel=1e-3)  # less the scores that travel back


def test_queue_of_constant_services_waits_as_theory_says():
    service, rate = 0.77, 0.5
    arrivals = [t / rate for t in leaf_scanner.poisson_unit_arrivals(40_000, 15)]
    responses = leaf_scanner.fifo(arrivals, [service] * len(arrivals)).responses_s
    assert sum(responses) / len(responses) - service == pytest.approx(mg1_wait_s(rate * service, service, 0.0), rel=0.05)


@given(DESIGN)
@settings(max_examples=50, deadline=None)
def test_every_design_holds_together(design):
    c = scanner(**design)
    assert c.cost_usd_per_year == pytest.approx(c.stations_usd + c.labels_usd + c.operations_usd + c.power_usd)
    assert c.p99_s >= c.latency_s > 0 and 0 <= c.availability <= 1
    assert 0.05 * c.sensitivity_north + 0.20 * c.sensitivity_south == pytest.approx(0.25 * 0.88, abs=1e-9)  # both rules find 88 % of all ill plants
    assert (c.threshold_north == c.threshold_south) or design["thresholds"] == "each"
    more = scanner(**{**design, "labels_south": 5000})
    assert more.separation_south >= c.separation_south and more.cost_usd_per_year >= c.cost_usd_per_year
    bounds = (("lowest cost", c.cost_usd_per_year, 15_000), ("lowest carbon", c.carbon_kg_per_year, 600), ("fewest false alarms", c.most_false_alarms, 0.3))
    for goal, figure, limit in bounds:
        assert scanner(**design, goal=goal).goal_share == pytest.approx(figure / limit)


def test_one_step_in_each_row():
    rows = dict((name, (back, on)) for name, back, on in steps_away(hardware="pi_5_coral", model="1/224", labels_south=800))
    assert rows["model"][1] is None and rows["precision"][1] is None  # no larger network; no fp32 on a Coral
    assert rows["hardware"][0].hardware == "pi_5" and rows["labels_south"][1] == scanner("pi_5_coral", "1/224", labels_south=2000)


def test_fp32_on_a_coral_cannot_be():
    with pytest.raises(Infeasible, match=r"int8.*\.$"):
        scanner("pi_5_coral", precision="fp32")


@pytest.mark.parametrize(
    "wrong",
    [
        dict(hardware="phone"),
        dict(model="2/224"),
        dict(thresholds="two"),
        dict(labels_south=0),
        dict(prune_where="late", prune_share=0.9),
        dict(interval_days=0),
        dict(audits=-1),
        dict(spare_stations=2.5),
        dict(goal="fame"),
        dict(cost_limit_usd=0),
        dict(false_alarm_limit=float("nan")),
    ],
)
def test_bad_input_is_a_sentence(wrong):
    with pytest.raises(MlsysimError, match=r"[.?]$"):
        scanner(**wrong)
