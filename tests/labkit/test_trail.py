"""The ghost of the last move: kept a part, drawn under the student's point, never mistaken for a move."""

from labkit.instruments.curve import Series, curve
from labkit.instruments.terms import TermRow, stacked
from labkit.trail import Shown, Trail, with_ghost


def chart(x, y=2.0):
    return curve([Series("s", [(0.0, 0.0), (10.0, 10.0)])], title="t", x_name="x", x_unit="s", y_name="y", y_unit="s", you=(x, y))


def shown(x):
    return Shown({"x": x}, x, (chart(x),))


def test_the_first_setting_has_nothing_before_it():
    assert Trail().move("A", shown(1)) is None


def test_a_move_leaves_the_setting_before_it_and_a_redraw_does_not():
    trail = Trail()
    trail.move("A", shown(1))
    assert trail.move("A", shown(2)).controls == {"x": 1}
    assert trail.move("A", shown(2)).controls == {"x": 1}  # recording redraws the same setting
    assert trail.move("B", shown(3)) is None


def test_the_ghost_is_a_ring_at_the_old_point_on_the_new_axes():
    spec = with_ghost(chart(5.0), chart(1.0))
    ring = spec["layer"][1]
    assert ring["data"]["values"] == [{"x": 1.0, "y": 2.0}]
    assert ring["mark"]["filled"] is False and ring["mark"]["fill"] == "transparent"
    new = next(layer for layer in chart(5.0).spec["layer"] if layer.get("name") == "you")
    assert ring["encoding"] == new["encoding"]


def test_a_point_outside_the_new_axes_or_at_the_same_place_leaves_no_ghost():
    assert with_ghost(chart(5.0), chart(5.0)) == chart(5.0).spec
    assert with_ghost(chart(5.0), chart(1.0, 99.0)) == chart(5.0).spec
    assert with_ghost(chart(5.0), None) == chart(5.0).spec


def test_a_chart_without_a_point_of_its_own_stays_as_it_is():
    bars = stacked([TermRow("a", 1.0, 1.0, 1.0)], title="t")
    assert with_ghost(bars, bars) == bars.spec
