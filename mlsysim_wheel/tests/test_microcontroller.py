"""A network on a microcontroller, and the camera that it makes."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.battery_camera import battery_camera, models
from mlsysim.errors import MlsysimError
from mlsysim.microcontroller import NOWHERE, PRUNE, PSRAM, SRAM, boards, layers_holding, mobilenet_arena_bytes, on_board
from mlsysim.quantity import show_work
from mlsysim.units import DAY

NANO = "arduino_nano_33_ble"


def test_published_sizes_and_measured_times():
    r = on_board(0.5, 192, "int8")
    assert (r.arena_bytes, r.parameters, r.macs) == pytest.approx((442e3, 1.33e6, 110e6), rel=5e-3)
    person = dict(width=0.25, resolution=96, precision="int8", classes=2)
    assert on_board(**person).latency_s == pytest.approx(54.0e-3, rel=5e-3)
    assert on_board(**person, kernels="reference").latency_s == pytest.approx(2.29, rel=5e-3)
    r = on_board(0.75, 128, "int8")
    assert (r.arena_bytes, r.latency_s, r.energy_j) == pytest.approx((295e3, 0.770, 0.323), rel=5e-3)


def test_the_desk_network_lands_in_slow_memory():
    r = on_board()
    assert (r.place, r.state, r.best_change) == (PSRAM, "slow memory", "int8")
    assert (r.arena_bytes, r.latency_s) == pytest.approx((1.2288e6, 12.8), rel=5e-3)


def test_early_channels_hold_the_peak_and_late_ones_the_parameters():
    r = on_board(0.5, 160, "int8")
    assert (r.early_parameters, r.early_arena, r.late_parameters, r.late_arena) == pytest.approx((0.00785, 0.5, 0.557, 0.0), rel=5e-3)
    assert on_board(0.5, 160, "int8", "early").arena_bytes == r.arena_bytes / 2
    assert on_board(0.5, 160, "int8", "late").arena_bytes == r.arena_bytes


def test_the_first_three_blocks_would_do_and_none_of_them_can_be_spared():
    from mlsysim import convnet

    half = convnet.mobilenet_v1(0.5, 160).peak_activation_elements / 2
    peaks = {kept: convnet.mobilenet_v1(0.5, 160, kept=(*kept, *(1.0,) * 11)).peak_activation_elements for kept in itertools.product((1.0, 0.5), repeat=3)}
    assert [kept for kept, peak in peaks.items() if peak <= half] == [(0.5, 0.5, 0.5)]


def test_flash_and_boards_without_slow_memory():
    assert on_board(1.0, 160).state == "flash" and on_board(1.0, 160).flash_bytes == pytest.approx(16.9e6, rel=5e-3)
    assert on_board(1.0, 160).latency_s == math.inf
    r = on_board(0.25, 160, "fp32", board=NANO, classes=2)
    assert (r.place, r.state, r.latency_s) == (NOWHERE, "nowhere", math.inf)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from((0.25, 0.5, 0.75, 1.0)), st.sampled_from((96, 128, 160, 192, 224)), st.sampled_from(("fp32", "int8")), st.sampled_from(tuple(PRUNE)),
    st.floats(0, 0.5), st.sampled_from(tuple(boards())))
def test_memory_adds_up_and_no_board_is_faster_than_its_clock(width, resolution, precision, where, share, board):
    r = on_board(width, resolution, precision, where, share, board=board)
    assert r.arena_bytes == max(memory for _, memory, _ in r.layers)
    assert sum(weights for _, _, weights in r.layers) == pytest.approx(r.flash_bytes)
    assert (r.place == SRAM) == (r.arena_bytes <= r.sram_bytes)
    assert r.latency_s * r.clock_hz * r.macs_per_cycle >= r.macs * (1 - 1e-12)
    assert r.energy_j == r.run_power_w * r.latency_s
    assert r.arena_bytes <= on_board(width, resolution, precision, board=board).arena_bytes


def test_best_change_lowers_the_peak():
    for where, precision in itertools.product(PRUNE, ("fp32", "int8")):
        r = on_board(0.5, 160, precision, where)
        changed = {"int8": ("int8", where), "early": (precision, "early"), "none": (precision, where)}[r.best_change]
        assert (on_board(0.5, 160, *changed).arena_bytes < r.arena_bytes) == (r.best_change != "none")


def test_arena_of_the_drill_by_hand():
    for width, side in itertools.product((0.25, 0.5, 0.75, 1.0), (96, 128, 160, 192, 224)):
        assert mobilenet_arena_bytes(width, side) == 1.5 * 64 * width * (side / 2) ** 2


def test_layers_that_hold_a_share():
    assert layers_holding(0.0) == 1 and layers_holding(1.0) == 28
    assert layers_holding(0.01) < layers_holding(0.3) < layers_holding(0.6)


@pytest.mark.parametrize(
    ("design", "top1", "latency", "days", "arena"),
    [(("0.75/128", "int8", "late", 0.3), 0.589, 0.590, 36.9, 295e3), (("0.5/192", "int8", "early", 0.4), 0.588, 0.670, 32.5, 267e3),
     (("0.5/160", "fp32", "none", 0.5), 0.591, 12.8, 1.7258, 1.23e6)],
)  # fmt: skip
def test_cameras(design, top1, latency, days, arena):
    c = battery_camera(*design)
    assert (c.top1_share, c.latency_s, c.life_s / DAY, c.arena_bytes) == pytest.approx((top1, latency, days, arena), rel=5e-3)


def test_pruning_never_beats_the_network_of_that_shape():
    """Half the channels everywhere make width 1 into width 0.5, which was trained as such."""
    for side in (128, 160, 192, 224):
        for precision in ("fp32", "int8"):
            assert battery_camera(f"1/{side}", precision, "uniform", 0.5).top1_share <= battery_camera(f"0.5/{side}", precision).top1_share


def test_less_free_memory_slows_the_same_network():
    assert battery_camera("0.5/160", "int8").life_s > battery_camera("0.5/160", "int8", sram_limit_bytes=300e3).life_s
    assert len(models()) == 16 and battery_camera("1/224").life_s == 0


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(battery_camera("0.5/160", "int8"))}
    assert "esp-tflite-micro" in steps["on_board.macs_per_cycle"].source and "illustrative" in steps["lost_top1_share"].source


@pytest.mark.parametrize(
    ("call", "name"),
    [(lambda: on_board(0), "width"), (lambda: on_board(0.5, 8), "resolution"), (lambda: on_board(0.5, 160, "int4"), "precision"),
     (lambda: on_board(prune_where="top"), "prune_where"),
     (lambda: on_board(prune_share=0.6), "prune_share"), (lambda: on_board(kernels="fast"), "kernels"), (lambda: on_board(board="uno"), "uno"),
     (lambda: on_board(classes=0), "classes"), (lambda: on_board(sram_bytes=0), "sram_bytes"),
     (lambda: layers_holding(1.5), "share"), (lambda: mobilenet_arena_bytes("1", 96), "width"), (lambda: battery_camera("2/224"), "2/224"),
     (lambda: battery_camera("0.5/160", sram_limit_bytes=-1), "sram_limit_bytes")],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
