"""The search against brute force, and what it refuses."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import layout_search
from mlsysim._optional import MissingPackage
from mlsysim.errors import Infeasible, MlsysimError, UnknownName
from mlsysim.explore import Between, explore
from mlsysim.layout import Layout
from mlsysim.parallelism import estimate_layout
from mlsysim.pareto import pareto
from mlsysim.published_training import megatron_model
from mlsysim.quantity import show_work
from mlsysim.roofline import estimate

SPACE = {"batch": [1, 2, 4, 8, 16, 32], "bandwidth": [1e12, 2e12, 4e12], "peak": [1e14, 5e14]}


def kernel(batch, bandwidth, peak):
    r = estimate(operations=2e9 * batch, traffic_bytes=1e9 + 1e7 * batch, peak_flop_per_s=peak, bandwidth_bytes_per_s=bandwidth)
    return {"time_s": r.time_s, "items_per_s": batch / r.time_s, "price": bandwidth / 1e12 + peak / 1e14}


def by_hand(objectives, limits=None):
    """Every combination, and every pair of them compared."""
    rows = []
    for values in itertools.product(*SPACE.values()):
        design = dict(zip(SPACE, values, strict=True))
        rows.append(design | kernel(**design))
    rows = [r for r in rows if all((low is None or r[k] >= low) and (high is None or r[k] <= high) for k, (low, high) in (limits or {}).items())]
    cost = [tuple(r[k] if way == "min" else -r[k] for k, way in objectives.items()) for r in rows]
    return len(rows), {a for a in cost if not any(b != a and all(x <= y for x, y in zip(b, a, strict=True)) for b in cost)}


@pytest.mark.parametrize("objectives", [{"time_s": "min"}, {"time_s": "min", "price": "min"}, {"time_s": "min", "items_per_s": "max", "price": "min"}])
@pytest.mark.parametrize("limits", [None, {"price": (None, 5.0)}, {"items_per_s": (3000, None), "batch": (2, 16)}, {"price": (100, None)}])
@pytest.mark.parametrize(("arrays", "chunk"), [(True, 7), (True, 1000), (False, 5)])
def test_the_search_is_brute_force(objectives, limits, arrays, chunk):
    found = explore(SPACE, kernel, objectives, limits, arrays=arrays, chunk=chunk)
    count, frontier = by_hand(objectives, limits)
    assert found.candidates == 36 and found.feasible == count and found.impossible == 0
    got = {tuple(row[k] if way == "min" else -row[k] for k, way in objectives.items()) for row in found.frontier.iter_rows(named=True)}
    assert got == frontier and found.frontier_size == len(frontier)
    if frontier:
        assert found.best == found.frontier.row(0, named=True) and all(found.best[k] == kernel(**{a: found.best[a] for a in SPACE})[k] for k in objectives)
    else:
        assert found.best == {}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.tuples(*[st.integers(0, 4)] * k), max_size=40)))
def test_the_frontier_is_that_of_every_pair_compared(rows):
    costs = np.array(rows, dtype=float).reshape(len(rows), len(rows[0]) if rows else 2)
    kept = pareto(costs).tolist()
    better = lambda b, a: all(x <= y for x, y in zip(b, a, strict=True)) and b != a  # noqa: E731
    assert {rows[i] for i in kept} == {a for a in rows if not any(better(b, a) for b in rows)} and len(set(kept)) == len({rows[i] for i in kept})
    assert [rows[i] for i in kept] == sorted(rows[i] for i in kept)


def test_layouts_one_by_one_are_those_of_the_layout_search():
    model = megatron_model("174.6B")

    def score(tensor, pipeline, zero1):
        return estimate_layout(model, Layout(int(tensor), int(pipeline), zero1=bool(zero1)), gpus=1024, batch=1536)

    space = {"tensor": [1, 2, 3, 8, 16], "pipeline": [1, 4, 8, 16], "zero1": [False, True]}
    found = explore(space, score, {"time_s": "min"}, {"memory_bytes": (None, 75.2e9)}, arrays=False)
    options = {"tensor": (1, 2, 8, 16), "pipeline": (1, 4, 8, 16), "microbatch": (1,), "recomputation": ("full",), "chunks": (1,)}
    direct = layout_search.search_layouts(model, gpus=1024, batch=1536, max_memory_bytes=75.2e9, **options)
    assert found.feasible == len(direct) and found.best["time_s"] == direct[0].time_s
    assert found.impossible >= 8, "tensor 3 divides no node"


def test_a_random_search_stays_within_its_axes_and_repeats_itself():
    space = {"batch": range(1, 65), "bandwidth": Between(1e11, 4e12, log=True), "peak": Between(1e13, 1e15)}
    runs = [explore(space, kernel, {"time_s": "min", "price": "min"}, samples=3000, seed=seed) for seed in (1, 1, 2)]
    assert runs[0].frontier.equals(runs[1].frontier) and not runs[0].frontier.equals(runs[2].frontier)
    table = runs[0].frontier
    assert table["bandwidth"].is_between(1e11, 4e12).all() and table["peak"].is_between(1e13, 1e15).all() and table["batch"].is_between(1, 64).all()
    assert runs[0].candidates == 3000


def test_a_grid_over_a_continuous_axis_has_both_ends():
    for axis in (Between(1.0, 100.0, log=True, steps=3), Between(1.0, 100.0, steps=3)):
        found = explore({"x": axis}, lambda x: {"up": x, "down": -x}, {"up": "min", "down": "min"})
        assert found.frontier["x"].to_list() == pytest.approx([1.0, 10.0 if axis.log else 50.5, 100.0])


def test_a_million_candidates_are_weighed():
    space = {"batch": range(1, 101), "bandwidth": Between(1e11, 4e12, True, 100), "peak": Between(1e13, 1e15, True, 100)}
    found = explore(space, kernel, {"time_s": "min", "price": "min"})
    assert found.candidates == 1_000_000 and found.frontier_size > 10


def test_the_bar_is_drawn_on_stderr_only(capsys):
    explore(SPACE, kernel, {"time_s": "min"}, chunk=6, progress=True)
    seen = capsys.readouterr()
    assert "36 of 36" in seen.err and not seen.out
    explore(SPACE, kernel, {"time_s": "min"})
    assert not capsys.readouterr().err


def test_the_result_shows_its_work():
    steps = {s.name: s for s in show_work(explore(SPACE, kernel, {"time_s": "min"}))}
    assert steps["rate_per_s"].formula == r"\frac{n}{T}" and steps["candidates"].value == 36


def test_a_score_that_refuses_counts_as_impossible_and_no_number_does_too():
    def score(x):
        if x == 2:
            raise Infeasible("Two cannot be")
        return {"y": float("nan") if x == 3 else x}

    found = explore({"x": [1, 2, 3, 4]}, score, {"y": "max"}, arrays=False)
    assert (found.impossible, found.feasible, found.best["x"]) == (2, 2, 4)
    nothing = explore({"x": [2]}, score, {"y": "max"}, arrays=False)
    assert nothing.feasible == 0 and nothing.best == {}


GOOD = {"space": SPACE, "score": kernel, "objectives": {"time_s": "min"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"space": {}}, "space is {}"),
        ({"space": {"batch": []}}, "space\\['batch'\\]"),
        ({"space": {"batch": "16"}}, "must be a list of values"),
        ({"space": {"x": range(10**6), "y": range(10**6)}}, "at most 10000000000: give samples"),
        ({"score": 3}, "score is 3"),
        ({"score": lambda **_: 3}, "score returned 3"),
        ({"objectives": {}}, "objectives is {}"),
        ({"objectives": {"time_s": "least"}}, "'least', but must be one of 'min', 'max'"),
        ({"objectives": {"tme_s": "min"}}, "Did you mean time_s"),
        ({"limits": {"price": 5}}, "limits\\['price'\\] is 5"),
        ({"limits": {"price": (5, 1)}}, "limits\\['price'\\] to is 1"),
        ({"limits": {"price": (None, float("nan"))}}, "nan"),
        ({"limits": {"prise": (None, 1)}}, "Did you mean price"),
        ({"samples": 0}, "samples is 0"),
        ({"samples": 2.5}, "samples is 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"chunk": 0}, "chunk is 0"),
        ({"arrays": 1}, "arrays is 1"),
        ({"progress": "yes"}, "progress is 'yes'"),
    ],
)
def test_what_makes_no_sense_is_refused(change, words):
    with pytest.raises(MlsysimError, match=words):
        explore(**{**GOOD, **change})


@pytest.mark.parametrize("bad", [(2, 1), (float("nan"), 1), (0, 1, True), (1, 2, True, 1), ("1", 2), (1, 2, 1)])
def test_an_axis_that_makes_no_sense_is_refused(bad):
    with pytest.raises(MlsysimError):
        Between(*bad)


def test_an_unknown_score_is_an_unknown_name_also_one_by_one():
    with pytest.raises(UnknownName):
        explore(SPACE, kernel, {"tme_s": "min"}, arrays=False)


def test_a_missing_package_is_a_sentence(monkeypatch):
    from mlsysim import _optional

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(_optional.importlib, "import_module", missing)
    with pytest.raises(MissingPackage, match="needs numpy: run `pip install numpy polars`"):
        explore(**GOOD)


def test_importing_the_module_needs_neither():
    code = "import sys, mlsysim.explore, mlsysim.pareto; print([m for m in ('numpy', 'polars') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
