"""HTML from text, with nothing in it that the text did not mean."""

from __future__ import annotations

import html
import re

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITALIC = re.compile(r"(?<!\w)\*(?!\s)(.+?)(?<!\s)\*(?!\w)")
_TEX = re.compile(r"\$(?!\s)([^$]+)(?<!\s)\$(?!\d)")  # pandoc's rule, so that "$2 a day, $5 a week" stays dollars


def text(value: object) -> str:
    """Text for an element's content."""
    return html.escape(str(value), quote=False)


_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def typed(value: object) -> str:
    """Somebody's own words without the marks that would show what follows in another order."""
    return str(value).translate(_TURNS)


def attr(value: object) -> str:
    """Text for an attribute between single quotes. Double quotes stay: written as `&quot;` they would double a chart."""
    return text(value).replace("'", "&#x27;")


def tex(latex: str) -> str:
    """A formula, set by the front end's KaTeX."""
    return f"<marimo-tex class='arithmatex'>||({text(latex)}||)</marimo-tex>"


def prose(markdown: str) -> str:
    """One paragraph of an author's own words: **bold**, *italic* and $formulas$, everything else as written.

    A full Markdown parser costs a slider move several milliseconds in the browser; these words need three marks.
    """
    parts = _TEX.split(markdown)
    out = []
    for i, part in enumerate(parts):
        out.append(tex(part) if i % 2 else _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", text(part))))
    return "".join(out)


def table(columns, rows, caption: str) -> str:
    """A data table: a caption, a header cell a column, plain cells."""
    head = "".join(f"<th scope='col'>{text(c)}</th>" if c else "<td></td>" for c in columns)
    cells = text("\1".join("\0".join(map(str, row)) for row in rows))  # escaped in one go: a cell at a time costs a slider's move a millisecond
    body = f"<tr><td>{cells}</td></tr>".replace("\1", "</td></tr><tr><td>").replace("\0", "</td><td>") if rows else ""
    return f"<div class='lk-scroll' tabindex='0' role='region' aria-label='{attr(caption)}'><table><caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
