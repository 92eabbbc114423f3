"""Lines that share a kernel."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim.errors import MlsysimError
from mlsysim.fusion import chain, operations, used
from mlsysim.quantity import show_work

LINES = {  # written out once more, so that the data file is not its own oracle
    1: ("x",), 2: ("t1",), 3: ("t2",), 4: ("t1", "t3"), 5: ("t4",), 6: ("t5",), 7: ("t6",), 8: ("t1", "t7"), 9: ("t8",), 10: ("t9", "m"), 11: ("t10", "r"),
}  # fmt: skip


def by_hand(groups) -> int:
    """Tensors that cross a border, counted value by value."""
    home = {f"t{n}": g for g, group in enumerate(groups) for n in group}
    reads = {(value, g) for g, group in enumerate(groups) for n in group for value in LINES[n] if home.get(value) != g}
    writes = {value for value, g in reads if value in home} | {"y"}
    return len(reads) + len(writes)


@pytest.mark.parametrize(
    ("settings_", "trips", "speedup"),
    [
        (dict(execution="eager"), 26, 1.0), ({}, 4, 6.54), (dict(break_after=7), 8, 3.27), (dict(break_after=1), 6, 4.35),
        (dict(break_after=3, second_break=7), 11, 2.38),
    ],
)  # fmt: skip
def test_trips_and_speedup(settings_, trips, speedup):
    c = chain(**settings_)
    assert (c.trips, c.speedup) == (trips, pytest.approx(speedup, rel=5e-3))


@pytest.mark.parametrize(("values", "speedup"), [(1e4, 11.0), (1e6, 9.02), (1e7, 7.01)])
def test_small_tensors_are_bound_by_launches(values, speedup):
    assert chain(values).speedup == pytest.approx(speedup, rel=5e-3)


def test_bytes_and_milliseconds():
    eager, fused = chain(execution="eager"), chain()
    assert (eager.moved_bytes / 1e9, fused.moved_bytes / 1e9) == (pytest.approx(6.98, rel=5e-3), pytest.approx(1.07, rel=5e-3))
    assert (eager.time_s * 1e3, fused.time_s * 1e3) == (pytest.approx(3.48, rel=5e-3), pytest.approx(0.532, rel=5e-3))
    assert eager.line_count == fused.line_count == 11


def test_which_breaks_are_dear():
    assert [b for b in range(1, 11) if chain(break_after=b).state == "dear"] == [2, 3, 4, 5, 6, 7]
    assert (chain(1e4).saves, chain().saves) == ("launches", "bytes")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10), st.integers(0, 10), st.integers(1, 11), st.floats(1, 1e10))
def test_trips_agree_with_a_count_by_hand(first, second, most, values):
    c = chain(values, first, "fused", second, most)
    assert c.trips == by_hand([range(k.first, k.last + 1) for k in c.kernels])
    assert sum(k.last - k.first + 1 for k in c.kernels) == 11
    assert max(k.last - k.first + 1 for k in c.kernels) <= most
    assert c.time_s >= chain(values).time_s * (1 - 1e-12)
    assert 1 - 1e-12 <= c.speedup <= 11


def test_a_fused_chain_computes_the_same():
    """The kernels, run one after the other on real numbers with only what they read, give what the lines give."""
    import math

    c, k = 0.044715, math.sqrt(2 / math.pi)
    steps = {
        1: lambda v: v["x"] + 0.1, 2: lambda v: v["t1"] ** 3, 3: lambda v: c * v["t2"], 4: lambda v: v["t1"] + v["t3"], 5: lambda v: k * v["t4"],
        6: lambda v: math.tanh(v["t5"]), 7: lambda v: 1 + v["t6"], 8: lambda v: v["t1"] * v["t7"], 9: lambda v: v["t8"] / 2,
        10: lambda v: v["t9"] * v["m"], 11: lambda v: v["t10"] + v["r"],
    }  # fmt: skip
    names = {**{n: f"t{n}" for n in range(1, 11)}, 11: "y"}
    draw = random.Random(1)
    for first in range(11):
        start = {"x": draw.gauss(0, 1), "m": 1.25, "r": draw.gauss(0, 1)}
        memory, alone = dict(start), dict(start)
        for n in range(1, 12):
            alone[names[n]] = steps[n](alone)
        for kernel in chain(break_after=first).kernels:
            registers = {value: memory[value] for value, _ in kernel.reads}
            for n in range(kernel.first, kernel.last + 1):
                registers[names[n]] = steps[n](registers)
            memory |= {value: registers[value] for value, _ in kernel.writes}
        assert memory["y"] == alone["y"]


def test_what_lines_use():
    assert len(operations()) == 11
    assert [u for u in used() if u[0] == "t1"] == [("t1", 1, 2), ("t1", 1, 4), ("t1", 1, 8)]


@pytest.mark.parametrize(
    "wrong", [dict(values=0), dict(values=float("nan")), dict(break_after=11), dict(second_break=-1),
     dict(most=0), dict(most=12), dict(execution="jit"), dict(break_after="7")]
)
def test_wrong_input_gives_no_number(wrong):
    with pytest.raises(MlsysimError):
        chain(**wrong)


def test_work_is_shown():
    assert {s.name for s in show_work(chain()) if not s.source and s.formula} == set()
