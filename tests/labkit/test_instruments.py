"""Every instrument draws a valid chart, says what it drew, and brings its numbers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import altair as alt
import pytest
from chart_contrast import too_faint
from labkit import theme
from labkit.instruments.base import Column, Instrument, Limit, as_limit
from labkit.instruments.curve import Series, curve
from labkit.instruments.distribution import distribution, percentile
from labkit.instruments.ladder import ladder
from labkit.instruments.marks import style_of
from labkit.instruments.pareto import Design, frontier
from labkit.instruments.phase_map import phase_map
from labkit.instruments.plot import Plot
from labkit.instruments.scales import linear_ticks, log_ticks, number_scale, tick_text
from labkit.instruments.terms import TermRow, stacked
from labkit.instruments.timeline import Bar, timeline

sys.path.insert(0, str(Path(__file__).parent))
from instrument_examples import EXAMPLES  # noqa: E402


@pytest.fixture(scope="module")
def drawn() -> dict[str, Instrument]:
    return {example.__name__: example() for example in EXAMPLES}


NAMES = [example.__name__ for example in EXAMPLES]


def text_marks(spec: dict) -> list[dict]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]


def words(spec: dict) -> list[str]:
    found = []
    for layer in text_marks(spec):
        text = layer["encoding"]["text"]
        found += [text["value"]] if "value" in text else [row["t"] for row in layer["data"]["values"]]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_specification_is_valid_vega_lite(drawn, name):
    alt.Chart.from_dict(drawn[name].spec, validate=True)


@pytest.mark.parametrize("name", NAMES)
def test_specification_is_plain_json_without_nan(drawn, name):
    assert json.loads(json.dumps(drawn[name].spec, allow_nan=False)) == drawn[name].spec


@pytest.mark.parametrize("name", NAMES)
def test_one_description_and_silent_marks(drawn, name):
    spec = drawn[name].spec
    assert spec["description"] == drawn[name].alt
    assert spec["config"]["aria"] is False


@pytest.mark.parametrize("name", NAMES)
def test_chart_is_as_wide_as_its_place_and_not_too_high(drawn, name):
    spec = drawn[name].spec
    assert spec["width"] == "container" and spec["height"] <= 340
    assert spec["usermeta"]["embedOptions"] == {"renderer": "svg", "actions": False}


@pytest.mark.parametrize("name", NAMES)
def test_every_word_reaches_4_5_to_1_on_what_is_painted_under_it(drawn, name):
    assert too_faint(drawn[name].spec) == []


def test_a_word_on_a_tint_of_its_own_colour_is_found_too_faint():
    plot = Plot(number_scale([0, 10], "s", "Time"), number_scale([0, 10], "s", "Time"), 100)
    plot.rects([(2, 8, 2, 8)], "arithmetic", opacity=0.2)
    plot.texts([(5, 5, "O")], "arithmetic", align="center")
    plot.texts([(5, 5, "on a halo")], "arithmetic", align="center", halo=True)
    plot.texts([(9, 5, "on paper")], "arithmetic", align="center")
    assert too_faint(plot.spec("")) == ["'O' in light: 4.01"]


@pytest.mark.parametrize("name", NAMES)
def test_colours_come_from_the_palette_only(drawn, name):
    text = json.dumps(drawn[name].spec)
    assert not re.search(r'"#[0-9a-fA-F]{3,8}"', text)
    assert set(re.findall(r"var\(--lk-([a-z]+)\)", text)) <= set(theme.LIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_below_12_px_and_no_legend(drawn, name):
    spec = drawn[name].spec
    assert all(layer["mark"]["fontSize"] >= 12 for layer in text_marks(spec))
    assert not any(channel in layer["encoding"] for layer in spec["layer"] for channel in ("color", "fill", "shape", "size"))


@pytest.mark.parametrize("name", NAMES)
def test_text_alternative_starts_with_the_sentence_and_names_what_is_drawn(drawn, name):
    found = drawn[name]
    assert found.alt.startswith(found.title + ".")
    assert len(found.alt) > len(found.title) + 60


@pytest.mark.parametrize("name", NAMES)
def test_table_has_rows_of_the_right_length(drawn, name):
    found = drawn[name]
    assert found.rows and all(len(row) == len(found.columns) for row in found.rows)


@pytest.mark.parametrize(
    "name",
    [
        "heartbeat",
        "bars",
        "improvement",
        "machine_roof",
        "tail",
        "pipeline",
        "layouts",
        "designs",
        "memory",
        "scaling",
        "u_shape",
        "macs_and_cycles",
        "energy",
    ],
)
def test_prediction_is_labelled_in_the_prediction_colour(drawn, name):
    spec = drawn[name].spec
    assert any("you said" in text for text in words(spec))
    assert "you said" in drawn[name].alt
    assert theme.var("prediction") in json.dumps(spec["layer"])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("bars", "deadline 50 ms"),
        ("tail", "promise 300 ms"),
        ("designs", "at least 70 %"),
        ("memory", "80 GB"),
        ("u_shape", "deadline 100 ms"),
        ("pipeline", "room for 12"),
    ],
)
def test_limit_is_a_labelled_line_and_is_told(drawn, name, label):
    assert label in words(drawn[name].spec)
    assert f"Limit: {label}" in drawn[name].alt


def test_altair_is_not_loaded_to_draw():
    code = "import sys, instrument_examples as e; [f() for f in e.EXAMPLES]; sys.exit('altair' in sys.modules)"
    here = Path(__file__).parent
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=here, env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here), *sys.path])}, check=False
        ).returncode
        == 0
    )


def test_three_terms_have_three_patterns(drawn):
    layers = drawn["bars"].spec["layer"]
    dashes = {
        json.dumps(layer["mark"].get("strokeDash"))
        for layer in layers
        if layer["mark"]["type"] == "rule" and "strokeDashOffset" in layer["mark"]
    }
    assert len(dashes) == 2  # hatched and dotted; solid is a plain rectangle


def test_ladder_gives_each_term_a_bar_from_the_axis():
    found = ladder([TermRow("m", 1e-6, 1e-5, 1e-4)], title="t")
    boxes = [row for layer in found.spec["layer"] if layer["mark"]["type"] == "rect" for row in layer["data"]["values"]]
    assert sorted({row["x2"] for row in boxes}) == pytest.approx([1e-6, 1e-5, 1e-4], rel=1e-4)
    assert len({row["x"] for row in boxes}) == 1
    assert "log scale" in json.dumps(found.spec)


def test_a_machine_that_does_not_fit_says_so():
    found = stacked([TermRow("small", void="does not fit"), TermRow("large", 1.0, 2.0, 0.5)], title="t")
    assert "small · does not fit" in words(found.spec)
    assert found.rows[0][-1] == "does not fit" and found.rows[1][-1] == "O"


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (99, 10), (100, 10), (0, 1)])
def test_percentile_is_the_value_of_rank_ceil_p_n(percent, value):
    assert percentile(list(range(1, 11)), percent) == value


def test_ecdf_is_thinned_but_keeps_its_ends():
    found = distribution([float(i) for i in range(1, 20001)], title="t", unit="s")
    line = max((layer["data"]["values"] for layer in found.spec["layer"] if layer["mark"]["type"] == "line"), key=len)
    assert len(line) < 200 and line[0]["y"] == 0 and line[-1]["y"] == 1


def test_frontier_keeps_what_nothing_beats():
    designs = [Design("a", 1, 1), Design("b", 2, 3), Design("c", 3, 2), Design("d", 4, 4), Design("e", 0.5, 9, False)]
    assert [d.name for d in frontier(designs)] == ["a", "b", "d"]


def test_map_stars_the_best_open_cell():
    found = phase_map(
        ["1", "2"], ["1", "2"], title="t", x_name="x", y_name="y", unit="s", values=[[1.0, 5.0], [3.0, None]], void={(0, 0): "OOM"}
    )
    assert any(text.startswith("★ 3.00") for text in words(found.spec))
    assert {"OOM", "void"} <= set(words(found.spec))


def test_idle_time_is_drawn():
    found = timeline(["a", "b"], [Bar("a", 0, 1), Bar("a", 3, 4), Bar("b", 0, 4)], title="t")
    idle = [layer for layer in found.spec["layer"] if layer["mark"].get("strokeDash") == [1, 6]]
    assert [(row["x"], row["x2"]) for layer in idle for row in layer["data"]["values"]] == [(1.0, 3.0)]


def test_values_beyond_the_axis_are_marked_as_such():
    found = curve([Series("s", [(1, 1), (2, 2)])], title="t", x_name="x", x_unit="", y_name="y", y_unit="", x_limit=Limit(1.5, "here"))
    assert "here" in words(found.spec)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.01, "s", "10 ms"),
        (60.0, "s", "1 min"),
        (3600.0, "s", "1 h"),
        (1e3, "B", "1 kB"),
        (2e12, "FLOP/s", "2 TFLOP/s"),
        (0.25, "share", "25 %"),
        (0, "B", "0"),
        (2.5, "×", "2.5×"),
        (1200, "1/s", "1,200"),
    ],
)
def test_ticks_are_written_as_engineers_write_them(value, unit, text):
    assert tick_text(value, unit).replace("\u202f", " ") == text


def test_linear_ticks_are_round_in_the_unit_shown():
    assert linear_ticks(0, 300, "s") == [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]
    assert linear_ticks(0, 0.09, "s") == pytest.approx([0, 0.02, 0.04, 0.06, 0.08])


def test_log_ticks_of_long_times_are_minutes_and_hours():
    assert log_ticks(1, 1e5, "s") == [1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0, 86400.0]


@pytest.mark.parametrize("log", [False, True])
def test_a_scale_finds_its_way_back(log):
    scale = number_scale([1.0, 50.0], "s", "Time", log=log)
    assert scale.back(scale.at(7.0)) == pytest.approx(7.0)
    assert ("log scale" in scale.title) is log


def test_a_flat_series_still_has_an_axis():
    scale = number_scale([5.0, 5.0], "s", "Time")
    assert scale.lo < 5 < scale.hi


@pytest.mark.parametrize(
    "call",
    [
        lambda: stacked([], title="t"),
        lambda: distribution([], title="t"),
        lambda: distribution([float("nan")], title="t"),
        lambda: stacked([TermRow("a", float("inf"))], title="t"),
        lambda: timeline(["a"], [Bar("b", 0, 1)], title="t"),
        lambda: curve([Series(str(i), [(0, 0), (1, 1)]) for i in range(6)], title="t", x_name="x", x_unit="", y_name="y", y_unit=""),
        lambda: style_of("pink:solid"),
        lambda: as_limit((1, "l", "left")),
        lambda: Instrument({}, "t", "a", (Column("x"),), ((1, 2),)),
    ],
)
def test_what_cannot_be_drawn_is_refused(call):
    with pytest.raises(ValueError, match=r"."):
        call()
