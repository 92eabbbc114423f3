"""The lab as plain HTML, readable before any script has run: what the cells showed when the page was made.

marimo's front end draws the same again when it has started; `start.js` then takes this away. Only what is on the lists
below gets into the page. Controls become inert stand-ins of the same size, so that nothing jumps.
"""

import html
import json
import re
from html.parser import HTMLParser

TAGS = frozenset(
    "header section div p h1 h2 h3 h4 ol ul li span strong em b i code pre sub sup br small details summary figure figcaption "
    "table caption thead tbody tr th td dl dt dd".split()
)
ATTRIBUTES = frozenset({"class", "title", "open", "scope", "colspan", "rowspan"})
SILENT = frozenset({"script", "style", "iframe", "object", "template", "svg", "math", "noscript"})  # with everything inside
VOID = frozenset({"br"})
LAB_LINK = re.compile(r"(\.\./vol\d/)?lab_\w+(\.edit)?\.html")  # to another page of a lab; they work before scripts do
TEX = {
    r"\eta": "η", r"\alpha": "α", r"\beta": "β", r"\lambda": "λ", r"\rho": "ρ", r"\mu": "μ", r"\sigma": "σ",
    r"\cdot": "·", r"\times": "×", r"\,": " ", r"\;": " ",
}  # fmt: skip
OUTPUTS = ("text/html", "text/markdown")  # both hold HTML by now


def first_view(exported: str) -> str:
    """The outputs of an exported page in their order, safe and inert; empty where the page shows none."""
    found = exported.find('"session": ')
    if found < 0:
        return ""
    session, _ = json.JSONDecoder().raw_decode(exported[found + len('"session": ') :])
    shown = []
    for cell in (session or {}).get("cells", []):
        parts = [inert(data) for output in cell["outputs"] for kind, data in output.get("data", {}).items() if kind in OUTPUTS and data]
        if any(parts):
            shown.append(f'<div class="marimo-cell published"><div class="output-area"><div class="output block">{"".join(parts)}</div></div></div>')
    return "\n".join(shown)


def inert(source: str) -> str:
    """Markup reduced to text and its structure.

    >>> inert("<p id='a' onclick='x()'>Hi<script>bad()</script></p><marimo-number data-initial-value='1'></marimo-number>")
    '<p>Hi</p><span class="lk-ghost lk-ghost-number"></span>'
    """
    reader = _Inert()
    reader.feed(source)
    reader.close()
    return "".join(reader.out) + "".join(f"</{tag}>" for tag in reversed(reader.open))


class _Inert(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.silent: list[str] = []
        self.tex = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.silent:
            if tag == self.silent[0]:
                self.silent.append(tag)
        elif tag in SILENT:
            self.silent.append(tag)
        elif tag == "marimo-tex":
            self.tex = True
        elif tag.startswith("marimo-") and tag != "marimo-ui-element":
            self.out.append(stand_in(tag.removeprefix("marimo-"), dict(attrs)))
        elif tag in TAGS:
            kept = "".join(f' {k}="{html.escape(v or "", quote=True)}"' for k, v in attrs if k in ATTRIBUTES)
            self.out.append(f"<{tag}{kept}>")
            if tag not in VOID:
                self.open.append(tag)
        elif tag == "a" and LAB_LINK.fullmatch(dict(attrs).get("href") or ""):
            self.out.append(f'<a href="{dict(attrs)["href"]}">')
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag == self.silent[0]:
                self.silent.pop()
        elif tag == "marimo-tex":
            self.tex = False
        elif tag in self.open:
            while self.open:
                closed = self.open.pop()
                self.out.append(f"</{closed}>")
                if closed == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(formula(data) if self.tex else html.escape(data, quote=False))


def stand_in(kind: str, attributes: dict[str, str | None]) -> str:
    """What stands where a control will be; the words on it are there already."""
    label = plain(attributes.get("data-label"))
    if kind == "radio":
        options = "".join(f"<span>{html.escape(str(option))}</span>" for option in _json(attributes.get("data-options"), []))
        return f'<span class="lk-ghost-radio">{options}</span>'
    if kind in ("button", "download", "file"):
        return f'<span class="lk-ghost lk-ghost-button">{html.escape(label)}</span>'
    return f'<span class="lk-ghost lk-ghost-{kind}"></span>' if kind in ("number", "slider", "dropdown", "text", "text-area", "switch") else ""


def plain(label: str | None) -> str:
    """The words of a label, which marimo keeps as HTML in JSON.

    >>> plain('"<span>Check answer</span>"')
    'Check answer'
    """
    return html.unescape(re.sub(r"<[^>]*>", "", str(_json(label, "") or ""))).strip()


def _json(source: str | None, otherwise):
    try:
        return json.loads(source) if source else otherwise
    except ValueError:
        return otherwise


def formula(tex: str) -> str:
    r"""A short formula as HTML.

    >>> formula(r"||(\frac{O}{R_{peak}\,\eta}||)")
    '<span class="lk-frac"><i>O</i><i>R<sub>peak</sub>\u2009η</i></span>'
    """
    text = html.escape(tex.replace("||(", "").replace("||)", "").replace("||[", "").replace("||]", ""), quote=False)
    for name, sign in TEX.items():
        text = text.replace(name, "\u2009" if sign == " " else sign)
    text = re.sub(r"_\{([^{}]*)\}", r"<sub>\1</sub>", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"<sup>\1</sup>", text)
    text, fractions = re.subn(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r'<span class="lk-frac"><i>\1</i><i>\2</i></span>', text)
    return text if fractions else f"<i>{text.strip()}</i>"
