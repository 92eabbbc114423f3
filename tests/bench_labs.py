"""How long a chart takes to follow a slider, lab by lab: from the key press until the redrawn chart is painted.

    python tests/bench_labs.py [LAB ...] [--site _site] [--moves 12]

Locks the prediction of each part of a lab, then presses the arrow keys on its sliders. Nothing is asserted.
"""

import argparse
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser_bench import awake, chromium, percentile, student  # noqa: E402
from labkit.catalogue import lab_paths, read_lab  # noqa: E402
from sitebuild.server import Serving  # noqa: E402

GIVE_UP_MS = 3000  # a step may leave the chart as it is

# Resolves with the time from the next key press to the end of the frame that paints another chart; null if it stays the same.
# It is told of changes and does not look at each frame: to read a drawing costs the page a part of what drawing it costs.
WATCH = """(part) => {
  const chart = () => document.querySelector(`.lk-instrument[data-lk-part="${part}"] .lk-chart`) ?? document.createElement("p");
  const drawings = (root) => [...root.querySelectorAll("*")].flatMap((e) => (e.tagName === "svg" ? [e.outerHTML] : e.shadowRoot ? drawings(e.shadowRoot) : []));
  const look = () => drawings(chart()).join("");
  const before = look();
  window.lkMove = new Promise((done) => addEventListener("keydown", (key) => {
    const painted = () => {
      const after = new MessageChannel();
      after.port1.onmessage = () => done(performance.now() - key.timeStamp);
      after.port2.postMessage(null); // handled once this frame is painted
    };
    const watched = new WeakSet();
    const observer = new MutationObserver((changes) => {
      changes.forEach((change) => change.addedNodes.forEach(watchWithin));
      const drawn = (change) => change.target.closest?.("svg") || [...change.addedNodes].some((node) => node.nodeName === "svg");
      if (!changes.some(drawn)) return;
      const now = look();
      if (!now || now === before) return;
      observer.disconnect();
      requestAnimationFrame(painted);
    });
    const all = { childList: true, subtree: true, attributes: true, characterData: true };
    const watch = (root) => watched.has(root) || (watched.add(root), observer.observe(root, all));
    const watchWithin = (node) => {
      for (const e of [node, ...(node.querySelectorAll?.("*") ?? [])]) if (e.shadowRoot) (watch(e.shadowRoot), watchWithin(e.shadowRoot));
    };
    const instrument = chart().closest(".lk-instrument").parentNode;
    watch(instrument);
    watchWithin(instrument);
    setTimeout(done, GIVE_UP, null);
  }, { once: true, capture: true }));
}""".replace("GIVE_UP", str(GIVE_UP_MS))


def moves(browser, address: str, path: Path, per_slider: int) -> list[float]:
    """The times of one lab, in milliseconds."""
    lab = read_lab(path)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/labs/{path.parent.name}/{path.stem}.html")
    awake(page)
    hands, times = student()(page, lab), []
    for exp in lab.parts:
        hands.lock(exp)
        sliders = [name for name, control in exp.controls.items() if control.kind == "slider" and not control.more]
        for name in sliders[:2]:
            thumb = hands.field(exp, name).get_by_role("slider")
            at = exp.controls[name].values.index(exp.defaults[name])
            up = at < len(exp.controls[name].values) - 1
            for n in range(per_slider):
                page.wait_for_timeout(250)  # the last redraw is over
                page.evaluate(WATCH, exp.key)
                thumb.focus()
                thumb.press("ArrowRight" if (n % 2 == 0) == up else "ArrowLeft")
                if (took := page.evaluate("window.lkMove")) is not None:
                    times.append(took)
    page.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labs", nargs="*", help="ids; all labs of the site unless given")
    parser.add_argument("--site", type=Path, default=ROOT / "_site")
    parser.add_argument("--moves", type=int, default=12, help="a slider")
    chosen = parser.parse_args()
    paths = [p for p in lab_paths(ROOT / "labs") if (not chosen.labs or p.stem in chosen.labs)]
    paths = [p for p in paths if (chosen.site / "labs" / p.parent.name / f"{p.stem}.html").is_file()]
    if not paths:
        sys.exit(f"There is no such lab in {chosen.site}. Build it first: make site")
    print(f"{'slider to redrawn chart':<32}{'median':>10}{'p95':>10}{'max':>10}{'moves':>8}")
    with Serving(chosen.site) as address, chromium() as browser:
        for path in paths:
            times = moves(browser, address, path, chosen.moves)
            shown = [f"{v:.0f} ms" for v in (statistics.median(times), percentile(times, 0.95), max(times))] if times else ["–"] * 3
            print(f"{path.stem:<32}" + "".join(f"{v:>10}" for v in shown) + f"{len(times):>8}", flush=True)


if __name__ == "__main__":
    main()
