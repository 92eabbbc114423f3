"""The front page: every lab with its picture, the weeks of both semesters, a filter, and the student's own progress."""

import html
from pathlib import Path

from .course import Lab, Week
from .csp import FRONT_META
from .pictures import picture

HERE = Path(__file__).parent
SHOWN = {"data": "D<sub>vol</sub>/BW", "arithmetic": "O/(R<sub>peak</sub>·η)", "overhead": "L<sub>lat</sub>"}
VOLUMES = {1: "Volume I · Foundations", 2: "Volume II · At scale"}
TERM_NAMES = {"data": "data movement", "arithmetic": "arithmetic", "overhead": "fixed overhead"}
FONTS = {"Lora": "Lora-VariableFont_wght", "PT Sans": "PTSans-Regular"}  # the front end's own, so that page and labs look alike
PAGES = {"instructors": "For instructors", "simulator": "The simulator and its validation", "storage": "What is stored where", "accessibility": "Accessibility"}


def font_faces(assets: Path, at: str = "") -> str:
    """@font-face rules for the fonts that the labs' assets bring along; `at` leads from the page to the site's root."""
    rules = []
    for family, stem in FONTS.items():
        for file in sorted(assets.glob(f"{stem}-*.woff2"))[:1]:
            rules.append(f'@font-face{{font-family:"{family}";src:url("{at}labs/assets/{file.name}");font-weight:400 700;font-display:swap}}')
    return "\n".join(rules)


def style() -> str:
    """The stylesheet of the front page and of the pages beside it."""
    return (HERE / "front.css").read_text(encoding="utf-8")


def script() -> str:
    """The front page's script."""
    return (HERE / "front.js").read_text(encoding="utf-8")


def front_page(course: str, labs: list[Lab], weeks: list[Week] = (), fonts: str = "", parts: dict[str, int] | None = None) -> str:
    """The page at the site's root. `parts` says how many parts a lab has (three where it does not)."""
    sections = []
    for volume in sorted({lab.volume for lab in labs}):
        cards = "\n".join(_card(lab, (parts or {}).get(lab.id, 3)) for lab in labs if lab.volume == volume)
        name = html.escape(VOLUMES.get(volume, f"Volume {volume}"))
        sections.append(f'<section aria-labelledby="v{volume}">\n<h2 id="v{volume}">{name}</h2>\n<ul class="labs">\n{cards}\n</ul>\n</section>')
    boxes = "".join(f'<label><input type="checkbox" name="term" value="{t}"> {TERM_NAMES[t]}</label>' for t in SHOWN)
    links = "".join(f'<a href="{name}.html">{title}</a>' for name, title in PAGES.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{FRONT_META}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{html.escape(course)}</title>
<meta name="description" content="Interactive labs on machine learning systems that run in the browser.">
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>{fonts}{style()}</style>
</head>
<body>
<main>
<h1>{html.escape(course)}</h1>
<p>Predict a number, move the sliders of a simulated system, explain what you saw, decide on a design. Your work is written
to a decision log that you export at the end.</p>
<p class="law">T = D<sub>vol</sub>/BW + O/(R<sub>peak</sub>·η) + L<sub>lat</sub></p>
<p>Everything runs in your browser. The first lab takes some seconds to start; later ones reuse what it loaded.</p>
<nav aria-label="About">{links}<a href="#weeks">Week by week</a></nav>
<div id="work" hidden><p id="mine" role="status"></p>
<div class="work"><button id="take" type="button">Export all logs</button>
<label>Import logs <input id="bring" type="file" accept=".json,application/json"></label></div><p id="said" role="status" class="note"></p></div>
<div id="device" hidden><p id="here" role="status"></p>
<div class="work"><button id="keep" type="button">Keep all labs on this device</button>
<progress id="far" max="1" value="0" hidden aria-label="Labs kept"></progress></div></div>
<form id="find" class="find" role="search" hidden><label>Find
<input type="search" name="words" placeholder="a topic or a chapter"></label>{boxes}<span id="count" role="status"></span></form>
{chr(10).join(sections)}
{_weeks(weeks, labs)}
<footer><p>Nothing you enter leaves this device unless you export it.</p>
<p>Made with marimo (Apache-2.0), Pyodide (MPL-2.0) and Vega-Lite (BSD-3-Clause). <a href="licenses.html">All licences</a></p></footer>
</main>
<script src="front.js"></script>
</body>
</html>
"""


def _card(lab: Lab, parts: int) -> str:
    terms = ", ".join(f'<span title="{TERM_NAMES[t]}">{SHOWN[t]}</span>' for t in lab.terms)
    ideas = "; ".join(lab.ideas)
    return (
        f'<li class="lab" data-lab="{html.escape(lab.id)}" data-parts="{parts}" data-terms="{" ".join(lab.terms)}">{picture(lab.id)}'
        f'<h3><a href="labs/{html.escape(lab.path)}.html">{html.escape(lab.title)}</a></h3>'
        f'<p class="meta">Week {lab.week} · {html.escape(lab.chapter)} · {lab.minutes} min</p>'
        f'<p class="about">{html.escape(ideas[:1].upper() + ideas[1:])}.</p><p class="terms">{terms}</p><p class="done"></p></li>'
    )


def _weeks(weeks: list[Week], labs: list[Lab]) -> str:
    """The course map: what is read and which lab goes with it."""
    if not weeks:
        return ""
    by_id = {lab.id: lab for lab in labs}
    tables = []
    for volume in sorted({w.volume for w in weeks}):
        rows = []
        for w in (w for w in weeks if w.volume == volume):
            read = ", ".join(f'<a href="{html.escape(c.url)}" rel="noreferrer">{html.escape(c.name)}</a>' for c in w.read)
            lab = by_id.get(w.lab)
            link = f'<a href="labs/{html.escape(lab.path)}.html">{html.escape(lab.title)}</a>' if lab else "–"
            rows.append(f"<tr><td>{w.week}</td><td>{w.part}</td><td>{read}</td><td>{link}</td></tr>")
        tables.append(
            f'<h3>Semester {volume}</h3><div class="scroll"><table><thead><tr><th scope="col">Week</th><th scope="col">Part</th>'
            f'<th scope="col">Read</th><th scope="col">Lab</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        )
    return f'<section aria-labelledby="weeks"><h2 id="weeks">Week by week</h2>{"".join(tables)}</section>'
