"""A chart that was handed new numbers looks as one that is drawn anew: every chart of every lab, a slider's move on and back."""

import shutil
from pathlib import Path

import pytest
from labkit.catalogue import lab_paths, read_lab
from labkit.outcome import drawn
from labkit.trail import Shown, with_ghost
from sitebuild.frontend import frontend_folder
from sitebuild.redraw import EMBEDS, MARK, keep_views
from sitebuild.server import Serving

ROOT = Path(__file__).resolve().parents[2]

# The marks of a chart in any order, without the ids that Vega counts and without what nobody sees. Where the words at an axis
# have changed, a chart that stands may settle for a few pixels more or less room than a new one, so places are compared loosely.
DRAW = """async ({ script, embed, moves, width }) => {
  const { lkRedraw, [embed]: plain } = await import(script);
  const stand = (at) => { document.body.append(at); at.style.width = `${width}px`; return at; };
  const mark = (e) => e.cloneNode(false).outerHTML.replace(/(clip|gradient)_?\\d+/g, "$1") + (e.children.length ? "" : e.textContent);
  const marks = (at) => [...at.querySelectorAll("svg *")].filter((e) => e.getAttribute("opacity") !== "0").map(mark).sort();
  const loose = (all) => all.map((one) => one.replace(/-?\\d+(\\.\\d+)?(e-?\\d+)?/g, "#")).sort();
  const kept = stand(document.createElement("div")), said = [];
  let before = null, view = null, reused = 0;
  for (const spec of moves) {
    const now = await lkRedraw(plain, kept, structuredClone(spec), {});
    before?.finalize();
    before = now;
    reused += now.view === view;
    view = now.view;
    const fresh = stand(document.createElement("div"));
    const { usermeta, ...rest } = structuredClone(spec);
    const anew = await plain(fresh, { ...rest, usermeta: { ...usermeta, redraw: false } }, {});
    const [a, b] = [marks(kept), marks(fresh)];
    const same = a.join() === b.join() || loose(a).join() === loose(b).join();
    const only = (these, those) => these.filter((one) => !those.includes(one)).slice(0, 3);
    if (!same || kept.querySelectorAll("svg").length !== 1) said.push({ ours: only(a, b), anew: only(b, a) });
    anew.finalize();
    fresh.remove();
  }
  before.finalize();
  await new Promise((done) => setTimeout(done, 10));
  kept.remove();
  return { said, reused };
}"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The front end's scripts in a folder of their own, the one that embeds charts with what the test calls; its address and the embedding function's name."""
    folder = tmp_path_factory.mktemp("redraw")
    shutil.copytree(frontend_folder()[1], folder / "assets")
    (embeds,) = [p for p in (folder / "assets").glob("*.js") if MARK in p.read_text(encoding="utf-8")]
    embed = EMBEDS.search(embeds.read_text(encoding="utf-8"))["embed"]
    keep_views(folder / "assets")
    embeds.write_text(f"{embeds.read_text(encoding='utf-8')}\nexport {{ lkRedraw, {embed} }};", encoding="utf-8")
    (folder / "index.html").write_text("<!doctype html><title>Charts</title>", encoding="utf-8")
    with Serving(folder) as address:
        yield f"{address}/index.html", f"{address}/assets/{embeds.name}", embed


class Said:
    """A prediction of one, whatever is asked."""

    value, low, high, unit = 1.0, 0.5, 2.0, ""

    def __init__(self, exp):
        self.choice = next(iter(exp.predict.options), "") if hasattr(exp.predict, "options") else ""


def moves_of(exp):
    """Each chart of a part at its defaults or near them, a step of its first slider on, and back; none where it has no slider."""
    name = next((n for n, c in exp.controls.items() if c.kind == "slider"), None)
    if name is None:
        return []
    steps = exp.controls[name].values
    at = steps.index(exp.defaults[name])
    near = steps[max(0, at - 1) : at + 3]
    shown, taken = None, []
    for value in (near[0], near[-1], near[0]):
        controls = {**exp.defaults, name: value}
        result = exp.result(controls)
        now = Shown(controls, result, drawn(exp.instruments(result, Said(exp))))
        old = shown.charts if shown and len(shown.charts) == len(now.charts) else (None,) * len(now.charts)
        taken.append([with_ghost(chart, was) for chart, was in zip(now.charts, old, strict=True)])
        shown = now
    return [list(chart) for chart in zip(*taken, strict=False)]


def test_charts_that_follow_a_slider_look_as_if_drawn_anew(browser, script):
    page_address, script_address, embed = script
    page = browser.new_page()
    page.goto(page_address)
    wrong, followed, drawn_in_all = {}, 0, 0
    for path in lab_paths(ROOT / "labs"):
        lab = read_lab(path)
        for exp in lab.parts:
            for n, moves in enumerate(moves_of(exp)):
                found = page.evaluate(DRAW, {"script": script_address, "embed": embed, "moves": moves, "width": 600})
                followed, drawn_in_all = followed + found["reused"], drawn_in_all + len(moves) - 1
                if found["said"]:
                    wrong[f"{path.parent.name}/{path.stem} {exp.key}, chart {n + 1}"] = found["said"][0]
    page.close()
    assert not wrong
    assert followed > drawn_in_all / 2, "most moves change numbers alone"
