"""Turn an exported lab into a page of the site: shared assets, our runtime, the policy, no other host."""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from . import page_guard
from .course import Lab
from .csp import META
from .errors import BuildError
from .first_view import first_view

FOREIGN = re.compile(r"""(?:src|href|action|poster|data-[a-z-]*url)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE)
MARIMO_TAG = re.compile(r'<marimo-wasm hidden=""[^>]*>')
STYLESHEET = re.compile(r'\s*<link rel="stylesheet"[^>]*>')
HEAD_ONLY = re.compile(  # icons and the web-app manifest of another product; pictures for a lost connection to a server
    r'\s*<link rel="(?:icon|apple-touch-icon|manifest|shortcut icon)"[^>]*>|\s*<meta name="(?:description|theme-color)"[^>]*>'
    r'|\s*<link rel="preload"[^>]*as="image"[^>]*>'
    r'|\s*<link rel="preload"[^>]*FiraMono[^>]*>'  # the face of code, which a lab hardly shows: fetched where it is used
)


HERE = Path(__file__).parent
NO_INDEX = "../runtime/no-index/{package_name}"  # where marimo looks for a package that is not here: on this host, in vain
READABLE = """<div id="lk-first"><div class="lk-first-page px-1 sm:px-16 md:px-20 xl:px-24 pb-24 sm:pb-12">
<div class="m-auto pb-24 sm:pb-12 max-w-full"><div class="flex flex-col">
{view}
</div></div></div></div>"""
STATUS = """<div id="lk-start" class="lk-line" role="status" hidden><progress value="0" aria-label="Start of Python"></progress><span></span>\
<button type="button" hidden>Try again</button></div>
<noscript><style>.lk-waiting { visibility: hidden; }</style>
<p class="lk-line">@NOSCRIPT@</p></noscript>"""
NOSCRIPT = """JavaScript is switched off in this browser, so the controls do not work; everything can be read.
To work on the lab, allow JavaScript for this address and reload the page."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a page needs to start Python by itself: file names below labs/, and marimo's version."""

    lock: str
    worker: str
    marimo: str
    lab: str = ""  # the lab's id, as the list of what a device keeps names it
    embed: str = ""  # the script for a lab inside another page
    size: int = 0  # bytes of Python and the front end until a lab runs
    own: str = ""  # the archive of what this lab alone imports, fetched while Python starts


@dataclass(frozen=True, slots=True)
class Face:
    """What differs between a lab's page and the page of its code."""

    title: str
    head: tuple[str, ...]  # before the script that starts Python
    body: str  # what can be read before the front end has arrived
    noscript: str


def lab_page(exported: str, lab: Lab, course: str, start: Start) -> str:
    """The page of one lab, in labs/vol<n>/."""
    view = first_view(exported)
    return page_of(exported, lab, start, Face(f"{lab.title} · {course}", (), READABLE.format(view=view) if view else "", NOSCRIPT))


def page_of(exported: str, lab: Lab, start: Start, face: Face) -> str:
    """An export as a page of the site: its assets are one folder up."""
    if not MARIMO_TAG.search(exported):
        raise BuildError(f"{lab.path}: the export has no <marimo-wasm> element, so it cannot be pointed at the site's own runtime.")
    page = HEAD_ONLY.sub("", exported)
    page = re.sub(r'((?:src|href)=")\./', r"\1../", page)
    places = {"pyodide-index-url": "../runtime/", "pyodide-lockfile-url": f"../{start.lock}", "pypi-index-url": NO_INDEX}
    page = MARIMO_TAG.sub('<marimo-wasm hidden="" ' + " ".join(f'data-{k}="{v}"' for k, v in places.items()) + ">", page, count=1)
    title = html.escape(face.title)
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{title}</title>", page, count=1, flags=re.DOTALL)
    about = html.escape(f"{lab.chapter}: {', '.join(lab.ideas)}. {lab.minutes} minutes.", quote=True)
    styles = STYLESHEET.findall(page)  # before the scripts: the text waits for them
    page = STYLESHEET.sub("", page)
    head = "\n    ".join([
        META,
        page_guard.SCRIPT,
        '<link rel="icon" href="../../favicon.svg" type="image/svg+xml">',
        f'<meta name="description" content="{about}">',
        '<meta name="referrer" content="no-referrer">',
        *(style.strip() for style in styles),
        f"<style>{(HERE / 'first_view.css').read_text(encoding='utf-8')}</style>",
        *face.head,
        start_script(start),
    ])
    page, done = re.subn(r'(<meta charset="utf-8" ?/?>)', lambda m: f"{m[1]}\n    {head}", page, count=1)
    if not done:
        raise BuildError(f"{lab.path}: the export has no <meta charset>, so the page's policy has no place to stand.")
    page, done = re.subn(r'<div id="root"></div>', lambda m: f"{face.body}{STATUS.replace('@NOSCRIPT@', face.noscript)}{m[0]}", page, count=1)
    if not done:
        raise BuildError(f'{lab.path}: the export has no <div id="root">, so the text has no place before it.')
    page, done = re.subn(r"</body>", "<script>window.lkParsed && lkParsed()</script></body>", page, count=1)
    if not done:
        raise BuildError(f"{lab.path}: the export has no </body>, so nothing tells when the page is parsed.")
    refuse_other_hosts(page, lab.path)
    return page


def start_script(start: Start) -> str:
    """The script that opens Python's worker before the front end has arrived."""
    about = {"worker": f"../{start.worker}", "runtime": "../runtime/", "lock": f"../{start.lock}", "version": start.marimo, "index": NO_INDEX}
    about |= {"bytes": start.size, "lab": start.lab, "offline": "../../sw.js"}
    if start.embed:
        about["embed"] = f"../{start.embed}"
    if start.own:
        about["own"] = f"../{start.own}"
    return f"<script data-lk='{html.escape(json.dumps(about), quote=True)}'>\n{(HERE / 'start.js').read_text(encoding='utf-8')}</script>"


def refuse_other_hosts(page: str, name: str) -> None:
    """Stop if markup of the page (outside the embedded notebook) loads anything from another host."""
    head = page.split("</head>")[0]
    for found in FOREIGN.finditer(head):
        line = head[max(0, found.start() - 60) : found.end() + 60]
        if "<a " not in line:
            raise BuildError(f"{name} refers to another host: …{line.strip()}…")
