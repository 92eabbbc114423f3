"""The first prediction as the file holds it, beside its meaning."""

from labkit import log as logs
from labkit.entry_shown import MEANING, first_prediction
from labkit.log_types import Prediction, Simulator

LOG = logs.start("lab_00_introduction", "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))


def test_nothing_is_shown_before_the_first_prediction():
    assert first_prediction(LOG) == ""


def test_every_line_of_the_file_has_its_meaning():
    log = logs.append(LOG, "prediction", part="A", value=3.0, low=1.0, high=9.0, unit="×", field="ratio", controls={"job": "<b>"})
    shown = first_prediction(log)
    assert "&lt;b&gt;" in shown and "<b>" not in shown
    assert "your guess" in shown and "<td></td>" not in shown


def test_a_choice_is_explained_too():
    log = logs.append(LOG, "prediction", part="A", choice="first")
    assert "your choice" in first_prediction(log)


def test_no_field_of_a_prediction_lacks_a_meaning():
    assert set(Prediction.__struct_fields__) - {"unknown"} <= set(MEANING)
