"""One inference on host, link and Edge TPU, and the camera box."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.edge import LANES, frame, gate_box, models, path_speedup, streaming_s
from mlsysim.errors import MlsysimError
from mlsysim.quantity import show_work

LINKS, HOSTS = ("usb_2", "usb_3", "pcie_gen2_x1"), ("raspberry_pi_4", "raspberry_pi_5")
PLATFORMS = ("pi_5", "pi_5_coral", "orin_nano_8gb", "pc_l4")
GATE_MODELS = tuple(f"mobilenet_v1_{x}" for x in ("1.0_224", "0.75_224", "1.0_160", "1.0_128", "0.5_224", "0.75_128")) + ("resnet50",)


def test_full_support_is_six_times_the_host():
    f = frame("mobilenet_v1_1.0_224", None, "usb_3")
    assert f.latency_s == pytest.approx(2.58e-3, rel=5e-3)
    assert f.accelerator_s == pytest.approx(2.20e-3, rel=5e-3)
    assert f.speedup == pytest.approx(6.49, rel=5e-3)
    assert f.host_only_s == pytest.approx(16.7e-3, rel=5e-3)


def test_one_unsupported_operation_half_way_leaves_most_work_on_the_host():
    f = frame("mobilenet_v1_1.0_224", 0.5)
    assert (f.latency_s, f.speedup) == pytest.approx((12.2e-3, 1.37), rel=5e-3)
    assert f.mapped_layers == 14
    assert f.binding_lane == "host"


@pytest.mark.parametrize(("link", "ms"), [("usb_2", 513), ("usb_3", 52.8), ("pcie_gen2_x1", 46.4)])
def test_resnet50_streams_its_weights(link, ms):
    f = frame("resnet50", None, link)
    assert f.latency_s * 1e3 == pytest.approx(ms, rel=5e-3)
    assert f.binding_lane == "link"


def test_resnet50_is_17_5_mb_too_large():
    f = frame("resnet50", None, "usb_3")
    assert f.streamed_bytes == pytest.approx(17.5e6, rel=5e-3)
    assert f.streaming_s == pytest.approx(43.8e-3, rel=5e-3)
    slow = frame("resnet50", None, "usb_2")
    assert slow.host_only_s == pytest.approx(120e-3, rel=5e-3) and slow.state == "slower"


def test_resnet50_cut_at_three_quarters_fits_the_chip():
    f = frame("resnet50", 0.75, "usb_3")
    assert f.mapped_layers == 40
    assert f.mapped_weight_bytes == pytest.approx(7.4e6, rel=5e-3)
    assert f.streaming_s == 0
    assert (f.latency_s, f.speedup) == pytest.approx((37.7e-3, 3.19), rel=5e-3)


def test_a_small_network_cut_early_is_slowed_down_and_the_state_can_be_left():
    f = frame("mobilenet_v1_0.5_160", 0.25)
    assert f.speedup == pytest.approx(0.67, rel=5e-3)
    assert f.state == "slower"
    assert frame("mobilenet_v1_0.5_160", None).state == "ok"


def test_the_published_benchmark_that_the_constants_were_fitted_to():
    # coral.ai 2019, Dev Board (no USB in the way): MobileNetV1 in 2.2 ms
    assert frame("mobilenet_v1_1.0_224", None).accelerator_s == pytest.approx(2.2e-3, rel=5e-3)


def test_fixed_cost_and_link_are_paid_even_if_nothing_is_mapped():
    f = frame("mobilenet_v1_1.0_224", 0.0)
    assert f.mapped_layers == 0
    assert f.accelerator_s == f.fixed_s
    assert f.latency_s == pytest.approx(f.host_only_s + f.fixed_s + f.input_s + f.output_s)


def test_an_operation_after_the_last_layer_still_returns_a_feature_map():
    last, none = frame("resnet50", 1.0), frame("resnet50", None)
    assert last.mapped_mac_share == none.mapped_mac_share == 1
    assert last.latency_s - none.latency_s == pytest.approx(99e3 / last.link_bytes_per_s)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(models()), st.one_of(st.none(), st.floats(0, 1)), st.sampled_from(LINKS), st.sampled_from(HOSTS))
def test_parts_lanes_and_events_add_up_and_nothing_beats_physics(model, share, link, host):
    f = frame(model, share, link, host)
    assert f.latency_s == pytest.approx(f.host_s + f.link_s + f.accelerator_s)
    assert f.frames_per_s == pytest.approx(1 / f.latency_s)
    clock = 0.0
    for lane, _, start, end in f.events:
        assert lane in LANES and start == clock < end
        clock = end
    assert clock == pytest.approx(f.latency_s)
    totals = {lane: sum(end - start for where, _, start, end in f.events if where == lane) for lane in LANES}
    assert totals[f.binding_lane] == pytest.approx(max(totals.values()))
    assert 0 <= f.mapped_mac_share <= 1
    assert f.accelerator_s > 2 * f.mapped_macs / f.peak_op_per_s
    if f.mapped_mac_share < 1:
        assert f.speedup < 1 / (1 - f.mapped_mac_share)  # Amdahl
    assert f.speedup <= frame(model, share, link, "raspberry_pi_4").speedup  # a slower host gains no less


def test_every_whole_percent_maps_the_floor_of_the_layers():
    for model, n in (("mobilenet_v1_1.0_224", 28), ("resnet50", 54)):
        for percent in range(0, 101, 5):
            assert frame(model, percent / 100).mapped_layers == percent * n // 100


def test_drill_answers():
    assert streaming_s(25.5e6, 0.4e9) == pytest.approx(17.5e6 / 0.4e9)
    assert streaming_s(5e6, 0.4e9) == 0
    assert path_speedup(0.5, 10) == pytest.approx(1 / 0.55)
    assert path_speedup(1, 3) == pytest.approx(3)
    assert path_speedup(0, 50) == 1


@pytest.mark.parametrize(
    ("platform", "model", "rewritten", "frames", "top1", "watts", "dollars"),
    [
        ("pi_5_coral", "mobilenet_v1_1.0_224", False, 43.3, 0.697, 8.6, 140),
        ("pi_5_coral", "mobilenet_v1_1.0_224", True, 94.6, 0.687, 6.0, 140),
        ("pi_5", "mobilenet_v1_1.0_160", False, 60.4, 0.673, 7.0, 80),
    ],
)
def test_camera_boxes(platform, model, rewritten, frames, top1, watts, dollars):
    b = gate_box(platform, model, rewritten)
    assert (b.frames_per_s, b.top1_share, b.power_w, b.price_usd) == pytest.approx((frames, top1, watts, dollars), rel=5e-3)


def test_the_default_box_leaves_78_percent_of_the_work_on_the_host():
    assert 1 - gate_box().mapped_mac_share == pytest.approx(0.78, rel=5e-3)


def test_the_rewrite_costs_accuracy_everywhere_and_time_only_beside_an_edge_tpu():
    for platform, model in itertools.product(PLATFORMS, GATE_MODELS):
        plain, rewritten = gate_box(platform, model), gate_box(platform, model, True)
        assert plain.top1_share - rewritten.top1_share == pytest.approx(0.01)
        assert (rewritten.inference_s < plain.inference_s) == (platform == "pi_5_coral")


def test_every_constraint_draw_rejects_the_default_and_accepts_two_very_different_boxes():
    boxes = {key: gate_box(*key) for key in itertools.product(PLATFORMS, GATE_MODELS, (False, True))}
    default = ("pi_5_coral", "mobilenet_v1_1.0_224", False)
    right, plain = ("pi_5_coral", "mobilenet_v1_1.0_224", True), ("pi_5", "mobilenet_v1_1.0_160", False)
    corners = itertools.product((50, 60), (0.63, 0.665), (8, 12))
    draws = [(r.uniform(50, 60), r.uniform(0.63, 0.665), r.uniform(8, 12)) for r in map(random.Random, range(60))]
    for frames, top1, watts in (*corners, *draws):
        feasible = [
            key
            for key, b in boxes.items()
            if b.frames_per_s >= frames and b.top1_share >= top1 and b.power_w <= watts and b.price_usd <= 150
        ]
        assert default not in feasible
        assert right in feasible and plain in feasible
        assert sum(a != b for a, b in zip(right, plain)) > 1
        # the objective has one answer for every draw
        order = sorted(feasible, key=lambda key: (-boxes[key].top1_share, boxes[key].power_w))
        assert order[0] == right


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(frame())}
    assert "coral.ai" in steps["efficiency"].source
    assert "illustrative" in steps["link_bytes_per_s"].source
    assert all(s.source for s in show_work(gate_box()) if s.name in ("price_usd", "idle_power_w", "inference_s"))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: frame("vgg"), "vgg"),
        (lambda: frame(None), "None"),
        (lambda: frame("resnet50", 1.1), "unsupported_at_share"),
        (lambda: frame("resnet50", -0.1), "unsupported_at_share"),
        (lambda: frame("resnet50", float("nan")), "unsupported_at_share"),
        (lambda: frame("resnet50", True), "unsupported_at_share"),
        (lambda: frame("resnet50", 0.5, "wifi"), "wifi"),
        (lambda: frame("resnet50", 0.5, ["usb_3"]), "usb_3"),
        (lambda: frame("resnet50", 0.5, "usb_3", "pi"), "host"),
        (lambda: streaming_s(-1, 1e9), "weight_bytes"),
        (lambda: streaming_s(1e6, 0), "link_bytes_per_s"),
        (lambda: path_speedup(1.5, 3), "mapped_share"),
        (lambda: path_speedup(0.5, 0), "accelerator_factor"),
        (lambda: gate_box("pi"), "platform"),
        (lambda: gate_box("pi_5", "pi"), "network"),
        (lambda: gate_box("pi_5", rewritten=1), "rewritten"),
    ],
)
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
