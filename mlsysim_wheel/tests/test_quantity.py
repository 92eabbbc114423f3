"""Results that show their work."""

from dataclasses import dataclass

import pytest
from mlsysim.errors import WrongType
from mlsysim.quantity import quantity, series, show_work, sources, unit_of, values


@dataclass(frozen=True, slots=True)
class Speed:
    way_m: float = quantity("s", "m")
    time_s: float = quantity("t", "s")
    speed: float = quantity("v", "m", formula=r"\frac{<way_m>}{<time_s>}", source="definition of speed")
    verdict: str = quantity(r"\text{is}", "", source="compared")
    samples: tuple = series("m", default=())
    sources: dict = sources()


@dataclass(frozen=True, slots=True)
class Trip:
    there: Speed
    share: float = quantity("u", "share", formula=r"<word> \cdot 1")
    word: str = quantity("w", "", default="a_b & 5%")


RESULT = Speed(1500.0, 3.0, 500.0, "fast", (1.0, 2.0), sources={"way_m": "tape"})


def test_each_quantity_becomes_a_step():
    steps = {s.name: s for s in show_work(RESULT)}
    assert list(steps) == ["way_m", "time_s", "speed", "verdict"], "samples are no step"
    assert steps["speed"].formula == r"\frac{s}{t}"
    assert steps["speed"].substituted == r"\frac{\text{1.50}\,\text{km}}{\text{3.00}\,\text{s}}"
    assert steps["way_m"].source == "tape" and steps["speed"].source == "definition of speed"


def test_what_stands_side_by_side_multiplies_with_a_dot_between_numbers():
    @dataclass(frozen=True)
    class Area:
        a: float = quantity("a", "m")
        b: float = quantity("b", "m")
        area: float = quantity("A", "m²", formula=r"2 <a> <b>")
        bits: float = quantity("n", "bit", formula=r"\log_2 <a>")

    area, bits = show_work(Area(2.0, 3.0, 12.0, 1.0))[2:]
    assert area.formula == "2 a b" and area.substituted.count(r"\cdot") == 2
    assert r"\cdot" not in bits.substituted


def test_text_and_markdown():
    text, page = show_work(RESULT).text(), show_work(RESULT).markdown()
    assert "time_s = 3.00\u202fs  [given]" in text and "verdict = fast  [compared]" in text
    assert r"$v = \frac{s}{t} = " in page and "*tape*" in page


def test_nested_results_are_dotted():
    assert list(values(Trip(RESULT, 0.5))) == ["there.way_m", "there.time_s", "there.speed", "there.verdict", "share", "word"]
    assert values(Trip(RESULT, 0.5))["there.speed"] == 500.0


def test_words_in_formulas_are_safe_latex():
    step = [s for s in show_work(Trip(RESULT, 0.5)) if s.name == "share"][0]
    assert step.substituted == r"\text{a\_b \& 5\%} \cdot 1"


def test_sources_do_not_make_results_differ():
    assert RESULT == Speed(1500.0, 3.0, 500.0, "fast", (1.0, 2.0)) and hash(RESULT)


def test_unit_of():
    assert unit_of(RESULT, "time_s") == unit_of(Speed, "time_s") == "s"
    with pytest.raises(WrongType, match="no field 'x'"):
        unit_of(RESULT, "x")


@pytest.mark.parametrize("wrong", [3, Speed, None, "text"])
def test_only_results_are_explained(wrong):
    with pytest.raises(WrongType, match="show_work explains"):
        show_work(wrong)


def test_a_formula_that_names_no_field_is_a_sentence():
    @dataclass(frozen=True)
    class Broken:
        a: float = quantity("a", "s", formula="<b>")

    with pytest.raises(WrongType, match="Broken.a .*'b'"):
        show_work(Broken(1.0))
