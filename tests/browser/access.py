"""What the accessibility tests ask of a page: axe's violations, what runs off it, what it speaks, what a screen reader is handed."""

import re

from labkit.experiment import ChoiceQuestion
from labkit.outcome import change_in_words
from labkit.trail import Shown
from mlsysim.errors import MlsysimError
from student import QUIET, gone

# Violations that lie in marimo's own components and that labkit/assets cannot mend: (axe's rule, part of the target, reason).
KNOWN: tuple[tuple[str, str, str], ...] = ()

AUDIT = """async () => (await axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})).violations
    .flatMap(v => v.nodes.map(n => [v.id, JSON.stringify(n.target), `${v.help}: ${n.html.slice(0, 200)}`]))"""
OVERFLOW = """() => {
    const width = document.documentElement.clientWidth, page = document.getElementById('App') ?? document.documentElement;
    const up = (e) => e.parentElement ?? e.getRootNode().host, found = [];
    const scrolls = (e) => {
        for (let p = up(e); p && p !== page && p !== document.body; p = up(p)) if (getComputedStyle(p).overflowX !== 'visible') return true;
    };
    const walk = (root) => { for (const e of root.querySelectorAll('*')) {
        const box = e.getBoundingClientRect();
        if (box.width && box.right > width + 1 && !scrolls(e)) found.push(`${e.tagName} ${e.textContent.slice(0, 40)} ends at ${Math.round(box.right)}`);
        if (e.shadowRoot) walk(e.shadowRoot);
    } };
    walk(document);
    return [...(page.scrollWidth > width ? [`the page is ${page.scrollWidth} wide`] : []), ...found.slice(0, 5)];
}"""
LISTEN = """() => {
    const heard = window.heard = [], live = '[role=status],[role=alert],[role=log],[aria-live]:not([aria-live=off]),output';
    const say = (e) => e.textContent.trim() && heard.push(e.textContent);
    new MutationObserver((changes) => {
        const changed = new Set();
        for (const { target, addedNodes } of changes) {
            const region = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
            if (region) changed.add(region);
            for (const node of addedNodes) if (node.nodeType === 1) [node, ...node.querySelectorAll(live)].forEach((e) => e.matches(live) && changed.add(e));
        }
        changed.forEach(say);
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
FOREIGN_INK = """() => {
    const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const colour = (value) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = value; pen.fillRect(0, 0, 1, 1); return pen.getImageData(0, 0, 1, 1).data.join(); };
    const own = new Set(['Canvas', 'CanvasText', 'LinkText', 'VisitedText', 'GrayText'].map(colour)), found = [];
    const walk = (root) => { for (const e of root.querySelectorAll('*')) {
        if (e.matches('svg text') && !own.has(colour(getComputedStyle(e).fill))) found.push(`${e.textContent} in ${getComputedStyle(e).fill}`);
        if (e.shadowRoot) walk(e.shadowRoot);
    } };
    document.querySelectorAll('.lk-chart').forEach(walk);
    return found;
}"""
HANGING = """() => [...document.querySelectorAll('#root *')].filter((e) => e.checkVisibility() && getComputedStyle(e).position === 'fixed'
    && e.textContent.trim()).map((e) => e.textContent.slice(0, 60))"""
ROLES = {"slider", "switch", "combobox", "radiogroup", "radio", "spinbutton", "textbox"}


def violations(page, axe: str) -> list[str]:
    """What axe finds in both colour schemes, without what is known to lie in marimo."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(QUIET, 250)  # charts and theme follow
        page.evaluate(axe)
        found += [f"{scheme}: {one}" for one in gone(lambda: audit(page))]  # colours may still be on their way
    return found


def audit(page) -> list[str]:
    """What axe finds now, without what is known to lie in marimo."""
    known = lambda rule, target: any(rule == k and part in target for k, part, _ in KNOWN)  # noqa: E731
    return [f"{rule} at {target}: {says}" for rule, target, says in page.evaluate(AUDIT) if not known(rule, target)]


def overflow(page, width: int, height: int, zoom: int = 1) -> list[str]:
    """What runs off a page of this width; `zoom` device pixels make a pixel of the page."""
    screen = page.context.new_cdp_session(page)
    screen.send("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": False})
    page.evaluate(QUIET, 300)
    found = gone(lambda: page.evaluate(OVERFLOW))
    screen.send("Emulation.clearDeviceMetricsOverride")
    screen.detach()
    return found


def judge(page, axe: str):
    """Everything that can be unfolded is; then axe in light and dark, narrow pages, the reader's own colours, and what only a mouse would open."""
    page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
    assert page.locator("#export input[autocomplete=name]").count() == 1
    assert page.evaluate(HANGING) == [], "nothing hangs over the page, as marimo's outline does, which opens under a mouse only"
    assert violations(page, axe) == []
    assert overflow(page, 320, 600) == []
    assert overflow(page, 640, 450, zoom=2) == []
    page.emulate_media(forced_colors="active")
    assert gone(lambda: page.evaluate(FOREIGN_INK)) == [], "a chart's words take the reader's own colours"
    page.emulate_media(forced_colors="none")


def handed(page) -> list[tuple[str, str, str]]:
    """Role, name and value of every control, in reading order, as the browser hands them to a screen reader."""
    screen = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in screen.send("Accessibility.getFullAXTree")["nodes"]}
    found, open_ = [], [next(n for n in nodes.values() if "parentId" not in n)]
    while open_:
        node = open_.pop()
        open_ += [nodes[child] for child in reversed(node.get("childIds", ())) if child in nodes]
        role = node.get("role", {}).get("value", "").lower()
        if role in ROLES and not node["ignored"]:
            state = {p["name"]: p["value"].get("value") for p in node.get("properties", ())}
            value = state.get("checked", "") if role in ("switch", "radio") else node.get("value", {}).get("value", "") if role == "combobox" else ""
            if role == "slider":  # the tree repeats the number only; what is spoken is the words beside it
                told = screen.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]["attributes"]
                value = dict(zip(told[::2], told[1::2], strict=True)).get("aria-valuetext", "")
            found.append((role, node["name"]["value"], str(value)))
    screen.detach()
    return found


def before_any_lock(lab) -> list[tuple[str, str, str]]:
    """What must be handed over on a fresh page: questions and drills, each by its label."""
    found = []
    for exp in lab.parts:
        q = exp.predict
        if isinstance(q, ChoiceQuestion):
            found += [("radiogroup", "Your prediction", ""), *(("radio", words, "false") for words in q.options.values())]
        else:
            unit = f" in {q.unit}" if q.unit not in ("", "1", "×") else " (factor)" if q.unit == "×" else ""
            found += [("textbox", f"{words}{unit}", "") for words in ("Your guess", "Surely above", "Surely below")]
    return found + _drills(lab)


def when_all_is_done(lab, at: dict, chosen: dict) -> list[tuple[str, str, str]]:
    """What must be handed over at the end, unfolded: every control with its true value. `at` holds the controls' values by part,
    `chosen` the key of the explanation that stands there."""
    found = []
    for exp in lab.experiments:
        controls = [(c, at[exp.key].get(name, c.default)) for name, c in exp.controls.items()]
        for control, value in sorted(controls, key=lambda item: item[0].more):
            role = {"slider": "slider", "choice": "combobox", "toggle": "switch"}[control.kind]
            found.append((role, control.label, str(value).lower() if control.kind == "toggle" else control.show(value)))
        if exp.is_decision:
            found += [("textbox", "Why this design", ""), ("textbox", "What would make you revisit it", "")]
            continue
        found.append(("switch", "Show the work", "false"))
        if exp.explain and (exp.explain.asked is None or exp.explain.asked(exp.result({**exp.defaults, **at[exp.key]}))):
            found.append(("radiogroup", exp.explain.asks, ""))
            found += [("radio", words, str(key == chosen.get(exp.key)).lower()) for key, words in exp.explain.options.items()]
        found.append(("textbox", "In one sentence of your own: what did you see, and why", ""))
    return found + _drills(lab) + [("textbox", "Name or number (optional)", ""), ("textbox", "Section (optional)", "")]


def _drills(lab) -> list[tuple[str, str, str]]:
    units = (f" in {d.unit}" if d.unit not in ("", "1") else "" for d in lab.drills)
    return [("textbox", f"Answer {i}{unit}", "") for i, unit in enumerate(units, 1)]


def audible_step(exp, at: dict):
    """A control, one of its values beside the present one, and the words that must be heard when it moves there: the state and
    the figures with their units. None where no single step changes a figure."""
    for name, control in exp.controls.items():
        here = control.values.index(at[name])
        for value in control.values[here + 1 : here + 2] + control.values[max(0, here - 1) : here]:
            try:
                before, after = (Shown(c, exp.result(c), ()) for c in (at, {**at, name: value}))
            except MlsysimError:
                continue
            words = "" if control.more else change_in_words(exp, after, before, {})
            if re.search(r"\d", words):
                return name, value, words
    return None


def heard(page, begins: str):
    """Wait until this is spoken; since the last call nothing else was, and it was spoken once."""
    page.wait_for_function("words => window.heard.some((said) => said.startsWith(words))", arg=begins)
    page.evaluate(QUIET, 200)
    said = spoken(page)
    assert len(said) == 1 and said[0].startswith(begins), said


def spoken(page) -> list[str]:
    """What the page's live regions have said since the last call, but for the time of saving and a number field's echo of what is typed."""
    return [said for said in page.evaluate("window.heard.splice(0)") if not re.fullmatch(r"saved \d\d:\d\d|nothing recorded yet|[\d.,−-]+", said)]
