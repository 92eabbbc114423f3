"""The Content-Security-Policy that every page carries: nothing is loaded from, or sent to, another host."""

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": (
        "'self' 'unsafe-inline'"  # marimo writes its configuration and labkit's script into the page; each export differs
        " 'wasm-unsafe-eval'"  # Pyodide is WebAssembly
        " 'unsafe-eval'"  # Vega compiles its expressions with Function(), and so does Pyodide's bridge to JavaScript
        " blob:"  # a controller of marimo's worker starts from a blob
    ),
    "worker-src": "'self' blob:",  # the Python runtime runs in a worker
    "style-src": "'self' 'unsafe-inline'",  # charts and controls set styles on elements; stylesheets of labs are inlined
    "img-src": "'self' data: blob:",  # icons in stylesheets; charts saved as pictures
    "font-src": "'self' data:",  # KaTeX's fonts are embedded in the stylesheet
    "connect-src": "'self' data: blob:",  # Vega and the output renderer read data: URLs that are in the page already
    "media-src": "'self' data: blob:",
    "frame-src": "'self' data: blob:",  # an HTML output with a script of its own is shown in a frame without a host
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'none'",  # forms are handled by the page; nothing is ever submitted anywhere
    "object-src": "'none'",
}
POLICY = "; ".join(f"{name} {value}" for name, value in DIRECTIVES.items())
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'

# The front page runs no script at all.
STILL_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
STILL_META = f'<meta http-equiv="Content-Security-Policy" content="{STILL_PAGE}">'
