"""GPUs for a training run: the two counts, the boundary between them, the map."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.fleet_size import DEVICES, fleet_size, least_gpus, models, token_stops

DAY = 86400.0


@pytest.mark.parametrize(
    "asked, memory, time, hours, wall",
    [
        ({}, 18, 871, 627e3, "time"),
        ({"model": "llama3_405b", "tokens": 1.56e13}, 102, 40_135, 2.89e7, "time"),
        ({"tokens": 1e9}, 18, 1, 313, "memory"),
        ({"device": "a100_sxm_80gb"}, 18, 2759, 1.99e6, "time"),
        ({"model": "llama2_7b", "tokens": 1e9, "device": "b200"}, 1, 1, 14.5, "one"),
    ],
)
def test_runs_whose_counts_are_known(asked, memory, time, hours, wall):
    r = fleet_size(**asked)
    assert (r.memory_gpus, r.time_gpus, r.wall) == (memory, time, wall)
    assert r.gpu_hours == pytest.approx(hours, rel=5e-3)


def test_published_runs_took_the_hours_that_the_model_says_at_a_plausible_utilisation():
    """1,720,320 A100-hours and 30.84 million H100-hours: the utilisation at which both would agree is 0.46 and 0.37."""
    for name, device, tokens, hours, mfu in (("llama2_70b", "a100_sxm_80gb", 2e12, 1_720_320, 0.46), ("llama3_405b", "h100_sxm", 1.56e13, 30.84e6, 0.375)):
        assert fleet_size(name, tokens, mfu_share=mfu, device=device).gpu_hours == pytest.approx(hours, rel=0.02)


def test_the_boundary_is_where_both_counts_meet_and_no_size_of_model_moves_it_but_by_its_attention():
    r = fleet_size()
    assert r.boundary_tokens == pytest.approx(3.96e10, rel=5e-3)
    below, above = (fleet_size(tokens=r.boundary_tokens * x) for x in (0.9, 1.1))
    assert (below.wall, above.wall) == ("memory", "time")
    bounds = [fleet_size(name).boundary_tokens for name in models()]
    assert max(bounds) / min(bounds) < 1.15


def test_the_map_has_one_vertical_border_above_the_single_gpu():
    r = fleet_size()
    top = r.map_walls[-1]
    assert set(top) == {"memory", "time"} and list(top) == sorted(top)
    for row in r.map_walls:
        assert [w for w in row if w == "time"] == list(row[len(row) - row.count("time") :])
        if "memory" in row:
            assert row.index("time") == top.index("time")
    assert r.map_walls[0][0] == "one"


def test_twice_the_model_in_twice_the_time():
    assert fleet_size().both_doubled == "stays"
    assert fleet_size(tokens=1e9).both_doubled == "doubles"
    assert fleet_size(tokens=5.5e10).both_doubled == "grows"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(tuple(models())), st.floats(1e8, 3e13), st.integers(1, 180), st.floats(0.2, 0.6), st.sampled_from(DEVICES))
def test_the_fleet_does_the_work_in_time_and_one_gpu_fewer_does_not(model, tokens, days, mfu, device):
    r = fleet_size(model, tokens, days * DAY, mfu, device)
    assert r.gpus * r.usable_bytes >= r.state_bytes * (1 - 1e-12)
    assert r.gpus * r.peak_flop_per_s * mfu * r.deadline_s >= r.flop_per_token * tokens * (1 - 1e-12)
    fewer = r.gpus - 1
    assert fewer * r.usable_bytes < r.state_bytes or fewer * r.peak_flop_per_s * mfu * r.deadline_s < r.flop_per_token * tokens


def test_published_counts_are_stops_of_the_slider():
    stops = token_stops()
    assert {3e11, 2e12, 1.56e13, 1e9, 3e13} <= set(stops) and list(stops) == sorted(set(stops))


def test_least_gpus_is_sixteen_bytes_a_parameter_over_four_fifths():
    assert [least_gpus(b * 1e9) for b in (3, 4, 5, 200)] == [1, 1, 2, 50]
    assert least_gpus(1e9, "b200") == math.ceil(16e9 / 144e9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: fleet_size("gpt9"), lambda: fleet_size(tokens=0), lambda: fleet_size(deadline_s=math.nan), lambda: fleet_size(mfu_share=1.1),
        lambda: fleet_size(mfu_share=0), lambda: fleet_size(device="t4"), lambda: fleet_size(tokens="many"), lambda: least_gpus(-1),
        lambda: least_gpus(1e9, "no gpu"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError):
        call()
