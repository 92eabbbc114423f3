"""The map of named regions and the stacked panels: what they draw, and what they refuse."""

import pytest
from labkit.instruments.panels import Panel, panels
from labkit.instruments.region_map import region_map

REGIONS = {"a": ("text is short", "data:solid"), "b": ("machine is short", "arithmetic:hatch")}
GRID = dict(title="T", x_name="Machine", x_unit="operations", y_name="Text", y_unit="tokens", regions=REGIONS)


def words(instrument):
    found = []
    for layer in instrument.spec["layer"]:
        if layer["mark"]["type"] == "text":
            text = layer["encoding"]["text"]
            found += [text["value"]] if "value" in text else [row["t"] for row in layer["data"]["values"]]
    return found


def test_each_region_that_exists_is_named_once_on_the_map_and_by_share_in_words():
    drawn = region_map([1e19, 1e20, 1e21, 1e22], [1e9, 1e10], ["aaab", "abbb"], you=(1e21, 1e10), you_label="you", **GRID)
    assert {"text is short", "machine is short", "you"} <= set(words(drawn))
    assert "text is short holds in 50.0" in drawn.alt
    assert [row[1] for row in drawn.rows] == [
        "text is short from 1 × 10¹⁹\u202foperations; machine is short from 1 × 10²²\u202foperations",
        "text is short from 1 × 10¹⁹\u202foperations; machine is short from 1 × 10²⁰\u202foperations",
    ]


def test_a_region_that_is_nowhere_has_no_label():
    assert "machine is short" not in words(region_map([1.0, 10.0], [1.0, 10.0], ["aa", "aa"], **GRID))


def test_a_word_without_a_region_is_refused():
    with pytest.raises(ValueError, match="no region for c"):
        region_map([1.0, 10.0], [1.0, 10.0], ["aa", "ac"], **GRID)


def test_panels_say_what_stays_flat_and_what_breaks_a_limit():
    errors = Panel("Error rate", [(1.0, 0.001), (9.0, 0.001)], state="ok")
    rows = [errors, Panel("Right answers", [(1.0, 0.95), (9.0, 0.9)], limit=(0.92, "alarm below", "below"))]
    drawn = panels(rows, title="T", x_name="Weeks", x_unit="weeks", flags=[(4.0, "change", "muted")], prediction=7.0, prediction_label="you said 3 weeks")
    assert "Error rate: flat at 0.100" in drawn.alt and "alarm below" in drawn.alt and "you said 3 weeks" in drawn.alt
    assert {"ok", "change", "you said 3 weeks"} <= set(words(drawn))


def test_panels_need_something_to_draw():
    with pytest.raises(ValueError, match="list of panels"):
        panels([], title="T", x_name="Weeks", x_unit="weeks")
