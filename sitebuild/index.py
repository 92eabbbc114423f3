"""The front page: the labs in course order, in one plain file without a script."""

import html
from pathlib import Path

from .course import Lab
from .csp import STILL_META

SHOWN = {"data": "D<sub>vol</sub>/BW", "arithmetic": "O/(R<sub>peak</sub>·η)", "overhead": "L<sub>lat</sub>"}
VOLUMES = {1: "Volume I · Foundations", 2: "Volume II · At scale"}
TERM_NAMES = {"data": "data movement", "arithmetic": "arithmetic", "overhead": "fixed overhead"}
FONTS = {"Lora": "Lora-VariableFont_wght", "PT Sans": "PTSans-Regular"}  # the front end's own, so that page and labs look alike

STYLE = """
:root{color-scheme:light dark;--paper:#fdfcf9;--ink:#1c232b;--soft:#55606b;--rule:#d9d6cd;--link:#0b5c8a}
@media (prefers-color-scheme:dark){:root{--paper:#15191e;--ink:#e8e6e0;--soft:#a5adb5;--rule:#363d45;--link:#7fc3ee}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 "PT Sans",system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:46rem;margin:0 auto;padding:3.5rem 1.25rem 5rem}
h1{font:600 2.25rem/1.15 Lora,Georgia,serif;margin:0 0 .75rem}
h2{font:600 1.3rem/1.3 Lora,Georgia,serif;margin:3rem 0 0;padding-bottom:.5rem;border-bottom:1px solid var(--ink)}
h3{font:600 1.125rem/1.35 Lora,Georgia,serif;margin:0}
p{max-width:68ch;margin:.5rem 0}
.law{font:italic 1.125rem/1.6 Lora,Georgia,serif;margin:1.25rem 0}
ol{list-style:none;margin:0;padding:0}
li{display:grid;grid-template-columns:5.5rem 1fr;gap:0 1rem;padding:1.15rem 0;border-bottom:1px solid var(--rule)}
.week{color:var(--soft)}
sub{font-size:.75em;line-height:0}
.about,.terms,footer{color:var(--soft)}
.about,.terms{margin:.2rem 0 0;font-size:1rem}
a{color:var(--link);text-underline-offset:.18em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
a:focus-visible{outline:3px solid var(--link);outline-offset:3px}
footer{margin-top:3rem;font-size:1rem}
@media (max-width:30rem){li{grid-template-columns:1fr}main{padding-top:2rem}h1{font-size:1.85rem}}
"""


def font_faces(assets: Path) -> str:
    """@font-face rules for the fonts that the labs' assets bring along."""
    rules = []
    for family, stem in FONTS.items():
        for file in sorted(assets.glob(f"{stem}-*.woff2"))[:1]:
            rules.append(f'@font-face{{font-family:"{family}";src:url("labs/assets/{file.name}");font-weight:400 700;font-display:swap}}')
    return "\n".join(rules)


def front_page(course: str, labs: list[Lab], fonts: str = "") -> str:
    """The page at the site's root."""
    sections = []
    for volume in sorted({lab.volume for lab in labs}):
        rows = "\n".join(_row(lab) for lab in labs if lab.volume == volume)
        name = html.escape(VOLUMES.get(volume, f"Volume {volume}"))
        sections.append(f'<section aria-labelledby="v{volume}">\n<h2 id="v{volume}">{name}</h2>\n<ol>\n{rows}\n</ol>\n</section>')
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{STILL_META}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{html.escape(course)}</title>
<meta name="description" content="Interactive labs on machine learning systems that run in the browser.">
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>{fonts}{STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(course)}</h1>
<p>Predict a number, move the sliders of a simulated system, explain what you saw, decide on a design. Your work is written
to a decision log that you export at the end.</p>
<p class="law">T = D<sub>vol</sub>/BW + O/(R<sub>peak</sub>·η) + L<sub>lat</sub></p>
<p>Everything runs in your browser. The first lab takes some seconds to start; later ones reuse what it loaded.</p>
{chr(10).join(sections)}
<footer><p>Nothing you enter leaves this device unless you export it.</p>
<p>Made with marimo (Apache-2.0), Pyodide (MPL-2.0) and Vega-Lite (BSD-3-Clause).</p></footer>
</main>
</body>
</html>
"""


def _row(lab: Lab) -> str:
    terms = ", ".join(f'<span title="{TERM_NAMES[t]}">{SHOWN[t]}</span>' for t in lab.terms)
    ideas = "; ".join(lab.ideas)
    return (
        f'<li><div class="week">Week {lab.week}</div><div>'
        f'<h3><a href="labs/{html.escape(lab.path)}.html">{html.escape(lab.title)}</a></h3>'
        f'<p class="about">{html.escape(lab.chapter)} · {lab.minutes} min · {html.escape(ideas)}</p>'
        f'<p class="terms">Iron Law terms: {terms}</p></div></li>'
    )
