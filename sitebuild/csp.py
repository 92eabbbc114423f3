"""The Content-Security-Policy that every page carries: nothing is loaded from, or sent to, another host.

Each relaxation was tried without in Chromium and has its reason beside it. The pages of the labs' code carry the same
policy: marimo's editor needs nothing beyond it (its WebAssembly, which keeps the cells' order, is under 'unsafe-eval' too).
"""

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": (
        "'self'"
        " 'unsafe-inline'"  # marimo writes its configuration and labkit's script into the page, different in each export
        " 'unsafe-eval'"  # Vega compiles a chart's expressions with Function(); it also covers Pyodide's WebAssembly
        " 'wasm-unsafe-eval'"  # the same for WebAssembly alone, in browsers that tell the two apart
    ),
    # The Python runtime runs in a worker from our own assets; in a sandboxed frame, which has no origin and may start
    # no worker from an address, marimo starts it from a data: URL that imports the same script.
    "worker-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",  # charts and controls set styles on elements; a lab's stylesheet is inlined
    "img-src": "'self' data: blob:",  # the front end's icons are data: URLs; a chart is saved as a picture through a blob
    "font-src": "'self' data:",  # small formula fonts are embedded in the front end's stylesheet
    "connect-src": "'self' data:",  # in the browser, marimo hands tables to charts as data: URLs
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'none'",  # forms are handled by the page; nothing is ever submitted anywhere
}
POLICY = "; ".join(f"{name} {value}" for name, value in DIRECTIVES.items())
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'

# The front page and the one for instructors run one script of their own, from their own folder; the other pages run none.
_STILL = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
STILL_META = f'<meta http-equiv="Content-Security-Policy" content="{_STILL}">'
FRONT_META = f'<meta http-equiv="Content-Security-Policy" content="{_STILL}; script-src \'self\'">'
