"""The class's decisions against the frontier: who is on it, who is near, and what the report says and draws of it."""

import re
from itertools import pairwise

import pytest
from labkit.grade.best import Best
from labkit.grade.collect import Submission
from labkit.grade.frontier import NEAR, Plane, Standing, spread
from labkit.grade.frontier_chart import decisions_shown, said
from labkit.grade.judge import Judge, Row
from labkit.grade.replay import Replayer
from mlsysim.errors import MlsysimError

COST = Plane("memory", "B", "low", "cost", "$", "low")
RATE = Plane("memory", "B", "low", "rate", "1/s", "high")
FRONT = ((1.0, 100.0), (2.0, 80.0), (4.0, 50.0))


@pytest.fixture(scope="module")
def rows(lab, sample):
    judge = Judge({lab.id: lab})
    return [judge.row(Submission(name, "", data)) for name, _, data in sample]


def test_a_design_is_unbeaten_when_none_is_as_good_in_both():
    assert COST.unbeaten([*FRONT, (2.0, 90.0), (3.0, 80.0), (4.0, 51.0)]) == FRONT
    assert RATE.unbeaten(FRONT) == FRONT[:1]


@pytest.mark.parametrize(
    ("point", "gap"),
    [((2.0, 80.0), 0), ((2.0, 84.0), 0.05), ((3.0, 120.0), 0.5), ((4.0, 40.0), 0), ((0.5, 900.0), 0)],
    ids=["on it", "near", "the best with no more memory is 80", "better than the search", "nothing has as little memory"],
)
def test_a_gap_is_to_the_best_with_no_more_of_the_other_quantity(point, gap):
    assert COST.gap(point, FRONT) == pytest.approx(gap)


def test_words_count_on_near_and_off():
    good = [Standing(COST, p, FRONT) for p in ((2.0, 80.0), (2.0, 84.0), (3.0, 120.0), (4.0, 50.0))]
    words = said(COST, good, 1)
    assert "Of 4 decisions" in words and "50 % (2) are on" in words and "25 % (1) within 5 %" in words and "1 more breaks" in words


def test_no_design_of_the_pool_beats_the_frontier_under_a_students_limits(lab, rows):
    """Computed again from the lab alone: the frontier that a row carries is that of the feasible designs."""
    replayer, exp = Replayer(lab), lab.decision
    best, given = Best(replayer), replayer.given(7)
    names = {c.words: c.field for c in exp.constraints}
    results = []
    for design in best.pool():
        try:
            results.append(exp.result(design, given))
        except MlsysimError:
            continue
    feasible = [r for r in results if all(c.holds(r, given) for c in exp.constraints)]
    standing = best.standing(feasible[0], given)
    x, y = names[standing.plane.x_name], exp.objective[1]
    assert standing.plane == next(r.standing.plane for r in rows if r.standing), "every process chooses the same plane"
    assert x != y and len(standing.front) > 1
    points = {(float(getattr(r, x)), float(getattr(r, y))) for r in feasible}
    sign_x, sign_y = (1 if b == "low" else -1 for b in (standing.plane.x_better, standing.plane.y_better))
    beaten = {p for p in points for q in points if q != p and sign_x * q[0] <= sign_x * p[0] and sign_y * q[1] <= sign_y * p[1]}
    assert set(standing.front) == points - beaten
    assert best.value(given) == (min if standing.plane.y_better == "low" else max)(p[1] for p in points)


def test_the_report_draws_every_decision_and_joins_the_frontier(rows):
    html = decisions_shown(rows)
    standings = [r.standing for r in rows if r.standing and r.feasible]
    plane = standings[0].plane
    line = plane.unbeaten({p for r in rows if r.standing for p in r.standing.front})
    assert html.count("<circle") == len({(s.point, s.gap <= NEAR) for s in standings}), "equal ones are one larger dot"
    steps = re.search(r"<path d='M([^']*)' fill='none'", html)[1].split("L")
    assert len(steps) == 2 * len(line) - 1, "a stair: a corner between two designs"
    assert all(sum(p == q for p, q in zip(a.split(), b.split(), strict=True)) == 1 for a, b in pairwise(steps)), "each step is level or upright"
    assert "aria-label" in html and html.count("<tr><td") == min(len(line), 12)


def test_nothing_is_drawn_where_no_design_is_known():
    assert decisions_shown([Row("a.json", feasible=True)]) == ""


def test_a_long_frontier_keeps_its_ends():
    points = [(float(i), -float(i)) for i in range(40)]
    assert len(spread(points, 12)) == 12 and spread(points, 12)[0] == points[0] and spread(points, 12)[-1] == points[-1]
    assert spread(points[:5], 12) == points[:5]
