"""Turn an exported lab into a page of the site: shared assets, our runtime, the policy, no other host."""

import html
import re

from .course import Lab
from .csp import META
from .errors import BuildError

FOREIGN = re.compile(r"""(?:src|href|action|poster|data-[a-z-]*url)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE)
MARIMO_TAG = re.compile(r'<marimo-wasm hidden=""[^>]*>')
HEAD_ONLY = re.compile(  # icons and the web-app manifest of another product; pictures for a lost connection to a server
    r'\s*<link rel="(?:icon|apple-touch-icon|manifest|shortcut icon)"[^>]*>|\s*<meta name="(?:description|theme-color)"[^>]*>'
    r'|\s*<link rel="preload"[^>]*as="image"[^>]*>'
)


def lab_page(exported: str, lab: Lab, course: str, lock_name: str, preload: list[str]) -> str:
    """The page of one lab, in labs/vol<n>/: its assets are one folder up.

    `preload` are the runtime's files that every lab needs; the browser fetches them while the front end still loads.
    """
    if not MARIMO_TAG.search(exported):
        raise BuildError(f"{lab.path}: the export has no <marimo-wasm> element, so it cannot be pointed at the site's own runtime.")
    page = HEAD_ONLY.sub("", exported)
    page = re.sub(r'((?:src|href)=")\./', r"\1../", page)
    page = MARIMO_TAG.sub(
        f'<marimo-wasm hidden="" data-pyodide-index-url="../runtime/" data-pyodide-lockfile-url="../runtime/{lock_name}">', page, count=1
    )
    title = html.escape(f"{lab.title} · {course}")
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{title}</title>", page, count=1, flags=re.DOTALL)
    about = html.escape(f"{lab.chapter}: {', '.join(lab.ideas)}. {lab.minutes} minutes.", quote=True)
    head = "\n    ".join([
        META,
        '<link rel="icon" href="../../favicon.svg" type="image/svg+xml">',
        f'<meta name="description" content="{about}">',
        '<meta name="referrer" content="no-referrer">',
        warm_up(preload),
    ])
    page, done = re.subn(r'(<meta charset="utf-8" ?/?>)', lambda m: f"{m[1]}\n    {head}", page, count=1)
    if not done:
        raise BuildError(f"{lab.path}: the export has no <meta charset>, so the page's policy has no place to stand.")
    refuse_other_hosts(page, lab.path)
    return page


def warm_up(files: list[str]) -> str:
    """Start the largest downloads at once. A preload hint would do nothing here: the worker that uses the files does
    not share the page's preloads, only its HTTP cache, and the browser warns of a hint that the page itself never uses."""
    names = ",".join(f'"../runtime/{name}"' for name in files)
    return f"<script>for(const u of [{names}])fetch(u,{{priority:'low'}}).then(r=>r.arrayBuffer()).catch(()=>{{}})</script>"


def refuse_other_hosts(page: str, name: str) -> None:
    """Stop if markup of the page (outside the embedded notebook) loads anything from another host."""
    head = page.split("</head>")[0]
    for found in FOREIGN.finditer(head):
        line = head[max(0, found.start() - 60) : found.end() + 60]
        if "<a " not in line:
            raise BuildError(f"{name} refers to another host: …{line.strip()}…")
