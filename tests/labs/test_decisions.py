"""Every decision is a real one: at 200 seeds the default fails, and designs that differ in more than one control hold."""

import random

from labkit.seed import seed_of
from mlsysim.errors import MlsysimError

SEEDS = 200


def test_default_fails_and_two_different_designs_hold_at_every_seed(lab):
    exp = lab.decision
    checked = {}
    for i in range(SEEDS):
        given = exp.draw(seed_of(f"student {i}", lab.id))
        key = tuple(given.items())
        if key not in checked:
            checked[key] = (holds(exp, exp.defaults, given), different(exp, given))
        default, found = checked[key]
        assert not default, f"the default holds for {given}"
        assert found, f"no two feasible designs that differ in more than one control for {given}"


_good: dict = {}


def different(exp, given) -> bool:
    """Whether two feasible designs differ in at least two controls; designs that held before are tried first."""
    rng = random.Random(11)
    known = _good.setdefault(id(exp), [])
    found = []
    for n in range(3000):
        design = known[n] if n < len(known) else {name: rng.choice(c.values) for name, c in exp.controls.items()}
        if holds(exp, design, given):
            if design not in known:
                known.append(design)
            found.append(design)
            if any(sum(a[k] != design[k] for k in a) > 1 for a in found):
                return True
    return False


def holds(exp, design, given) -> bool:
    try:
        result = exp.result(design, given)
    except MlsysimError:
        return False
    return all(c.holds(result, given) for c in exp.constraints)
