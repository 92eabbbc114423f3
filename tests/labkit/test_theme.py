"""The palette keeps its promises: contrast in both modes, one colour and one pattern a term."""

from __future__ import annotations

import pytest
from labkit import theme

MODES = {"light": theme.LIGHT, "dark": theme.DARK}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", theme.TEXT_COLOURS)
def test_text_colours_reach_4_5_to_1(mode, name):
    assert theme.contrast(MODES[mode][name], MODES[mode]["paper"]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", theme.MARK_COLOURS)
def test_mark_colours_reach_3_to_1(mode, name):
    assert theme.contrast(MODES[mode][name], MODES[mode]["paper"]) >= 3


@pytest.mark.parametrize("mode", MODES)
def test_ink_stays_legible_on_the_darkest_cell_of_a_map(mode):
    ink, paper = MODES[mode]["ink"], MODES[mode]["paper"]
    share = 0.33
    mixed = "#" + "".join(f"{round(share * int(ink[i : i + 2], 16) + (1 - share) * int(paper[i : i + 2], 16)):02x}" for i in (1, 3, 5))
    assert theme.contrast(ink, mixed) >= 4.5


def test_contrast_of_black_on_white_is_21():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)


def test_both_modes_have_the_same_names():
    assert list(theme.LIGHT) == list(theme.DARK)


def test_terms_differ_in_colour_and_in_pattern():
    assert len(set(theme.TERM_COLOUR.values())) == len(set(theme.TERM_PATTERN.values())) == len(theme.TERM_COLOUR) == 3


def test_css_defines_every_colour_for_light_dark_and_print():
    css = theme.css()
    for name in theme.LIGHT:
        assert css.count(f"--lk-{name}:") == 3
    assert ".dark" in css and "@media print" in css


def test_an_unknown_colour_is_named():
    with pytest.raises(KeyError, match="no colour 'pink'"):
        theme.var("pink")


def test_config_names_only_colours_of_the_palette_and_text_of_at_least_12_px():
    config = theme.vega_config()
    assert config["aria"] is False
    assert min(config["axis"]["labelFontSize"], config["axis"]["titleFontSize"], config["text"]["fontSize"]) >= 12


def test_the_stylesheet_of_the_labs_carries_the_palette_as_it_is():
    from pathlib import Path

    sheet = Path(theme.__file__).with_name("assets") / "labkit.css"
    assert theme.css() in sheet.read_text(encoding="utf-8")
