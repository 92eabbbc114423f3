"""One operation that an accelerator does not know."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.convnet import mobilenet_v1
from mlsysim.errors import MlsysimError
from mlsysim.fallback import LAYERS, RULES, over_positions, split, time_in_parts
from mlsysim.quantity import show_work

MS = 1e-3


@pytest.mark.parametrize(
    ("position", "rule", "ms"), [(16, "first", 84.7), (7, "first", 145), (25, "first", 24.9), (28, "first", 2.86), (16, "return", 3.73), (15, "return", 18.1)]
)
def test_times(position, rule, ms):
    assert split(position, rule).time_s == pytest.approx(ms * MS, rel=5e-3)


def test_where_thirty_frames_a_second_are_met():
    assert [p for p, t in over_positions("first") if t <= 1 / 30] == list(range(24, 30))
    assert split(24).time_s == pytest.approx(25.2 * MS, rel=5e-3)
    assert split(replaced=True).time_s == pytest.approx(2.4 * MS)
    assert all(t < 1 / 30 for _, t in over_positions("return"))


def test_the_default_names_its_layer():
    s = split()
    assert (s.operation, s.binding) == ("depthwise 8", "cpu")
    assert s.mapped_share == pytest.approx(0.494, rel=5e-3)
    assert {split(p, r).detour for p in range(1, 30) for r in RULES} == {"cpu", "transfer", "call"}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, LAYERS), st.sampled_from(list(RULES)), st.booleans())
def test_the_stretches_are_the_whole_network_and_the_whole_time(position, rule, replaced):
    s = split(position, rule, replaced)
    assert sum(x.last - x.first + 1 for x in s.stretches) == LAYERS
    assert sum(x.mac_share for x in s.stretches) == pytest.approx(1)
    assert s.time_s == pytest.approx(sum(x.time_s + x.border_s + x.call_s for x in s.stretches))
    assert s.supported_s * (1 - 1e-9) <= s.time_s <= s.cpu_work_s + s.transfer_s + s.calls_s + s.accelerator_s
    assert all(a.processor != b.processor for a, b in zip(s.stretches, s.stretches[1:], strict=False))
    assert replaced or all((x.processor == "CPU") for x in s.stretches if x.first <= position <= x.last)


def test_a_cut_falls_back_layer_by_layer():
    """With the rule "first", the time is one straight line in the work that is left, and the tensor at the cut."""
    net = mobilenet_v1()
    for n in range(1, 28):
        layers = net.layers[n:]
        left = sum(layer.macs for layer in layers) / net.macs
        assert split(n + 1).time_s == pytest.approx(0.4 * MS + 2 * MS * (1 - left) + 164 * MS * left + net.layers[n - 1].output_elements / 0.3e9, rel=2e-3)


def test_a_network_in_parts():
    assert time_in_parts(2 * MS, 164 * MS, 1) == 2 * MS
    assert time_in_parts(2 * MS, 164 * MS, 0.5) == pytest.approx(83 * MS)


@pytest.mark.parametrize("wrong", [dict(position=0), dict(position=30), dict(position=1.5), dict(rule="last"), dict(replaced=1), dict(position="16")])
def test_wrong_input_gives_no_number(wrong):
    with pytest.raises(MlsysimError):
        split(**wrong)


def test_wrong_input_of_the_small_functions():
    for call in (lambda: over_positions("last"), lambda: time_in_parts(0, 1, 0.5), lambda: time_in_parts(1, 1, 1.5)):
        with pytest.raises(MlsysimError):
            call()


def test_work_is_shown():
    assert {s.name for s in show_work(split()) if not s.source and s.formula} == set()
