"""The pages beside the front page, made from docs/: for instructors, on the simulator, on what is stored where."""

import html
import re
import shutil
from pathlib import Path

import markdown

from .csp import STILL_META
from .index import PAGES, style

SOURCES = {"instructors": ("instructors.md", "integrity.md"), "simulator": ("validation.md",), "storage": ("storage.md",)}


def write_guides(docs: Path, site: Path, course: str, fonts: str = "") -> None:
    """Write each page that has its source in `docs`, and the pictures that it shows."""
    for name, title in PAGES.items():
        sources = [docs / s for s in SOURCES[name] if (docs / s).is_file()]
        if sources:
            body = "\n".join(guide_html(s.read_text(encoding="utf-8")) for s in sources)
            (site / f"{name}.html").write_text(page(title, body, course, fonts), encoding="utf-8")
            for picture in set(re.findall(r'<img[^>]*src="([^":/]+)"', body)):
                shutil.copyfile(docs / picture, site / picture)


def guide_html(source: str) -> str:
    """Markdown of our own as HTML; links between our documents lead to their pages."""
    body = markdown.markdown(source, extensions=["tables", "fenced_code"])
    body = re.sub(r'href="(instructors|integrity)\.md"', 'href="instructors.html"', body)
    body = body.replace('href="validation.md"', 'href="simulator.html"').replace('href="storage.md"', 'href="storage.html"')
    return body.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")


def page(title: str, body: str, course: str, fonts: str = "") -> str:
    """A plain page with the site's look."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{STILL_META}
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
