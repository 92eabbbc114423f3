"""The pages beside the front page, made from docs/: for instructors, on the simulator, on what is stored where."""

import html
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import markdown

from . import embed_code
from .course import Lab
from .csp import FRONT_META, STILL_META
from .index import PAGES, style

SOURCES = {
    "instructors": ("instructors.md", "integrity.md"), "simulator": ("validation.md",), "storage": ("storage.md",), "accessibility": ("accessibility.md",),
}  # fmt: skip


def write_guides(docs: Path, site: Path, course: str, fonts: str = "", labs: Sequence[Lab] = ()) -> None:
    """Write each page that has its source in `docs`, and the pictures that it shows."""
    for name, title in PAGES.items():
        sources = [docs / s for s in SOURCES[name] if (docs / s).is_file()]
        if sources:
            body = "\n".join(guide_html(s.read_text(encoding="utf-8")) for s in sources)
            if labs and embed_code.MARK in body:
                body = body.replace(embed_code.MARK, embed_code.form(list(labs)))
                shutil.copyfile(Path(__file__).parent / embed_code.SCRIPT, site / embed_code.SCRIPT)
            (site / f"{name}.html").write_text(page(title, body, course, fonts, runs=embed_code.SCRIPT in body), encoding="utf-8")
            for picture in set(re.findall(r'<img[^>]*src="([^":/]+)"', body)):
                shutil.copyfile(docs / picture, site / picture)


def guide_html(source: str) -> str:
    """Markdown of our own as HTML; links between our documents lead to their pages."""
    body = markdown.markdown(source, extensions=["tables", "fenced_code"])
    body = re.sub(r'href="(instructors|integrity)\.md"', 'href="instructors.html"', body)
    body = body.replace('href="validation.md"', 'href="simulator.html"').replace('href="storage.md"', 'href="storage.html"')
    body = body.replace("<th></th>", "<td></td>").replace("<pre>", '<pre tabindex="0">')  # what scrolls can be reached by keyboard
    return body.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")


def page(title: str, body: str, course: str, fonts: str = "", runs: bool = False) -> str:
    """A plain page with the site's look; without a script, unless it `runs` one from a file of the site."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{FRONT_META if runs else STILL_META}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{html.escape(title)} · {html.escape(course)}</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>{fonts}{style()}</style>
</head>
<body>
<main class="prose">
<nav aria-label="Site"><a href="index.html">{html.escape(course)}</a></nav>
{body}
</main>
</body>
</html>
"""
