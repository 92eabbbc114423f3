"""Where the crossing thinks, and what it costs."""

import itertools

import pytest
from mlsysim import catalog, iron_law
from mlsysim.errors import MlsysimError
from mlsysim.placement import crossing
from mlsysim.quantity import show_work

MS = 1e-3
DESIGNS = tuple(itertools.product(("pole", "near", "cloud"), ("mobilenet_v1", "resnet50"), ("fibre", "5g", "lte"), ("small", "full")))


def test_the_pole_takes_the_time_of_its_network():
    for model, ms in (("mobilenet_v1", 18.2), ("resnet50", 124)):
        assert crossing("pole", model).p95_s == pytest.approx(ms * MS, rel=5e-3)


def test_a_month_at_the_pole_all_day():
    c = crossing("pole", "mobilenet_v1", frames_per_s=5, hours_per_day=24)
    assert c.cost_usd == pytest.approx(80 / 36 + 0.219 * (2.7 + 5.3 * 5 * c.service_s))
    assert c.cost_usd == pytest.approx(2.92, rel=5e-3)


def test_a_month_of_a_server_all_day():
    """The bill of a cloud without idle hours; the nearby server costs 1.3 times as much an hour."""
    cloud, near = (crossing(place, "resnet50", "fibre", "full", 5, 24) for place in ("cloud", "near"))
    assert cloud.cost_usd == pytest.approx(40 + 0.526 * 730 * 5 * cloud.service_s / 0.6)
    assert cloud.cost_usd == pytest.approx(41.8, rel=5e-3)
    assert near.server_usd == pytest.approx(1.3 * cloud.server_usd)
    assert near.p95_s < cloud.p95_s
    assert crossing("cloud", "resnet50", "lte", "full", 5, 24).cost_usd == pytest.approx(726, rel=5e-3)


def test_the_link_is_of_no_account_at_the_pole():
    made = [crossing("pole", "resnet50", link, photo) for link in ("fibre", "lte") for photo in ("small", "full")]
    assert len({(c.cost_usd, c.top1_share, c.p95_s) for c in made}) == 1


def test_every_design_adds_up():
    for design in DESIGNS:
        c = crossing(*design, 5, 4)
        assert c.cost_usd == pytest.approx(c.box_usd + c.link_usd + c.server_usd)
        assert c.ridden_m == pytest.approx(7 * c.p95_s)
        machine = catalog.machine("raspberry_pi_5" if c.place == "pole" else "t4")
        assert c.p95_s >= iron_law.on_machine(iron_law.Job.of(catalog.model(c.model)), machine).time_s
        assert c.top1_share == pytest.approx(c.published_top1_share - (0.015 if design[3] == "small" and c.place != "pole" else 0))


def test_four_different_designs_are_cheapest_for_some_seed_and_the_default_holds_for_none():
    winners = set()
    for deadline, top1, frames, hours in itertools.product((0.06, 0.08, 0.1, 0.13), (0.69, 0.72, 0.73), (2, 5, 8), (2, 4, 8)):
        made = {d: crossing(*d, frames, hours) for d in DESIGNS}
        fits = {d: c for d, c in made.items() if c.p95_s <= deadline and c.top1_share >= top1 and c.load_share <= 0.8 and c.cost_usd <= 45}
        assert ("cloud", "resnet50", "lte", "full") not in fits
        place, model, link, photo = min(fits, key=lambda d: fits[d].cost_usd)
        winners.add((place, model) if place == "pole" else (link, photo) if link == "5g" else link)
    assert {("pole", "mobilenet_v1"), ("pole", "resnet50"), ("5g", "small"), "fibre"} <= winners


def test_results_show_their_work_with_sources():
    steps = {s.name: s for s in show_work(crossing("near"))}
    assert "g4dn" in steps["server_usd"].source and "illustrative" in steps["link_usd"].source


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: crossing("moon"), "moon"), (lambda: crossing(model="vgg16"), "vgg16"), (lambda: crossing(link="wifi"), "wifi"),
        (lambda: crossing(photo="raw"), "raw"), (lambda: crossing(frames_per_s=0), "frames_per_s"), (lambda: crossing(hours_per_day=25), "hours_per_day"),
        (lambda: crossing(hours_per_day=True), "hours_per_day"), (lambda: crossing(["pole"]), "pole"),
    ],
)  # fmt: skip
def test_wrong_input_raises_and_names_the_argument(call, name):
    with pytest.raises(MlsysimError, match=name):
        call()
