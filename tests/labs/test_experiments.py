"""What holds for every experiment of every lab, tested from its declaration."""

import math
import random

import pytest
from chart_contrast import too_faint
from labkit import log as logs
from labkit.experiment import ChoiceQuestion
from labkit.instruments.base import Instrument
from labkit.log_types import Simulator
from mlsysim.errors import MlsysimError

SEED = 1


def settings(exp):
    """The defaults, each control at each of its ends, and forty random settings."""
    yield exp.defaults
    for name, control in exp.controls.items():
        for end in control.ends:
            yield {**exp.defaults, name: end}
    rng = random.Random(5)
    for _ in range(40):
        yield {name: rng.choice(c.values) for name, c in exp.controls.items()}


def outcome(exp, controls):
    """The result, or the simulator's sentence that says why there is none."""
    try:
        return exp.result(controls, exp.draw(SEED))
    except MlsysimError as error:
        assert str(error).endswith("."), f"not a sentence: {error}"
        return error


def guess(exp):
    """The prediction that a student may have locked, as charts get it."""
    q = exp.predict
    log = logs.start("lab_11_hw_accel", "1.0", simulator=Simulator(name="mlsysim", version="1.0.0", sha256=""))
    if isinstance(q, ChoiceQuestion):
        return logs.append(log, "prediction", part=exp.key, choice=next(iter(q.options))).entries[0]
    return logs.append(log, "prediction", part=exp.key, value=q.high, low=q.low, high=q.high, unit=q.unit or "1").entries[0]


@pytest.fixture(scope="module")
def outcomes():
    kept = {}

    def all_of(exp):
        if id(exp) not in kept:
            kept[id(exp)] = [(s, outcome(exp, s)) for s in settings(exp)]
        return kept[id(exp)]

    return all_of


def test_the_default_has_a_result(experiment):
    assert not isinstance(outcome(experiment, experiment.defaults), MlsysimError)


def test_results_are_finite_or_say_why_not(experiment, outcomes):
    for controls, result in outcomes(experiment):
        if isinstance(result, MlsysimError):
            continue
        for name, value in experiment.log_result(result).items():
            overloaded = getattr(result, "state", "") != "stable"  # an endless queue has no finite mean
            assert not isinstance(value, float) or math.isfinite(value) or (value == math.inf and overloaded), (controls, name, value)


def test_every_control_changes_something(experiment):
    rng = random.Random(3)
    bases = [experiment.defaults] + [{n: rng.choice(c.values) for n, c in experiment.controls.items()} for _ in range(12)]
    for name, control in experiment.controls.items():
        if control.display:
            continue
        for base in bases:
            seen = set()
            for value in dict.fromkeys((*control.ends, control.default)):
                result = outcome(experiment, {**base, name: value})
                logged = str(result) if isinstance(result, MlsysimError) else str({k: v for k, v in experiment.log_result(result).items() if v != value})
                seen.add(logged)
            if len(seen) > 1:
                break
        else:
            pytest.fail(f"{experiment.key}: the control {name!r} changes no result")


def test_the_answer_lies_on_the_scale(experiment):
    if experiment.is_decision:
        return
    truth = experiment.predict.truth(outcome(experiment, experiment.defaults))
    if isinstance(experiment.predict, ChoiceQuestion):
        assert truth in experiment.predict.options
    else:
        assert experiment.predict.low <= truth <= experiment.predict.high


def test_nothing_before_the_lock_gives_the_answer_away(experiment):
    if experiment.is_decision or isinstance(experiment.predict, ChoiceQuestion):
        return
    answer = experiment.predict.show(experiment.predict.truth(outcome(experiment, experiment.defaults)))
    assert answer not in f"{experiment.title} {experiment.scenario} {experiment.predict.asks}"


def test_the_explanation_is_always_one_of_the_options(experiment, outcomes):
    if not experiment.explain:
        return
    said = set()
    for _, result in outcomes(experiment):
        if not isinstance(result, MlsysimError):
            keys = experiment.explain.keys(result)
            assert set(keys) <= set(experiment.explain.options)
            said.update(keys)
    assert len(said) > 1, f"{experiment.key}: the right explanation is always {said}"


def test_the_failure_state_can_be_reached_and_left(experiment, outcomes):
    if not experiment.failures:
        return
    found = [experiment.state(r) for _, r in outcomes(experiment) if not isinstance(r, MlsysimError)]
    assert None in found and any(found)


def test_instruments_draw_at_every_setting(experiment, outcomes):
    given = experiment.draw(SEED)
    for controls, result in outcomes(experiment)[:24]:
        if isinstance(result, MlsysimError):
            continue
        drawn = experiment.instruments(result, given, controls) if experiment.is_decision else experiment.instruments(result, guess(experiment))
        for instrument in (drawn,) if isinstance(drawn, Instrument) else drawn:
            assert instrument.title and instrument.alt and instrument.rows and instrument.spec
            assert too_faint(instrument.spec) == [], controls


def test_ideas_and_read_outs_can_be_written(experiment, outcomes):
    for _, result in outcomes(experiment)[:24]:
        if isinstance(result, MlsysimError):
            continue
        if experiment.idea:
            assert "nan" not in experiment.idea(result).lower().split()
        for item in experiment.readouts:
            name = item[0] if isinstance(item, tuple) else getattr(item, "field", item)
            assert experiment.show(result, name)
        if experiment.binding:
            assert experiment.binding(result) in ("data", "arithmetic", "overhead", "")
